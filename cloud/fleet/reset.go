package fleet

import (
	"context"
	"encoding/binary"
	"hash/fnv"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

// Resets keeps what resets look at and erase.
type Resets interface {
	ResetFacts(ctx context.Context, site domain.SiteID, id domain.ApartmentID) (ResetFacts, error)
	// PersonAnywhere gives a person at whatever site the caller may see.
	PersonAnywhere(ctx context.Context, id domain.PersonID) (domain.Person, error)
	// EraseEvents erases at most so many events of a home that happened before at, and tells how many those were.
	EraseEvents(ctx context.Context, site domain.SiteID, id domain.ApartmentID, at time.Time, most int) (int, error)
	// ResetHomes lists the homes that were reset since a time.
	ResetHomes(ctx context.Context, since time.Time) ([]Erasure, error)
}

// Later takes work to be done after the answer, in the transaction of ctx.
type Later interface {
	Insert(ctx context.Context, kind string, body any) error
}

// revision is one number for the home and everybody in it, so that a plan that somebody has seen is the one that is done.
func (h resetHome) revision() uint64 {
	of := []revised{{h.Home.ID, h.Home.Revision}}
	if h.Master != nil {
		of = append(of, revised{h.Master.ID, h.Master.Revision})
	}
	for _, p := range h.Members {
		of = append(of, revised{p.ID, p.Revision})
	}
	return jointRevision(of...)
}

// revised is a thing with its revision.
type revised struct {
	id       [16]byte
	revision uint64
}

// jointRevision is one number for several things: it changes with each of them.
func jointRevision(of ...revised) uint64 {
	sum := fnv.New64a()
	for _, r := range of {
		_, _ = sum.Write(binary.BigEndian.AppendUint64(r.id[:], r.revision)) // a hash takes everything
	}
	return sum.Sum64() >> 11 // exact in JavaScript's numbers
}

// resetHome reads all that a plan is made from, as far as the caller may reset that home.
func (s *Service) resetHome(ctx context.Context, site domain.SiteID, id domain.ApartmentID) (resetHome, error) {
	h := resetHome{Now: s.now()}
	var err error
	if h.Site, err = s.cfg.Store.Site(ctx, site); err != nil {
		return h, err
	}
	if h.Home, err = s.cfg.Store.Apartment(ctx, site, id); err != nil {
		return h, err
	}
	if caller, ok := account.From(ctx); ok && caller.Role == account.RoleDistributor && !h.Home.Service.Kit && h.Site.Kind != domain.SingleHome {
		return h, fault.New(fault.Forbidden, "A distributor resets kits alone. Ask the installer of this community.") // PEOPLE-23
	}
	people, err := s.cfg.Store.ApartmentPeople(ctx, site, id)
	if err != nil {
		return h, err
	}
	for i, p := range people {
		if p.Kind == domain.Master && h.Master == nil {
			h.Master = &people[i]
		} else {
			h.Members = append(h.Members, p)
		}
	}
	h.Facts, err = s.cfg.Store.ResetFacts(ctx, site, id)
	return h, err
}

// PlanReset tells what a reset would do to a home.
func (s *Service) PlanReset(ctx context.Context, site domain.SiteID, id domain.ApartmentID) (ResetPlan, error) {
	h, err := s.resetHome(ctx, site, id)
	return plan(h), err
}

// Reset readies a home for its next tenant, in one edit and by its plan (PEOPLE-18 to PEOPLE-23): what is done is what the plan said, or nothing when
// the home changed since. Events of the home are erased after the answer; the chain that proves their order stays.
func (s *Service) Reset(ctx context.Context, site domain.SiteID, id domain.ApartmentID) (ResetPlan, error) {
	var out ResetPlan
	err := s.edit(ctx, site, func(ctx context.Context, e *edit) error {
		h, err := s.resetHome(ctx, site, id)
		if err != nil {
			return err
		}
		out = plan(h)
		if _, err := account.Revise(ctx, out.Revision); err != nil {
			return err
		}
		return s.reset(ctx, e, h, out.Kind)
	})
	return out, err
}

// ResetOwn resets the home of the caller, who is its family master (PEOPLE-24).
func (s *Service) ResetOwn(ctx context.Context) error {
	caller, ok := account.From(ctx)
	if !ok {
		return errSignInFirst
	}
	person, err := s.cfg.Store.PersonAnywhere(ctx, caller.Person)
	if err != nil {
		return err
	}
	if person.Kind != domain.Master || person.ApartmentID.IsZero() {
		return fault.New(fault.Conflict, "Only the resident of a home deletes its account here. Ask whoever gave you yours.")
	}
	_, err = s.Reset(ctx, person.SiteID, person.ApartmentID)
	return err
}

// reset does it: accounts first, because they look at the people as they were.
func (s *Service) reset(ctx context.Context, e *edit, h resetHome, kind ResetKind) error {
	for _, member := range h.Members {
		if err := s.endAccount(ctx, member); err != nil {
			return err
		}
		if err := s.removePerson(ctx, e, member); err != nil {
			return err
		}
	}
	after := h
	after.Home, after.Site = homeAfter(h, e.at), siteAfter(h.Site)
	after.Members = nil
	if h.Master != nil {
		if err := s.endAccount(ctx, *h.Master); err != nil {
			return err
		}
		if err := s.dropKeyring(ctx, e, h.Master.ID); err != nil {
			return err
		}
		master := masterAfter(*h.Master, h.Site.Kind, secret.Random(8).Reveal())
		after.Master = &master
		if err := s.savePerson(ctx, e, h.Master, &master); err != nil {
			return err
		}
	}
	if after.Site.Form.Landline != h.Site.Form.Landline {
		if err := s.saveSite(ctx, e, h.Site, after.Site); err != nil {
			return err
		}
	}
	if err := s.cfg.Store.PutApartment(ctx, after.Home, e.at); err != nil {
		return err
	}
	if err := e.put(desired.SectionApartments, after.Home.ID, after.Home); err != nil {
		return err
	}
	if err := s.issueCode(ctx, e, after.Home.ID); err != nil {
		return err
	}
	if err := e.recordReset(ctx, kind, h, after); err != nil {
		return err
	}
	return s.later(ctx, Erasure{Site: e.site, Apartment: h.Home.ID, Before: e.at.UnixMilli()})
}

// endAccount ends the sessions and credentials of a person without a mail (PEOPLE-19).
func (s *Service) endAccount(ctx context.Context, person domain.Person) error {
	if s.cfg.Residents == nil {
		return nil
	}
	return s.cfg.Residents.PersonReset(ctx, person)
}

// masterAfter is the family master of a reset home: a drawn name, nothing of the tenant who left; SIP number, language, floors and address stay.
func masterAfter(p domain.Person, kind domain.SiteKind, drawn string) domain.Person {
	p.FirstName, p.LastName = anonymous, drawn
	if kind == domain.SingleHome {
		p.FirstName, p.LastName = anonymous+" "+drawn, ""
	}
	p.Email, p.Phone = "", ""
	p.Form.Country, p.Form.Landlines, p.Form.Remark, p.Form.Unpaid = "", nil, "", false
	p.Revision++
	return p
}

// anonymous stands before the drawn part of a name that nobody chose.
const anonymous = "Resident"

// homeAfter is the apartment after its reset: unregistered, with its subscription and its free members.
func homeAfter(h resetHome, at time.Time) domain.Apartment {
	home := h.Home
	home.Service.RegisteredMilli = 0
	home.Service.FreeMembers = freeMembers(h.Home)
	home.Service.ResetMilli = at.UnixMilli()
	home.Service.WithMonitor = h.Facts.Monitors > 0 || home.Service.WithMonitor
	// A single-family site has the switch itself; where it belongs to everybody, or to a plan, the home keeps its own.
	home.Service.LandlineOff = h.Site.Kind != domain.SingleHome || h.Site.Form.Premium
	home.Revision++
	return home
}

// siteAfter is the site of a reset home: a single-family site loses its landline service (PEOPLE-22).
func siteAfter(site domain.Site) domain.Site {
	if site.Kind == domain.SingleHome && site.Form.Landline {
		site.Form.Landline = false
		site.Revision++
	}
	return site
}

// resetShown is what the audit keeps of a home that was reset.
type resetShown struct {
	Apartment domain.Apartment
	Master    *domain.Person `json:",omitempty"`
	Members   []domain.Person
	Landline  bool
}

func (h resetHome) shown() resetShown {
	return resetShown{Apartment: h.Home, Master: h.Master, Members: h.Members, Landline: h.Site.Form.Landline || h.Site.Form.Premium}
}

func (e *edit) recordReset(ctx context.Context, kind ResetKind, before, after resetHome) error {
	shown := after.shown()
	shown.Landline = false
	entry := audit.Entry{
		Site: e.site, Action: audit.Changed, Object: "apartment", ObjectID: before.Home.ID, ObjectName: before.Home.Number,
		Reason: audit.ResetHome + " (" + string(kind) + ")", At: e.at,
	}
	var err error
	if entry.Before, err = audit.Snapshot(before.shown()); err != nil {
		return err
	}
	if entry.After, err = audit.Snapshot(shown); err != nil {
		return err
	}
	return e.s.cfg.Store.Record(ctx, account.Stamp(ctx, entry))
}

// landlineOn switches the landline service of a home on again that a reset switched off, when its family master gets a landline number.
func (s *Service) landlineOn(ctx context.Context, e *edit, person domain.Person) error {
	if person.Kind != domain.Master || person.ApartmentID.IsZero() || len(person.Form.Landlines) == 0 {
		return nil
	}
	home, err := s.cfg.Store.Apartment(ctx, e.site, person.ApartmentID)
	if err != nil || !home.Service.LandlineOff {
		return err
	}
	after := home
	after.Service.LandlineOff = false
	after.Revision++
	return s.saveHome(ctx, e, home, after)
}
