package plan

import (
	"slices"
	"strings"
	"testing"

	"vestibule/shared/domain"
)

// staged writes the stages of a plan as "Hall:ip Ada:cloud | +49 1:trunk".
func staged(p Plan) string {
	var stages []string
	for _, s := range p.Stages {
		var legs []string
		for _, l := range s.Legs {
			name := l.Name
			if l.Kind == ToLandline {
				name = l.Number
			}
			legs = append(legs, name+":"+string(l.Path))
		}
		stages = append(stages, strings.Join(legs, " "))
	}
	if p.End != "" {
		stages = append(stages, "="+string(p.End))
	}
	return strings.Join(stages, " | ")
}

// left writes why somebody is left out.
func left(p Plan, name string) Why {
	for _, l := range p.LeftOut {
		if l.Name == name {
			return l.Why
		}
	}
	return ""
}

// family gives the home of a world two monitors, two people with apps and a telephone, and carriers for everything.
func family() *world {
	w := newWorld()
	w.carries = func(Leg) Why { return "" }
	w.view.Site.Form.Landline = true
	w.live("Hall", domain.Monitor, w.ours, w.flat)
	w.live("Bed", domain.Monitor, w.ours, w.flat)
	w.person(domain.Person{ApartmentID: w.flat.ID, Kind: domain.Master, FirstName: "Zoe", SIPUser: "5926100001", Form: domain.PersonForm{Landlines: []string{"+49 30 1", "+49 30 2"}}})
	w.person(domain.Person{ApartmentID: w.flat.ID, Kind: domain.Member, FirstName: "Ada", SIPUser: "5926100002"})
	return w
}

// shows CALL-02 CALL-03 EDGE-09/R20 by shared/domain/callorder.go: "return CallSets{{monitors}, {apps}, {phones}}" => "		return CallSets{{monitors}}"
func TestMake_SixOrders(t *testing.T) {
	const monitors, apps, phones = "Bed:ip Hall:ip", "Zoe:cloud Ada:cloud", "+49 30 1:trunk +49 30 2:trunk"
	for code, want := range map[domain.CallType]string{
		domain.AppAndMonitors: apps + " " + monitors, domain.PhoneAndMonitors: phones + " " + monitors,
		domain.AppAndMonitorsThenPhone: apps + " " + monitors + " | " + phones, domain.MonitorsThenApp: monitors + " | " + apps,
		domain.MonitorsThenPhone: monitors + " | " + phones, domain.MonitorsThenAppThenPhone: monitors + " | " + apps + " | " + phones,
	} {
		w := family()
		w.change(func(a *domain.Apartment) { a.CallType = code })
		if got := staged(w.plan(w.door, "101", true)); got != want {
			t.Errorf("code %d: %q, want %q", code, got, want)
		}
	}
}

// Without the internet only the monitors are left, and each leg that is missing says why.
//
// shows EDGE-13/R33 by agent/call/plan/leg.go: "case !m.facts.WAN:" => "	case false:"
func TestMake_OrdersWithoutWAN(t *testing.T) {
	for code, want := range map[domain.CallType]string{
		domain.AppAndMonitors: "Bed:ip Hall:ip", domain.PhoneAndMonitors: "Bed:ip Hall:ip", domain.MonitorsThenAppThenPhone: "Bed:ip Hall:ip |  | ",
	} {
		w := family()
		w.change(func(a *domain.Apartment) { a.CallType, a.Path = code, domain.CallBySIP })
		p := w.plan(w.door, "101", false)
		if got := staged(p); got != want {
			t.Errorf("code %d: %q, want %q", code, got, want)
		}
		for _, l := range p.LeftOut {
			if l.Why != WhyWANDown {
				t.Errorf("code %d: %s is left out as %s", code, l.Name, l.Why)
			}
		}
	}
}

