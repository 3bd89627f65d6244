package store

import (
	"context"
	"fmt"
	"time"

	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
)

// Batch is what comes new to a site at once. Its nouns have their ids and SIP numbers.
type Batch struct {
	Apartments []domain.Apartment
	People     []domain.Person
	Devices    []domain.Device
}

// AddBatch adds new nouns in few statements, all of them or none; the rows are those that single edits would write.
func (s *Store) AddBatch(ctx context.Context, b Batch, at time.Time) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		apartments := make([]apartmentRow, len(b.Apartments))
		numbers := make([]sipNumberRow, 0, len(b.Apartments)+len(b.People)+len(b.Devices))
		number := func(site domain.SiteID, number, kind string, owner [16]byte) {
			numbers = append(numbers, sipNumberRow{Number: number, SiteID: site, Kind: kind, OwnerID: owner, CreatedAt: at.UnixMilli()})
		}
		for i, a := range b.Apartments {
			apartments[i] = newApartmentRow(a, at)
			number(a.SiteID, a.SIPUser, fleet.FamilyNumber, a.ID)
		}
		people := make([]personRow, len(b.People))
		for i, p := range b.People {
			people[i] = newPersonRow(p, at)
			number(p.SiteID, p.SIPUser, fleet.PersonalNumber, p.ID)
		}
		devices := make([]deviceRow, len(b.Devices))
		var relays []relayRow
		for i, d := range b.Devices {
			var err error
			if devices[i], err = s.newDeviceRow(d, at); err != nil {
				return err
			}
			relays = append(relays, newRelayRows(d)...)
			number(d.SiteID, d.SIPUser, fleet.DeviceNumber, d.ID)
		}
		return s.addRows(ctx, apartments, people, devices, relays, numbers)
	})
}

// addRows adds the rows of tables one after the other; a table without new rows is left alone.
func (s *Store) addRows(ctx context.Context, tables ...any) error {
	for _, rows := range tables {
		if err := s.conn(ctx).CreateInBatches(rows, inserts).Error; err != nil {
			return fmt.Errorf("add a batch: %w", err)
		}
	}
	return nil
}
