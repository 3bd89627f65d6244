package api_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"vestibule/cloud"
	"vestibule/cloud/account"
	"vestibule/cloud/api"
	"vestibule/cloud/cloudtest"
	"vestibule/cloud/enroll"
	"vestibule/cloud/eventlog"
	"vestibule/cloud/presence"
	"vestibule/cloud/seal"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
	"vestibule/shared/wire"
)

// bench is a cloud with its database in hand: what agents would tell is written there.
type bench struct {
	*cloudtest.Server
	cloudtest.Client
	db  *store.Store
	now time.Time
}

func newBench(t *testing.T, database string) *bench {
	t.Helper()
	s := cloudtest.Start(t, database, func(c *cloud.Config) { c.LegacyOffices = true })
	b := &bench{Server: s, Client: s.SetUp(t), now: time.Now().UTC().Truncate(time.Millisecond)}
	var err error
	if b.db, err = store.Open(t.Context(), s.DSN); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.db.Close() })
	return b
}

// onBoth runs a test with a cloud on each of the two databases.
func onBoth(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, newBench(t, "")) })
	t.Run("postgres", func(t *testing.T) { test(t, newBench(t, storetest.PostgresDSN(t))) })
}

func (b *bench) system(t *testing.T) context.Context {
	t.Helper()
	return account.AsSystem(t.Context(), "test")
}

func (b *bench) site(t *testing.T, c cloudtest.Client, name, kind string) string {
	t.Helper()
	return cloudtest.Want[thing](t, c, http.StatusCreated, http.MethodPost, "/sites", cloudtest.Object{"name": name, "time_zone": "UTC", "kind": kind}).ID
}

func (b *bench) device(t *testing.T, site, mac, driver string) domain.DeviceID {
	t.Helper()
	made := cloudtest.Want[thing](t, b.Client, http.StatusCreated, http.MethodPost, "/sites/"+site+"/devices", cloudtest.Object{
		"type": 2, "mac": mac, "name": "Monitor " + mac, "driver": driver,
	})
	id, err := domain.ParseID[domain.DeviceID](made.ID)
	must(t, err)
	return id
}

