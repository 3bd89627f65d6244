package fleet

import (
	"context"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// Buildings keeps buildings.
type Buildings interface {
	ListBuildings(ctx context.Context, site domain.SiteID, page Page) (List[domain.Building], error)
	Building(ctx context.Context, site domain.SiteID, id domain.BuildingID) (domain.Building, error)
	PutBuilding(ctx context.Context, building domain.Building, at time.Time) error // Conflict at "name" when taken
	DeleteBuilding(ctx context.Context, site domain.SiteID, id domain.BuildingID, at time.Time) error
	// BuildingUsers counts what stands in a building.
	BuildingUsers(ctx context.Context, site domain.SiteID, id domain.BuildingID) (apartments, devices int, err error)
}

// Buildings lists the buildings of a site.
func (s *Service) Buildings(ctx context.Context, site domain.SiteID, page Page) (List[domain.Building], error) {
	return s.cfg.Store.ListBuildings(ctx, site, page)
}

// Building gives one building.
func (s *Service) Building(ctx context.Context, site domain.SiteID, id domain.BuildingID) (domain.Building, error) {
	return s.cfg.Store.Building(ctx, site, id)
}

// AddBuilding adds a building (SITE-23).
func (s *Service) AddBuilding(ctx context.Context, building domain.Building) (domain.Building, error) {
	err := s.edit(ctx, building.SiteID, func(ctx context.Context, e *edit) error {
		building.ID, building.Revision = domain.NewID[domain.BuildingID](e.at), 1
		return s.putBuilding(ctx, e, nil, building)
	})
	return building, err
}

// EditBuilding renames a building or changes its floors.
func (s *Service) EditBuilding(ctx context.Context, building domain.Building) (domain.Building, error) {
	err := s.edit(ctx, building.SiteID, func(ctx context.Context, e *edit) error {
		before, err := s.cfg.Store.Building(ctx, building.SiteID, building.ID)
		if err != nil {
			return err
		}
		if building.Revision, err = account.Revise(ctx, before.Revision); err != nil {
			return err
		}
		return s.putBuilding(ctx, e, &before, building)
	})
	return building, err
}

func (s *Service) putBuilding(ctx context.Context, e *edit, before *domain.Building, building domain.Building) error {
	if err := building.Validate(); err != nil {
		return err
	}
	if err := s.cfg.Store.PutBuilding(ctx, building, e.at); err != nil {
		return err
	}
	if err := e.put(desired.SectionBuildings, building.ID, building); err != nil {
		return err
	}
	if before == nil {
		return e.record(ctx, audit.Created, "building", building.ID, nil, building)
	}
	return e.record(ctx, audit.Changed, "building", building.ID, *before, building)
}

// DeleteBuilding deletes an empty building; one with apartments or devices is Conflict (SITE-23).
func (s *Service) DeleteBuilding(ctx context.Context, site domain.SiteID, id domain.BuildingID) error {
	return s.edit(ctx, site, func(ctx context.Context, e *edit) error {
		before, err := s.cfg.Store.Building(ctx, site, id)
		if err != nil {
			return err
		}
		if _, err := account.Revise(ctx, before.Revision); err != nil {
			return err
		}
		apartments, devices, err := s.cfg.Store.BuildingUsers(ctx, site, id)
		if err != nil {
			return err
		}
		if apartments+devices > 0 {
			return fault.New(fault.Conflict, "The building still has %s. Move or delete all of it first.",
				fault.Count(fault.Of{N: apartments, One: "apartment", Many: "apartments"}, fault.Of{N: devices, One: "device", Many: "devices"}))
		}
		return s.removeBuilding(ctx, e, before)
	})
}

// removeBuilding deletes a building that nothing stands in, unless cameras watch it.
func (s *Service) removeBuilding(ctx context.Context, e *edit, gone domain.Building) error {
	if err := s.keepCameras(ctx, e, gone.ID); err != nil {
		return err
	}
	if err := s.cfg.Store.DeleteBuilding(ctx, e.site, gone.ID, e.at); err != nil {
		return err
	}
	if err := s.forgetBuilding(ctx, e, gone.ID); err != nil {
		return err
	}
	e.remove(desired.SectionBuildings, gone.ID)
	return e.record(ctx, audit.Deleted, "building", gone.ID, gone, nil)
}
