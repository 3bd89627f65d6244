package store

import (
	"context"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"vestibule/cloud/desiredstate"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// walkerRow is one device, or how many stand alike and how many of them have a MAC.
type walkerRow struct {
	N                int
	MACs             int `gorm:"column:macs"`
	ID               domain.DeviceID
	Name             string
	Type             int
	Manual, Online   bool
	AgentID          domain.AgentID
	State, Reason    string
	Version, Since   int64
	Withheld         string
	Current, Lacking bool
}

func (r walkerRow) walker() desiredstate.Walker {
	w := desiredstate.Walker{
		Device: r.ID, Name: r.Name, Type: domain.DeviceType(r.Type), Manual: r.Manual, Agent: r.AgentID, Online: r.Online, Since: instant(r.Since),
		Standing: desiredstate.Standing{State: wire.ReceiptState(r.State), Version: uint64(r.Version), Reason: domain.Reason(r.Reason)},
	}
	if r.Withheld != "" {
		w.Standing.Withheld = strings.Split(r.Withheld, ",")
	}
	return w
}

const standing = "COALESCE(r.state, '')"

// WalkerBatches counts the devices of a place by how they stand.
func (s *Store) WalkerBatches(ctx context.Context, site domain.SiteID, place desiredstate.Place, head uint64) ([]desiredstate.Batch, error) {
	devices, err := s.walkersOf(ctx, site, place)
	if err != nil {
		return nil, err
	}
	var rows []walkerRow
	err = devices().Select(`COUNT(*) AS n, SUM(CASE WHEN d.mac <> '' THEN 1 ELSE 0 END) AS macs, d.driver = 'manual' AS manual, a.agent_id, `+standing+` AS state,
			COALESCE(r.online, false) AS online, COALESCE(r.version, 0) >= ? AS current, COALESCE(r.withheld, '') <> '' AS lacking`, number(head)).
		Group("manual, a.agent_id, " + standing + ", online, current, lacking").Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("count receipts: %w", err)
	}
	batches := make([]desiredstate.Batch, len(rows))
	for i, r := range rows {
		if r.Current {
			r.Version = number(head)
		}
		if r.Lacking {
			r.Withheld = "some"
		}
		batches[i] = desiredstate.Batch{N: r.N, MACs: r.MACs, Walker: r.walker()}
	}
	return batches, nil
}

// Walkers names the first devices of a place, those with the most left to do at head before the others.
func (s *Store) Walkers(ctx context.Context, site domain.SiteID, place desiredstate.Place, head uint64, most int) ([]desiredstate.Walker, error) {
	devices, err := s.walkersOf(ctx, site, place)
	if err != nil {
		return nil, err
	}
	var rows []walkerRow
	err = devices().Select(`d.id, d.name, d.type, d.driver = 'manual' AS manual, a.agent_id, `+standing+` AS state, COALESCE(r.online, false) AS online,
			COALESCE(r.version, 0) AS version, COALESCE(r.reason, '') AS reason, COALESCE(r.since, 0) AS since, COALESCE(r.withheld, '') AS withheld,
			CASE WHEN d.driver = 'manual' THEN 4 WHEN COALESCE(r.version, 0) < ? THEN 1 WHEN r.state = 'failed' THEN 0 WHEN r.state <> 'applied' THEN 1
				WHEN r.withheld <> '' THEN 2 ELSE 3 END AS rank`, number(head)).
		Order("rank, d.folded, d.id").Limit(most).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list receipts: %w", err)
	}
	walkers := make([]desiredstate.Walker, len(rows))
	for i, r := range rows {
		walkers[i] = r.walker()
	}
	return walkers, nil
}

// serves holds for the devices of the public area that serve a building: all, unless buildings were chosen (DEV-13). It takes naming of its id.
const serves = `(d.form NOT LIKE '%"buildings"%' OR d.form LIKE ?)`

// walkersOf starts queries on the devices of a place, with their reports and the agent that acts for them.
func (s *Store) walkersOf(ctx context.Context, site domain.SiteID, place desiredstate.Place) (func() *gorm.DB, error) {
	doors := []int{int(domain.DoorPhone), int(domain.SingleDoorPhone), int(domain.AccessTerminal)}
	where := func(db *gorm.DB) *gorm.DB { return db }
	switch {
	case !place.Device.IsZero():
		where = func(db *gorm.DB) *gorm.DB { return db.Where("d.id = ?", place.Device) }
	case !place.Apartment.IsZero():
		home, err := s.Apartment(ctx, site, place.Apartment)
		if err != nil {
			return nil, err
		}
		where = func(db *gorm.DB) *gorm.DB {
			return db.Where("(d.apartment_id = ? OR d.apartment_id IS NULL AND d.type IN ? AND (d.building_id = ? OR d.building_id IS NULL AND "+serves+"))",
				home.ID, doors, home.BuildingID, naming(home.BuildingID.String()))
		}
	case !place.Building.IsZero():
		building, err := s.Building(ctx, site, place.Building)
		if err != nil {
			return nil, err
		}
		where = func(db *gorm.DB) *gorm.DB {
			return db.Where("(d.building_id = ? OR d.building_id IS NULL AND d.type IN ? AND "+serves+")", building.ID, doors, naming(building.ID.String()))
		}
	}
	return func() *gorm.DB {
		return where(s.conn(ctx).Table("devices d").Scopes(scopeOf(ctx, site), companyOf(ctx, "d.company_id", "d.company_id IS NULL OR ")).Where("d.site_id = ? AND d.deleted_at IS NULL", site).
			Joins("LEFT JOIN device_states r ON r.device_id = d.id AND r.site_id = d.site_id").Joins("LEFT JOIN group_agents a ON a.group_id = d.group_id AND a.position = 0"))
	}, nil
}
