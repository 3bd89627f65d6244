package fleet

import (
	"slices"
	"testing"
	"time"

	"vestibule/shared/domain"
)

// items writes what a column of a table holds, and what of it the product has already.
func items(rows []resetItem) (all, there []string) {
	for _, r := range rows {
		all = append(all, r.item)
		if r.of != nil {
			there = append(there, r.item)
		}
	}
	return all, there
}

// The two tables hold every line of the guides and nothing else; what the product does not keep yet stands in the tables and in no plan.
func TestResetTables_AreThoseOfTheGuides(t *testing.T) {
	if len(resetTables) != 2 {
		t.Fatalf("%d tables", len(resetTables))
	}
	settings := []string{"call_path", "time_zone", "language", "home_automation", "premium", "with_monitor"}
	both := []string{"devices", "sip_numbers", "landline_expires", "contact", "call_type", "web_relay", "floors", "free_members", "audit"}
	for kind, own := range map[ResetKind][]string{CommunityReset: {"subscription"}, KitReset: {"account_status", "created"}} {
		table := resetTables[kind]
		kept, _ := items(table.kept)
		want := slices.Concat(own, settings, both)
		slices.Sort(kept)
		slices.Sort(want)
		if !slices.Equal(kept, want) {
			t.Errorf("%s keeps %v, want %v", kind, kept, want)
		}
		anew, _ := items(table.anew)
		if !slices.Equal(anew, []string{"app_status", "credentials", "master_name", "landline_service", "landline_status", "registration_code"}) {
			t.Errorf("%s sets anew %v", kind, anew)
		}
		removed, there := items(table.removed)
		if !slices.Equal(there, []string{"members", "emails", "phones", "countries", "landlines", "remarks", "events", "pins", "rf_cards"}) {
			t.Errorf("%s removes %v", kind, there)
		}
		if !slices.Equal(removed[len(there):], []string{"messages", "alarms", "faces", "nfc", "bluetooth", "qr_keys"}) {
			t.Errorf("%s waits for %v", kind, removed[len(there):])
		}
	}
}

// An empty home has a plan too: nothing is removed that is not there.
func TestPlan_OfAnEmptyHomeRemovesNothing(t *testing.T) {
	h := resetHome{
		Site: domain.Site{Kind: domain.Community, TimeZone: "UTC"}, Home: domain.Apartment{Number: "7", Contact: domain.GroupCall, Path: domain.CallByIP},
		Now: time.Unix(1, 0),
	}
	if p := plan(h); p.Kind != CommunityReset || len(p.Removed) != 0 || p.Revision == 0 || p.Revision >= 1<<53 {
		t.Errorf("%+v", p)
	}
	h.Home.Service = domain.ApartmentService{Kit: true, ActivatedMilli: 1, ExpiresMilli: 500, LandlineMilli: 1767225600000, FreeMembers: 5}
	p := plan(h)
	if p.Kind != KitReset || !slices.Contains(p.Kept, ResetLine{Item: "account_status", Value: "expired"}) ||
		!slices.Contains(p.Kept, ResetLine{Item: "landline_expires", Value: "2026-01-01"}) || !slices.Contains(p.Kept, ResetLine{Item: "free_members", Count: 5}) {
		t.Errorf("%+v", p)
	}
	after := homeAfter(h, time.UnixMilli(9))
	want := h.Home.Service
	want.ResetMilli, want.LandlineOff = 9, true
	if after.Service != want {
		t.Errorf("%+v, want %+v", after.Service, want)
	}
}

// A plan is of the home as it was seen: whatever changes about it or anybody in it gives another revision.
func TestPlan_RevisionTellsEveryChange(t *testing.T) {
	master := domain.Person{ID: domain.PersonID{1}, Revision: 1}
	h := resetHome{Home: domain.Apartment{ID: domain.ApartmentID{9}, Revision: 1}, Master: &master, Members: []domain.Person{{ID: domain.PersonID{2}, Revision: 1}}}
	seen := map[uint64]string{h.revision(): "as it was"}
	for name, change := range map[string]func(h *resetHome){
		"the apartment":  func(h *resetHome) { h.Home.Revision++ },
		"the master":     func(h *resetHome) { m := *h.Master; m.Revision++; h.Master = &m },
		"a member":       func(h *resetHome) { h.Members = []domain.Person{{ID: domain.PersonID{2}, Revision: 2}} },
		"another member": func(h *resetHome) { h.Members = []domain.Person{{ID: domain.PersonID{3}, Revision: 1}} },
		"one member more": func(h *resetHome) {
			h.Members = append(slices.Clone(h.Members), domain.Person{ID: domain.PersonID{4}, Revision: 1})
		},
		"nobody": func(h *resetHome) { h.Master, h.Members = nil, nil },
	} {
		changed := h
		change(&changed)
		if was, twice := seen[changed.revision()]; twice {
			t.Errorf("%s has the revision of %s", name, was)
		}
		seen[changed.revision()] = name
	}
}
