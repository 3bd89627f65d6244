package template

import (
	"context"
	"reflect"
	"slices"
	"strings"

	"vestibule/shared/domain"
)

// personCells are the columns of a community's row that speak of its resident.
var personCells = []string{"first_name", "last_name", "email", "mobile", "calling_code", "phone1", "phone2", "phone3"}

// home does one row of a community (TPL-03): its checks in the order of the guides, all of them before anything is said.
func (r *run) home(ctx context.Context, check rowCheck) error {
	check.name("building", domain.MaxBuildingName, true)
	check.apt()
	floors := check.floors()
	b, before, master := r.find(check)
	has := check.any(personCells...)
	check.name("first_name", domain.MaxPersonName, has && (master == nil || master.FirstName == ""))
	check.name("last_name", domain.MaxPersonName, has && (master == nil || master.LastName == ""))
	check.mail()
	person := domain.Person{Kind: domain.Master}
	if master != nil {
		person = *master
	}
	r.mailFree(check, person.ID, strings.TrimSpace(check.cell("first_name")+" "+check.cell("last_name")))
	person.Phone, person.Form.Landlines = check.phones(person.Phone, person.Form.Landlines)
	a := domain.Apartment{BuildingID: b.ID, Number: check.cell("apt")}
	if before != nil {
		a = *before
	}
	set(&a.Name, check.cell("apt_name"))
	if n, ok := check.whole("call_type", 5, UnknownCallType, "Unknown call type: 0 to 5."); ok {
		a.CallType = domain.CallType(n)
	}
	if n, ok := check.whole("web_relay", domain.MaxWebRelay, BadWebRelay, "Bad web relay ID: a whole number from 0 to 999."); ok {
		a.WebRelay = n
	}
	devices := check.devices(r.macs)
	if handsets := check.handsets(); handsets != nil {
		a.Handsets = handsets
	}
	if len(floors) > 0 {
		person.Form.Floors = floors
		if !has && master == nil {
			check.odd("floors", FloorsIgnored, "Nobody lives here yet, so nobody gets these floors.")
		}
	}
	set(&person.FirstName, check.cell("first_name"))
	set(&person.LastName, check.cell("last_name"))
	set(&person.Email, check.cell("email"))
	broken := len(check.row.Faults) > 0
	if err := r.putHome(ctx, check, &b, before, &a, broken); err != nil {
		return err
	}
	at := place{building: b.ID, apartment: a.ID, broken: len(check.row.Faults) > 0}
	if at.broken {
		at.apartment = domain.ApartmentID{}
		if before != nil {
			at.apartment = before.ID
		}
	}
	if !at.broken {
		if err := r.resident(ctx, check, a, master, person, has); err != nil {
			return err
		}
	}
	if err := r.devicesOf(ctx, check, devices, at); err != nil {
		return err
	}
	r.needsMonitor(check, at, devices)
	return r.homeNotes(ctx, check, a)
}

// find looks for the home of a row and who lives there.
func (r *run) find(check rowCheck) (b domain.Building, before *domain.Apartment, master *domain.Person) {
	b.Name = check.cell("building")
	id, known := r.buildings[r.d.Folded(b.Name)]
	if known && b.Name != "" {
		if there, is := r.d.Buildings()[id]; is {
			b = there
		} else {
			known = false // made by a row that was taken back
		}
	}
	if !known {
		return b, nil, nil
	}
	a, is := r.d.ApartmentNumbered(b.ID, check.cell("apt"))
	if !is {
		return b, nil, nil
	}
	if m, lives := r.d.MasterOf(a.ID); lives {
		m.Form.Landlines, m.Form.Floors = slices.Clone(m.Form.Landlines), slices.Clone(m.Form.Floors)
		return b, &a, &m
	}
	return b, &a, nil
}

// putHome adds or changes building and apartment.
func (r *run) putHome(ctx context.Context, check rowCheck, b *domain.Building, before, a *domain.Apartment, broken bool) error {
	if broken {
		return nil
	}
	if b.ID.IsZero() {
		made, err := r.d.PutBuilding(ctx, *b)
		if err := r.rule(check, err, nil, "building"); err != nil || len(check.row.Faults) > 0 {
			return err
		}
		*b = made
		r.buildings[r.d.Folded(b.Name)] = b.ID
		a.BuildingID = b.ID
	}
	if before != nil && reflect.DeepEqual(*before, *a) {
		return nil
	}
	made, err := r.d.PutApartment(ctx, *a)
	if err == nil {
		*a = made
	}
	return r.rule(check, err, map[string]string{"number": "apt", "name": "apt_name", "call_type": "call_type", "web_relay": "web_relay", "handsets": "handsets"}, "apt")
}

// resident adds or changes who lives in a home. The same home in two rows is one home; a second resident is refused (TPL-05).
func (r *run) resident(ctx context.Context, check rowCheck, a domain.Apartment, master *domain.Person, person domain.Person, has bool) error {
	if has {
		var says []string
		for _, key := range personCells {
			says = append(says, check.cell(key))
		}
		whole := strings.Join(says, "\x00")
		if other, twice := r.residents[a.ID]; twice && other != whole {
			check.wrong("first_name", SecondResident, "Second resident: another row gives this apartment a different one. Family members are added in the app.")
			return nil
		}
		r.residents[a.ID] = whole
	}
	if !has && master == nil {
		return nil
	}
	person.ApartmentID = a.ID
	return r.putPerson(ctx, check, master, person)
}

// needsMonitor is check 11: with the Basic plan an indoor monitor exists after the row (TPL-12).
func (r *run) needsMonitor(check rowCheck, at place, list []listed) {
	if !r.monitors {
		return
	}
	for _, l := range list {
		if l.of == domain.Monitor {
			return
		}
	}
	if !at.apartment.IsZero() {
		for _, v := range r.d.DevicesIn(at.apartment) {
			if v.Type == domain.Monitor {
				return
			}
		}
	}
	check.wrong("device", NeedsMonitor, "Basic plan needs a monitor: with it every apartment has an indoor monitor, such as Monitor,2,0C11050B9814.")
}

// homeNotes is check 12: what devices will not do is said, not refused.
func (r *run) homeNotes(ctx context.Context, check rowCheck, a domain.Apartment) error {
	if len(check.row.Faults) > 0 {
		return nil
	}
	warnings, err := r.d.Warnings(ctx, a)
	if err != nil {
		return err
	}
	for _, w := range warnings {
		check.odd("apt", FirmwareTooOld, w.Message)
	}
	if check.cell("handsets") == "" {
		return nil
	}
	ready, err := r.d.HasModel(ctx, "S532", a)
	if err == nil && !ready {
		check.odd("handsets", HandsetWithoutS532, "Analog handsets need a door phone S532, and none is known here yet.")
	}
	return err
}
