package store

import (
	"context"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
)

// toldRow is a device with what it reported.
type toldRow struct {
	ID          domain.DeviceID
	Name        string
	Type        int
	BuildingID  domain.BuildingID
	ApartmentID domain.ApartmentID
	Form        domain.DeviceForm `gorm:"serializer:json"`
	Model       *string
	Firmware    *string
}

func (r toldRow) told() fleet.Told {
	t := fleet.Told{
		ID: r.ID, Name: r.Name, Type: domain.DeviceType(r.Type), BuildingID: r.BuildingID, ApartmentID: r.ApartmentID,
		Model: r.Form.Model, Directory: r.Form.Directory != nil,
	}
	if r.Model != nil && *r.Model != "" {
		t.Model = *r.Model
	}
	if r.Firmware != nil {
		t.Firmware = *r.Firmware
	}
	return t
}

// Told lists the devices with doors or calls that concern a place, and the lift controllers of its site; a device asked for by id whatever it is.
func (s *Store) Told(ctx context.Context, site domain.SiteID, about fleet.About) ([]fleet.Told, error) {
	query := s.conn(ctx).Table("devices d").Scopes(scopeOf(ctx, site)).Where("d.site_id = ? AND d.deleted_at IS NULL", site).
		Joins("LEFT JOIN device_states r ON r.device_id = d.id").
		Select("d.id, d.name, d.type, d.building_id, d.apartment_id, d.form, r.model, r.firmware")
	const lifts = "SELECT device_id FROM device_states WHERE site_id = ? AND substr(firmware, 1, 3) = '33.'"
	const lift = "d.id IN (" + lifts + ")"
	door := []int{int(domain.DoorPhone), int(domain.SingleDoorPhone), int(domain.AccessTerminal)}
	switch {
	case !about.Device.IsZero():
		query = query.Where("d.id = ?", about.Device)
	case !about.Apartment.IsZero():
		// Each of these has an index: an edit of an apartment asks for them, and must not read all devices of a large site.
		const of = "SELECT id FROM devices WHERE type IN ? AND deleted_at IS NULL AND "
		query = query.Where("d.id IN ("+of+"apartment_id = ? UNION ALL "+of+"site_id = ? AND building_id = ? AND apartment_id IS NULL UNION ALL "+
			of+"site_id = ? AND building_id IS NULL AND apartment_id IS NULL UNION ALL "+lifts+")",
			door, about.Apartment, door, site, about.Building, door, site, site)
	case !about.Building.IsZero():
		query = query.Where("(d.type IN ? AND (d.building_id = ? OR d.building_id IS NULL) OR "+lift+")", door, about.Building, site)
	default:
		query = query.Where("(d.type IN ? OR "+lift+")", door, site)
	}
	var rows []toldRow
	if err := query.Order("d.folded, d.id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read what devices told: %w", err)
	}
	out := make([]fleet.Told, len(rows))
	for i, r := range rows {
		out[i] = r.told()
	}
	return out, s.chosenMethods(ctx, site, about, out)
}

// chosenMethods notes the relays whose ways to unlock are not all.
func (s *Store) chosenMethods(ctx context.Context, site domain.SiteID, about fleet.About, devices []fleet.Told) error {
	if !about.Apartment.IsZero() {
		return nil // relays are no matter of homes
	}
	query := s.in(ctx, site).Model(&relayRow{}).Select("device_id, number, enabled, board_id, methods")
	if !about.Device.IsZero() {
		query = query.Where("device_id = ?", about.Device)
	}
	var rows []relayRow
	if err := query.Order("device_id, number").Find(&rows).Error; err != nil {
		return fmt.Errorf("read ways to unlock: %w", err)
	}
	at := make(map[domain.DeviceID]*fleet.Told, len(devices))
	for i := range devices {
		at[devices[i].ID] = &devices[i]
	}
	place := map[domain.DeviceID]int{}
	for _, r := range rows {
		if t := at[r.DeviceID]; t != nil && r.Enabled && r.BoardID.IsZero() && r.Methods != 0 {
			t.Methods = append(t.Methods, place[r.DeviceID])
		}
		place[r.DeviceID]++
	}
	return nil
}

// usesRow says of how many homes of a place which features are used.
type usesRow struct {
	ID                     domain.ApartmentID
	BuildingID             domain.BuildingID
	Hash, Sequence, Floors int
}

func (r usesRow) uses() fleet.Uses {
	return fleet.Uses{Hash: r.Hash > 0, Sequence: r.Sequence > 0, Floors: r.Floors > 0}
}

// Uses tells which of the gated features homes use: all homes of each building, and the single ones asked for.
func (s *Store) Uses(ctx context.Context, site domain.SiteID, about fleet.About, of []domain.ApartmentID) (map[domain.BuildingID]fleet.Uses, map[domain.ApartmentID]fleet.Uses, error) {
	const sums = `SUM(CASE WHEN number LIKE '%#%' THEN 1 ELSE 0 END) AS hash, SUM(CASE WHEN contact = 'sequence' THEN 1 ELSE 0 END) AS sequence,
		SUM(CASE WHEN floor <> '' THEN 1 ELSE 0 END) AS floors`
	homes := func() *gorm.DB { return s.in(ctx, site).Model(&apartmentRow{}).Where("deleted_at IS NULL") }
	query := homes()
	if !about.Building.IsZero() {
		query = query.Where("building_id = ?", about.Building)
	}
	var rows []usesRow
	if err := query.Select("building_id, " + sums).Group("building_id").Scan(&rows).Error; err != nil {
		return nil, nil, fmt.Errorf("read what homes use: %w", err)
	}
	buildings := make(map[domain.BuildingID]fleet.Uses, len(rows))
	for _, r := range rows {
		buildings[r.BuildingID] = r.uses()
	}
	single := make(map[domain.ApartmentID]fleet.Uses, len(of))
	for ids := range slices.Chunk(of, inserts) {
		rows = nil
		if err := homes().Where("id IN ?", ids).Select("id, " + sums).Group("id").Scan(&rows).Error; err != nil {
			return nil, nil, fmt.Errorf("read what homes use: %w", err)
		}
		for _, r := range rows {
			single[r.ID] = r.uses()
		}
	}
	return buildings, single, nil
}
