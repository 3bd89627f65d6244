package plan

import (
	"slices"

	"vestibule/shared/capability"
	"vestibule/shared/domain"
)

// Centre is what a device dials to reach the management centre: all guard phones that stand for it. A manager button may also call the agent without
// a number. A home with this number goes before.
const Centre = "0"

// find tells whom the caller means: a home by its number or family number, somebody by the own number, a monitor or guard phone, or the centre.
func (m *maker) find(dialled string) (domain.CallParty, bool) {
	if home, ok := m.home(dialled); ok {
		return m.ofHome(home), true
	}
	if person, ok := m.person(dialled); ok {
		return m.ofPerson(person), true
	}
	if d, ok := m.view.DeviceBySIPUser(dialled); ok && m.mayRing(d) {
		return m.ofDevice(d), true
	}
	if dialled == "" || dialled == Centre {
		guards := m.guards(m.caller.BuildingID, m.caller.DepartmentID)
		return domain.CallParty{Order: domain.CallSets{{domain.TargetGuards}}, Guards: guards}, len(guards) > 0
	}
	return domain.CallParty{}, false
}

// inside tells whether the caller is a monitor or guard phone, not a visitor at a door.
func (m *maker) inside() bool {
	return m.caller.Type == domain.Monitor || m.caller.Type == domain.GuardPhone
}

// resident tells whether the caller is the monitor of a home (CALL-08).
func (m *maker) resident() bool {
	return m.caller.Type == domain.Monitor && !m.caller.ApartmentID.IsZero()
}

// home finds the home that a number means. A door phone that belongs to one home rings it whatever button was pressed (DEV-01, type 1), one of several
// lines by its manager button too (CALL-06).
func (m *maker) home(dialled string) (domain.Apartment, bool) {
	own, private := m.view.Apartments[m.caller.ApartmentID]
	if private && !m.inside() && (m.caller.Type == domain.SingleDoorPhone || dialled == "" || dialled == Centre) {
		return own, true
	}
	var found domain.Apartment
	matches := 0
	for _, id := range m.view.HomesAt(dialled) {
		a := m.view.Apartments[id]
		if a.Number == dialled && m.near(a) || a.SIPUser == dialled && a.SIPUser != "" && m.reaches(a) {
			found = a
			matches++
		}
	}
	return found, matches == 1
}

// near tells whether a home may be dialled by its number, which is unique in a building alone.
func (m *maker) near(a domain.Apartment) bool {
	if m.inside() {
		return m.caller.BuildingID.IsZero() || m.caller.BuildingID == a.BuildingID
	}
	return m.reaches(a)
}

// reaches tells whether the caller may ring a home: visitors that for which the door stands, or one of its push buttons (DEV-31); those inside each of the site.
func (m *maker) reaches(a domain.Apartment) bool {
	return m.inside() || m.caller.Calls(a) || slices.ContainsFunc(m.caller.Form.Buttons, func(b domain.ButtonTarget) bool { return b.ApartmentID == a.ID })
}

// calls notes the home that is called.
func (m *maker) calls(home domain.Apartment) {
	m.p.Apartment, m.path, m.inHome = home, home.Path, m.view.DevicesOf(home.ID)
}

func (m *maker) ofHome(home domain.Apartment) domain.CallParty {
	m.calls(home)
	party := domain.CallParty{Order: m.order(home), Landline: m.view.Site.Form.HasLandline() && !home.NoLandline}
	for _, id := range m.view.Residents(home.ID) {
		party.People = append(party.People, m.view.People[id])
	}
	party.Monitors = make([]domain.Device, 0, len(m.inHome))
	for _, d := range m.inHome {
		if d.Type == domain.Monitor {
			party.Monitors = append(party.Monitors, d)
		}
	}
	return party
}

// order is the home's, but a door phone with older firmware makes a group call of a sequence (EDGE-10/R22).
func (m *maker) order(home domain.Apartment) domain.CallSets {
	if home.Contact != domain.SequenceCall || m.inside() || m.caller.Type == domain.AccessTerminal {
		return home.Stages()
	}
	model, firmware := m.caller.Form.Model, ""
	if m.facts.Firmware != nil {
		if told, version := m.facts.Firmware(m.caller.ID); version != "" {
			model, firmware = told, version
		}
	}
	if capability.Check(capability.SequenceCall, model, firmware).Applies() {
		return home.Stages()
	}
	m.p.Notes = append(m.p.Notes, NoteSequence)
	return home.CallType.Stages()
}

