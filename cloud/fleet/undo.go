package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

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
	k, is, revision := d.desk, false, uint64(0)
	switch object {
	case "building":
		_, is = k.buildings.rows[domain.BuildingID(key)]
		revision = k.buildings.base[domain.BuildingID(key)]
	case "department":
		_, is = k.departments.rows[domain.DepartmentID(key)]
		revision = k.departments.base[domain.DepartmentID(key)]
	case "company":
		_, is = k.companies.rows[domain.CompanyID(key)]
		revision = k.companies.base[domain.CompanyID(key)]
	case "apartment":
		_, is = k.apartments.rows[domain.ApartmentID(key)]
		revision = k.apartments.base[domain.ApartmentID(key)]
	case "person":
		_, is = k.people.rows[domain.PersonID(key)]
		revision = k.people.base[domain.PersonID(key)]
	case "device":
		_, is = k.devices.rows[domain.DeviceID(key)]
		revision = k.devices.base[domain.DeviceID(key)]
	}
	return revision, is
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
	put := func(section desired.Section, write func() error, now, before any) error {
		if err := write(); err != nil {
			return err
		}
		if err := e.put(section, key, before); err != nil {
			return err
		}
		return e.record(ctx, audit.Changed, t.Object, key, now, before)
	}
	switch t.Object {
	case "building":
		before, now, err := stood(t, k.buildings, domain.BuildingID(key))
		if err != nil {
			return err
		}
		return put(desired.SectionBuildings, func() error { return k.PutBuilding(ctx, before, e.at) }, now, before)
	case "department":
		before, now, err := stood(t, k.departments, domain.DepartmentID(key))
		if err != nil {
			return err
		}
		return put(desired.SectionDepartments, func() error { return k.PutDepartment(ctx, before, e.at) }, now, before)
	case "apartment":
		before, now, err := stood(t, k.apartments, domain.ApartmentID(key))
		if err != nil {
			return err
		}
		return put(desired.SectionApartments, func() error { return k.PutApartment(ctx, before, e.at) }, now, before)
	case "person":
		before, now, err := stood(t, k.people, domain.PersonID(key))
		if err != nil {
			return err
		}
		if s.cfg.Residents != nil {
			if err := s.cfg.Residents.PersonEdited(ctx, now, before); err != nil {
				return err
			}
		}
		return put(desired.SectionPeople, func() error { return k.PutPerson(ctx, before, e.at) }, now, before)
	case "device":
		before, now, err := stood(t, k.devices, domain.DeviceID(key))
		if err != nil {
			return err
		}
		before.SIPPassword, before.APIPassword = now.SIPPassword, now.APIPassword
		return s.saveDevice(ctx, e, &now, &before)
	}
	return fault.New(fault.Internal, "Nothing restores a %s.", t.Object)
}

// stood gives an object as it stood and as it is.
func stood[K comparable, T any](t Touched, s *shelf[K, T], id K) (before, now T, err error) {
	now = s.rows[id]
	before = now // what JSON leaves out stays: site and revision
	var was T
	if err = json.Unmarshal(t.Before, &was); err != nil {
		return before, now, fmt.Errorf("read how it stood: %w", err)
	}
	return was, now, nil
}
