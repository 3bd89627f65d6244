package fleet

import (
	"context"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
)

// People keeps the people of apartments.
type People interface {
	ListPeople(ctx context.Context, site domain.SiteID, page Page) (List[domain.Person], error)
	Person(ctx context.Context, site domain.SiteID, id domain.PersonID) (domain.Person, error)
	PutPerson(ctx context.Context, person domain.Person, at time.Time) error
	DeletePerson(ctx context.Context, site domain.SiteID, id domain.PersonID, at time.Time) error
}

// Residents hears of people who may have an account, in the transaction of the edit; an error undoes it.
type Residents interface {
	PersonEdited(ctx context.Context, before, after domain.Person) error
	PersonDeleted(ctx context.Context, person domain.Person) error
}

// People lists the people of a site.
func (s *Service) People(ctx context.Context, site domain.SiteID, page Page) (List[domain.Person], error) {
	return s.cfg.Store.ListPeople(ctx, site, page)
}

// Person gives one person.
func (s *Service) Person(ctx context.Context, site domain.SiteID, id domain.PersonID) (domain.Person, error) {
	return s.cfg.Store.Person(ctx, site, id)
}

// AddPerson adds a person to an apartment.
func (s *Service) AddPerson(ctx context.Context, person domain.Person) (domain.Person, error) {
	err := s.edit(ctx, person.SiteID, func(ctx context.Context, e *edit) error {
		person.ID, person.Revision = domain.NewID[domain.PersonID](e.at), 1
		return s.putPerson(ctx, e, nil, person)
	})
	return person, err
}

// EditPerson changes a person, or moves it to another apartment of the site.
func (s *Service) EditPerson(ctx context.Context, person domain.Person) (domain.Person, error) {
	err := s.edit(ctx, person.SiteID, func(ctx context.Context, e *edit) error {
		before, err := s.cfg.Store.Person(ctx, person.SiteID, person.ID)
		if err != nil {
			return err
		}
		if person.Revision, err = account.Revise(ctx, before.Revision); err != nil {
			return err
		}
		if s.cfg.Residents != nil {
			if err := s.cfg.Residents.PersonEdited(ctx, before, person); err != nil {
				return err
			}
		}
		return s.putPerson(ctx, e, &before, person)
	})
	return person, err
}

func (s *Service) putPerson(ctx context.Context, e *edit, before *domain.Person, person domain.Person) error {
	var f faults
	f.form(person.Validate())
	f.invalid.Check(person.LastName != "", "last_name", "A name is needed.")
	f.invalid.Check(!person.ApartmentID.IsZero(), "apartment_id", "The apartment of the person.")
	if !person.ApartmentID.IsZero() {
		found, err := exists(errOf(s.cfg.Store.Apartment(ctx, e.site, person.ApartmentID)))
		if err != nil {
			return err
		}
		f.invalid.Check(found, "apartment_id", "An apartment of this site.")
	}
	if err := f.Err(); err != nil {
		return err
	}
	if err := s.cfg.Store.PutPerson(ctx, person, e.at); err != nil {
		return err
	}
	if err := e.put(desired.SectionPeople, person.ID, person); err != nil {
		return err
	}
	if before == nil {
		return e.record(ctx, audit.Created, "person", person.ID, nil, person)
	}
	return e.record(ctx, audit.Changed, "person", person.ID, before, person)
}

// DeletePerson deletes a person.
func (s *Service) DeletePerson(ctx context.Context, site domain.SiteID, id domain.PersonID) error {
	return s.edit(ctx, site, func(ctx context.Context, e *edit) error {
		person, err := s.cfg.Store.Person(ctx, site, id)
		if err != nil {
			return err
		}
		if _, err := account.Revise(ctx, person.Revision); err != nil {
			return err
		}
		return s.removePerson(ctx, e, person)
	})
}

func (s *Service) removePerson(ctx context.Context, e *edit, person domain.Person) error {
	if err := s.cfg.Store.DeletePerson(ctx, e.site, person.ID, e.at); err != nil {
		return err
	}
	if s.cfg.Residents != nil {
		if err := s.cfg.Residents.PersonDeleted(ctx, person); err != nil {
			return err
		}
	}
	e.remove(desired.SectionPeople, person.ID)
	return e.record(ctx, audit.Deleted, "person", person.ID, person, nil)
}
