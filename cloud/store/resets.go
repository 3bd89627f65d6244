package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
)

// ResetFacts counts what stands beside the people of a home.
func (s *Store) ResetFacts(ctx context.Context, site domain.SiteID, id domain.ApartmentID) (fleet.ResetFacts, error) {
	var out fleet.ResetFacts
	people := func() *gorm.DB {
		return s.in(ctx, site).Table("people").Select("id").Where("apartment_id = ? AND deleted_at IS NULL", id)
	}
	var accounts, events int64
	err := s.conn(ctx).Model(&accountRow{}).Where("deleted_at IS NULL AND (person_id IN (?) OR id IN (?))",
		people(), s.conn(ctx).Table("account_people").Select("account_id").Where("person_id IN (?)", people())).Count(&accounts).Error
	if err != nil {
		return out, fmt.Errorf("count the accounts of a home: %w", err)
	}
	if err := s.in(ctx, site).Model(&eventRow{}).Where("apartment_id = ? AND length(body) > 0", id).Count(&events).Error; err != nil {
		return out, fmt.Errorf("count the events of a home: %w", err)
	}
	out.Accounts, out.Events = int(accounts), int(events)
	if out.Devices, err = s.ApartmentDevices(ctx, site, id); err != nil {
		return out, err
	}
	if out.PINs, out.Cards, err = s.homeKeys(ctx, site, id); err != nil {
		return out, err
	}
	monitors, err := s.MonitorsOf(ctx, site, id)
	out.Monitors = len(monitors)
	return out, err
}

// PersonAnywhere gives a person at whatever site the caller may see.
func (s *Store) PersonAnywhere(ctx context.Context, id domain.PersonID) (domain.Person, error) {
	var r personRow
	if err := s.conn(ctx).Scopes(scope(ctx, "site_id")).Where("id = ? AND deleted_at IS NULL", id).Take(&r).Error; err != nil {
		return domain.Person{}, fmt.Errorf("read person: %w", missing(err, "This person"))
	}
	return r.noun(), nil
}

// EraseEvents erases bodies, salts and names of at most so many events of a home that happened before at. The digests stay, so that the chain still
// proves that nothing else is missing.
func (s *Store) EraseEvents(ctx context.Context, site domain.SiteID, id domain.ApartmentID, at time.Time, most int) (int, error) {
	var rows []eventRow
	err := s.in(ctx, site).Select("received_at, agent_id, epoch, stream, seq, kind").
		Where("apartment_id = ? AND occurred_at < ? AND length(body) > 0", id, at.UnixMilli()).Limit(most).Find(&rows).Error
	if err != nil {
		return 0, fmt.Errorf("find events to erase: %w", err)
	}
	if err := s.empty(ctx, rows); err != nil {
		return 0, fmt.Errorf("erase events: %w", err)
	}
	return len(rows), nil
}

// empty takes bodies, salts and names out of rows, and their lines out of the call history.
func (s *Store) empty(ctx context.Context, rows []eventRow) error {
	empty, salt := []byte{}, make([]byte, 16)
	return s.InTx(ctx, func(ctx context.Context) error {
		for _, r := range rows {
			const key = "received_at = ? AND agent_id = ? AND epoch = ? AND stream = ? AND seq = ?"
			if err := s.conn(ctx).Model(&eventRow{}).Where(key, r.ReceivedAt, r.AgentID, r.Epoch, r.Stream, r.Seq).
				Updates(map[string]any{"body": empty, "salt": salt, "names": empty}).Error; err != nil {
				return err
			}
			if err := s.forgetCall(ctx, r); err != nil {
				return err
			}
		}
		return nil
	})
}

// ResetHomes lists the homes that were reset since a time.
func (s *Store) ResetHomes(ctx context.Context, since time.Time) ([]fleet.Erasure, error) {
	var rows []apartmentRow
	err := s.conn(ctx).Scopes(scope(ctx, "site_id")).Where(s.serviceNumber("reset_ms")+" > ?", since.UnixMilli()).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list homes that were reset: %w", err)
	}
	out := make([]fleet.Erasure, len(rows))
	for i, r := range rows {
		out[i] = fleet.Erasure{Site: r.SiteID, Apartment: r.ID, Before: r.Service.ResetMilli}
	}
	return out, nil
}
