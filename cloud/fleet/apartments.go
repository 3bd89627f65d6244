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

// Apartments keeps apartments.
type Apartments interface {
	ListApartments(ctx context.Context, site domain.SiteID, page Page) (List[domain.Apartment], error)
	Apartment(ctx context.Context, site domain.SiteID, id domain.ApartmentID) (domain.Apartment, error)
	PutApartment(ctx context.Context, apartment domain.Apartment, at time.Time) error // Conflict at "number" when taken
	DeleteApartment(ctx context.Context, site domain.SiteID, id domain.ApartmentID, at time.Time) error
	ApartmentDevices(ctx context.Context, site domain.SiteID, id domain.ApartmentID) (int, error)
	ApartmentPeople(ctx context.Context, site domain.SiteID, id domain.ApartmentID) ([]domain.Person, error)
}

// Apartments lists the apartments of a site.
func (s *Service) Apartments(ctx context.Context, site domain.SiteID, page Page) (List[domain.Apartment], error) {
	return s.cfg.Store.ListApartments(ctx, site, page)
}

// Apartment gives one apartment.
func (s *Service) Apartment(ctx context.Context, site domain.SiteID, id domain.ApartmentID) (domain.Apartment, error) {
	return s.cfg.Store.Apartment(ctx, site, id)
}

// AddApartment adds an apartment (SITE-25).
func (s *Service) AddApartment(ctx context.Context, apartment domain.Apartment) (domain.Apartment, error) {
	err := s.edit(ctx, apartment.SiteID, func(ctx context.Context, e *edit) error {
		apartment.ID, apartment.Revision = domain.NewID[domain.ApartmentID](e.at), 1
		return s.putApartment(ctx, e, nil, &apartment)
	})
	return apartment, err
}

// EditApartment changes an apartment.
func (s *Service) EditApartment(ctx context.Context, apartment domain.Apartment) (domain.Apartment, error) {
	err := s.edit(ctx, apartment.SiteID, func(ctx context.Context, e *edit) error {
		before, err := s.cfg.Store.Apartment(ctx, apartment.SiteID, apartment.ID)
		if err != nil {
			return err
		}
		if apartment.Revision, err = account.Revise(ctx, before.Revision); err != nil {
			return err
		}
		return s.putApartment(ctx, e, &before, &apartment)
	})
	return apartment, err
}

func (s *Service) putApartment(ctx context.Context, e *edit, before, apartment *domain.Apartment) error {
	if apartment.Contact == "" {
		apartment.Contact = domain.GroupCall
	}
	if apartment.Path == "" {
		apartment.Path = domain.CallByIP
	}
	var f faults
	f.form(apartment.Validate())
	if !apartment.BuildingID.IsZero() {
		found, err := exists(errOf(s.cfg.Store.Building(ctx, e.site, apartment.BuildingID)))
		if err != nil {
			return err
		}
		f.invalid.Check(found, "building_id", "A building of this site.")
	}
	if before != nil && before.BuildingID != apartment.BuildingID {
		devices, err := s.cfg.Store.ApartmentDevices(ctx, e.site, apartment.ID)
		if err != nil {
			return err
		}
		f.taken.Check(devices == 0, "building_id", "Devices stand in this apartment. Move or delete them first.")
	}
	if err := f.Err(); err != nil {
		return err
	}
	if err := s.cfg.Store.PutApartment(ctx, *apartment, e.at); err != nil {
		return err
	}
	if err := e.put(desired.SectionApartments, apartment.ID, *apartment); err != nil {
		return err
	}
	if before == nil {
		return e.record(ctx, audit.Created, "apartment", apartment.ID, nil, apartment)
	}
	return e.record(ctx, audit.Changed, "apartment", apartment.ID, before, apartment)
}

// errOf keeps the error of a look-up.
func errOf[T any](_ T, err error) error { return err }

// DeleteApartment deletes an apartment and the people in it (SITE-25); devices that stand in it are Conflict.
func (s *Service) DeleteApartment(ctx context.Context, site domain.SiteID, id domain.ApartmentID) error {
	return s.edit(ctx, site, func(ctx context.Context, e *edit) error {
		before, err := s.cfg.Store.Apartment(ctx, site, id)
		if err != nil {
			return err
		}
		if _, err := account.Revise(ctx, before.Revision); err != nil {
			return err
		}
		devices, err := s.cfg.Store.ApartmentDevices(ctx, site, id)
		if err != nil {
			return err
		}
		if devices > 0 {
			return fault.New(fault.Conflict, "%d devices stand in this apartment. Move or delete them first.", devices)
		}
		people, err := s.cfg.Store.ApartmentPeople(ctx, site, id)
		if err != nil {
			return err
		}
		for _, person := range people {
			if err := s.removePerson(ctx, e, person); err != nil {
				return err
			}
		}
		if err := s.cfg.Store.DeleteApartment(ctx, site, id, e.at); err != nil {
			return err
		}
		e.remove(desired.SectionApartments, id)
		return e.record(ctx, audit.Deleted, "apartment", id, before, nil)
	})
}
