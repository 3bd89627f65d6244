package fleet

import (
	"context"
	"strings"

	"vestibule/cloud/account"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// HomeForm is the form of a single-family user (PEOPLE-01, PEOPLE-09): the master, what the home is called, how its devices call each other, and the
// services of the site. It is changed in one edit, so that one form is never half saved.
type HomeForm struct {
	HomeUser
	TimeZone                      string
	FollowZone                    bool // the zone is the installer's
	Automation, Premium, Landline bool
	Revision                      uint64 // one number for site, home and master
}

// homeParts is what a home form is made from.
type homeParts struct {
	site   domain.Site
	home   domain.Apartment
	master domain.Person
}

func (p homeParts) revision() uint64 {
	return jointRevision(revised{p.site.ID, p.site.Revision}, revised{p.home.ID, p.home.Revision}, revised{p.master.ID, p.master.Revision})
}

func (p homeParts) form() HomeForm {
	f := p.site.Form
	return HomeForm{
		HomeUser: HomeUser{Person: p.master, RoomName: p.home.Name, Path: p.home.Path}, TimeZone: p.site.TimeZone, FollowZone: f.FollowZone,
		Automation: f.SmartHome, Premium: f.Premium, Landline: f.Landline, Revision: p.revision(),
	}
}

// HomeForm gives the form of the user of a single-family site; NotFound while nobody lives there.
func (s *Service) HomeForm(ctx context.Context, site domain.SiteID) (HomeForm, error) {
	parts, err := s.homeParts(ctx, site)
	return parts.form(), err
}

func (s *Service) homeParts(ctx context.Context, site domain.SiteID) (p homeParts, err error) {
	if p.site, err = s.cfg.Store.Site(ctx, site); err != nil {
		return p, err
	}
	nobody := fault.New(fault.NotFound, "Nobody lives in this home.")
	if p.site.Kind != domain.SingleHome {
		return p, nobody
	}
	masters, err := s.cfg.Store.ListPeople(ctx, site, Page{Limit: 1, Only: map[string]string{"kind": string(domain.Master)}})
	if err != nil {
		return p, err
	}
	if len(masters.Items) == 0 {
		return p, nobody
	}
	p.master = masters.Items[0].Person
	p.home, err = s.cfg.Store.Apartment(ctx, site, p.master.ApartmentID)
	return p, err
}

// EditHome changes the form of the user of a single-family site; what of it is as before is left alone.
func (s *Service) EditHome(ctx context.Context, site domain.SiteID, form HomeForm) (HomeForm, error) {
	var out homeParts
	err := s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		seen, err := s.cfg.Store.Site(ctx, site)
		if err != nil {
			return err
		}
		if _, err := s.cfg.Store.LockOrg(ctx, seen.OrgID); err != nil { // before the site, as in EditSite
			return err
		}
		return s.edit(ctx, site, func(ctx context.Context, e *edit) error {
			before, err := s.homeParts(ctx, site)
			if err != nil {
				return err
			}
			if _, err := account.Revise(ctx, before.revision()); err != nil {
				return err
			}
			if err := s.mayChange(ctx, site, before.master); err != nil {
				return err
			}
			out, err = s.saveHomeForm(ctx, e, before, form)
			return err
		})
	})
	return out.form(), err
}

// saveHomeForm saves site, home and master as far as the form changes them.
func (s *Service) saveHomeForm(ctx context.Context, e *edit, before homeParts, form HomeForm) (homeParts, error) {
	now := before
	if now.site.Form.FollowZone = form.FollowZone; !form.FollowZone {
		now.site.TimeZone = form.TimeZone
	}
	now.site.Form.SmartHome, now.site.Form.Premium, now.site.Form.Landline = form.Automation, form.Premium, form.Landline
	if now.site.TimeZone != before.site.TimeZone || now.site.Form != before.site.Form {
		now.site.Revision++
		if err := s.settleZone(ctx, before.site, &now.site); err != nil {
			return now, err
		}
		if err := s.checkSite(ctx, &before.site, &now.site); err != nil {
			return now, repath(err, map[string]string{"form.smart_home": "home_automation", "form.premium": "premium", "form.landline": "landline"})
		}
		if err := s.saveSite(ctx, e, before.site, now.site); err != nil {
			return now, err
		}
	}
	now.home.Name, now.home.Path = form.RoomName, form.Path
	fillApartment(&now.home)
	if now.home.Name != before.home.Name || now.home.Path != before.home.Path {
		now.home.Revision++
		if err := s.putApartment(ctx, e, &before.home, &now.home); err != nil {
			return now, repath(err, roomPaths)
		}
	}
	return now, s.saveUser(ctx, e, before.master, &now.master, form.Person)
}

// saveUser saves the master with what the form says; the rest of the person stays.
func (s *Service) saveUser(ctx context.Context, e *edit, before domain.Person, now *domain.Person, said domain.Person) error {
	if said.FirstName != strings.TrimSpace(before.FirstName+" "+before.LastName) { // who registered by the code has two names, shown as one
		now.FirstName, now.LastName = said.FirstName, said.LastName
	}
	now.Email, now.Phone = said.Email, said.Phone
	now.Form.Country, now.Form.Address, now.Form.Language, now.Form.Landlines = said.Form.Country, said.Form.Address, said.Form.Language, said.Form.Landlines
	now.Revision++
	return repath(s.putPerson(ctx, e, &before, now), userPaths)
}
