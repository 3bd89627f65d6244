package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"vestibule/cloud/audit"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// Touched is one object that a draft made or changed, with what an undo needs: how it stood and which revision it has since. It holds no secrets.
type Touched struct {
	Object   string          `json:"object"`
	ID       string          `json:"id"`
	Name     string          `json:"name"`
	Made     bool            `json:"made,omitempty"`
	Revision uint64          `json:"revision"`
	Before   json.RawMessage `json:"before,omitempty"` // absent for what was made
}

// Touched lists what the draft has made and changed so far.
func (d *Draft) Touched() ([]Touched, error) {
	var out []Touched
	k := d.desk
	for _, list := range []func() ([]Touched, error){
		func() ([]Touched, error) { return touched(k.buildings, "building", nil) },
		func() ([]Touched, error) { return touched(k.departments, "department", nil) },
		func() ([]Touched, error) { return touched(k.companies, "company", nil) },
		func() ([]Touched, error) { return touched(k.apartments, "apartment", nil) },
		func() ([]Touched, error) { return touched(k.people, "person", nil) },
		func() ([]Touched, error) { return touched(k.devices, "device", withoutSecrets) },
	} {
		part, err := list()
		if err != nil {
			return nil, err
		}
		out = append(out, part...)
	}
	return out, nil
}

func touched[K ~[16]byte, T any](s *shelf[K, T], object string, clean func(json.RawMessage) (json.RawMessage, error)) ([]Touched, error) {
	var out []Touched
	for _, id := range s.order {
		item, is := s.rows[id]
		before, was := s.before[id]
		t := Touched{Object: object, ID: domain.AuditID(id).String(), Name: nameOf(nil, item), Made: !was, Revision: s.revision(id)}
		if !is {
			continue
		}
		if was {
			raw, err := json.Marshal(before)
			if err == nil && clean != nil {
				raw, err = clean(raw)
			}
			if err != nil {
				return nil, fmt.Errorf("keep how it stood: %w", err)
			}
			t.Before = raw
		}
		out = append(out, t)
	}
	return out, nil
}

// withoutSecrets takes the passwords out of a device: an undo leaves those that are there.
func withoutSecrets(raw json.RawMessage) (json.RawMessage, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, err
	}
	delete(fields, "SIPPassword")
	delete(fields, "APIPassword")
	return json.Marshal(fields)
}

// undoer takes back what a draft did.
type undoer struct {
	*Draft
	made    map[domain.AuditID]bool // what goes again
	blocked []string
}

