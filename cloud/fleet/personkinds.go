package fleet

import (
	"context"
	"slices"

	"vestibule/cloud/mail"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// kindsAt are the kinds of people of each kind of site, and what they are called there.
var kindsAt = map[domain.SiteKind]struct {
	kinds []domain.PersonKind
	words string
}{
	domain.Community:  {[]domain.PersonKind{domain.Master, domain.Member}, "Here live residents (master) and their family (member)."},
	domain.SingleHome: {[]domain.PersonKind{domain.Master, domain.Member}, "Here live a family master and members."},
	domain.Office:     {[]domain.PersonKind{domain.BasicUser, domain.AdvancedUser}, "Here work basic and advanced users."},
	domain.Commercial: {[]domain.PersonKind{domain.Personnel, domain.Administrator}, "Here work personnel and administrators."},
}

// fitPerson puts a person into its place, fills in what the place decides, and notes what does not fit.
func (s *Service) fitPerson(ctx context.Context, e *edit, f *faults, before, person *domain.Person) error {
	site, err := s.cfg.Store.Site(ctx, e.site)
	if err != nil {
		return err
	}
	if site.Kind == "" {
		site.Kind = domain.Community
	}
	var place faults
	switch site.Kind {
	case domain.Office:
		err = s.fitOffice(ctx, e, &place, before, person)
	case domain.Commercial:
		err = s.fitCompany(ctx, e, &place, person)
	default:
		err = s.fitHome(ctx, e, &place, site, before, person)
	}
	if err != nil {
		return err
	}
	at := kindsAt[site.Kind]
	if !slices.Contains(at.kinds, person.Kind) && person.Kind != "" {
		place.invalid.Add("kind", "%s", at.words)
	}
	f.form(person.Validate())
	f.invalid.Check(person.LastName != "" || site.Kind == domain.SingleHome, "last_name", "A name is needed.")
	f.form(place.invalid.Err())
	for _, field := range fault.FieldsOf(place.taken.Err()) {
		f.taken.Add(field.Path, "%s", field.Msg)
	}
	s.fitForm(f, site, person)
	if before != nil && before.Kind == domain.Member && before.Email != "" {
		f.invalid.Check(before.Email == person.Email, "email", memberEmail)
	}
	return nil
}

// fitForm notes fields that people of this kind do not have, and values that are not on their list.
func (s *Service) fitForm(f *faults, site domain.Site, p *domain.Person) {
	form := p.Form
	only := func(set bool, path, who string, kinds ...domain.PersonKind) {
		f.invalid.Check(!set || slices.Contains(kinds, p.Kind), "form."+path, "Only %s have this.", who)
	}
	only(form.NoIntercom, "no_intercom", "office users and personnel", domain.BasicUser, domain.AdvancedUser, domain.Personnel)
	only(form.NoApp, "no_app", "personnel", domain.Personnel)
	only(form.Landline, "landline", "personnel and administrators", domain.Personnel, domain.Administrator)
	only(form.CallType != 0, "call_type", "office users", domain.BasicUser, domain.AdvancedUser)
	only(form.Path != "", "call_path", "office users", domain.BasicUser, domain.AdvancedUser)
	f.invalid.Check(form.Address == "" || site.Kind == domain.SingleHome, "form.address", "Only single-family users have this.")
	f.invalid.Check(len(form.Floors) == 0 || site.Kind != domain.SingleHome, "form.floors", "A single-family house has no accessible floors.")
	f.invalid.Check(p.StaffID == "" || p.Works(), "staff_id", "Only people of an office or a company have an ID.")
	f.invalid.Check(form.Language == "" || slices.Contains(mail.Languages(), form.Language), "form.language", "One of the twelve languages of mails.")
	f.invalid.Check(form.Country == "" || areaCode(form.Country) != "", "form.country", "A country of the list.")
	if form.NoIntercom && (p.Kind == domain.BasicUser || p.Kind == domain.AdvancedUser) && form.CallType == 0 {
		p.Form.CallType = domain.MonitorsAndGuardPhones // CALL-05: nothing else may ring
	}
}

// fitOffice wants a department of the office, an identity and an ID (PEOPLE-26). Floors come from the department when none are given (PEOPLE-29).
func (s *Service) fitOffice(ctx context.Context, e *edit, f *faults, before, p *domain.Person) error {
	f.invalid.Check(p.ApartmentID.IsZero(), "apartment_id", "An office has no apartments.")
	f.invalid.Check(p.CompanyID.IsZero(), "company_id", "An office has no companies.")
	f.invalid.Check(p.StaffID != "", "staff_id", "An ID is needed, such as the number of the staff card.")
	if p.Kind == "" && before != nil {
		p.Kind = before.Kind
	}
	f.invalid.Check(p.Kind != "", "kind", "Basic user or advanced user.")
	if p.DepartmentID.IsZero() {
		f.invalid.Check(!byInstaller(ctx), "department_id", "The department of the person.")
		return nil
	}
	department, err := s.cfg.Store.Department(ctx, e.site, p.DepartmentID)
	found, err := exists(err)
	if err != nil {
		return err
	}
	f.invalid.Check(found, "department_id", "A department of this site.")
	if len(p.Form.Floors) == 0 && (before == nil || before.DepartmentID != p.DepartmentID) {
		p.Form.Floors = slices.Clone(department.Floors)
	}
	return nil
}

// fitCompany wants a company of the site; a single-company site has just one, which need not be named.
func (s *Service) fitCompany(ctx context.Context, e *edit, f *faults, p *domain.Person) error {
	f.invalid.Check(p.ApartmentID.IsZero(), "apartment_id", "A commercial site has no apartments.")
	f.invalid.Check(p.DepartmentID.IsZero(), "department_id", "A commercial site has no departments.")
	if p.Kind == "" {
		p.Kind = domain.Personnel
	}
	if p.CompanyID.IsZero() {
		only, err := s.onlyCompany(ctx, e)
		if err != nil {
			return err
		}
		p.CompanyID = only
	}
	if p.CompanyID.IsZero() {
		f.invalid.Add("company_id", "The company of the person.")
		return nil
	}
	found, err := exists(errOf(s.cfg.Store.Company(ctx, e.site, p.CompanyID)))
	if err != nil {
		return err
	}
	f.invalid.Check(found, "company_id", "A company of this site.")
	return nil
}
