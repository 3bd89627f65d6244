package fleet_test

import (
	"testing"

	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

// keyed is a home with a master and a member who have a PIN and a card each.
func keyed(t *testing.T, y *yard) (home domain.Apartment, master, member domain.Person) {
	t.Helper()
	home = y.apartment(t, y.building(t, "House A"), "101")
	add := func(first, pin, card string) domain.Person {
		p, err := y.AddPerson(y.ctx, domain.Person{SiteID: y.site.ID, ApartmentID: home.ID, FirstName: first, LastName: "Moss"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := y.SetPIN(y.ctx, y.site.ID, p.ID, secret.New(pin)); err != nil {
			t.Fatal(err)
		}
		if _, err := y.AddCard(y.ctx, y.site.ID, p.ID, domain.KeyCard{Number: secret.New(card)}); err != nil {
			t.Fatal(err)
		}
		return p
	}
	return home, add("Eva", "4829", "0A1B2C3D"), add("Max", "71935", "0A1B2C3E")
}

// shows EDGE-26 by cloud/fleet/keyrings.go: "if err := e.put(desired.SectionKeyrings, id, after); err != nil {" => "if err := error(nil); err != nil {"
func TestKeys_AreInTheDocumentOfTheirSite(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		y := newYard(t, s)
		_, master, _ := keyed(t, y)
		held := y.document.view(t, y.site.ID).Keyrings
		if ring := held[master.ID]; len(held) != 2 || ring.PIN.Reveal() != "4829" || len(ring.Cards) != 1 || ring.Cards[0].Number.Reveal() != "0A1B2C3D" {
			t.Errorf("the document holds %d keyrings, Eva's with %d cards", len(held), len(ring.Cards))
		}
	})
}

// shows EDGE-30 by cloud/fleet/people.go: "e.remove(desired.SectionKeyrings, person.ID) // the store forgets keys with their person"
// shows EDGE-30 by cloud/store/people.go: "if err := s.DropKeyrings(ctx, site, id); err != nil {" => "if err := error(nil); err != nil {"
func TestKeys_GoWithTheirPerson(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		y := newYard(t, s)
		home, _, member := keyed(t, y)
		if err := y.DeletePerson(y.ctx, y.site.ID, member.ID); err != nil {
			t.Fatal(err)
		}
		if _, still := y.document.view(t, y.site.ID).Keyrings[member.ID]; still {
			t.Error("the document keeps the keys of somebody who is gone")
		}
		if _, err := s.Keyring(y.ctx, y.site.ID, member.ID); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("the database keeps the keys of somebody who is gone: %v", err)
		}
		next, err := y.AddPerson(y.ctx, domain.Person{SiteID: y.site.ID, ApartmentID: home.ID, FirstName: "Ida", LastName: "Moss"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := y.SetPIN(y.ctx, y.site.ID, next.ID, secret.New("71935")); err != nil {
			t.Errorf("the PIN is not free: %v", err)
		}
	})
}

// shows EDGE-30/R59 PEOPLE-18 by cloud/fleet/reset.go: "if err := s.dropKeyring(ctx, e, h.Master.ID); err != nil {" => "if err := error(nil); err != nil {"
func TestKeys_GoWithTheReset(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		y := newYard(t, s)
		home, master, _ := keyed(t, y)
		plan, err := y.PlanReset(y.ctx, y.site.ID, home.ID)
		if err != nil {
			t.Fatal(err)
		}
		counts := map[string]int{}
		for _, line := range plan.Removed {
			counts[line.Item] = line.Count
		}
		if counts["pins"] != 2 || counts["rf_cards"] != 2 {
			t.Errorf("the plan removes %v", counts)
		}
		if _, err := y.Reset(y.ctx, y.site.ID, home.ID); err != nil {
			t.Fatal(err)
		}
		if held := y.document.view(t, y.site.ID).Keyrings; len(held) != 0 {
			t.Errorf("the document keeps %d keyrings of a home that was reset", len(held))
		}
		if _, err := s.Keyring(y.ctx, y.site.ID, master.ID); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("the database keeps the keys of the master: %v", err)
		}
	})
}
