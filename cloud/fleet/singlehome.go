package fleet

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"vestibule/cloud/account"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// HomeUser is who lives in a single-family house (PEOPLE-01): the family master, the name of the home, and how devices call each other there.
type HomeUser struct {
	Person   domain.Person
	RoomName string
	Path     domain.CallPath
}

// Names inside a single-family house, which its user never chose.
const (
	homeBuilding = "Home"
	homeNumber   = "1"
)

// Where the form of a single-family user keeps what homes and people call otherwise.
var (
	roomPaths = map[string]string{"name": "user.room_name", "call_path": "user.call_path"}
	userPaths = map[string]string{"first_name": "user.name", "email": "user.email", "phone": "user.phone", "form.": "user."}
)

// AddHome makes a single-family site with its building, its apartment, the master and both SIP numbers (PEOPLE-02) in one edit. Without a name of
// its own the site is called like the user.
func (s *Service) AddHome(ctx context.Context, site domain.Site, user HomeUser) (domain.Site, error) {
	if site.Kind != domain.SingleHome {
		var f fault.Fields
		f.Add("user", "Only a single-family site is made with its user.")
		return domain.Site{}, f.Err()
	}
	derived := site.Name == ""
	var made domain.Site
	err := s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		var err error
		if derived {
			if site.Name, err = s.homeName(ctx, user.Person.FirstName); err != nil {
				return err
			}
		}
		if site.Form.UserLanguage == "" {
			site.Form.UserLanguage = user.Person.Form.Language
		}
		made, err = s.addSite(ctx, site, func(ctx context.Context, e *edit, _ *domain.Site) error { return s.fillHome(ctx, e, user) })
		return err
	})
	if derived {
		err = repath(err, map[string]string{"name": "user.name"})
	}
	return made, err
}

// homeName finds a name for a home whose user gave none: two users of one name must not be in each other's way.
func (s *Service) homeName(ctx context.Context, user string) (string, error) {
	name := user
	caller, err := s.installerOf(ctx)
	if err != nil {
		return "", err
	}
	for n := 2; strings.TrimSpace(user) != "" && n < 1000; n++ {
		taken, err := s.siteNamed(ctx, domain.Site{OrgID: caller, Name: name})
		if err != nil || !taken {
			return name, err
		}
		name = fmt.Sprintf("%s %d", user, n)
	}
	return name, nil
}

// fillHome adds building, apartment and master to a new single-family site.
func (s *Service) fillHome(ctx context.Context, e *edit, user HomeUser) error {
	building := domain.Building{ID: domain.NewID[domain.BuildingID](e.at), SiteID: e.site, Name: homeBuilding, Revision: 1}
	if err := s.putBuilding(ctx, e, nil, building); err != nil {
		return err
	}
	apartment := domain.Apartment{SiteID: e.site, BuildingID: building.ID, Number: homeNumber, Name: user.RoomName, Path: user.Path}
	if err := s.newApartment(ctx, e, &apartment); err != nil {
		return repath(err, roomPaths)
	}
	person := user.Person
	person.ID, person.SiteID, person.ApartmentID, person.Kind, person.Revision = domain.NewID[domain.PersonID](e.at), e.site, apartment.ID, domain.Master, 1
	return repath(s.putPerson(ctx, e, nil, &person), userPaths)
}

// Followers keeps which sites follow the zone of their installer.
type Followers interface {
	// ZoneFollowers lists them for an organisation, in the order of their ids.
	ZoneFollowers(ctx context.Context, org domain.OrgID) ([]domain.SiteID, error)
}

// FollowZone gives the single-family sites that follow their installer's zone the new one (PEOPLE-01), in the transaction that changes it. It is
// the service's own work: who changes the zone need not see every site.
func (s *Service) FollowZone(ctx context.Context, org domain.OrgID, zone string) error {
	ctx = account.AsSystem(ctx, "time zone of the installer")
	sites, err := s.cfg.Store.ZoneFollowers(ctx, org)
	if err != nil {
		return err
	}
	for _, site := range sites {
		err := s.edit(ctx, site, func(ctx context.Context, e *edit) error {
			before, err := s.cfg.Store.Site(ctx, site)
			if err != nil {
				return err
			}
			after := before
			after.TimeZone, after.Revision = zone, before.Revision+1
			return s.saveSite(ctx, e, before, after)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// repath gives faults the paths of the form that the user filled in; a key that ends in a dot stands for everything below it.
func repath(err error, paths map[string]string) error {
	var e *fault.Error
	if !errors.As(err, &e) || len(e.Fields) == 0 {
		return err
	}
	out := *e
	out.Fields = make([]fault.Field, len(e.Fields))
	for i, field := range e.Fields {
		if to, ok := paths[field.Path]; ok {
			field.Path = to
		} else if head, rest, ok := strings.Cut(field.Path, "."); ok && paths[head+"."] != "" {
			field.Path = paths[head+"."] + rest
		}
		out.Fields[i] = field
	}
	return &out
}
