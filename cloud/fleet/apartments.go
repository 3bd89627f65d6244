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
	ListHomes(ctx context.Context, site domain.SiteID, page Page, at time.Time) (List[Home], error)
	Home(ctx context.Context, site domain.SiteID, id domain.ApartmentID) (Home, error)
	Apartment(ctx context.Context, site domain.SiteID, id domain.ApartmentID) (domain.Apartment, error)
	PutApartment(ctx context.Context, apartment domain.Apartment, at time.Time) error // Conflict at "number" when taken
	DeleteApartment(ctx context.Context, site domain.SiteID, id domain.ApartmentID, at time.Time) error
	ApartmentDevices(ctx context.Context, site domain.SiteID, id domain.ApartmentID) (int, error)
	ApartmentCameras(ctx context.Context, site domain.SiteID, id domain.ApartmentID) (int, error)
	ApartmentPeople(ctx context.Context, site domain.SiteID, id domain.ApartmentID) ([]domain.Person, error)
	// MonitorsOf lists the indoor monitors of an apartment.
	MonitorsOf(ctx context.Context, site domain.SiteID, id domain.ApartmentID) ([]domain.DeviceID, error)
}

// Home is an apartment as lists show it (SITE-29): with its building, its people and when it was made.
type Home struct {
	domain.Apartment
	Building string
	People   []domain.Person // the master first
	Created  time.Time
	SignedIn bool // somebody who lives there has signed in to the app
}

// Active is the standing of the home's app service at now (PEOPLE-34).
func (h Home) Active(now time.Time) Standing {
	if h.Service.ActivatedMilli == 0 {
		return Inactivated
	}
	return until(h.Service.ExpiresMilli, now)
}

// App tells whether the home's app was ever signed in to (PEOPLE-34).
func (h Home) App() AppState {
	if h.SignedIn || h.Service.RegisteredMilli != 0 {
		return Registered
	}
	return Unregistered
}

// Master gives the family master, else whoever came first (PEOPLE-13); false when nobody lives there.
func (h Home) Master() (domain.Person, bool) {
	if len(h.People) == 0 {
		return domain.Person{}, false
	}
	return h.People[0], true
}

// Apartments lists the apartments of a site.
func (s *Service) Apartments(ctx context.Context, site domain.SiteID, page Page) (List[domain.Apartment], error) {
	return s.cfg.Store.ListApartments(ctx, site, page)
}

// Homes lists the apartments of a site with what their list shows. Page.Only knows building, floor ("none": without), active and app.
func (s *Service) Homes(ctx context.Context, site domain.SiteID, page Page) (List[Home], error) {
	return s.cfg.Store.ListHomes(ctx, site, page, s.now())
}

// Home gives one apartment with what its list shows.
func (s *Service) Home(ctx context.Context, site domain.SiteID, id domain.ApartmentID) (Home, error) {
	return s.cfg.Store.Home(ctx, site, id)
}

// Apartment gives one apartment.
func (s *Service) Apartment(ctx context.Context, site domain.SiteID, id domain.ApartmentID) (domain.Apartment, error) {
	return s.cfg.Store.Apartment(ctx, site, id)
}

// Furnishing is what comes with a new apartment in the same edit: the first monitor of the Basic plan (DEV-32) and the resident (PEOPLE-13).
type Furnishing struct {
	Monitor  *domain.Device
	Resident *domain.Person
}

// AddApartment adds an apartment (SITE-25) with its family SIP number, and what comes with it: all of it or nothing.
func (s *Service) AddApartment(ctx context.Context, apartment domain.Apartment, with ...Furnishing) (domain.Apartment, error) {
	var in Furnishing
	if len(with) > 0 {
		in = with[0]
	}
	err := s.edit(ctx, apartment.SiteID, func(ctx context.Context, e *edit) error {
		if err := s.checkPlan(ctx, e, apartment, in.Monitor); err != nil {
			return err
		}
		if err := s.newApartment(ctx, e, &apartment); err != nil {
			return err
		}
		if in.Resident != nil {
			if err := s.moveIn(ctx, e, apartment, *in.Resident); err != nil {
				return err
			}
		}
		if in.Monitor == nil {
			return nil
		}
		return s.addMonitor(ctx, e, apartment, *in.Monitor)
	})
	return apartment, err
}

// moveIn makes the resident of a new apartment, who becomes its family master (PEOPLE-13).
func (s *Service) moveIn(ctx context.Context, e *edit, apartment domain.Apartment, person domain.Person) error {
	person.ID, person.Revision, person.SiteID = domain.NewID[domain.PersonID](e.at), 1, e.site
	person.ApartmentID, person.Kind, person.SIPUser, person.Form.Unpaid = apartment.ID, domain.Master, "", false
	return below("resident.", s.putPerson(ctx, e, nil, &person))
}

