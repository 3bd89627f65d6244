package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// Draft is many edits of a site in the making: an import, a bulk edit, or their undo. They pass the same rules as single edits, are written together
// and are one version for the agents. Its methods may be called by one goroutine, inside the function that got it.
type Draft struct {
	s    *Service
	e    *edit
	desk *desk
	told []Told // what devices reported, once it was asked for
}

// ErrTrial ends a draft that was only to be tried: nothing is written, and Draft gives no error.
var ErrTrial = fault.New(fault.Internal, "a trial")

// Draft makes many edits as one: all that fn does is written when it gives nil, nothing otherwise.
func (s *Service) Draft(ctx context.Context, site domain.SiteID, fn func(ctx context.Context, d *Draft) error) error {
	err := s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.cfg.Store.LockSite(ctx, site); err != nil {
			return err
		}
		desk := newDesk(s.cfg.Store)
		if err := desk.read(ctx, site); err != nil {
			return err
		}
		own := *s
		own.cfg.Store, own.cfg.Gates = desk, &heldGates{from: s.cfg.Gates, held: map[domain.OrgID]account.Gates{}}
		d := &Draft{s: &own, e: &edit{s: &own, site: site, at: s.now()}, desk: desk}
		if err := fn(ctx, d); err != nil {
			return err
		}
		if err := desk.flush(ctx, d.e.at); err != nil {
			return err
		}
		return own.finish(ctx, d.e)
	})
	if err == ErrTrial { //nolint:errorlint // fn gave this very value
		return nil
	}
	return err
}

// heldGates asks for the gates of an organisation once.
type heldGates struct {
	from Gates
	held map[domain.OrgID]account.Gates
}

func (h *heldGates) OrgGates(ctx context.Context, org domain.OrgID) (account.Gates, error) {
	if gates, ok := h.held[org]; ok || h.from == nil {
		return gates, nil
	}
	gates, err := h.from.OrgGates(ctx, org)
	if err == nil {
		h.held[org] = gates
	}
	return gates, err
}

// Mark is a place of a draft to go back to.
type Mark struct{ log, ops int }

// Mark gives where the draft stands. Marks of before end: what was done until here stays.
func (d *Draft) Mark() Mark {
	clear(d.desk.log.undo)
	d.desk.log.undo = d.desk.log.undo[:0]
	return Mark{0, len(d.e.ops)}
}

// Back takes away what was done since m.
func (d *Draft) Back(m Mark) {
	d.desk.log.back(m.log)
	d.e.ops = d.e.ops[:m.ops]
}

// Site gives the site.
func (d *Draft) Site() domain.Site { return d.desk.of }

// Know reads the owners of many MACs at once, which one after the other would take long.
func (d *Draft) Know(ctx context.Context, macs []domain.MAC) error { return d.desk.know(ctx, macs) }

// Buildings gives every building.
func (d *Draft) Buildings() map[domain.BuildingID]domain.Building { return d.desk.buildings.rows }

// Apartments gives every apartment.
func (d *Draft) Apartments() map[domain.ApartmentID]domain.Apartment { return d.desk.apartments.rows }

// People gives everybody.
func (d *Draft) People() map[domain.PersonID]domain.Person { return d.desk.people.rows }

// Devices gives every device.
func (d *Draft) Devices() map[domain.DeviceID]domain.Device { return d.desk.devices.rows }

// Departments gives every department.
func (d *Draft) Departments() map[domain.DepartmentID]domain.Department {
	return d.desk.departments.rows
}

// Companies gives every company.
func (d *Draft) Companies() map[domain.CompanyID]domain.Company { return d.desk.companies.rows }

// Folded writes a name as names are compared.
func (d *Draft) Folded(name string) string { return d.desk.Folded(name) }

// ApartmentNumbered finds an apartment by its building and number.
func (d *Draft) ApartmentNumbered(building domain.BuildingID, number string) (domain.Apartment, bool) {
	id, ok := d.desk.numbers[numberKey{building, number}]
	return d.desk.apartments.rows[id], ok
}

// StaffNumbered finds a person by the ID of its staff card.
func (d *Draft) StaffNumbered(id string) (domain.Person, bool) {
	person, ok := d.desk.staff[id]
	return d.desk.people.rows[person], ok && id != ""
}

// DeviceWith finds a device of the site by its MAC.
func (d *Draft) DeviceWith(mac domain.MAC) (domain.Device, bool) {
	id, ok := d.desk.byMAC[mac]
	return d.desk.devices.rows[id], ok
}

