package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm/clause"

	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

type autopRow struct {
	DeviceID     domain.DeviceID `gorm:"primaryKey"`
	SiteID       domain.SiteID
	Text         []byte // sealed
	Revision     uint64
	State        string
	Refused      []string `gorm:"serializer:json"`
	ToldRevision uint64
	Resets       uint32
	UpdatedAt    int64 `gorm:"autoUpdateTime:false"`
}

func (autopRow) TableName() string { return "autop" }

type autopOrderRow struct {
	ID        domain.AutoPID `gorm:"primaryKey"`
	SiteID    domain.SiteID
	DeviceID  domain.DeviceID
	Text      []byte // sealed
	State     string
	Refused   []string `gorm:"serializer:json"`
	CreatedAt int64    `gorm:"autoCreateTime:false"`
	EndedAt   int64
}

func (autopOrderRow) TableName() string { return "autop_orders" }

func autopPurpose(id domain.DeviceID) string     { return "autop text " + id.String() }
func autopOrderPurpose(id domain.AutoPID) string { return "autop order " + id.String() }

// AutoPs gives the sheets of devices of a site, with their newest orders first: those that did not end whole, and of the others so many.
func (s *Store) AutoPs(ctx context.Context, site domain.SiteID, ended int, devices ...domain.DeviceID) (map[domain.DeviceID]fleet.AutoPSheet, error) {
	out := map[domain.DeviceID]fleet.AutoPSheet{}
	var rows []autopRow
	if err := s.in(ctx, site).Where("device_id IN ?", devices).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read AutoP: %w", err)
	}
	for _, r := range rows {
		plain, err := s.key.Open(autopPurpose(r.DeviceID), r.Text)
		if err != nil {
			return nil, fmt.Errorf("open AutoP: %w", err)
		}
		out[r.DeviceID] = fleet.AutoPSheet{
			Device: r.DeviceID, Text: secret.New(string(plain)), Revision: r.Revision, State: domain.AutoPState(r.State), Refused: r.Refused,
			ToldRevision: r.ToldRevision, Resets: r.Resets,
		}
	}
	var orders []autopOrderRow
	if err := s.in(ctx, site).Where("device_id IN ?", devices).Order("id DESC").Find(&orders).Error; err != nil {
		return nil, fmt.Errorf("read AutoP orders: %w", err)
	}
	over := map[domain.DeviceID]int{}
	for _, r := range orders {
		if r.EndedAt != 0 {
			if over[r.DeviceID]++; over[r.DeviceID] > ended {
				continue
			}
		}
		plain, err := s.key.Open(autopOrderPurpose(r.ID), r.Text)
		if err != nil {
			return nil, fmt.Errorf("open an AutoP order: %w", err)
		}
		sheet := out[r.DeviceID]
		sheet.Device = r.DeviceID
		sheet.Orders = append(sheet.Orders, fleet.AutoPOrder{
			ID: r.ID, Device: r.DeviceID, Text: secret.New(string(plain)), State: domain.AutoPState(r.State), Refused: r.Refused,
			Created: fromMilli(r.CreatedAt), Ended: instant(r.EndedAt),
		})
		out[r.DeviceID] = sheet
	}
	return out, nil
}

// PutAutoP writes the regular texts of sheets and how far they got.
func (s *Store) PutAutoP(ctx context.Context, site domain.SiteID, sheets []fleet.AutoPSheet, at time.Time) error {
	if len(sheets) == 0 {
		return nil
	}
	rows := make([]autopRow, len(sheets))
	for i, a := range sheets {
		sealed, err := s.key.Seal(autopPurpose(a.Device), []byte(a.Text.Reveal()))
		if err != nil {
			return fmt.Errorf("seal AutoP: %w", err)
		}
		rows[i] = autopRow{
			DeviceID: a.Device, SiteID: site, Text: sealed, Revision: a.Revision, State: clip(string(a.State), 32), Refused: clipAll(a.Refused),
			ToldRevision: a.ToldRevision, Resets: a.Resets, UpdatedAt: at.UnixMilli(),
		}
	}
	return wrap(s.conn(ctx).Clauses(clause.OnConflict{UpdateAll: true}).CreateInBatches(&rows, s.rowsAtOnce()).Error, "save AutoP")
}

// clipAll bounds the names of settings that an agent told.
func clipAll(names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = clip(name, 128)
	}
	return out
}

// AddAutoPOrders adds lines that are to be carried out once.
func (s *Store) AddAutoPOrders(ctx context.Context, site domain.SiteID, orders []fleet.AutoPOrder) error {
	if len(orders) == 0 {
		return nil
	}
	rows := make([]autopOrderRow, len(orders))
	for i, o := range orders {
		sealed, err := s.key.Seal(autopOrderPurpose(o.ID), []byte(o.Text.Reveal()))
		if err != nil {
			return fmt.Errorf("seal an AutoP order: %w", err)
		}
		rows[i] = autopOrderRow{ID: o.ID, SiteID: site, DeviceID: o.Device, Text: sealed, State: string(o.State), Refused: []string{}, CreatedAt: o.Created.UnixMilli()}
	}
	return wrap(s.conn(ctx).CreateInBatches(&rows, s.rowsAtOnce()).Error, "save AutoP orders")
}

// EndAutoPOrders writes what came of orders.
func (s *Store) EndAutoPOrders(ctx context.Context, site domain.SiteID, orders []fleet.AutoPOrder) error {
	for _, o := range orders {
		row := autopOrderRow{State: clip(string(o.State), 32), Refused: clipAll(o.Refused), EndedAt: milli(o.Ended)}
		err := s.in(ctx, site).Model(&autopOrderRow{}).Where("id = ?", o.ID).Select("state", "refused", "ended_at").Updates(&row).Error
		if err != nil {
			return fmt.Errorf("end an AutoP order: %w", err)
		}
	}
	return nil
}

// DropAutoP forgets what was added to the settings of a device.
func (s *Store) DropAutoP(ctx context.Context, site domain.SiteID, device domain.DeviceID) error {
	for _, model := range []any{&autopOrderRow{}, &autopRow{}} {
		if err := s.in(ctx, site).Where("device_id = ?", device).Delete(model).Error; err != nil {
			return fmt.Errorf("forget AutoP: %w", err)
		}
	}
	return nil
}
