package store

import (
	"context"
	"fmt"

	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
)

// PublicArea counts what stands in no building of a site.
func (s *Store) PublicArea(ctx context.Context, site domain.SiteID) (fleet.PublicArea, error) {
	var out fleet.PublicArea
	const count = "SELECT " +
		"(SELECT COUNT(*) FROM devices WHERE site_id = @site AND building_id IS NULL AND department_id IS NULL AND company_id IS NULL AND deleted_at IS NULL) AS devices, " +
		"(SELECT COUNT(*) FROM cameras WHERE site_id = @site AND building_id IS NULL AND apartment_id IS NULL AND deleted_at IS NULL) AS cameras"
	if err := s.conn(ctx).Raw(count, map[string]any{"site": site}).Scan(&out).Error; err != nil {
		return out, fmt.Errorf("count the public area: %w", err)
	}
	return out, nil
}

// TreeBuildings lists the buildings of a site with what they hold.
func (s *Store) TreeBuildings(ctx context.Context, site domain.SiteID) ([]fleet.TreeBuilding, error) {
	var out []fleet.TreeBuilding
	err := s.in(ctx, site).Model(&buildingRow{}).Select("id, name, revision, " +
		"(SELECT COUNT(*) FROM apartments WHERE apartments.building_id = buildings.id AND apartments.deleted_at IS NULL) AS apartments, " +
		"(SELECT COUNT(*) FROM devices WHERE devices.building_id = buildings.id AND devices.deleted_at IS NULL) AS devices").
		Where("deleted_at IS NULL").Order("folded, id").Scan(&out).Error
	if err != nil {
		return nil, fmt.Errorf("read the tree: %w", err)
	}
	return out, nil
}

// TreeFloors lists the floors of a building that have apartments, the highest first.
func (s *Store) TreeFloors(ctx context.Context, site domain.SiteID, building domain.BuildingID) ([]fleet.TreeFloor, error) {
	var out []fleet.TreeFloor
	err := s.in(ctx, site).Model(&apartmentRow{}).Select("floor, COUNT(*) AS count").Where("building_id = ? AND deleted_at IS NULL", building).
		Group("floor, floor_order").Order("floor_order DESC, floor").Scan(&out).Error
	if err != nil {
		return nil, fmt.Errorf("read floors: %w", err)
	}
	return out, nil
}

// TreeApartments lists the apartments of a building, or of one of its floors, by number.
func (s *Store) TreeApartments(ctx context.Context, site domain.SiteID, building domain.BuildingID, floor *string, limit int) ([]fleet.TreeApartment, error) {
	query := s.in(ctx, site).Model(&apartmentRow{}).Select("id, number, name, floor, "+
		"(SELECT COUNT(*) FROM people WHERE people.apartment_id = apartments.id AND people.deleted_at IS NULL) AS people, "+
		"(SELECT COUNT(*) FROM devices WHERE devices.apartment_id = apartments.id AND devices.deleted_at IS NULL) AS devices").
		Where("building_id = ? AND deleted_at IS NULL", building)
	if floor != nil {
		query = query.Where("floor = ?", *floor)
	}
	var out []fleet.TreeApartment
	if err := query.Order("folded, id").Limit(limit).Scan(&out).Error; err != nil {
		return nil, fmt.Errorf("read the apartments of a building: %w", err)
	}
	return out, nil
}
