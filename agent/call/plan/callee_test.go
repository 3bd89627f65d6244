package plan

import (
	"testing"

	"vestibule/shared/domain"
)

// town is a site of two buildings with guard phones, a gate in front of both, and neighbours.
func town() *world {
	w := family()
	w.live("Post", domain.GuardPhone, w.ours, domain.Apartment{})
	for name, building := range map[string]domain.BuildingID{"Block guard": w.block, "Annex guard": w.annex} {
		w.at(w.live(name, domain.GuardPhone, w.ours, domain.Apartment{}), func(d *domain.Device) { d.BuildingID = building })
	}
	for _, d := range w.view.Devices {
		if d.Name == "Post" {
			w.at(d, func(d *domain.Device) { d.BuildingID = domain.BuildingID{} })
		}
	}
	return w
}

func (w *world) at(d domain.Device, f func(d *domain.Device)) domain.Device {
	f(&d)
	w.view.Devices[d.ID] = d
	w.view.Index()
	return d
}

func (w *world) named(name string) domain.Device {
	for _, d := range w.view.Devices {
		if d.Name == name {
			return d
		}
	}
	return domain.Device{}
}

// shows EDGE-09 by agent/call/plan/callee.go: "(building.IsZero() || within(d.BuildingID, building))" => "			true {"
func TestMake_ManagementCentreIsTheGuardPhonesThatStandForTheCaller(t *testing.T) {
	w := town()
	gate := w.at(w.door, func(d *domain.Device) {
		d.ID, d.BuildingID, d.Name = domain.NewID[domain.DeviceID](epoch), domain.BuildingID{}, "Gate"
	})
	for _, dialled := range []string{"", Centre} {
		if got, want := staged(w.plan(w.door, dialled, false)), "Block guard:ip Post:ip"; got != want {
			t.Errorf("the block dials %q: %q, want %q", dialled, got, want)
		}
		if got, want := staged(w.plan(gate, dialled, false)), "Annex guard:ip Block guard:ip Post:ip"; got != want {
			t.Errorf("the gate dials %q: %q, want %q", dialled, got, want)
		}
	}
	if got, want := staged(w.plan(w.named("Bed"), Centre, false)), "Block guard:ip Post:ip"; got != want {
		t.Errorf("a monitor: %q, want %q", got, want)
	}
	zero := w.apartment("0", w.block)
	w.live("Zero", domain.Monitor, w.ours, zero)
	if got := staged(w.plan(w.door, Centre, false)); got != "Zero:ip" {
		t.Errorf("the home 0 goes before the centre: %q", got)
	}
	if got := staged(newWorld().plan(w.door, Centre, false)); got != "=refused_caller" {
		t.Errorf("a caller of another site: %q", got)
	}
	alone := newWorld()
	if got := staged(alone.plan(alone.door, Centre, false)); got != "=unknown_apartment" {
		t.Errorf("nobody guards: %q", got)
	}
}

// shows CALL-06 by agent/call/plan/callee.go: "m.caller.Type == domain.SingleDoorPhone || dialled == \"\" || dialled == Centre" => "	if private && own.ID.IsZero() {"
func TestMake_ButtonsOfAPrivateDoorRingTheFamily(t *testing.T) {
	w := town()
	w.change(func(a *domain.Apartment) { a.CallType = domain.AppAndMonitors })
	const want = "Zoe:cloud Ada:cloud Bed:ip Hall:ip"
	for kind, dials := range map[domain.DeviceType][]string{
		domain.SingleDoorPhone: {"", "0", "1", "101", "anything"}, domain.DoorPhone: {"", "0", "101"},
	} {
		door := w.device("Own door", kind, w.ours, w.flat)
		for _, dialled := range dials {
			if got := staged(w.plan(door, dialled, true)); got != want {
				t.Errorf("type %d dials %q: %q, want %q", kind, dialled, got, want)
			}
		}
		if kind == domain.DoorPhone {
			if got := staged(w.plan(door, "999", true)); got != "=unknown_apartment" {
				t.Errorf("a private door dials another home: %q", got)
			}
		}
		delete(w.view.Devices, door.ID)
	}
}

