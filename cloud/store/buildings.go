package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
)

type buildingRow struct {
	ID          domain.BuildingID `gorm:"primaryKey"`
	SiteID      domain.SiteID
	Name        string
	GroundFloor string
	StartFloor  string
	Record      record `gorm:"embedded"`
}

func (buildingRow) TableName() string { return "buildings" }

func (r buildingRow) place() (string, string) { return r.Record.Folded, r.ID.String() }

func (r buildingRow) noun() domain.Building {
	return domain.Building{ID: r.ID, SiteID: r.SiteID, Name: r.Name, GroundFloor: r.GroundFloor, StartFloor: r.StartFloor, Revision: r.Record.Revision}
}

// ListBuildings lists the buildings of a site.
func (s *Store) ListBuildings(ctx context.Context, site domain.SiteID, page fleet.Page) (fleet.List[domain.Building], error) {
	return list[domain.Building, buildingRow](s.in(ctx, site), page)
}

// Building gives one building of a site.
func (s *Store) Building(ctx context.Context, site domain.SiteID, id domain.BuildingID) (domain.Building, error) {
	return take[domain.Building, buildingRow](ctx, s, site, id, "This building")
}

// PutBuilding adds or changes a building; a name that the site has already is Conflict at "name".
func (s *Store) PutBuilding(ctx context.Context, b domain.Building, at time.Time) error {
	r := buildingRow{
		ID: b.ID, SiteID: b.SiteID, Name: b.Name, GroundFloor: b.GroundFloor, StartFloor: b.StartFloor,
		Record: newRecord(at, b.Name),
	}
	if err := s.put(ctx, &r, "name", "ground_floor", "start_floor"); err != nil {
		return fmt.Errorf("save building: %w", duplicate(err, "name", "Another building of the site has this name."))
	}
	return nil
}

// DeleteBuilding marks a building as deleted.
func (s *Store) DeleteBuilding(ctx context.Context, site domain.SiteID, id domain.BuildingID, at time.Time) error {
	return s.drop(ctx, &buildingRow{}, site, id, at)
}

// BuildingUsers counts what stands in a building.
func (s *Store) BuildingUsers(ctx context.Context, site domain.SiteID, id domain.BuildingID) (apartments, devices int, err error) {
	apartments, err = s.count(ctx, &apartmentRow{}, site, "building_id = ?", id)
	devices, err2 := s.count(ctx, &deviceRow{}, site, "building_id = ?", id)
	return apartments, devices, errors.Join(err, err2)
}