func (b *bench) agent(t *testing.T, site string, state presence.State) domain.AgentID {
	t.Helper()
	id := domain.NewID[domain.AgentID](b.now)
	at, err := domain.ParseID[domain.SiteID](site)
	must(t, err)
	must(t, b.db.InsertAgent(b.system(t), enroll.NewAgent{ID: id, Site: at, Name: "Cellar", ConfigKey: []byte{1}, CreatedAt: b.now}))
	must(t, b.db.SaveLink(b.system(t), id, presence.Link{State: state, Since: b.now, BeatAt: b.now.Add(time.Hour), QuietUntil: b.now.Add(time.Hour)}, nil))
	return id
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// person saves an account of an organisation.
func (b *bench) person(t *testing.T, org account.Org, role account.Role, who domain.PersonID, activated bool) {
	t.Helper()
	a := account.Account{ID: domain.NewID[domain.AccountID](b.now), Org: org, Name: "Mia", Role: role, Person: who, CreatedAt: b.now}
	a.Email = a.ID.String() + "@example.com"
	if activated {
		a.ActivatedAt = b.now
	}
	must(t, b.db.SaveAccount(b.system(t), a))
}

func (b *bench) dashboard(t *testing.T, c cloudtest.Client) api.Dashboard {
	t.Helper()
	return cloudtest.Want[api.Dashboard](t, c, http.StatusOK, http.MethodGet, "/dashboard", nil)
}

func hands(d api.Dashboard) string {
	var out []string
	for _, h := range d.Hand {
		name := ""
		if h.Site != nil {
			name = "@" + h.Site.Name
		}
		out = append(out, fmt.Sprintf("%s%s=%d", h.Kind, name, h.N))
	}
	return strings.Join(out, " ")
}

// own gives the organisation of the operator and the installer organisation in which it keeps sites.
func (b *bench) own(t *testing.T) (operator, installer account.Org) {
	t.Helper()
	me := cloudtest.Want[struct{ Org struct{ ID string } }](t, b.Client, http.StatusOK, http.MethodGet, "/me", nil)
	id, err := domain.ParseID[domain.OrgID](me.Org.ID)
	must(t, err)
	own, err := b.db.InstallerOrg(b.system(t), id)
	must(t, err)
	return account.Org{ID: id}, account.Org{ID: own}
}

// shows DASH-02 by cloud/fleet/dashboard.go: "d.Sites[n.Kind]++" => "d.Sites[domain.Community] = d.Agents"
func TestDashboard_CountsWhatTheCallerMaySee(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		rival := b.Stranger(t)
		b.site(t, rival, "Foreign", "single")
		harbour, office := b.site(t, b.Client, "Harbour", "community"), b.site(t, b.Client, "Office", "office")
		b.site(t, b.Client, "Villa", "single")
		b.site(t, b.Client, "Tower", "")
		b.site(t, b.Client, "Mall", "commercial")
		agent := b.agent(t, harbour, presence.Online)
		b.agent(t, office, presence.Offline)
		done, failed := b.device(t, harbour, "0C11050B9801", "akuvox"), b.device(t, harbour, "0C11050B9802", "akuvox")
		b.device(t, harbour, "0C11050B9803", "manual")
		silent := b.device(t, harbour, "0C11050B9804", "akuvox")
		head := cloudtest.Want[struct{ Version uint64 }](t, b.Client, http.StatusOK, http.MethodGet, "/sites/"+harbour, nil).Version
		_, err := b.db.SaveReports(b.system(t), agent, []wire.DeviceReport{
			{DeviceID: done, State: wire.ReceiptApplied, Version: head, Online: true},
			{DeviceID: failed, State: wire.ReceiptFailed, Version: head, Online: true},
			{DeviceID: silent, State: wire.ReceiptApplied, Version: head - 1},
		}, true)
		must(t, err)
		at, err := domain.ParseID[domain.SiteID](harbour)
		must(t, err)
		for _, mac := range []domain.MAC{"0C11050B9801", "0C11050B98FF"} { // the first is registered already
			must(t, b.db.PutCandidate(b.system(t), at, eventlog.Candidate{MAC: mac, Agent: agent, FoundAt: b.now}))
		}

		d := b.dashboard(t, b.Client)
		if want := (api.DashboardSites{Community: 2, Office: 1, Single: 1, Commercial: 1}); d.Sites != want {
			t.Errorf("sites %+v, want %+v", d.Sites, want)
		}
		if want := (api.DashboardDevices{Online: 2, Offline: 1, Manual: 1}); d.Devices != want {
			t.Errorf("devices %+v, want %+v", d.Devices, want)
		}
		if want := (api.DashboardAgents{Online: 1, Offline: 1}); d.Agents != want {
			t.Errorf("agents %+v, want %+v", d.Agents, want)
		}
		want := "agent_offline@Office=1 receipts_failed@Harbour=1 devices_offline@Harbour=1 no_agent@Mall=1 no_agent@Tower=1 no_agent@Villa=1 " +
			"devices_found@Harbour=1 receipts_open@Harbour=1"
		if got := hands(d); got != want || d.HandTotal != 8 {
			t.Errorf("needs a hand: %d\n%s\nwant\n%s", d.HandTotal, got, want)
		}
		if since := d.Hand[0].Since; since == nil || !since.Equal(b.now) {
			t.Errorf("the agent is offline since %v, want %v", since, b.now)
		}
		other := b.dashboard(t, rival)
		if other.Sites != (api.DashboardSites{Single: 1}) || other.Devices != (api.DashboardDevices{}) || hands(other) != "no_agent@Foreign=1" {
			t.Errorf("the rival sees %+v", other)
		}
	})
}

