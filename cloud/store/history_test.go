package store_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/cloud/store"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// rounds is how many fresh databases the random histories are told on: what many histories leave behind would make the later ones slow.
var rounds = 1

// TestMain sets how many random histories are told on each engine: few in an ordinary run, a thousand in a soak.
func TestMain(m *testing.M) {
	flag.Parse()
	checks := "12"
	if os.Getenv("VESTIBULE_SOAK") == "1" {
		checks, rounds = "50", 20
	}
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		if err := flag.Set("rapid.checks", checks); err != nil {
			panic(err)
		}
	}
	if err := flag.Set("rapid.nofailfile", "true"); err != nil { // the seed is printed
		panic(err)
	}
	os.Exit(m.Run())
}

// The model: plain words for who may see what, written without a look at the queries.
type (
	orgModel struct {
		id, parent domain.OrgID
		kind       account.OrgKind
		own, gone  bool
	}
	siteModel struct {
		id   domain.SiteID
		org  domain.OrgID
		gone bool
	}
	personModel struct {
		id   domain.PersonID
		site domain.SiteID
		gone bool
	}
	accountModel struct {
		id     domain.AccountID
		org    domain.OrgID
		role   account.Role
		person domain.PersonID
		sites  map[domain.SiteID]bool
		gone   bool
	}
	leaveModel struct {
		id      domain.GrantID
		org, to domain.OrgID
		ended   bool
	}
)

// history is one random story and what the model makes of it.
type history struct {
	*rapid.T
	s        *store.Store
	ctx      context.Context // of the service itself
	orgs     []*orgModel
	sites    []*siteModel
	people   []*personModel
	accounts []*accountModel
	leaves   []*leaveModel
}

func (h *history) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// sees is the whole rule.
func (h *history) sees(a *accountModel, leave *leaveModel, site *siteModel) bool {
	if site.gone {
		return false
	}
	if leave != nil {
		return !leave.ended && site.org == leave.org
	}
	switch a.role {
	case account.RoleOperator, account.RoleDistributor:
		return slices.ContainsFunc(h.orgs, func(o *orgModel) bool { return o.id == site.org && o.own && !o.gone && o.parent == a.org })
	case account.RoleInstaller, account.RoleSubInstaller:
		return site.org == a.org
	case account.RoleManager:
		return site.org == a.org && a.sites[site.id]
	case account.RoleResident:
		return site.org == a.org && slices.ContainsFunc(h.people, func(p *personModel) bool { return p.id == a.person && !p.gone && p.site == site.id })
	}
	return false
}

func (h *history) caller(a *accountModel, leave *leaveModel) account.Caller {
	c := account.Caller{Account: a.id, Org: a.org, HomeOrg: a.org, Role: a.role, Person: a.person, Name: "somebody"}
	if leave != nil {
		c.Org, c.Role, c.Entry = leave.org, account.RoleInstaller, &account.Entry{Grant: leave.id, Kind: account.Consent, ExpiresAt: time.Now().Add(time.Hour)}
	}
	return c
}

// compare asks the store as everybody and wants what the model says, no more and no less.
func (h *history) compare() {
	for _, a := range h.accounts {
		_, err := h.s.AccountByID(h.ctx, a.id)
		if a.gone != (fault.CodeOf(err) == fault.NotFound) {
			h.Fatalf("account of a %s, gone %v: %v", a.role, a.gone, err)
		}
		if a.gone {
			continue // nobody can be it any more
		}
		h.compareAs(a, nil)
		for _, l := range h.leaves {
			if l.to == a.org && (a.role == account.RoleOperator || a.role == account.RoleDistributor) {
				h.compareAs(a, l)
			}
		}
	}
}

func (h *history) compareAs(a *accountModel, leave *leaveModel) {
	who := fmt.Sprintf("%s, inside %v", a.role, leave != nil)
	ctx := account.With(context.Background(), h.caller(a, leave))
	listed, err := h.s.ListSites(ctx, fleet.Page{})
	h.must(err)
	got := map[domain.SiteID]bool{}
	for _, site := range listed.Items {
		got[site.ID] = true
	}
	want := map[domain.SiteID]bool{}
	for _, site := range h.sites {
		sees := h.sees(a, leave, site)
		if sees {
			want[site.id] = true
		}
		if _, err := h.s.Site(ctx, site.id); sees != (err == nil) || err != nil && fault.CodeOf(err) != fault.NotFound {
			h.Fatalf("%s: site: sees %v, %v", who, sees, err)
		}
		h.comparePeople(ctx, who, site, sees)
		entries, err := h.s.Audit(ctx, site.id, 10)
		h.must(err)
		if sees != (len(entries) == 1) {
			h.Fatalf("%s: sees %v, %d entries", who, sees, len(entries))
		}
		if a.role == account.RoleManager {
			if _, err := h.s.ManagerMay(ctx, site.id); sees != (err == nil) {
				h.Fatalf("%s: sees %v, may: %v", who, sees, err)
			}
		}
	}
	if !maps.Equal(got, want) {
		h.Fatalf("%s lists %v, wants %v", who, got, want)
	}
	h.compareManagers(ctx, who, a, leave)
}

