package domain_test

import (
	"slices"
	"strings"
	"testing"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

// paths lists where an error finds faults.
func paths(err error) []string {
	out := []string{}
	for _, f := range fault.FieldsOf(err) {
		out = append(out, f.Path)
	}
	return out
}

// wants fails unless the error has exactly one fault, at path; an empty path wants none.
func wants(t *testing.T, name string, err error, path string) {
	t.Helper()
	got := paths(err)
	if path == "" && err == nil || len(got) == 1 && got[0] == path {
		return
	}
	t.Errorf("%s: faults at %q, wants %q (%v)", name, got, path, err)
}

func monitor(change func(*domain.Device)) domain.Device {
	d := domain.Device{
		Type: domain.Monitor, MAC: "0C11050B9814", Name: "Kitchen", GroupID: domain.GroupID{1}, BuildingID: domain.BuildingID{1}, ApartmentID: domain.ApartmentID{1},
		Driver: domain.DriverAkuvox, DTMF: domain.DTMFUnknown,
	}
	change(&d)
	return d
}

func panel(change func(*domain.Device)) domain.Device {
	return monitor(func(d *domain.Device) {
		d.Type, d.ApartmentID = domain.DoorPhone, domain.ApartmentID{}
		d.Relays = []domain.Relay{{Number: 1, Name: "Front Door", DTMF: "#", Mode: domain.Momentary, HoldMilli: 1000}}
		change(d)
	})
}

// shows EXT-02 EXT-03 EXT-04 by shared/domain/external.go: "f.Check(slices.Contains(kind.Modes, e.Mode), at+"
// shows EXT-05 by shared/domain/external.go: "f.Check(e.Port >= 1 && e.Port <= 65535, at+"
// shows EXT-06 by shared/domain/external.go: "f.Check(!names[c.Name], path+"
// shows EXT-01 by shared/domain/deviceform.go: "f.Check(monitor, at+"
func TestExternalRelay_OnlyWhatTheBoardCan(t *testing.T) {
	channel := func(n int, name string) domain.ExternalChannel {
		return domain.ExternalChannel{Number: n, Name: name}
	}
	for name, c := range map[string]struct {
		board domain.ExternalRelay
		path  string
	}{
		"MK485":               {domain.ExternalRelay{Type: domain.BoardMK485, Mode: domain.ModeRS485Latched, Channels: []domain.ExternalChannel{channel(8, "Gate")}}, ""},
		"HF-8000 by Ethernet": {domain.ExternalRelay{Type: domain.BoardHF8000, Mode: domain.ModeEthernet, Address: "192.168.1.200", Port: 502}, ""},
		"RSAC by Ethernet":    {domain.ExternalRelay{Type: domain.BoardRSAC, Mode: domain.ModeEthernet, Address: "192.168.1.200", Port: 502}, "form.external.mode"},
		"HF-8000 relay 5":     {domain.ExternalRelay{Type: domain.BoardHF8000, Mode: domain.ModeRS485, Channels: []domain.ExternalChannel{channel(5, "Gate")}}, "form.external.channels[0].number"},
		"port 0":              {domain.ExternalRelay{Type: domain.BoardHF8000, Mode: domain.ModeEthernet, Address: "192.168.1.200"}, "form.external.port"},
		"no address":          {domain.ExternalRelay{Type: domain.BoardHF8000, Mode: domain.ModeEthernet, Port: 502}, "form.external.address"},
		"port by wire":        {domain.ExternalRelay{Type: domain.BoardMK485, Mode: domain.ModeRS485, Port: 502}, "form.external.port"},
		"one name twice": {
			domain.ExternalRelay{Type: domain.BoardMK485, Mode: domain.ModeRS485, Channels: []domain.ExternalChannel{channel(1, "Gate"), channel(2, "Gate")}},
			"form.external.channels[1].name",
		},
		"an unknown board": {domain.ExternalRelay{Type: "X"}, "form.external.type"},
	} {
		wants(t, name, monitor(func(d *domain.Device) { d.Form.External = &c.board }).Validate(), c.path)
	}
	board := domain.ExternalRelay{Type: domain.BoardMK485, Mode: domain.ModeRS485}
	wants(t, "at a door phone", panel(func(d *domain.Device) { d.Form.External = &board }).Validate(), "form.external")
}

// shows DEV-11 by shared/domain/deviceform.go: "A device without internet access needs its static IP address" => "		_ = err"
// shows DEV-17 by shared/domain/deviceform.go: "f.Check(own.DTMF != r.DTMF, at+"
// shows DEV-22 by shared/domain/deviceform.go: "f.Check(len(x.BuiltIn) == 0 || d.Type == Monitor, at+"
// shows DEV-14 by shared/domain/deviceform.go: "Only a private door phone can be held open."
func TestDeviceForm_BelongsToTypeAndPlace(t *testing.T) {
	wants(t, "no internet, no address", panel(func(d *domain.Device) { d.Form.NoInternet = true }).Validate(), "address")
	wants(t, "no internet", panel(func(d *domain.Device) { d.Form.NoInternet, d.Address = true, "192.168.1.20" }).Validate(), "")
	wants(t, "security relay on the relay's key", panel(func(d *domain.Device) { d.Form.SecurityRelay = &domain.SecurityRelay{Name: "SR01", DTMF: "#"} }).Validate(), "form.security_relay.dtmf")
	wants(t, "security relay", panel(func(d *domain.Device) { d.Form.SecurityRelay = &domain.SecurityRelay{Name: "SR01", DTMF: "9"} }).Validate(), "")
	wants(t, "a door phone that works offline", panel(func(d *domain.Device) { d.Form.WorksOffline = true }).Validate(), "form.works_offline")
	wants(t, "built-in relay of a door phone", panel(func(d *domain.Device) { d.Form.BuiltIn = []domain.BuiltInRelay{{Number: 1, Name: "Light"}} }).Validate(), "form.built_in")
	wants(t, "built-in relay that is on without a name", monitor(func(d *domain.Device) { d.Form.BuiltIn = []domain.BuiltInRelay{{Number: 1, On: true}} }).Validate(), "form.built_in[0].name")
	wants(t, "holding a public door open", panel(func(d *domain.Device) { d.Form.HoldOpen = true }).Validate(), "form.hold_open")
	wants(t, "chosen buildings for a building's device", panel(func(d *domain.Device) { d.Form.Buildings = []domain.BuildingID{{1}} }).Validate(), "form.buildings")
	wants(t, "button 7 of six", panel(func(d *domain.Device) {
		d.Form.Module, d.Form.Buttons = domain.ModuleMD06, []domain.ButtonTarget{{Button: 7, ApartmentID: domain.ApartmentID{1}}}
	}).Validate(), "form.buttons[0].button")
}

// shows CALL-07 by shared/domain/callorder.go: "f.Check(!seen[target], path,"
func TestCallSets_EachTargetOnceAndNoSetEmpty(t *testing.T) {
	home := domain.Apartment{BuildingID: domain.BuildingID{1}, Number: "101", Contact: domain.SequenceCall, Path: domain.CallByIP}
	for name, c := range map[string]struct {
		sets domain.CallSets
		path string
	}{
		"three":         {domain.CallSets{{domain.TargetMonitors}, {domain.TargetAccounts}, {domain.TargetLandlines}}, ""},
		"two at once":   {domain.CallSets{{domain.TargetMonitors, domain.TargetAccounts}}, ""},
		"none":          {nil, "sets"},
		"an empty one":  {domain.CallSets{{}}, "sets[0]"},
		"one twice":     {domain.CallSets{{domain.TargetMonitors}, {domain.TargetMonitors}}, "sets[1]"},
		"something new": {domain.CallSets{{"bell"}}, "sets[0]"},
	} {
		a := home
		a.Sets = c.sets
		wants(t, name, a.Validate(), c.path)
	}
	home.Contact, home.Sets = domain.GroupCall, domain.CallSets{{domain.TargetMonitors}}
	wants(t, "sets of a group call", home.Validate(), "sets")
}

// shows SITE-28 by shared/domain/building.go: "f.Check(len(floors) == 1, at,"
// shows PEOPLE-04 by shared/domain/person.go: "f.Check(len(p.Landlines) <= maxLandlines, at+"
// shows PEOPLE-30 by shared/domain/person.go: "With the intercom feature off only monitors and guard phones ring."
func TestPersonForm_FloorsLandlinesAndCalls(t *testing.T) {
	person := func(change func(*domain.Person)) error {
		p := domain.Person{FirstName: "Anna", LastName: "Bell", ApartmentID: domain.ApartmentID{1}}
		change(&p)
		return p.Validate()
	}
	wants(t, "floors", person(func(p *domain.Person) { p.Form.Floors = []string{"-10", "G0", "128"} }), "")
	wants(t, "floor 129", person(func(p *domain.Person) { p.Form.Floors = []string{"129"} }), "form.floors[0]")
	wants(t, "all floors and one", person(func(p *domain.Person) { p.Form.Floors = []string{"1", domain.AllFloors} }), "form.floors[1]")
	wants(t, "eleven floors at work", person(func(p *domain.Person) {
		p.Kind, p.ApartmentID = domain.BasicUser, domain.ApartmentID{}
		p.Form.Floors = strings.Fields("1 2 3 4 5 6 7 8 9 10 11")
	}), "form.floors")
	wants(t, "four landlines", person(func(p *domain.Person) { p.Form.Landlines = []string{"030 1", "030 2", "030 3", "030 4"} }), "form.landlines")
	wants(t, "an app call without the intercom feature", person(func(p *domain.Person) { p.Form.NoIntercom, p.Form.CallType = true, domain.MonitorsThenApp }), "form.call_type")
	wants(t, "a remark of 256 letters", person(func(p *domain.Person) { p.Form.Remark = strings.Repeat("x", 256) }), "form.remark")
}

// shows TPD-03 by shared/domain/camera.go: "f.Check(ok, \"rtsp\","
// shows TPD-04 by shared/domain/camera.go: "f.Check(!strings.ContainsAny(password,"
func TestCamera_AddressAndPassword(t *testing.T) {
	camera := func(rtsp, password string) error {
		return domain.Camera{Name: "Yard", RTSP: rtsp, User: "admin", Password: secret.New(password)}.Validate()
	}
	wants(t, "with a path", camera("rtsp://cam.example:554/stream1", "good"), "")
	wants(t, "no scheme", camera("cam.example:554", "good"), "rtsp")
	wants(t, "no host", camera("rtsp:///stream", "good"), "rtsp")
	wants(t, "user in the address", camera("rtsp://a:b@cam.example", "good"), "rtsp")
	for _, bad := range []string{"a@b", "a:b", "a/b"} {
		wants(t, bad, camera("rtsp://cam.example", bad), "password")
	}
}

// shows DEV-18 by shared/domain/methods.go: "return m == 0 || m&way != 0"
func TestMethods_NamesThereAndBack(t *testing.T) {
	for m := domain.Methods(1); m <= domain.NoMethods; m++ {
		back, ok := domain.MethodsNamed(m.Names())
		same := back == m || m == domain.AllMethods && back == 0
		if !ok || !same {
			t.Fatalf("%08b comes back as %08b", m, back)
		}
	}
	if m, _ := domain.MethodsNamed([]string{"pin"}); !m.Has(domain.MethodPIN) || m.Has(domain.MethodCard) {
		t.Error("a relay for the PIN alone must not open by card")
	}
	if m, _ := domain.MethodsNamed(nil); !m.Has(domain.MethodNFC) {
		t.Error("all seven are the default")
	}
	if m, _ := domain.MethodsNamed([]string{}); slices.Contains(m.Names(), "pin") {
		t.Error("none is none")
	}
	if _, ok := domain.MethodsNamed([]string{"key"}); ok {
		t.Error("an unknown way")
	}
}