// MasterOf gives the resident of an apartment.
func (d *Draft) MasterOf(apartment domain.ApartmentID) (domain.Person, bool) {
	for _, id := range d.desk.homes[apartment] {
		if p := d.desk.people.rows[id]; p.Kind == domain.Master {
			return p, true
		}
	}
	return domain.Person{}, false
}

// DevicesIn gives the devices of an apartment.
func (d *Draft) DevicesIn(apartment domain.ApartmentID) []domain.Device {
	var out []domain.Device
	for _, id := range d.desk.rooms[apartment] {
		out = append(out, d.desk.devices.rows[id])
	}
	return out
}

// WantsMonitor tells whether every apartment of the site must have a monitor (SITE-10).
func (d *Draft) WantsMonitor(ctx context.Context) (bool, error) {
	return d.s.wantsMonitor(ctx, d.e.site)
}

// PutBuilding adds a building, or changes it when it has an id.
func (d *Draft) PutBuilding(ctx context.Context, b domain.Building) (domain.Building, error) {
	b.SiteID = d.e.site
	before, is := d.desk.buildings.rows[b.ID]
	if is {
		b.Revision = before.Revision + 1
		return b, d.s.putBuilding(ctx, d.e, &before, b)
	}
	b.ID, b.Revision = domain.NewID[domain.BuildingID](d.e.at), 1
	return b, d.s.putBuilding(ctx, d.e, nil, b)
}

// PutDepartment adds a department, or changes it when it has an id.
func (d *Draft) PutDepartment(ctx context.Context, p domain.Department) (domain.Department, error) {
	p.SiteID = d.e.site
	if d.desk.of.Kind != domain.Office {
		return p, fault.New(fault.Conflict, "Only an office has departments.")
	}
	before, is := d.desk.departments.rows[p.ID]
	if is {
		p.Revision = before.Revision + 1
		return p, d.s.putDepartment(ctx, d.e, &before, p)
	}
	p.ID, p.Revision = domain.NewID[domain.DepartmentID](d.e.at), 1
	return p, d.s.putDepartment(ctx, d.e, nil, p)
}

// AddCompany adds a company.
func (d *Draft) AddCompany(ctx context.Context, c domain.Company) (domain.Company, error) {
	if d.desk.of.Kind != domain.Commercial {
		return c, fault.New(fault.Conflict, "Only a commercial site has companies.")
	}
	c.SiteID, c.ID, c.Revision = d.e.site, domain.NewID[domain.CompanyID](d.e.at), 1
	return c, d.s.putCompany(ctx, d.e, nil, c)
}

// PutApartment adds an apartment, or changes it when it has an id. What is paid for and its number stay.
func (d *Draft) PutApartment(ctx context.Context, a domain.Apartment) (domain.Apartment, error) {
	a.SiteID = d.e.site
	before, is := d.desk.apartments.rows[a.ID]
	if !is {
		return a, d.s.newApartment(ctx, d.e, &a)
	}
	a.Revision, a.Service, a.SIPUser = before.Revision+1, before.Service, before.SIPUser
	return a, d.s.putApartment(ctx, d.e, &before, &a)
}

// PutPerson adds a person, or changes it when it has an id.
func (d *Draft) PutPerson(ctx context.Context, p domain.Person) (domain.Person, error) {
	p.SiteID = d.e.site
	before, is := d.desk.people.rows[p.ID]
	if !is {
		p.ID, p.Revision, p.SIPUser, p.Form.Unpaid = domain.NewID[domain.PersonID](d.e.at), 1, "", false
		return p, d.s.putPerson(ctx, d.e, nil, &p)
	}
	if err := d.s.mayChange(ctx, d.e.site, before); err != nil {
		return p, err
	}
	p.Revision, p.SIPUser, p.Form.Unpaid = before.Revision+1, before.SIPUser, before.Form.Unpaid
	if err := d.s.putPerson(ctx, d.e, &before, &p); err != nil {
		return p, err
	}
	return p, d.s.afterMove(ctx, d.e, before, p)
}

// PutDevice adds a device, or changes it when it has an id. Its accounts stay.
func (d *Draft) PutDevice(ctx context.Context, v domain.Device) (domain.Device, error) {
	v.SiteID = d.e.site
	before, is := d.desk.devices.rows[v.ID]
	if !is {
		return v, d.s.addDevice(ctx, d.e, &v)
	}
	v.Revision, v.SIPUser, v.SIPPassword, v.APIPassword, v.PairUntil = before.Revision+1, before.SIPUser, before.SIPPassword, before.APIPassword, before.PairUntil
	return v, d.s.putDevice(ctx, d.e, &before, &v)
}