// person finds somebody by the own number: a resident whose home the caller reaches, or somebody who works where the caller stands.
func (m *maker) person(dialled string) (domain.Person, bool) {
	if dialled == "" {
		return domain.Person{}, false
	}
	for _, p := range m.view.People {
		if p.SIPUser != dialled {
			continue
		}
		home, lives := m.view.Apartments[p.ApartmentID]
		return p, lives && m.reaches(home) || p.Works() && within(m.caller.DepartmentID, p.DepartmentID) && within(m.caller.CompanyID, p.CompanyID) && within(m.caller.OwnerID, p.ID)
	}
	return domain.Person{}, false
}

// within tells whether a device of place stands for one: it does for all when it has none.
func within[T ~[16]byte](place, one T) bool { return place == T{} || place == one }

func (m *maker) ofPerson(p domain.Person) domain.CallParty {
	if home, lives := m.view.Apartments[p.ApartmentID]; lives {
		m.one = true
		m.calls(home)
		return domain.CallParty{Order: domain.CallSets{{domain.TargetAccounts}}, People: []domain.Person{p}}
	}
	m.p.Person, m.path = p, p.Form.Path
	return domain.CallParty{
		Order: p.CallOrder(), People: []domain.Person{p}, Landline: p.Form.Landline,
		Monitors: m.desk(p), Guards: m.guards(m.caller.BuildingID, p.DepartmentID),
	}
}

// desk lists the monitors of somebody who works: the own ones, or else those of the department or company.
func (m *maker) desk(p domain.Person) []domain.Device {
	var own, shared []domain.Device
	for _, d := range m.view.Devices {
		switch {
		case d.Type != domain.Monitor:
		case d.OwnerID == p.ID:
			own = append(own, d)
		case d.OwnerID.IsZero() && d.ApartmentID.IsZero() && d.DepartmentID == p.DepartmentID && d.CompanyID == p.CompanyID:
			shared = append(shared, d)
		}
	}
	if len(own) > 0 {
		return own
	}
	return shared
}

// guards lists the guard phones that stand for a building and a department; those of the public area stand for all.
func (m *maker) guards(building domain.BuildingID, department domain.DepartmentID) []domain.Device {
	var out []domain.Device
	for _, d := range m.view.Devices {
		if d.Type == domain.GuardPhone && d.ApartmentID.IsZero() && d.OwnerID.IsZero() &&
			(building.IsZero() || within(d.BuildingID, building)) && (department.IsZero() || within(d.DepartmentID, department)) {
			out = append(out, d)
		}
	}
	return out
}

// mayRing tells whether the caller may ring one monitor or guard phone by its own number.
func (m *maker) mayRing(d domain.Device) bool {
	switch {
	case d.Type == domain.GuardPhone:
		return slices.ContainsFunc(m.guards(m.caller.BuildingID, m.caller.DepartmentID), func(g domain.Device) bool { return g.ID == d.ID })
	case d.Type != domain.Monitor:
		return false
	}
	home, private := m.view.Apartments[d.ApartmentID]
	if private {
		return m.reaches(home)
	}
	return m.inside() || within(m.caller.DepartmentID, d.DepartmentID) && within(m.caller.CompanyID, d.CompanyID) && within(m.caller.BuildingID, d.BuildingID)
}

func (m *maker) ofDevice(d domain.Device) domain.CallParty {
	if home, private := m.view.Apartments[d.ApartmentID]; private {
		m.one = true
		m.calls(home)
	}
	if d.Type == domain.GuardPhone {
		return domain.CallParty{Order: domain.CallSets{{domain.TargetGuards}}, Guards: []domain.Device{d}}
	}
	return domain.CallParty{Order: domain.CallSets{{domain.TargetMonitors}}, Monitors: []domain.Device{d}}
}