// Undo takes back what another draft did to objects. It gives what stands in the way: objects that were changed since, and others that came to
// stand in what would go. Then nothing is done.
func (d *Draft) Undo(ctx context.Context, all []Touched) (blocked []string, err error) {
	u := &undoer{Draft: d, made: map[domain.AuditID]bool{}}
	for _, t := range all {
		if id, err := domain.ParseID[domain.AuditID](t.ID); err != nil {
			return nil, err
		} else if t.Made {
			u.made[id] = true
		}
	}
	for _, t := range all {
		u.look(t)
	}
	u.newcomers()
	if len(u.blocked) > 0 {
		return u.blocked, nil
	}
	for _, part := range []string{"device", "person", "apartment", "building", "department", "company"} {
		for _, t := range slices.Backward(all) {
			if t.Object != part || !t.Made {
				continue
			}
			if err := u.unmake(ctx, t); err != nil {
				return nil, err
			}
		}
	}
	for _, t := range all {
		if t.Made {
			continue
		}
		if err := u.restore(ctx, t); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// stands gives the revision that an object has now.
func (d *Draft) stands(object, id string) (uint64, bool) {
	key, err := domain.ParseID[domain.AuditID](id)
	if err != nil {
		return 0, false
	}
	k := d.desk
	switch object {
	case "building":
		return standsOn(k.buildings, key)
	case "department":
		return standsOn(k.departments, key)
	case "company":
		return standsOn(k.companies, key)
	case "apartment":
		return standsOn(k.apartments, key)
	case "person":
		return standsOn(k.people, key)
	case "device":
		return standsOn(k.devices, key)
	}
	return 0, false
}

func standsOn[K ~[16]byte, T any](s *shelf[K, T], key domain.AuditID) (revision uint64, is bool) {
	_, is = s.rows[K(key)]
	return s.base[K(key)], is
}

// nouns are what people call objects.
var nouns = map[string]string{
	"building": "Building", "department": "Department", "company": "Company", "apartment": "Apartment", "person": "The person", "device": "The device",
}

func (u *undoer) look(t Touched) {
	switch revision, is := u.stands(t.Object, t.ID); {
	case !is:
		u.blocked = append(u.blocked, fmt.Sprintf("%s %s was deleted since.", nouns[t.Object], t.Name))
	case revision != t.Revision:
		u.blocked = append(u.blocked, fmt.Sprintf("%s %s was changed since.", nouns[t.Object], t.Name))
	}
}

// newcomers looks for what came since to stand in what would go.
func (u *undoer) newcomers() {
	k := u.desk
	gone := func(id [16]byte) bool { return u.made[domain.AuditID(id)] }
	came := func(what, name, in, where string) {
		u.blocked = append(u.blocked, fmt.Sprintf("%s %s came to %s %s since.", what, name, in, where))
	}
	for _, p := range k.people.rows {
		switch {
		case gone(p.ID):
		case gone(p.ApartmentID):
			came("The person", nameOf(nil, p), "apartment", k.apartments.rows[p.ApartmentID].Number)
		case gone(p.DepartmentID):
			came("The person", nameOf(nil, p), "department", k.departments.rows[p.DepartmentID].Name)
		case gone(p.CompanyID):
			came("The person", nameOf(nil, p), "company", k.companies.rows[p.CompanyID].Name)
		}
	}
	for _, v := range k.devices.rows {
		switch {
		case gone(v.ID):
		case gone(v.ApartmentID):
			came("The device", v.Name, "apartment", k.apartments.rows[v.ApartmentID].Number)
		case gone(v.BuildingID):
			came("The device", v.Name, "building", k.buildings.rows[v.BuildingID].Name)
		case gone(v.DepartmentID):
			came("The device", v.Name, "department", k.departments.rows[v.DepartmentID].Name)
		case gone(v.CompanyID):
			came("The device", v.Name, "company", k.companies.rows[v.CompanyID].Name)
		case gone(v.OwnerID):
			came("The device", v.Name, "the person", nameOf(nil, k.people.rows[v.OwnerID]))
		}
	}
	for _, a := range k.apartments.rows {
		if !gone(a.ID) && gone(a.BuildingID) {
			came("Apartment", a.Number, "building", k.buildings.rows[a.BuildingID].Name)
		}
	}
	for _, c := range k.cameras {
		if gone(c.ApartmentID) || gone(c.BuildingID) {
			came("The camera", c.Name, "a place of this import,", k.apartments.rows[c.ApartmentID].Number)
		}
	}
	slices.Sort(u.blocked)
}

// unmake deletes what was made.
func (u *undoer) unmake(ctx context.Context, t Touched) error {
	s, e, k := u.s, u.e, u.desk
	key, err := domain.ParseID[domain.AuditID](t.ID)
	if err != nil {
		return err
	}
	switch t.Object {
	case "device":
		return s.removeDevice(ctx, e, k.devices.rows[domain.DeviceID(key)])
	case "person":
		return s.removePerson(ctx, e, k.people.rows[domain.PersonID(key)])
	case "apartment":
		return s.removeApartment(ctx, e, k.apartments.rows[domain.ApartmentID(key)])
	case "building":
		return s.removeBuilding(ctx, e, k.buildings.rows[domain.BuildingID(key)])
	case "department":
		return u.unmakeParty(ctx, desired.SectionDepartments, "department", key, k.departments.rows[domain.DepartmentID(key)], func() error {
			return k.DeleteDepartment(ctx, e.site, domain.DepartmentID(key), e.at)
		})
	case "company":
		return u.unmakeParty(ctx, desired.SectionCompanies, "company", key, k.companies.rows[domain.CompanyID(key)], func() error {
			return k.DeleteCompany(ctx, e.site, domain.CompanyID(key), e.at)
		})
	}
	return fault.New(fault.Internal, "Nothing takes back a %s.", t.Object)
}

func (u *undoer) unmakeParty(ctx context.Context, section desired.Section, object string, id [16]byte, before any, drop func() error) error {
	if err := drop(); err != nil {
		return err
	}
	u.e.remove(section, id)
	return u.e.record(ctx, audit.Deleted, object, id, before, nil)
}

// restore writes an object as it stood.
func (u *undoer) restore(ctx context.Context, t Touched) error {
	s, e, k := u.s, u.e, u.desk
	key, err := domain.ParseID[domain.AuditID](t.ID)
	if err != nil {
		return err
	}
	switch t.Object {
	case "building":
		return restored(ctx, u, t, desired.SectionBuildings, k.buildings, key, k.PutBuilding)
	case "department":
		return restored(ctx, u, t, desired.SectionDepartments, k.departments, key, k.PutDepartment)
	case "apartment":
		return restored(ctx, u, t, desired.SectionApartments, k.apartments, key, k.PutApartment)
	case "person":
		return restored(ctx, u, t, desired.SectionPeople, k.people, key, func(ctx context.Context, before domain.Person, at time.Time) error {
			if s.cfg.Residents != nil {
				if err := s.cfg.Residents.PersonEdited(ctx, k.people.rows[before.ID], before); err != nil {
					return err
				}
			}
			return k.PutPerson(ctx, before, at)
		})
	case "device":
		before, err := stood[domain.Device](t)
		if err != nil {
			return err
		}
		now := k.devices.rows[domain.DeviceID(key)]
		before.SIPPassword, before.APIPassword = now.SIPPassword, now.APIPassword
		return s.saveDevice(ctx, e, &now, &before)
	}
	return fault.New(fault.Internal, "Nothing restores a %s.", t.Object)
}

// restored writes an object of one kind as it stood, into the document and the audit too.
func restored[K ~[16]byte, T any](ctx context.Context, u *undoer, t Touched, section desired.Section, s *shelf[K, T], key domain.AuditID,
	put func(ctx context.Context, before T, at time.Time) error,
) error {
	before, err := stood[T](t)
	if err != nil {
		return err
	}
	now := s.rows[K(key)]
	if err := put(ctx, before, u.e.at); err != nil {
		return err
	}
	if err := u.e.put(section, key, before); err != nil {
		return err
	}
	return u.e.record(ctx, audit.Changed, t.Object, key, now, before)
}

// stood gives an object as it stood.
func stood[T any](t Touched) (before T, err error) {
	if err = json.Unmarshal(t.Before, &before); err != nil {
		return before, fmt.Errorf("read how it stood: %w", err)
	}
	return before, nil
}
