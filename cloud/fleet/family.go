package fleet

import (
	"context"

	"vestibule/cloud/audit"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// freeMembers is how many members of a home cost nothing (PEOPLE-11, PEOPLE-20).
func freeMembers(home domain.Apartment) int {
	if home.Service.FreeMembers > 0 {
		return home.Service.FreeMembers
	}
	return domain.FreeFamilyMembers
}

// fitHome wants a home of the site. Its first person is the family master, later ones are members (PEOPLE-10); a second master is Conflict.
func (s *Service) fitHome(ctx context.Context, e *edit, f *faults, site domain.Site, before, p *domain.Person) error {
	f.invalid.Check(p.DepartmentID.IsZero(), "department_id", "Only offices have departments.")
	f.invalid.Check(p.CompanyID.IsZero(), "company_id", "Only commercial sites have companies.")
	if err := s.soleHome(ctx, site, p); err != nil {
		return err
	}
	if p.ApartmentID.IsZero() {
		f.invalid.Check(!byInstaller(ctx), "apartment_id", "The apartment of the person.")
		if p.Kind == "" && before != nil {
			p.Kind = before.Kind
		}
		p.Form.Unpaid = false
		return nil
	}
	home, err := s.cfg.Store.Apartment(ctx, e.site, p.ApartmentID)
	found, err := exists(err)
	if err != nil {
		return err
	}
	f.invalid.Check(found, "apartment_id", "An apartment of this site.")
	if !found {
		return nil
	}
	family, err := s.family(ctx, p)
	if err != nil {
		return err
	}
	stays := before != nil && before.ApartmentID == p.ApartmentID
	family.fitKind(f, stays, before, p)
	if err := s.fitMember(ctx, site, home, family, stays, p); err != nil {
		return err
	}
	if !stays {
		p.Form.Unpaid = p.Kind == domain.Member && family.usable() >= freeMembers(home)
	}
	if p.Kind == domain.Master {
		p.Form.Unpaid = false
	}
	return s.giveFamilyNumber(ctx, e, home)
}

// fitMember is Conflict for a family member of a single-family home whose user is not activated: neither paid for nor ever signed in (PEOPLE-10). In
// a community nobody asks for that.
func (s *Service) fitMember(ctx context.Context, site domain.Site, home domain.Apartment, f family, stays bool, p *domain.Person) error {
	master, led := f.master()
	if site.Kind != domain.SingleHome || p.Kind != domain.Member || stays || !led || home.Service.ActivatedMilli != 0 {
		return nil
	}
	view, err := s.cfg.Store.PersonView(ctx, site.ID, master.ID)
	if err != nil || view.App() == Registered {
		return err
	}
	return fault.New(fault.Conflict, "%s has not activated the account yet. Family members can be added after that.", nameOf(nil, master))
}

// soleHome puts who comes to a single-family site into its one home.
func (s *Service) soleHome(ctx context.Context, site domain.Site, p *domain.Person) error {
	if site.Kind != domain.SingleHome || !p.ApartmentID.IsZero() {
		return nil
	}
	homes, err := s.cfg.Store.ListApartments(ctx, site.ID, Page{Limit: 2})
	if err == nil && len(homes.Items) == 1 {
		p.ApartmentID = homes.Items[0].ID
	}
	return err
}

// family is everybody of a home but one person.
type family []domain.Person

func (s *Service) family(ctx context.Context, but *domain.Person) (family, error) {
	all, err := s.cfg.Store.ApartmentPeople(ctx, but.SiteID, but.ApartmentID)
	if err != nil {
		return nil, err
	}
	out := make(family, 0, len(all))
	for _, p := range all {
		if p.ID != but.ID {
			out = append(out, p)
		}
	}
	return out, nil
}

// master gives the family master, if there is one.
func (f family) master() (domain.Person, bool) {
	for _, p := range f {
		if p.Kind == domain.Master {
			return p, true
		}
	}
	return domain.Person{}, false
}

// usable counts the members that are free or paid for.
func (f family) usable() int {
	n := 0
	for _, p := range f {
		if p.Kind == domain.Member && !p.Form.Unpaid {
			n++
		}
	}
	return n
}

// fitKind decides or checks what a person is in its home.
func (f family) fitKind(to *faults, stays bool, before, p *domain.Person) {
	master, led := f.master()
	if p.Kind == "" {
		switch {
		case stays:
			p.Kind = before.Kind
		case led:
			p.Kind = domain.Member
		default:
			p.Kind = domain.Master
		}
	}
	was := stays && before.Kind == p.Kind
	to.taken.Check(p.Kind != domain.Master || !led || was, "kind", "This home has its master: %s.", nameOf(nil, master))
	to.invalid.Check(p.Kind != domain.Member || led || was, "kind", "Add the resident of this home first; family members come after.")
}

// giveFamilyNumber issues the family SIP number of a home that has none yet (PEOPLE-02).
func (s *Service) giveFamilyNumber(ctx context.Context, e *edit, home domain.Apartment) (err error) {
	if home.SIPUser != "" {
		return nil
	}
	before := home
	if home.SIPUser, err = s.issueNumber(ctx, e, FamilyNumber, home.ID); err != nil {
		return err
	}
	if err := s.cfg.Store.PutApartment(ctx, home, e.at); err != nil {
		return err
	}
	if err := e.put(desired.SectionApartments, home.ID, home); err != nil {
		return err
	}
	return e.record(ctx, audit.Changed, "apartment", home.ID, before, home)
}

// afterMove takes the family along when its master moves, and settles who is free in the home that was left.
func (s *Service) afterMove(ctx context.Context, e *edit, before, now domain.Person) error {
	if before.ApartmentID.IsZero() || before.ApartmentID == now.ApartmentID {
		return nil
	}
	if before.Kind != domain.Master {
		return s.settleFamily(ctx, e, before)
	}
	left, err := s.family(ctx, &before)
	if err != nil {
		return err
	}
	for _, member := range left {
		if member.Kind != domain.Member {
			continue
		}
		moved := member
		moved.ApartmentID, moved.Revision = now.ApartmentID, member.Revision+1
		if err := s.savePerson(ctx, e, &member, &moved); err != nil {
			return err
		}
	}
	return nil
}

// afterRemoval deletes the family of a master that was deleted; after a member it settles who is free now.
func (s *Service) afterRemoval(ctx context.Context, e *edit, gone domain.Person) error {
	if gone.ApartmentID.IsZero() {
		return nil
	}
	if gone.Kind != domain.Master {
		return s.settleFamily(ctx, e, gone)
	}
	left, err := s.family(ctx, &gone)
	if err != nil {
		return err
	}
	if _, led := left.master(); led {
		return nil
	}
	for _, member := range left {
		if err := s.removePerson(ctx, e, member); err != nil {
			return err
		}
	}
	return nil
}

// settleFamily makes the first unpaid member of a home usable when one of the free places is empty again.
func (s *Service) settleFamily(ctx context.Context, e *edit, left domain.Person) error {
	home, err := s.cfg.Store.Apartment(ctx, e.site, left.ApartmentID)
	if err != nil {
		return err
	}
	family, err := s.family(ctx, &left)
	if err != nil || family.usable() >= freeMembers(home) {
		return err
	}
	var first *domain.Person
	for i, p := range family {
		if p.Form.Unpaid && (first == nil || p.ID.String() < first.ID.String()) { // ids of version 7 rise with time
			first = &family[i]
		}
	}
	if first == nil {
		return nil
	}
	free := *first
	free.Form.Unpaid, free.Revision = false, first.Revision+1
	return s.savePerson(ctx, e, first, &free)
}
