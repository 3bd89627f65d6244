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

// People keeps the people of sites.
type People interface {
	ListPeople(ctx context.Context, site domain.SiteID, page Page) (List[PersonView], error)
	// ListSingle lists the masters of the single-family sites that the caller may see (PEOPLE-08).
	ListSingle(ctx context.Context, page Page) (List[PersonView], error)
	PersonView(ctx context.Context, site domain.SiteID, id domain.PersonID) (PersonView, error)
	Person(ctx context.Context, site domain.SiteID, id domain.PersonID) (domain.Person, error)
	PutPerson(ctx context.Context, person domain.Person, at time.Time) error // Conflict at "staff_id" when taken
	DeletePerson(ctx context.Context, site domain.SiteID, id domain.PersonID, at time.Time) error
	// PersonDevices counts the devices that belong to a person.
	PersonDevices(ctx context.Context, site domain.SiteID, id domain.PersonID) (int, error)
}

// Residents hears of people who may have an account, in the transaction of the edit; an error undoes it.
type Residents interface {
	PersonEdited(ctx context.Context, before, after domain.Person) error
	PersonDeleted(ctx context.Context, person domain.Person) error
	// PersonReset ends the sessions and credentials of a person who leaves a home; nothing is mailed (PEOPLE-19).
	PersonReset(ctx context.Context, person domain.Person) error
	// Linked tells whether the account of a person has further sites (PEOPLE-16).
	Linked(ctx context.Context, person domain.PersonID) (bool, error)
}

// People lists the people of a site (PEOPLE-17, PEOPLE-31).
func (s *Service) People(ctx context.Context, site domain.SiteID, page Page) (List[PersonView], error) {
	return s.cfg.Store.ListPeople(ctx, site, page)
}

// Single lists the users of all single-family sites of the caller (PEOPLE-08).
func (s *Service) Single(ctx context.Context, page Page) (List[PersonView], error) {
	return s.cfg.Store.ListSingle(ctx, page)
}

// Person gives one person.
func (s *Service) Person(ctx context.Context, site domain.SiteID, id domain.PersonID) (domain.Person, error) {
	return s.cfg.Store.Person(ctx, site, id)
}

// PersonView gives one person with what stands beside it, and what of it is locked for the caller.
func (s *Service) PersonView(ctx context.Context, site domain.SiteID, id domain.PersonID) (PersonView, error) {
	view, err := s.cfg.Store.PersonView(ctx, site, id)
	if err != nil {
		return view, err
	}
	view.Locks, err = s.locks(ctx, view.Person)
	return view, err
}

// AddPerson adds a person to a home, a department or a company.
func (s *Service) AddPerson(ctx context.Context, person domain.Person) (domain.Person, error) {
	err := s.edit(ctx, person.SiteID, func(ctx context.Context, e *edit) error {
		person.ID, person.Revision = domain.NewID[domain.PersonID](e.at), 1
		person.SIPUser, person.Form.Unpaid = "", false
		return s.putPerson(ctx, e, nil, &person)
	})
	return person, err
}

// EditPerson changes a person, or moves it to another place of the site. The family moves with its master.
func (s *Service) EditPerson(ctx context.Context, person domain.Person) (domain.Person, error) {
	err := s.edit(ctx, person.SiteID, func(ctx context.Context, e *edit) error {
		before, err := s.cfg.Store.Person(ctx, person.SiteID, person.ID)
		if err != nil {
			return err
		}
		if person.Revision, err = account.Revise(ctx, before.Revision); err != nil {
			return err
		}
		if err := s.mayChange(ctx, e.site, before); err != nil {
			return err
		}
		person.SIPUser, person.Form.Unpaid = before.SIPUser, before.Form.Unpaid
		if err := s.putPerson(ctx, e, &before, &person); err != nil {
			return err
		}
		return s.afterMove(ctx, e, before, person)
	})
	return person, err
}

// mayChange refuses installers who would change or delete somebody whom the property manager has not placed (PEOPLE-15).
func (s *Service) mayChange(ctx context.Context, site domain.SiteID, person domain.Person) error {
	if person.Placed() || !byInstaller(ctx) {
		return nil
	}
	return fault.New(fault.Forbidden, "%s", notPlaced)
}

const notPlaced = "The property manager has not placed this person yet. Once the person has an apartment or a department, you can change it."

// byInstaller tells whether somebody works who may not touch unplaced people: everybody but managers and the service itself.
func byInstaller(ctx context.Context) bool {
	if _, ok := account.System(ctx); ok {
		return false
	}
	caller, ok := account.From(ctx)
	return !ok || caller.Role != account.RoleManager
}

func (s *Service) putPerson(ctx context.Context, e *edit, before, person *domain.Person) error {
	var f faults
	if err := s.fitPerson(ctx, e, &f, before, person); err != nil {
		return err
	}
	if err := f.Err(); err != nil {
		return err
	}
	numbers(before, person)
	if before != nil && s.cfg.Residents != nil {
		if err := s.cfg.Residents.PersonEdited(ctx, *before, *person); err != nil {
			return err
		}
	}
	return s.savePerson(ctx, e, before, person)
}

// savePerson writes a person that is in order, with the number of its app (PEOPLE-02).
func (s *Service) savePerson(ctx context.Context, e *edit, before, person *domain.Person) (err error) {
	if person.SIPUser == "" && !person.Form.NoApp {
		if person.SIPUser, err = s.issueNumber(ctx, e, PersonalNumber, person.ID); err != nil {
			return err
		}
	}
	if err := s.cfg.Store.PutPerson(ctx, *person, e.at); err != nil {
		return err
	}
	if err := e.put(desired.SectionPeople, person.ID, *person); err != nil {
		return err
	}
	if err := s.landlineOn(ctx, e, *person); err != nil {
		return err
	}
	if before == nil {
		return e.record(ctx, audit.Created, "person", person.ID, nil, *person)
	}
	return e.record(ctx, audit.Changed, "person", person.ID, *before, *person)
}

// DeletePerson deletes a person, and with a master the family.
func (s *Service) DeletePerson(ctx context.Context, site domain.SiteID, id domain.PersonID) error {
	return s.edit(ctx, site, func(ctx context.Context, e *edit) error {
		person, err := s.cfg.Store.Person(ctx, site, id)
		if err != nil {
			return err
		}
		if _, err := account.Revise(ctx, person.Revision); err != nil {
			return err
		}
		if err := s.mayChange(ctx, site, person); err != nil {
			return err
		}
		devices, err := s.cfg.Store.PersonDevices(ctx, site, id)
		if err != nil {
			return err
		}
		if devices > 0 {
			return fault.New(fault.Conflict, "This person still has %s. Move or delete all of it first.", fault.Count(fault.Of{N: devices, One: "device", Many: "devices"}))
		}
		if err := s.removePerson(ctx, e, person); err != nil {
			return err
		}
		return s.afterRemoval(ctx, e, person)
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
	e.remove(desired.SectionKeyrings, person.ID) // the store forgets keys with their person
	return e.record(ctx, audit.Deleted, "person", person.ID, person, nil)
}
