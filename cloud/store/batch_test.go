package store_test

import (
	"context"
	"reflect"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/cloud/seal"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

// A batch leaves the rows that one Put after the other would leave, and no row at all when one of them does not fit.
func TestAddBatch_IsLikeOneByOneAndWholeOrNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		s.Unlock(seal.New([32]byte{1}))
		ctx, at := account.AsSystem(context.Background(), "test"), time.UnixMilli(1_700_000_000_000).UTC()
		site, batch := newBatch(ctx, t, s, at)
		if err := s.AddBatch(ctx, batch, at); err != nil {
			t.Fatal(err)
		}
		homes, people, devices := listed(ctx, t, s, site)
		if len(homes) != 2 || len(people) != 2 || len(devices) != 2 || len(devices[0].Relays)+len(devices[1].Relays) != 1 {
			t.Fatalf("%d apartments, %d people, devices %+v", len(homes), len(people), devices)
		}
		for _, a := range batch.Apartments {
			if free, err := s.TakeSIPNumber(ctx, site, a.SIPUser, fleet.FamilyNumber, a.ID, at); err != nil || free {
				t.Errorf("the number %s is free: %v", a.SIPUser, err)
			}
		}
		for _, put := range []func() error{
			func() error { return s.PutApartment(ctx, batch.Apartments[0], at) },
			func() error { return s.PutPerson(ctx, batch.People[0], at) },
			func() error { return s.PutDevice(ctx, batch.Devices[0], at) },
		} {
			if err := put(); err != nil {
				t.Fatal(err)
			}
		}
		again, same, equal := listed(ctx, t, s, site)
		again[0].Revision, same[0].Revision, equal[0].Revision = homes[0].Revision, people[0].Revision, devices[0].Revision
		if !reflect.DeepEqual(again[1:], homes[1:]) || again[0].Number != homes[0].Number || same[0].FirstName != people[0].FirstName || equal[0].SIPPassword != devices[0].SIPPassword {
			t.Errorf("a Put of the same changed something:\n%+v\n%+v", homes, again)
		}

		next := store.Batch{Apartments: []domain.Apartment{batch.Apartments[0]}, People: []domain.Person{batch.People[0]}}
		next.Apartments[0].ID, next.Apartments[0].Number, next.Apartments[0].SIPUser = domain.NewID[domain.ApartmentID](at), "999", "5000000009"
		if err := s.AddBatch(ctx, next, at); err == nil {
			t.Error("a person was added twice")
		}
		if homes, _, _ := listed(ctx, t, s, site); len(homes) != 2 {
			t.Errorf("half of a batch stayed: %d apartments", len(homes))
		}
	})
}

// newBatch makes a site with a building and a group, and what may be added to it.
func newBatch(ctx context.Context, t *testing.T, s *store.Store, at time.Time) (domain.SiteID, store.Batch) {
	t.Helper()
	org := account.Org{ID: domain.NewID[domain.OrgID](at), Kind: account.OrgInstaller, Name: "Bell", CreatedAt: at}
	site := domain.Site{ID: domain.NewID[domain.SiteID](at), OrgID: org.ID, Name: "Court", TimeZone: "Europe/Berlin"}
	house := domain.Building{ID: domain.NewID[domain.BuildingID](at), SiteID: site.ID, Name: "House"}
	group := domain.NetworkGroup{ID: domain.NewID[domain.GroupID](at), SiteID: site.ID, Name: "Network 1"}
	for _, put := range []func() error{
		func() error { return s.SaveOrg(ctx, org) },
		func() error { return s.PutSite(ctx, site, at) },
		func() error { return s.PutBuilding(ctx, house, at) },
		func() error { return s.PutGroup(ctx, group, at) },
	} {
		if err := put(); err != nil {
			t.Fatal(err)
		}
	}
	var b store.Batch
	for i, number := range []string{"101", "102"} {
		home := domain.Apartment{ID: domain.NewID[domain.ApartmentID](at), SiteID: site.ID, BuildingID: house.ID, Number: number, SIPUser: "500000000" + number[2:]}
		b.Apartments = append(b.Apartments, home)
		b.People = append(b.People, domain.Person{
			ID: domain.NewID[domain.PersonID](at), SiteID: site.ID, ApartmentID: home.ID, Kind: domain.Master, FirstName: "Ada", LastName: "Ürmel " + number, SIPUser: "600000000" + number[2:],
		})
		d := domain.Device{
			ID: domain.NewID[domain.DeviceID](at), SiteID: site.ID, Type: domain.SingleDoorPhone, MAC: domain.MAC("0C1105000" + number), Name: "Door " + number, GroupID: group.ID,
			BuildingID: house.ID, ApartmentID: home.ID, Driver: domain.DriverManual, SIPUser: "610000000" + number[2:], SIPPassword: secret.New("planted"),
		}
		if i == 0 {
			d.Relays = []domain.Relay{{Number: 1, Name: "Door", DTMF: "#", Mode: domain.Momentary, HoldMilli: 3000}}
		}
		b.Devices = append(b.Devices, d)
	}
	return site.ID, b
}

func listed(ctx context.Context, t *testing.T, s *store.Store, site domain.SiteID) ([]domain.Apartment, []fleet.PersonView, []domain.Device) {
	t.Helper()
	homes, err := s.ListApartments(ctx, site, fleet.Page{})
	if err != nil {
		t.Fatal(err)
	}
	people, err := s.ListPeople(ctx, site, fleet.Page{Query: "urmel"})
	if err != nil {
		t.Fatal(err)
	}
	devices, err := s.ListDevices(ctx, site, fleet.Page{Query: "door 1"})
	if err != nil {
		t.Fatal(err)
	}
	return homes.Items, people.Items, devices.Items
}