// Until something carries them, legs over the cloud are planned and say what is missing; their stages stay empty (EDGE-09/R23).
//
// shows EDGE-09/R23 by agent/call/plan/leg.go: "return WhyNoApp" => "		return \"\""
func TestMake_LegsWithoutCarrier(t *testing.T) {
	w := family()
	w.carries = nil
	w.change(func(a *domain.Apartment) { a.CallType = domain.MonitorsThenAppThenPhone })
	p := w.plan(w.door, "101", true)
	if got, want := staged(p), "Bed:ip Hall:ip |  | "; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	var got []string
	for _, l := range p.LeftOut {
		got = append(got, string(l.Kind)+" "+l.Name+" "+string(l.Why))
	}
	want := []string{"app Zoe no_app_registered", "app Ada no_app_registered", "landline Zoe no_trunk", "landline Zoe no_trunk"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// shows CALL-07 EDGE-10/R22 by shared/domain/callorder.go: "return a.Sets"
func TestMake_SequenceRingsItsSets(t *testing.T) {
	w := family()
	w.change(func(a *domain.Apartment) {
		a.Contact, a.CallType = domain.SequenceCall, domain.AppAndMonitors
		a.Sets = domain.CallSets{{domain.TargetMonitors}, {domain.TargetAccounts}, {domain.TargetLandlines}}
	})
	want := "Bed:ip Hall:ip | Zoe:cloud Ada:cloud | +49 30 1:trunk +49 30 2:trunk"
	for _, firmware := range []string{"", "29.30.10.205", "beta"} {
		w.firmware = firmware
		if p := w.plan(w.door, "101", true); staged(p) != want || len(p.Notes) != 0 {
			t.Errorf("firmware %q: %q %v", firmware, staged(p), p.Notes)
		}
	}
}

// shows EDGE-10/R22 by agent/call/plan/callee.go: "if capability.Check(capability.SequenceCall, model, firmware).Applies() {" => "	if v := capability.Check(capability.SequenceCall, model, firmware); v.State != \"\" {"
func TestMake_OldFirmwareMakesAGroupCallOfASequence(t *testing.T) {
	w := family()
	w.change(func(a *domain.Apartment) {
		a.Contact, a.CallType, a.Sets = domain.SequenceCall, domain.AppAndMonitors, domain.CallSets{{domain.TargetMonitors}, {domain.TargetAccounts}}
	})
	for _, firmware := range []string{"29.30.10.204", "915.30.10.200"} { // too old; no firmware of the model brings it
		w.firmware = firmware
		p := w.plan(w.door, "101", true)
		if got, want := staged(p), "Zoe:cloud Ada:cloud Bed:ip Hall:ip"; got != want || !slices.Equal(p.Notes, []Note{NoteSequence}) {
			t.Errorf("firmware %s: %q %v, want %q", firmware, got, p.Notes, want)
		}
	}
}

// shows CALL-09 by shared/domain/callparty.go: "out.Off = !p.Landline"
func TestMake_LandlinesWantTheirService(t *testing.T) {
	for name, c := range map[string]struct {
		form  domain.SiteForm
		ended bool
		want  Why
	}{
		"community":           {domain.SiteForm{Landline: true}, false, ""},
		"premium plan":        {domain.SiteForm{Premium: true}, false, ""},
		"off":                 {domain.SiteForm{}, false, WhyLandlineOff},
		"expired or reset":    {domain.SiteForm{Landline: true}, true, WhyLandlineOff},
		"off and expired too": {domain.SiteForm{}, true, WhyLandlineOff},
	} {
		w := family()
		w.view.Site.Form = c.form
		w.change(func(a *domain.Apartment) { a.CallType, a.NoLandline = domain.PhoneAndMonitors, c.ended })
		p := w.plan(w.door, "101", true)
		if got := left(p, "Zoe"); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if rings := strings.Contains(staged(p), "+49 30 1:trunk +49 30 2:trunk"); rings != (c.want == "") {
			t.Errorf("%s: %q", name, staged(p))
		}
	}
}

// One number of two people of a home is rung once, however it is written.
func TestMake_OneNumberOnce(t *testing.T) {
	w := family()
	w.person(domain.Person{ApartmentID: w.flat.ID, Kind: domain.Member, FirstName: "Bob", Form: domain.PersonForm{Landlines: []string{"+49 (30) 2", "+49 30 3"}}})
	w.change(func(a *domain.Apartment) { a.CallType = domain.PhoneAndMonitors })
	if got, want := staged(w.plan(w.door, "101", true)), "+49 30 1:trunk +49 30 2:trunk +49 30 3:trunk Bed:ip Hall:ip"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// office gives two people who work, one with the intercom feature off, monitors and guard phones.
func office() (w *world, on, off domain.Person) {
	w = newWorld()
	w.carries = func(Leg) Why { return "" }
	sales := domain.NewID[domain.DepartmentID](epoch)
	on = w.person(domain.Person{DepartmentID: sales, Kind: domain.BasicUser, FirstName: "On", SIPUser: "5926100011", Form: domain.PersonForm{CallType: domain.MonitorsThenApp, Landlines: []string{"+49 30 1"}, Landline: true}})
	off = w.person(domain.Person{DepartmentID: sales, Kind: domain.AdvancedUser, FirstName: "Off", SIPUser: "5926100012", Form: domain.PersonForm{NoIntercom: true, CallType: domain.MonitorsThenApp, Landlines: []string{"+49 30 2"}, Landline: true}})
	for _, d := range []struct {
		name string
		kind domain.DeviceType
		dept domain.DepartmentID
		of   domain.PersonID
	}{
		{"Sales", domain.Monitor, sales, domain.PersonID{}},
		{"Desk", domain.Monitor, sales, on.ID},
		{"Guard", domain.GuardPhone, domain.DepartmentID{}, domain.PersonID{}},
		{"Other guard", domain.GuardPhone, domain.NewID[domain.DepartmentID](epoch), domain.PersonID{}},
		{"Other desk", domain.Monitor, domain.NewID[domain.DepartmentID](epoch), domain.PersonID{}},
	} {
		dev := w.live(d.name, d.kind, w.ours, domain.Apartment{})
		dev.DepartmentID, dev.OwnerID = d.dept, d.of
		w.view.Devices[dev.ID] = dev
	}
	return w, on, off
}

// shows CALL-04 EDGE-09/R21 by shared/domain/callorder.go: "return CallSets{{TargetAccounts, TargetMonitors, TargetGuards}, {TargetLandlines}}" => "		return t.Stages()"
func TestMake_OfficeReading(t *testing.T) {
	w, on, _ := office()
	for code, want := range map[domain.CallType]string{
		domain.AppAndMonitors: "On:cloud Desk:ip Guard:ip", domain.PhoneAndMonitors: "+49 30 1:trunk Desk:ip Guard:ip",
		domain.AppAndMonitorsThenPhone: "On:cloud Desk:ip Guard:ip | +49 30 1:trunk", domain.MonitorsThenApp: "On:cloud Desk:ip Guard:ip | +49 30 1:trunk",
		domain.MonitorsThenPhone: "Desk:ip Guard:ip | +49 30 1:trunk", domain.MonitorsThenAppThenPhone: "Desk:ip Guard:ip | On:cloud | +49 30 1:trunk",
	} {
		on.Form.CallType = code
		w.view.People[on.ID] = on
		w.view.Index()
		p := w.plan(w.door, on.SIPUser, true)
		if got := staged(p); got != want || p.Person.ID != on.ID {
			t.Errorf("code %d: %q, want %q", code, got, want)
		}
	}
}

// shows CALL-05 EDGE-09/R21 by shared/domain/callparty.go: "return MonitorsAndGuardPhones.OfficeStages()" => "		return p.Form.CallType.OfficeStages()"
func TestMake_WithoutIntercomOnlyMonitorsAndGuardPhones(t *testing.T) {
	w, _, off := office()
	for code := range domain.MonitorsThenAppThenPhone + 1 {
		off.Form.CallType = code
		w.view.People[off.ID] = off
		w.view.Index()
		if got, want := staged(w.plan(w.door, off.SIPUser, true)), "Sales:ip Guard:ip"; got != want {
			t.Errorf("code %d: %q, want %q", code, got, want)
		}
	}
}