// shows DASH-02 by cloud/store/dashboard.go: "Activated: n.Activated, Waiting: n.Total - n.Activated" => "return fleet.AccountNumbers{}, err"
func TestDashboard_CountsAccountsAndOrganisations(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		operator, installer := b.own(t)
		b.person(t, installer, account.RoleManager, domain.PersonID{}, true)
		b.person(t, installer, account.RoleManager, domain.PersonID{}, false)
		y := newYard(t, b.Client, "0C11050B9814")
		who, err := domain.ParseID[domain.PersonID](y.ids["person"])
		must(t, err)
		b.person(t, installer, account.RoleResident, who, false)
		distributor := account.Org{ID: domain.NewID[domain.OrgID](b.now), ParentID: operator.ID, Kind: account.OrgDistributor, Name: "North", CreatedAt: b.now}
		shop := account.Org{ID: domain.NewID[domain.OrgID](b.now), ParentID: distributor.ID, Kind: account.OrgInstaller, Name: "Shop", CreatedAt: b.now}
		must(t, b.db.SaveOrg(b.system(t), distributor))
		must(t, b.db.SaveOrg(b.system(t), shop))
		b.person(t, shop, account.RoleInstaller, domain.PersonID{}, true)

		d := b.dashboard(t, b.Client)
		if want := (api.DashboardAccounts{Managers: 2, Residents: 1, Activated: 1, Waiting: 2}); d.Accounts != want {
			t.Errorf("accounts %+v, want %+v", d.Accounts, want)
		}
		if want := (api.DashboardOrgs{Distributors: 1, Installers: 1, Waiting: 1}); d.Orgs != want {
			t.Errorf("organisations %+v, want %+v", d.Orgs, want)
		}
		if got := hands(d); got != "no_agent@Park Lane 7=1 managers_waiting=1 orgs_waiting=1" {
			t.Errorf("needs a hand: %s", got)
		}
		if other := b.dashboard(t, b.Stranger(t)); other.Accounts != (api.DashboardAccounts{}) || other.Orgs != (api.DashboardOrgs{}) || other.HandTotal != 0 {
			t.Errorf("a stranger sees %+v", other)
		}
	})
}

// shows DASH-03 by cloud/account/caller.go: "if !ok || !slices.Contains(rule.Roles, c.Role) {" => "if !ok {"
func TestMe_HasTheRightsOfTheRoleAlone(t *testing.T) {
	b := newBench(t, "")
	rights := func(c cloudtest.Client) []string {
		return cloudtest.Want[struct{ Rights []string }](t, c, http.StatusOK, http.MethodGet, "/me", nil).Rights
	}
	operator, installer := rights(b.Client), rights(b.Stranger(t))
	for _, right := range []account.Right{account.ServiceWrite, account.OrgsRead, account.OrgsEnter} {
		if !slices.Contains(operator, string(right)) || slices.Contains(installer, string(right)) {
			t.Errorf("%s: operator %v, installer %v", right, operator, installer)
		}
	}
	for _, right := range []account.Right{account.SitesWrite, account.ManagersWrite, account.SubsWrite} {
		if !slices.Contains(installer, string(right)) {
			t.Errorf("an installer lacks %s", right)
		}
	}
	if slices.Contains(installer, string(account.HomeRead)) || slices.Contains(operator, string(account.HomeRead)) {
		t.Error("only residents have a home here")
	}
}

// shows DASH-04 by cloud/store/record.go: "out.Total = total"
func TestLists_SearchSortAndPageAlike(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		type page struct {
			Items []struct{ Name string }
			Next  string
			Total int
		}
		for n := 23; n > 0; n-- {
			b.site(t, b.Client, fmt.Sprintf("House %d", n), "")
		}
		b.site(t, b.Client, "Élysée", "")
		var names []string
		cursor, pages := "", 0
		for {
			p := cloudtest.Want[page](t, b.Client, http.StatusOK, http.MethodGet, "/sites?limit=10&cursor="+cursor, nil)
			if p.Total != 24 {
				t.Fatalf("page %d tells a total of %d", pages, p.Total)
			}
			pages++
			for _, item := range p.Items {
				names = append(names, item.Name)
			}
			if cursor = p.Next; cursor == "" {
				break
			}
		}
		if pages != 3 || len(names) != 24 || names[0] != "Élysée" || names[1] != "House 1" || names[2] != "House 2" || names[23] != "House 23" {
			t.Errorf("%d pages: %v", pages, names)
		}
		found := cloudtest.Want[page](t, b.Client, http.StatusOK, http.MethodGet, "/sites?limit=10&q=elys", nil)
		if found.Total != 1 || len(found.Items) != 1 || found.Next != "" {
			t.Errorf("the search gives %+v", found)
		}
		if none := cloudtest.Want[page](t, b.Client, http.StatusOK, http.MethodGet, "/sites?q=nowhere", nil); none.Total != 0 || len(none.Items) != 0 {
			t.Errorf("nothing is %+v", none)
		}
	})
}

