package store

import (
	"context"
	"fmt"
	"time"

	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
)

type personRow struct {
	ID          domain.PersonID `gorm:"primaryKey"`
	SiteID      domain.SiteID
	ApartmentID domain.ApartmentID
	FirstName   string
	LastName    string
	Email       string
	Phone       string

	Kind         domain.PersonKind
	DepartmentID domain.DepartmentID
	CompanyID    domain.CompanyID
	SIPUser      string `gorm:"column:sip_user"`
	StaffID      string
	Form         domain.PersonForm `gorm:"serializer:json"`
	Record       record            `gorm:"embedded"`
}

func (personRow) TableName() string { return "people" }

func (r personRow) place() (string, string) { return r.Record.Folded, r.ID.String() }

func (r personRow) noun() domain.Person {
	return domain.Person{
		ID: r.ID, SiteID: r.SiteID, ApartmentID: r.ApartmentID, FirstName: r.FirstName, LastName: r.LastName, Email: r.Email, Phone: r.Phone,
		Kind: r.Kind, DepartmentID: r.DepartmentID, CompanyID: r.CompanyID, SIPUser: r.SIPUser, StaffID: r.StaffID, Form: r.Form, Revision: r.Record.Revision,
	}
}

// ListPeople lists the people of a site by family name.
func (s *Store) ListPeople(ctx context.Context, site domain.SiteID, page fleet.Page) (fleet.List[domain.Person], error) {
	return list[domain.Person, personRow](s.in(ctx, site), page)
}

// Person gives one person of a site.
func (s *Store) Person(ctx context.Context, site domain.SiteID, id domain.PersonID) (domain.Person, error) {
	return take[domain.Person, personRow](ctx, s, site, id, "This person")
}

// PutPerson adds or changes a person.
func (s *Store) PutPerson(ctx context.Context, p domain.Person, at time.Time) error {
	r := personRow{
		ID: p.ID, SiteID: p.SiteID, ApartmentID: p.ApartmentID, FirstName: p.FirstName, LastName: p.LastName, Email: p.Email, Phone: p.Phone,
		Kind: p.Kind, DepartmentID: p.DepartmentID, CompanyID: p.CompanyID, SIPUser: p.SIPUser, StaffID: p.StaffID, Form: p.Form,
		Record: newRecord(at, p.LastName, p.FirstName, p.Email, p.Phone, p.SIPUser, p.StaffID),
	}
	if err := s.put(ctx, &r, "apartment_id", "first_name", "last_name", "email", "phone", "kind", "department_id", "company_id", "sip_user", "staff_id", "form"); err != nil {
		return fmt.Errorf("save person: %w", duplicate(err, "staff_id", "Somebody else of the site has this ID."))
	}
	return nil
}

// DeletePerson marks a person as deleted.
func (s *Store) DeletePerson(ctx context.Context, site domain.SiteID, id domain.PersonID, at time.Time) error {
	return s.drop(ctx, &personRow{}, site, id, at)
}