// Warnings tells what devices will not do for an apartment, by the firmware they reported; nothing is refused.
func (d *Draft) Warnings(ctx context.Context, a domain.Apartment) ([]Warning, error) {
	w := warner{about: About{Apartment: a.ID}}
	var used Uses
	if used.add(a); used == (Uses{}) {
		return nil, nil
	}
	told, err := d.toldAll(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range told {
		if t.standsFor(a) {
			w.device(t, used)
		}
	}
	return w.sorted(), nil
}

// Done is what a draft did to one object, in the order in which it was done.
type Done struct {
	Object string
	ID     domain.AuditID
	Name   string
	Action audit.Action
	Fields []DoneField // of changes
}

// DoneField is one field of a change, with values as people read them.
type DoneField struct {
	Name   string `json:"name"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// Since tells what was done since a mark that was made when so many entries were there.
func (d *Draft) Since(entries int) ([]Done, error) {
	var out []Done
	for _, e := range d.desk.entries[entries:] {
		done := Done{Object: e.Object, ID: e.ObjectID, Name: e.ObjectName, Action: e.Action}
		if e.Action == audit.Changed {
			var err error
			if done.Fields, err = fieldsBetween(e.Before, e.After); err != nil {
				return nil, err
			}
		}
		out = append(out, done)
	}
	return out, nil
}

// Entries counts what was done.
func (d *Draft) Entries() int { return len(d.desk.entries) }

// fieldsBetween lists what differs between two snapshots of an object; ids and numbers that nobody chose are left out.
func fieldsBetween(before, after json.RawMessage) ([]DoneField, error) {
	was, is := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	if err := json.Unmarshal(before, &was); err != nil {
		return nil, fmt.Errorf("read a snapshot: %w", err)
	}
	if err := json.Unmarshal(after, &is); err != nil {
		return nil, fmt.Errorf("read a snapshot: %w", err)
	}
	var out []DoneField
	for _, name := range sortedKeys(is) {
		if string(was[name]) == string(is[name]) || strings.HasSuffix(name, "ID") && name != "StaffID" || name == "SIPUser" {
			continue
		}
		if name == "Form" {
			inner, err := fieldsBetween(orEmpty(was[name]), is[name])
			if err != nil {
				return nil, err
			}
			out = append(out, inner...)
			continue
		}
		out = append(out, DoneField{Name: name, Before: plainValue(was[name]), After: plainValue(is[name])})
	}
	for _, name := range sortedKeys(was) {
		if _, still := is[name]; !still {
			out = append(out, DoneField{Name: name, Before: plainValue(was[name])})
		}
	}
	return out, nil
}

func orEmpty(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("{}")
	}
	return raw
}

func sortedKeys(m map[string]json.RawMessage) []string { return slices.Sorted(maps.Keys(m)) }

// plainValue writes a value of a snapshot without the marks of JSON: texts bare, lists with commas.
func plainValue(raw json.RawMessage) string {
	var value any
	if len(raw) == 0 || json.Unmarshal(raw, &value) != nil || value == nil {
		return ""
	}
	switch v := value.(type) {
	case []any:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = fmt.Sprint(item)
			if fields, ok := item.(map[string]any); ok {
				parts[i] = strings.TrimSpace(fmt.Sprint(fields["name"], " ", fields["number"]))
			}
		}
		return strings.Join(parts, ", ")
	case map[string]any:
		return string(raw)
	}
	return fmt.Sprint(value)
}

// HasModel tells whether a device that stands for an apartment is of a model, by what it reported or what the installer says.
func (d *Draft) HasModel(ctx context.Context, model string, a domain.Apartment) (bool, error) {
	told, err := d.toldAll(ctx)
	for _, t := range told {
		if t.standsFor(a) && strings.HasPrefix(strings.ToUpper(t.Model), model) {
			return true, nil
		}
	}
	return false, err
}

// toldAll reads once what devices reported.
func (d *Draft) toldAll(ctx context.Context) ([]Told, error) {
	if d.told == nil {
		told, err := d.desk.Told(ctx, d.e.site, About{})
		if err != nil {
			return nil, err
		}
		d.told = append([]Told{}, told...)
	}
	return d.told, nil
}