// newApartment makes an apartment inside an edit and issues its family SIP number (PEOPLE-02).
func (s *Service) newApartment(ctx context.Context, e *edit, apartment *domain.Apartment) error {
	apartment.ID, apartment.Revision = domain.NewID[domain.ApartmentID](e.at), 1
	var err error
	if apartment.SIPUser, err = s.issueNumber(ctx, e, FamilyNumber, apartment.ID); err != nil {
		return err
	}
	return s.putApartment(ctx, e, nil, apartment)
}

// EditApartment changes an apartment. Its SIP number and what is paid for stay as they are.
func (s *Service) EditApartment(ctx context.Context, apartment domain.Apartment) (domain.Apartment, error) {
	err := s.edit(ctx, apartment.SiteID, func(ctx context.Context, e *edit) error {
		before, err := s.cfg.Store.Apartment(ctx, apartment.SiteID, apartment.ID)
		if err != nil {
			return err
		}
		if apartment.Revision, err = account.Revise(ctx, before.Revision); err != nil {
			return err
		}
		apartment.Service, apartment.SIPUser = before.Service, before.SIPUser
		if apartment.SIPUser == "" { // made before apartments had numbers
			if apartment.SIPUser, err = s.issueNumber(ctx, e, FamilyNumber, apartment.ID); err != nil {
				return err
			}
		}
		return s.putApartment(ctx, e, &before, &apartment)
	})
	return apartment, err
}

func (s *Service) putApartment(ctx context.Context, e *edit, before, apartment *domain.Apartment) error {
	fillApartment(apartment)
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
		return e.record(ctx, audit.Created, "apartment", apartment.ID, nil, *apartment)
	}
	return e.record(ctx, audit.Changed, "apartment", apartment.ID, *before, *apartment)
}

// fillApartment sets what was left open: a group call (CALL-06) by IP (CALL-01).
func fillApartment(a *domain.Apartment) {
	if a.Contact == "" {
		a.Contact = domain.GroupCall
	}
	if a.Path == "" {
		a.Path = domain.CallByIP
	}
}

// errOf keeps the error of a look-up.
func errOf[T any](_ T, err error) error { return err }

// DeleteApartment deletes an apartment and the people in it (SITE-25). Devices and cameras that stand in it are Conflict, but for the monitors that
// the Basic plan wants in every apartment: as they came with it, they go with it.
func (s *Service) DeleteApartment(ctx context.Context, site domain.SiteID, id domain.ApartmentID) error {
	return s.edit(ctx, site, func(ctx context.Context, e *edit) error {
		before, err := s.cfg.Store.Apartment(ctx, site, id)
		if err != nil {
			return err
		}
		if _, err := account.Revise(ctx, before.Revision); err != nil {
			return err
		}
		if err := s.clearApartment(ctx, e, id); err != nil {
			return err
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
		return s.removeApartment(ctx, e, before)
	})
}

// removeApartment deletes an apartment and what other nouns say of it.
func (s *Service) removeApartment(ctx context.Context, e *edit, gone domain.Apartment) error {
	if err := s.cfg.Store.DeleteApartment(ctx, e.site, gone.ID, e.at); err != nil {
		return err
	}
	if err := s.forgetApartment(ctx, e, gone.ID); err != nil {
		return err
	}
	if err := s.dropCode(ctx, e, gone.ID); err != nil {
		return err
	}
	e.remove(desired.SectionApartments, gone.ID)
	return e.record(ctx, audit.Deleted, "apartment", gone.ID, gone, nil)
}

// clearApartment takes the monitors of the Basic plan out of an apartment that goes, and is Conflict when anything else stands in it.
func (s *Service) clearApartment(ctx context.Context, e *edit, id domain.ApartmentID) error {
	devices, err := s.cfg.Store.ApartmentDevices(ctx, e.site, id)
	if err != nil {
		return err
	}
	cameras, err := s.cfg.Store.ApartmentCameras(ctx, e.site, id)
	if err != nil {
		return err
	}
	wanted, err := s.wantsMonitor(ctx, e.site)
	if err != nil {
		return err
	}
	var monitors []domain.DeviceID
	if wanted {
		if monitors, err = s.cfg.Store.MonitorsOf(ctx, e.site, id); err != nil {
			return err
		}
	}
	switch left := devices - len(monitors); {
	case left > 0:
		return fault.New(fault.Conflict, "The apartment still has %s. Move or delete all of it first.", fault.Count(fault.Of{N: left, One: "device", Many: "devices"}))
	case cameras > 0:
		return fault.New(fault.Conflict, "The apartment still has %s. Delete all of it first.", fault.Count(fault.Of{N: cameras, One: "camera", Many: "cameras"}))
	}
	for _, id := range monitors {
		monitor, err := s.cfg.Store.Device(ctx, e.site, id)
		if err != nil {
			return err
		}
		if err := s.removeDevice(ctx, e, monitor); err != nil {
			return err
		}
	}
	return nil
}