func TestSites_HaveAKind(t *testing.T) {
	b := newBench(t, "")
	site := "/sites/" + b.site(t, b.Client, "Villa", "single")
	type kind struct{ Kind string }
	body := cloudtest.Object{"name": "Villa Rosa", "time_zone": "UTC"}
	if got := cloudtest.Want[kind](t, b.Client, http.StatusOK, http.MethodPut, site, body).Kind; got != "single" {
		t.Errorf("an edit without a kind makes it %q", got)
	}
	body["kind"] = "community"
	if a := b.Do(t, http.MethodPut, site, body); a.Status != http.StatusConflict || a.Field("kind") == "" {
		t.Errorf("another kind: %d %s", a.Status, a.Body)
	}
	body["kind"] = "castle"
	if a := b.Do(t, http.MethodPut, site, body); a.Field("kind") == "" {
		t.Errorf("a castle: %d %s", a.Status, a.Body)
	}
}

func TestDashboard_IsQuickWithTenThousandDevices(t *testing.T) {
	b := newBench(t, "")
	_, installer := b.own(t)
	ctx := account.With(t.Context(), account.Caller{Org: installer.ID, Role: account.RoleInstaller})
	b.db.Unlock(seal.New([32]byte{1}))
	const sites, each = 200, 50
	must(t, b.db.InTx(ctx, func(ctx context.Context) error {
		for s := range sites {
			site := domain.Site{ID: domain.NewID[domain.SiteID](b.now), OrgID: installer.ID, Name: fmt.Sprintf("Site %d", s), TimeZone: "UTC", Kind: domain.Community}
			group := domain.NetworkGroup{ID: domain.NewID[domain.GroupID](b.now), SiteID: site.ID, Name: "LAN"}
			if err := b.db.PutSite(ctx, site, b.now); err != nil {
				return err
			}
			if err := b.db.PutGroup(ctx, group, b.now); err != nil {
				return err
			}
			if err := b.db.InsertAgent(ctx, enroll.NewAgent{ID: domain.NewID[domain.AgentID](b.now), Site: site.ID, Name: "A", ConfigKey: []byte{1}, CreatedAt: b.now}); err != nil {
				return err
			}
			for d := range each {
				n := s*each + d
				device := domain.Device{
					ID: domain.NewID[domain.DeviceID](b.now), SiteID: site.ID, Type: domain.Monitor, MAC: domain.MAC(fmt.Sprintf("0C1105%06X", n)), Name: "M",
					GroupID: group.ID, Driver: domain.DriverManual, SIPUser: fmt.Sprintf("u%d", n), SIPPassword: secret.New("planted"),
				}
				if err := b.db.PutDevice(ctx, device, b.now); err != nil {
					return err
				}
			}
		}
		return nil
	}))
	b.dashboard(t, b.Client)
	began := time.Now()
	d := b.dashboard(t, b.Client)
	took := time.Since(began)
	t.Logf("%d devices at %d sites in %v", d.Devices.Manual, d.Sites.Community, took)
	if d.Devices.Manual != sites*each || d.Sites.Community != sites || len(d.Hand) != 50 || d.HandTotal != sites {
		t.Errorf("%+v, %d hands of %d", d.Devices, len(d.Hand), d.HandTotal)
	}
	if took > 30*time.Second { // some 50 ms by itself; the race detector and a machine that does much else take their share
		t.Errorf("it took %v", took)
	}
}
