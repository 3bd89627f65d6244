package fleet_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// Two who opened the same form: the second to save is refused and told the revision of now, whatever the order and however close.
func TestEdits_TwoWritersAtOnceLoseNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		y := newYard(t, s)
		b := y.building(t, "House A")
		const rounds = 5
		for round := range rounds {
			seen, err := y.Building(y.ctx, y.site.ID, b.ID)
			if err != nil || seen.Revision != uint64(round+1) {
				t.Fatalf("revision %d in round %d: %v", seen.Revision, round, err)
			}
			names := [2]string{fmt.Sprintf("House %d left", round), fmt.Sprintf("House %d right", round)}
			var results [2]error
			var work sync.WaitGroup
			for i, name := range names {
				work.Go(func() {
					change := seen
					change.Name = name
					saved, err := y.EditBuilding(account.WithRevision(y.ctx, seen.Revision), change)
					if results[i] = err; err == nil && saved.Revision != seen.Revision+1 {
						t.Errorf("saved as revision %d", saved.Revision)
					}
				})
			}
			work.Wait()
			won := 0
			if results[0] != nil {
				won = 1
			}
			var stale *account.Stale
			if results[won] != nil || !errors.As(results[1-won], &stale) || stale.Present != seen.Revision+1 || fault.CodeOf(results[1-won]) != fault.Conflict {
				t.Fatalf("round %d: %v", round, results)
			}
			if got, err := y.Building(y.ctx, y.site.ID, b.ID); err != nil || got.Name != names[won] {
				t.Errorf("round %d: stored %+v, %s won: %v", round, got, names[won], err)
			}
		}
	})
}

// A change that names an old revision changes nothing and a deletion neither; without one, and with the right one, both go on. What goes
// with a deleted thing is not asked for its own revision.
func TestRevisions_OfEveryNoun(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		y := newYard(t, s)
		b := y.building(t, "House A")
		a := y.apartment(t, b, "101")
		p, err := y.AddPerson(y.ctx, domain.Person{SiteID: y.site.ID, ApartmentID: a.ID, FirstName: "Eva", LastName: "Miller"})
		if err != nil {
			t.Fatal(err)
		}
		g, err := y.AddGroup(y.ctx, domain.NetworkGroup{SiteID: y.site.ID, Name: "Network 2"})
		if err != nil {
			t.Fatal(err)
		}
		for i, n := range []uint64{y.site.Revision, b.Revision, a.Revision, p.Revision, g.Revision} {
			if n != 1 {
				t.Errorf("new thing %d has revision %d", i, n)
			}
		}
		old := account.WithRevision(y.ctx, 7)
		for name, err := range map[string]error{
			"edit site": errOf(y.EditSite(old, fleet.SiteChange{ID: y.site.ID, Name: y.site.Name, TimeZone: y.site.TimeZone})), "edit building": errOf(y.EditBuilding(old, b)), "edit apartment": errOf(y.EditApartment(old, a)),
			"edit person": errOf(y.EditPerson(old, p)), "edit group": errOf(y.EditGroup(old, g)), "delete site": y.DeleteSite(old, y.site.ID, ""),
			"delete building": y.DeleteBuilding(old, y.site.ID, b.ID), "delete apartment": y.DeleteApartment(old, y.site.ID, a.ID),
			"delete person": y.DeletePerson(old, y.site.ID, p.ID), "delete group": y.DeleteGroup(old, y.site.ID, g.ID),
		} {
			var stale *account.Stale
			if !errors.As(err, &stale) || stale.Present != 1 {
				t.Errorf("%s: %v", name, err)
			}
		}
		if p, err = y.EditPerson(account.WithRevision(y.ctx, 1), p); err != nil || p.Revision != 2 {
			t.Fatal(p.Revision, err)
		}
		if err := y.DeleteApartment(account.WithRevision(y.ctx, 1), y.site.ID, a.ID); err != nil {
			t.Error(err) // with its person, whose revision is 2
		}
		if list, err := y.Buildings(y.ctx, y.site.ID, fleet.Page{}); err != nil || list.Items[0].Revision != 1 {
			t.Error(list, err)
		}
	})
}

func errOf[T any](_ T, err error) error { return err }
