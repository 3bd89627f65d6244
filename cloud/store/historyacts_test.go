package store_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
)

// making are the acts that add something.
func (h *history) making() map[string]func(*rapid.T) {
	now := time.Now
	return map[string]func(*rapid.T){
		"make organisation": func(*rapid.T) {
			h.makeInstaller(pick(h, h.orgs, func(o *orgModel) bool { return o.kind == account.OrgDistributor }))
		},
		"make site": func(*rapid.T) {
			site := &siteModel{id: domain.NewID[domain.SiteID](now()), org: pick(h, h.orgs, isInstaller).id}
			h.must(h.s.PutSite(h.ctx, domain.Site{ID: site.id, OrgID: site.org, Name: "site", TimeZone: "UTC"}, now()))
			h.must(h.s.Record(h.ctx, audit.Entry{
				ID: domain.NewID[domain.AuditID](now()), Site: site.id, Actor: "test", Action: audit.Created, Object: "site", ObjectID: site.id, At: now(),
			}))
			h.sites = append(h.sites, site)
		},
		"make manager": func(*rapid.T) { h.account(pick(h, h.orgs, isInstaller).id, account.RoleManager, domain.PersonID{}) },
		"make resident": func(*rapid.T) {
			site := pick(h, h.sites, lives)
			p := &personModel{id: domain.NewID[domain.PersonID](now()), site: site.id}
			building, apartment := domain.NewID[domain.BuildingID](now()), domain.NewID[domain.ApartmentID](now())
			h.must(h.s.PutBuilding(h.ctx, domain.Building{ID: building, SiteID: site.id, Name: building.String()}, now()))
			h.must(h.s.PutApartment(h.ctx, domain.Apartment{ID: apartment, SiteID: site.id, BuildingID: building, Number: "1"}, now()))
			h.must(h.s.PutPerson(h.ctx, domain.Person{ID: p.id, SiteID: site.id, ApartmentID: apartment, FirstName: "R", LastName: "R"}, now()))
			h.people = append(h.people, p)
			h.account(site.org, account.RoleResident, p.id)
		},
		"assign": func(*rapid.T) {
			site := pick(h, h.sites, lives)
			m := pick(h, h.accounts, func(a *accountModel) bool { return isManager(a) && a.org == site.org && !a.sites[site.id] })
			h.must(h.s.AddAssignment(h.ctx, account.Assignment{Site: site.id, Account: m.id}, now()))
			m.sites[site.id] = true
		},
		"grant": func(*rapid.T) {
			below := pick(h, h.orgs, func(o *orgModel) bool { return isInstaller(o) && !o.own })
			l := &leaveModel{id: domain.NewID[domain.GrantID](now()), org: below.id, to: below.parent}
			h.must(h.s.GiveLeave(h.ctx, l.id, l.org, l.to, now().Add(time.Hour)))
			h.leaves = append(h.leaves, l)
		},
	}
}

// ending are the acts that move something or take it away.
func (h *history) ending() map[string]func(*rapid.T) {
	end := func(byTime bool) func(*rapid.T) {
		return func(*rapid.T) {
			l := pick(h, h.leaves, func(l *leaveModel) bool { return !l.ended })
			h.must(h.s.EndLeave(h.ctx, l.id, byTime))
			l.ended = true
		}
	}
	return map[string]func(*rapid.T){
		"revoke": end(false),
		"expire": end(true),
		"unassign": func(*rapid.T) {
			m := pick(h, h.accounts, func(a *accountModel) bool { return isManager(a) && len(a.sites) > 0 })
			site := pick(h, h.sites, func(s *siteModel) bool { return m.sites[s.id] })
			if site.gone {
				h.Skip("gone")
			}
			h.must(h.s.DropAssignment(h.ctx, site.id, m.id))
			delete(m.sites, site.id)
		},
		"move site": func(*rapid.T) {
			site, to := pick(h, h.sites, lives), pick(h, h.orgs, isInstaller)
			h.must(h.s.MoveSite(h.ctx, site.id, to.id))
			site.org = to.id
		},
		"delete site": func(*rapid.T) {
			site := pick(h, h.sites, lives)
			h.must(h.s.DeleteSite(h.ctx, site.id, time.Now()))
			site.gone = true
		},
		"delete person": func(*rapid.T) {
			p := pick(h, h.people, func(p *personModel) bool { return !p.gone })
			h.must(h.s.DeletePerson(h.ctx, p.site, p.id, time.Now()))
			for _, site := range h.sites {
				p.gone = p.gone || site.id == p.site && !site.gone // of a deleted site nothing can be touched
			}
		},
		"delete account": func(*rapid.T) {
			a := pick(h, h.accounts, func(a *accountModel) bool {
				return !a.gone && (a.role == account.RoleManager || a.role == account.RoleResident)
			})
			h.must(h.s.DropAssignments(h.ctx, a.id))
			h.must(h.s.DropAccount(h.ctx, a.id, time.Now()))
			a.gone = true
		},
		"delete organisation": func(*rapid.T) {
			o := pick(h, h.orgs, func(o *orgModel) bool { return isInstaller(o) && !o.own })
			if sites, children, err := h.s.OrgHolds(h.ctx, o.id); err != nil || sites+children > 0 {
				h.Skip("it holds sites")
			}
			h.must(h.s.DropOrg(h.ctx, o.id, time.Now()))
			o.gone = true
			for _, a := range h.accounts {
				a.gone = a.gone || a.org == o.id
			}
		},
	}
}

// shows BEY-19 by cloud/store/scope.go: "caller.Entry.Grant, caller.Org, time.Now().UnixMilli())" => "caller.Entry.Grant, caller.Org, time.Time{}.UnixMilli())"
func TestHistory_NobodySeesWhatTheModelForbids(t *testing.T) {
	for range rounds {
		storetest.Each(t, tellHistories)
	}
}

func tellHistories(t *testing.T, s *store.Store) {
	rapid.Check(t, func(r *rapid.T) {
		h := &history{T: r, s: s, ctx: account.AsSystem(t.Context(), "history")}
		h.begin()
		acts := h.making()
		for name, act := range h.ending() {
			acts[name] = act
		}
		for name, act := range acts {
			acts[name] = func(r *rapid.T) {
				h.T = r
				act(r)
			}
		}
		acts[""] = func(*rapid.T) { h.compare() }
		r.Repeat(acts)
	})
}