// shows SITE-26 by agent/call/plan/callee.go: "a.Number == dialled && m.near(a) ||" => "		if a.SIPUser == dialled && a.SIPUser != \"\" && m.reaches(a) {"
func TestMake_DirectNumbers(t *testing.T) {
	w := newWorld()
	hash := w.apartment("2#123", w.block)
	w.live("Hash", domain.Monitor, w.ours, hash)
	hash.SIPUser = "5926000001"
	w.view.Apartments[hash.ID] = hash
	far := w.apartment("7", w.annex)
	far.SIPUser = "5926000002"
	w.view.Apartments[far.ID] = far
	w.view.Index()
	w.live("Far", domain.Monitor, w.ours, far)
	button := w.at(w.door, func(d *domain.Device) {
		d.ID, d.Form.Buttons = domain.NewID[domain.DeviceID](epoch), []domain.ButtonTarget{{Button: 1, ApartmentID: far.ID}}
	})
	scoped := w.at(w.door, func(d *domain.Device) {
		d.ID, d.BuildingID, d.Form.Buildings = domain.NewID[domain.DeviceID](epoch), domain.BuildingID{}, []domain.BuildingID{w.annex}
	})
	for _, c := range []struct {
		caller        domain.Device
		dialled, want string
	}{
		{w.door, "2#123", "Hash:ip"},
		{w.door, "2123", "=unknown_apartment"},
		{w.door, "123", "=unknown_apartment"},
		{w.door, hash.SIPUser, "Hash:ip"},
		{w.door, far.SIPUser, "=unknown_apartment"},
		{w.door, "7", "=unknown_apartment"},
		{button, "7", "Far:ip"},
		{scoped, "7", "Far:ip"},
		{scoped, "2#123", "=unknown_apartment"},
	} {
		if got := staged(w.plan(c.caller, c.dialled, true)); got != c.want {
			t.Errorf("%q: %q, want %q", c.dialled, got, c.want)
		}
	}
}

// A contact of a door phone may be one monitor, one guard phone or one app.
func TestMake_OneDeviceOrApp(t *testing.T) {
	w := town()
	numbers := map[string]string{"Hall": "5926200001", "Block guard": "5926200002", "Annex guard": "5926200003", "Door": "5926200004"}
	for name, number := range numbers {
		w.at(w.named(name), func(d *domain.Device) { d.SIPUser = number })
	}
	w.view.Index()
	for dialled, want := range map[string]string{
		"5926200001": "Hall:ip", "5926200002": "Block guard:ip", "5926200003": "=unknown_apartment", "5926200004": "=unknown_apartment", "5926100002": "Ada:cloud",
	} {
		p := w.plan(w.door, dialled, true)
		if got := staged(p); got != want {
			t.Errorf("%s: %q, want %q", dialled, got, want)
		}
		if dialled == "5926200001" && p.Apartment.ID != w.flat.ID {
			t.Error("the home of the monitor is not named: its digit would open nothing")
		}
	}
}

// shows CALL-08 SITE-14 by agent/call/plan/leg.go: "c.why = WhyResidents" => "		c.why = \"\""
func TestMake_ResidentsCallEachOther(t *testing.T) {
	w := town()
	next := w.apartment("102", w.block)
	caller := w.live("Neighbour", domain.Monitor, w.ours, next)
	own := w.person(domain.Person{ApartmentID: next.ID, Kind: domain.Master, FirstName: "Eva", SIPUser: "5926100009"})
	w.change(func(a *domain.Apartment) { a.CallType, a.SIPUser = domain.AppAndMonitorsThenPhone, "5926000101" })
	for _, c := range []struct {
		on            bool
		dialled, want string
	}{
		{true, "101", "Zoe:cloud Ada:cloud Bed:ip Hall:ip | "},
		{false, "101", "Bed:ip Hall:ip | "}, // monitor to monitor is not affected
		{true, "5926100002", "Ada:cloud"},
		{false, "5926100002", "=not_allowed"},
		{false, own.SIPUser, "Eva:cloud"}, // the own family
		{true, "5926000101", "Zoe:cloud Ada:cloud Bed:ip Hall:ip | "},
		{true, "555", "=unknown_apartment"}, // the family number
	} {
		w.view.Site.Form.CommunityCalls = c.on
		p := w.plan(caller, c.dialled, true)
		if got := staged(p); got != c.want {
			t.Errorf("on %v, %s: %q, want %q", c.on, c.dialled, got, c.want)
		}
		for _, l := range p.LeftOut {
			if l.Kind == ToLandline && l.Why != WhyVisitors {
				t.Errorf("a landline rings for a neighbour: %s", l.Why)
			}
		}
	}
	if got, want := staged(w.plan(w.named("Bed"), "101", true)), "Zoe:cloud Ada:cloud Hall:ip | "; got != want {
		t.Errorf("inside one home: %q, want %q", got, want)
	}
	w.view.Site.Form.CommunityCalls = false
	if got, want := staged(w.plan(w.named("Post"), "101", true)), "Zoe:cloud Ada:cloud Bed:ip Hall:ip | +49 30 1:trunk +49 30 2:trunk"; got != want {
		t.Errorf("the guard: %q, want %q", got, want)
	}
}
