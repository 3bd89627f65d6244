package fleet

import (
	"context"
	"slices"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/cloud/mail"
	"vestibule/cloud/registration"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

// Registrations keeps the codes by which residents register.
type Registrations interface {
	PutRegistration(ctx context.Context, site domain.SiteID, id domain.ApartmentID, code registration.Code, at time.Time) error // in the place of the one before
	Registration(ctx context.Context, site domain.SiteID, id domain.ApartmentID) (registration.Kept, error)                     // NotFound without one
	UseRegistration(ctx context.Context, id domain.ApartmentID, hash []byte, at time.Time) (bool, error)                        // true once
	DropRegistration(ctx context.Context, site domain.SiteID, id domain.ApartmentID) error
}

// HomeCode is the code of a home as an installer sees it.
type HomeCode struct {
	Kit     bool
	Off     bool          // the site takes nobody by a code (SITE-21)
	URL     secret.String // zero: none waits
	Created time.Time     // zero: there never was one
	Used    time.Time
}

// issueCode gives a home a new code inside an edit; the one before is worth nothing, here and on the monitor (PEOPLE-25).
func (s *Service) issueCode(ctx context.Context, e *edit, id domain.ApartmentID) error {
	code := registration.NewCode()
	if err := s.cfg.Store.PutRegistration(ctx, e.site, id, code, e.at); err != nil {
		return err
	}
	return e.put(desired.SectionRegistrations, id, domain.Registration{ApartmentID: id, URL: registration.URL(s.cfg.PublicURL, code.Token)})
}

// dropCode takes the code of a home away inside an edit.
func (s *Service) dropCode(ctx context.Context, e *edit, id domain.ApartmentID) error {
	e.remove(desired.SectionRegistrations, id)
	return s.cfg.Store.DropRegistration(ctx, e.site, id)
}

// Code shows the code of a home, and writes down that somebody saw it.
func (s *Service) Code(ctx context.Context, site domain.SiteID, id domain.ApartmentID) (HomeCode, error) {
	var out HomeCode
	err := s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		home, err := s.cfg.Store.Apartment(ctx, site, id)
		if err != nil {
			return err
		}
		place, err := s.cfg.Store.Site(ctx, site)
		if err != nil {
			return err
		}
		out = HomeCode{Kit: home.Service.Kit, Off: place.Form.NoRegistration}
		kept, err := s.cfg.Store.Registration(ctx, site, id)
		if found, err := exists(err); err != nil || !found {
			return err
		}
		out.Created, out.Used = kept.Created, kept.Used
		if !kept.Used.IsZero() {
			return nil
		}
		out.URL = registration.URL(s.cfg.PublicURL, kept.Token)
		entry := audit.Entry{Site: site, Action: audit.Shown, Object: "registration", ObjectID: id, ObjectName: home.Number, At: s.now()}
		return s.cfg.Store.Record(ctx, account.Stamp(ctx, entry))
	})
	return out, err
}

// NewCode gives a home that waits for its resident another code, such as when the one before was seen by others.
func (s *Service) NewCode(ctx context.Context, site domain.SiteID, id domain.ApartmentID) error {
	return s.edit(ctx, site, func(ctx context.Context, e *edit) error {
		home, err := s.cfg.Store.Home(ctx, site, id)
		if err != nil {
			return err
		}
		if home.App() == Registered {
			return fault.New(fault.Conflict, "This home is registered. Reset it first, then its next resident gets a new code.")
		}
		if err := s.issueCode(ctx, e, id); err != nil {
			return err
		}
		return e.record(ctx, audit.Created, "registration", id, nil, home.Apartment)
	})
}

// SetKit makes an apartment the home of a kit, whose resident registers by scanning (PEOPLE-21), or an ordinary one again. A kit that nobody has
// registered gets its code at once.
func (s *Service) SetKit(ctx context.Context, site domain.SiteID, id domain.ApartmentID, kit bool) (domain.Apartment, error) {
	var out domain.Apartment
	err := s.edit(ctx, site, func(ctx context.Context, e *edit) error {
		home, err := s.cfg.Store.Home(ctx, site, id)
		if err != nil {
			return err
		}
		out = home.Apartment
		if out.Revision, err = account.Revise(ctx, home.Revision); err != nil || home.Service.Kit == kit {
			out.Revision = home.Revision
			return err
		}
		out.Service.Kit = kit
		switch {
		case !kit:
			err = s.dropCode(ctx, e, id)
		case home.App() == Unregistered:
			err = s.issueCode(ctx, e, id)
		}
		if err != nil {
			return err
		}
		return s.saveHome(ctx, e, home.Apartment, out)
	})
	return out, err
}

// saveHome writes an apartment of which only its service changed.
func (s *Service) saveHome(ctx context.Context, e *edit, before, home domain.Apartment) error {
	if err := s.cfg.Store.PutApartment(ctx, home, e.at); err != nil {
		return err
	}
	if err := e.put(desired.SectionApartments, home.ID, home); err != nil {
		return err
	}
	return e.record(ctx, audit.Changed, "apartment", home.ID, before, home)
}

// Register uses the code of a home up and names its family master, who is made when nobody lives there yet; then makes the account in the same
// transaction. NotFound when the code is no more.
func (s *Service) Register(
	ctx context.Context, to registration.Home, hash []byte, who registration.Resident, then func(ctx context.Context, person domain.Person) error,
) error {
	return s.edit(ctx, to.Site, func(ctx context.Context, e *edit) error {
		used, err := s.cfg.Store.UseRegistration(ctx, to.Apartment, hash, e.at)
		if err != nil {
			return err
		}
		site, err := s.cfg.Store.Site(ctx, to.Site)
		if err != nil {
			return err
		}
		if !used || site.Form.NoRegistration {
			return fault.New(fault.NotFound, "This code does not exist.")
		}
		home, err := s.cfg.Store.Apartment(ctx, to.Site, to.Apartment)
		if err != nil {
			return err
		}
		person, err := s.registerMaster(ctx, e, home, who)
		if err != nil {
			return err
		}
		after := home
		after.Service.RegisteredMilli = e.at.UnixMilli()
		after.Revision++
		if err := s.saveHome(ctx, e, home, after); err != nil {
			return err
		}
		e.remove(desired.SectionRegistrations, to.Apartment)
		return then(ctx, person)
	})
}

// registerMaster gives the family master the name that the tenant entered.
func (s *Service) registerMaster(ctx context.Context, e *edit, home domain.Apartment, who registration.Resident) (domain.Person, error) {
	people, err := s.cfg.Store.ApartmentPeople(ctx, home.SiteID, home.ID)
	if err != nil {
		return domain.Person{}, err
	}
	person := domain.Person{ID: domain.NewID[domain.PersonID](e.at), SiteID: home.SiteID, ApartmentID: home.ID, Kind: domain.Master}
	var before *domain.Person
	for i, p := range people {
		if p.Kind == domain.Master {
			before, person = &people[i], p
		}
	}
	person.FirstName, person.LastName, person.Email = who.FirstName, who.LastName, who.Email
	if slices.Contains(mail.Languages(), who.Language) { // the portal speaks one that mails do not
		person.Form.Language = who.Language
	}
	person.Revision++
	return person, s.savePerson(ctx, e, before, &person)
}
