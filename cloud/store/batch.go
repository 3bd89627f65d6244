package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
)

// Batch is what comes new to a site at once.
type Batch = fleet.Batch

// AddBatch adds new nouns in few statements, all of them or none; the rows are those that single edits would write.
func (s *Store) AddBatch(ctx context.Context, b Batch, at time.Time) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		apartments := make([]apartmentRow, len(b.Apartments))
		numbers := make([]sipNumberRow, 0, len(b.Apartments)+len(b.People)+len(b.Devices))
		number := func(site domain.SiteID, number, kind string, owner [16]byte) {
			if number == "" { // of people without an app
				return
			}
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

// DropBatch marks what leaves a site as deleted; relays go, so that their channels are free.
func (s *Store) DropBatch(ctx context.Context, site domain.SiteID, gone fleet.Gone, at time.Time) error {
	for part := range slices.Chunk(gone.Devices, inserts) {
		if err := s.in(ctx, site).Where("device_id IN ?", part).Delete(&relayRow{}).Error; err != nil {
			return fmt.Errorf("delete relays: %w", err)
		}
	}
	if err := s.DropKeyrings(ctx, site, gone.People...); err != nil {
		return err
	}
	for _, of := range []struct {
		model any
		ids   []string
	}{{&deviceRow{}, idTexts(gone.Devices)}, {&personRow{}, idTexts(gone.People)}, {&apartmentRow{}, idTexts(gone.Apartments)}} {
		for part := range slices.Chunk(of.ids, inserts) {
			changes := map[string]any{"deleted_at": at.UnixMilli(), "updated_at": at.UnixMilli()}
			if err := s.in(ctx, site).Model(of.model).Where("id IN ? AND deleted_at IS NULL", part).Updates(changes).Error; err != nil {
				return fmt.Errorf("delete a batch: %w", err)
			}
		}
	}
	return nil
}

func idTexts[T fmt.Stringer](ids []T) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = id.String()
	}
	return out
}

// BoundMACs gives those of macs that a device of another site has. It looks at every tenant's rows and tells nothing else of them.
func (s *Store) BoundMACs(ctx context.Context, site domain.SiteID, macs []domain.MAC) (map[domain.MAC]bool, error) {
	out := map[domain.MAC]bool{}
	for part := range slices.Chunk(inOrder(macs), macChunk) {
		var found []string
		err := s.conn(ctx).Model(&deviceRow{}).Where("mac IN ? AND site_id <> ? AND deleted_at IS NULL", part, site).Pluck("mac", &found).Error
		if err != nil {
			return nil, fmt.Errorf("look for bound MACs: %w", err)
		}
		for _, mac := range found {
			out[domain.MAC(mac)] = true
		}
	}
	return out, nil
}

// SIPNumberFree tells whether a number was never issued, at any site of the platform.
func (s *Store) SIPNumberFree(ctx context.Context, number string) (bool, error) {
	var n int64
	err := s.conn(ctx).Model(&sipNumberRow{}).Where("number = ?", number).Count(&n).Error
	return n == 0, wrap(err, "look for a SIP number")
}

// Folded writes a name as unique columns compare it.
func (s *Store) Folded(name string) string { return fold(name) }

// addRows adds the rows of tables one after the other; a table without new rows is left alone.
func (s *Store) addRows(ctx context.Context, tables ...any) error {
	for _, rows := range tables {
		if err := s.conn(ctx).CreateInBatches(rows, s.rowsAtOnce()).Error; err != nil {
			return fmt.Errorf("add a batch: %w", err)
		}
	}
	return nil
}