func (h *history) comparePeople(ctx context.Context, who string, site *siteModel, sees bool) {
	got, err := h.s.ListPeople(ctx, site.id, fleet.Page{})
	h.must(err)
	want := 0
	for _, p := range h.people {
		if sees && p.site == site.id && !p.gone {
			want++
		}
	}
	if len(got.Items) != want {
		h.Fatalf("%s: %d people, wants %d", who, len(got.Items), want)
	}
}

func (h *history) compareManagers(ctx context.Context, who string, a *accountModel, leave *leaveModel) {
	got, _, err := h.s.Managers(ctx, account.ManagerQuery{})
	h.must(err)
	want := 0
	for _, m := range h.accounts {
		mine := m.org == a.org && (a.role == account.RoleInstaller || a.role == account.RoleSubInstaller)
		if a.role == account.RoleOperator || a.role == account.RoleDistributor {
			mine = slices.ContainsFunc(h.orgs, func(o *orgModel) bool { return o.id == m.org && o.own && !o.gone && o.parent == a.org })
		}
		if leave != nil {
			mine = !leave.ended && m.org == leave.org
		}
		if mine && m.role == account.RoleManager && !m.gone {
			want++
		}
	}
	if len(got) != want {
		h.Fatalf("%s: %d managers, wants %d", who, len(got), want)
	}
}

// pick draws one of those for which ok holds; nil when there is none.
func pick[T any](h *history, from []*T, ok func(*T) bool) *T {
	some := slices.DeleteFunc(slices.Clone(from), func(x *T) bool { return !ok(x) })
	if len(some) == 0 {
		h.Skip("nothing to pick")
	}
	return rapid.SampledFrom(some).Draw(h.T, "which")
}

func (h *history) org(parent domain.OrgID, kind account.OrgKind, own bool) *orgModel {
	o := &orgModel{id: domain.NewID[domain.OrgID](time.Now()), parent: parent, kind: kind, own: own}
	h.must(h.s.SaveOrg(h.ctx, account.Org{ID: o.id, ParentID: parent, Kind: kind, Name: "org", Own: own, CreatedAt: time.Now()}))
	h.orgs = append(h.orgs, o)
	return o
}

func (h *history) account(org domain.OrgID, role account.Role, person domain.PersonID) {
	a := &accountModel{id: domain.NewID[domain.AccountID](time.Now()), org: org, role: role, person: person, sites: map[domain.SiteID]bool{}}
	h.must(h.s.SaveAccount(h.ctx, account.Account{
		ID: a.id, Org: account.Org{ID: org}, Email: a.id.String() + "@example.com", Name: "somebody", Role: role, Person: person, CreatedAt: time.Now(),
	}))
	h.accounts = append(h.accounts, a)
}

// begin makes an operator and a distributor, each with an installer organisation of its own, and an installer below.
func (h *history) begin() {
	root := h.org(domain.OrgID{}, account.OrgOperator, false)
	h.account(root.id, account.RoleOperator, domain.PersonID{})
	h.org(root.id, account.OrgInstaller, true)
	dealer := h.org(root.id, account.OrgDistributor, false)
	h.account(dealer.id, account.RoleDistributor, domain.PersonID{})
	h.org(dealer.id, account.OrgInstaller, true)
	h.makeInstaller(dealer)
}

func (h *history) makeInstaller(under *orgModel) {
	o := h.org(under.id, account.OrgInstaller, false)
	h.account(o.id, account.RoleInstaller, domain.PersonID{})
	h.account(o.id, account.RoleSubInstaller, domain.PersonID{})
}

func isInstaller(o *orgModel) bool { return o.kind == account.OrgInstaller && !o.gone }
func lives(s *siteModel) bool      { return !s.gone }
func isManager(a *accountModel) bool {
	return a.role == account.RoleManager && !a.gone
}
