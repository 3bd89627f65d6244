package store

import (
	"context"
	"fmt"
	"time"

	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
)

type apartmentRow struct {
	ID         domain.ApartmentID `gorm:"primaryKey"`
	SiteID     domain.SiteID
	BuildingID domain.BuildingID
	Number     string
	Name       string
	Floor      string
	Contact    string
	CallPath   string
	SIPUser    string                  `gorm:"column:sip_user"`
	FloorOrder int                     // the floor as a number, for the order of lists
	Form       apartmentForm           `gorm:"serializer:json"`
	Service    domain.ApartmentService `gorm:"serializer:json"`
	Record     record                  `gorm:"embedded"`
}

// apartmentForm is what lists neither sort nor search.
type apartmentForm struct {
	CallType domain.CallType  `json:"call_type,omitempty"`
	Sets     domain.CallSets  `json:"sets,omitempty"`
	WebRelay int              `json:"web_relay,omitempty"`
	Handsets []domain.Handset `json:"handsets,omitempty"`
}

func (apartmentRow) TableName() string { return "apartments" }

func (r apartmentRow) place() (string, string) { return r.Record.Folded, r.ID.String() }

func (r apartmentRow) noun() domain.Apartment {
	return domain.Apartment{
		ID: r.ID, SiteID: r.SiteID, BuildingID: r.BuildingID, Number: r.Number, Name: r.Name, Floor: r.Floor,
		Contact: domain.ContactPreference(r.Contact), Path: domain.CallPath(r.CallPath), SIPUser: r.SIPUser, Service: r.Service,
		CallType: r.Form.CallType, Sets: r.Form.Sets, WebRelay: r.Form.WebRelay, Handsets: r.Form.Handsets, Revision: r.Record.Revision,
	}
}

// ListApartments lists the apartments of a site in the order of their numbers.
func (s *Store) ListApartments(ctx context.Context, site domain.SiteID, page fleet.Page) (fleet.List[domain.Apartment], error) {
	return list[domain.Apartment, apartmentRow](s.in(ctx, site), page)
}

// Apartment gives one apartment of a site.
func (s *Store) Apartment(ctx context.Context, site domain.SiteID, id domain.ApartmentID) (domain.Apartment, error) {
	return take[domain.Apartment, apartmentRow](ctx, s, site, id, "This apartment")
}

func newApartmentRow(a domain.Apartment, at time.Time) apartmentRow {
	return apartmentRow{
		ID: a.ID, SiteID: a.SiteID, BuildingID: a.BuildingID, Number: a.Number, Name: a.Name, Floor: a.Floor,
		Contact: string(a.Contact), CallPath: string(a.Path), SIPUser: a.SIPUser, FloorOrder: domain.FloorOrder(a.Floor),
		Form: apartmentForm{CallType: a.CallType, Sets: a.Sets, WebRelay: a.WebRelay, Handsets: a.Handsets}, Service: a.Service, Record: newRecord(at, a.Number, a.Name),
	}
}

// PutApartment adds or changes an apartment; a number that the building has already is Conflict at "number".
func (s *Store) PutApartment(ctx context.Context, a domain.Apartment, at time.Time) error {
	r := newApartmentRow(a, at)
	if err := s.put(ctx, &r, "building_id", "number", "name", "floor", "contact", "call_path", "sip_user", "floor_order", "form", "service"); err != nil {
		return fmt.Errorf("save apartment: %w", duplicate(err, "number", "Another apartment of the building has this number."))
	}
	return nil
}

// DeleteApartment marks an apartment as deleted.
func (s *Store) DeleteApartment(ctx context.Context, site domain.SiteID, id domain.ApartmentID, at time.Time) error {
	return s.drop(ctx, &apartmentRow{}, site, id, at)
}

// ApartmentDevices counts the devices that stand in an apartment.
func (s *Store) ApartmentDevices(ctx context.Context, site domain.SiteID, id domain.ApartmentID) (int, error) {
	return s.count(ctx, &deviceRow{}, site, "apartment_id = ?", id)
}

// ApartmentPeople lists the people of an apartment.
func (s *Store) ApartmentPeople(ctx context.Context, site domain.SiteID, id domain.ApartmentID) ([]domain.Person, error) {
	var rows []personRow
	if err := s.in(ctx, site).Where("apartment_id = ? AND deleted_at IS NULL", id).Order("folded, id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read the people of an apartment: %w", err)
	}
	out := make([]domain.Person, len(rows))
	for i, r := range rows {
		out[i] = r.noun()
	}
	return out, nil
}
