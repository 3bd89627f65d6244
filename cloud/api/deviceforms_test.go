package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"vestibule/cloud/api"
	"vestibule/cloud/cloudtest"
	"vestibule/shared/domain"
)

// offline opens or shuts "Doorphone Offline Solution" for a distributor, and so for its installers.
func offline(t *testing.T, h *cloudtest.House, open bool) {
	t.Helper()
	saved[any](t, h.Operator, "/orgs/"+h.North+"/gates", cloudtest.Object{"offline_solution": open})
}

// device is the form of a device with MAC 0C11050000nn.
func device(kind domain.DeviceType, n int, more cloudtest.Object) cloudtest.Object {
	return with(cloudtest.Object{"type": int(kind), "mac": fmt.Sprintf("0C1105%06d", n), "name": fmt.Sprintf("Device %02d", n)}, more)
}

// formed is device with fields of the form beside identity and place.
func formed(kind domain.DeviceType, n int, place, form cloudtest.Object) cloudtest.Object {
	return with(device(kind, n, cloudtest.Object{"form": form}), place)
}

// names lists what a list of devices holds.
func names(t *testing.T, c cloudtest.Client, path string) string {
	t.Helper()
	var out []string
	for _, d := range get[api.Page[api.Device]](t, c, path).Items {
		out = append(out, strings.TrimPrefix(d.Name, "Device "))
	}
	return strings.Join(out, ",")
}

// shows DEV-01 by shared/domain/device.go: "case DoorPhone, SingleDoorPhone, Monitor, GuardPhone, AccessTerminal:" => "	case DoorPhone, SingleDoorPhone, Monitor, GuardPhone, AccessTerminal, 4:"
// shows DEV-04 by cloud/fleet/devicecheck.go: "d.GroupID = group" => "		_ = group"
// shows DEV-05 by cloud/store/devicelists.go: "query = query.Where(\"building_id IS NOT NULL AND apartment_id IS NULL\")"
// shows DEV-06 by cloud/fleet/devicecheck.go: "d.BuildingID = apartment.BuildingID"
// shows DEV-28 by cloud/store/devicelists.go: "return strings.NewReplacer(\":\", \"\", \"-\", \"\").Replace(words)" => "		return words"
func TestDevices_InTheirPlacesAndLists(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		l := newLane(t, s.SetUp(t), cloudtest.Object{"first_name": "Eva", "last_name": "Miller"})
		list := l.site + "/devices"
		second := made[thing](t, l.Client, l.site+"/groups", cloudtest.Object{"name": "Network 2"}).ID
		first := get[api.Page[api.Device]](t, l.Client, l.site+"/groups").Items[0].ID
		for i, kind := range []domain.DeviceType{domain.DoorPhone, domain.SingleDoorPhone, domain.Monitor, domain.GuardPhone, domain.AccessTerminal} {
			if d := made[api.Device](t, l.Client, list, device(kind, 10+i, nil)); d.Type != int(kind) || d.GroupID != first || len(d.SIPUser) != 10 {
				t.Errorf("%+v", d)
			}
		}
		refused(t, l.Client, []spoilt{
			{http.MethodPost, list, device(4, 20, nil), 422, "type"},
			{http.MethodPost, list, device(51, 20, cloudtest.Object{"name": ""}), 422, "type name"},
		})
		inB := cloudtest.Object{"building_id": l.b}
		made[any](t, l.Client, list, device(domain.DoorPhone, 21, cloudtest.Object{"building_id": l.b, "group_id": second}))
		if d := made[api.Device](t, l.Client, list, device(domain.Monitor, 22, inB)); d.GroupID != second || d.Building != "House B" {
			t.Errorf("devices of one house begin in one network: %+v", d)
		}
		hall := made[api.Device](t, l.Client, list, device(domain.Monitor, 23, cloudtest.Object{"apartment_id": l.home}))
		if hall.BuildingID != l.a || hall.GroupID != first || hall.Apartment != "101" || hall.Building != "House A" || hall.Resident != "Eva Miller" {
			t.Errorf("a device of an apartment: %+v", hall)
		}
		for query, want := range map[string]string{
			"?place=site": "10,11,12,13,14", "?place=building": "21,22", "?place=apartment": "23", "?building=" + l.b: "21,22", "?apartment=" + l.home: "23", "?group=" + second: "21,22",
			"?type=2": "12,22,23", "?type=50": "14", "?status=online": "", "?status=offline&type=0": "10,21", "?receipt=open&type=1": "11",
			"?q=0c:11:05:00:00:23": "23", "?q=0C-11-05-00-00-2": "21,22,23", "?q=" + hall.SIPUser: "23", "?q=device+14": "14", "?q=nothing": "",
			"?sort=created&order=desc&limit=2": "23,22", "?sort=name&limit=3&page=3": "22,23",
		} {
			if got := names(t, l.Client, list+query); got != want {
				t.Errorf("%q lists %s, want %s", query, got, want)
			}
		}
		if page := get[api.Page[api.Device]](t, l.Client, list+"?limit=3"); page.Total != 8 || len(page.Items) != 3 || page.Items[0].CreatedAt.IsZero() {
			t.Errorf("%d of %d", len(page.Items), page.Total)
		}
		if n := get[api.Site](t, l.Client, l.site).Counts; n.Devices != 8 || n.People != 1 {
			t.Errorf("%+v", n)
		}
		refused(t, l.Client, []spoilt{{http.MethodGet, list + "?sort=colour", nil, 422, "sort"}, {http.MethodGet, list + "?type=4", nil, 422, "type"}})
		cloudtest.Want[any](t, l.Client, http.StatusNoContent, http.MethodDelete, list+"/"+hall.ID, nil)
		if n := get[api.Page[api.Device]](t, l.Client, list).Total; n != 7 {
			t.Errorf("%d after one was deleted", n)
		}
	})
}

// shows DEV-07 by cloud/fleet/devicecheck.go: "f.invalid.Check(site.Kind != domain.SingleHome || asked.IsZero() || asked == d.GroupID, \"group_id\""
// shows DEV-07 by cloud/fleet/devicerules.go: "The forms of single-family devices have no access methods." => "		_, _ = r, strconv.Itoa(i)"
// shows DEV-08 by cloud/fleet/devicerules.go: "f.invalid.Check(found, \"department_id\", \"A department of this office. Departments must exist before devices are added to them.\")" => "		_ = found"
func TestDevices_OfASingleHomeAndAnOffice(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		c := b.Client
		site, user := single(t, c, nil, cloudtest.Object{"name": "Ryan Reed"})
		relays := []cloudtest.Object{{"number": 1, "name": "Front Door", "methods": []string{"pin"}}}
		refused(t, c, []spoilt{
			{http.MethodPost, site + "/devices", device(domain.DoorPhone, 1, cloudtest.Object{"relays": relays}), 422, "relays[0].methods"},
			{http.MethodPost, site + "/devices", device(domain.DoorPhone, 1, cloudtest.Object{"group_id": made[thing](t, c, site+"/groups", cloudtest.Object{"name": "Network 2"}).ID}), 422, "group_id"},
			{http.MethodPost, site + "/devices", device(domain.DoorPhone, 1, cloudtest.Object{"name": ""}), 422, "name"},
		})
		for place, form := range map[string]cloudtest.Object{
			"form.no_monitoring": {"no_monitoring": true}, "form.no_internet": {"no_internet": true}, "form.hold_open": {"hold_open": true},
		} {
			refused(t, c, []spoilt{{http.MethodPost, site + "/devices", formed(domain.DoorPhone, 1, nil, form), 422, place}})
		}
		gate := made[api.Device](t, c, site+"/devices", device(domain.DoorPhone, 1, cloudtest.Object{"name": "Garden gate", "owner_id": user.Person.ID}))
		if gate.Owner != "Ryan Reed" || gate.Name != "Garden gate" || gate.Relays[0].DTMF != "#" {
			t.Errorf("%+v", gate)
		}
		made[any](t, c, site+"/devices", device(domain.Monitor, 2, nil))
		for query, want := range map[string]string{"": "02,Garden gate", "?q=gate": "Garden gate", "?q=reed": "02,Garden gate", "?q=0C11050000": "02,Garden gate", "?q=" + gate.SIPUser: "Garden gate"} {
			if got := names(t, c, "/devices"+query); got != want {
				t.Errorf("%q lists %s, want %s", query, got, want)
			}
		}
		office, other := "/sites/"+b.site(t, c, "Office", "office"), "/sites/"+b.site(t, c, "Lake", "office")
		theirs := made[thing](t, c, other+"/departments", cloudtest.Object{"name": "Sales"}).ID
		at := func(n int, department string) cloudtest.Object {
			return device(domain.DoorPhone, n, cloudtest.Object{"department_id": department})
		}
		refused(t, c, []spoilt{{http.MethodPost, office + "/devices", at(3, theirs), 422, "department_id"}})
		sales := made[thing](t, c, office+"/departments", cloudtest.Object{"name": "Sales"}).ID
		made[any](t, c, office+"/devices", at(3, sales))
		made[any](t, c, office+"/devices", at(4, ""))
		if got := names(t, c, office+"/devices?place=department") + "/" + names(t, c, office+"/devices?department="+sales) + "/" + names(t, c, office+"/devices?place=public"); got != "03/03/04" {
			t.Errorf("the lists of the office are %s", got)
		}
		refused(t, c, []spoilt{{http.MethodDelete, office + "/departments/" + sales, nil, 409, ""}})
	})
}

// shows DEV-10 by cloud/fleet/devicerules.go: "f.invalid.Check(!d.Form.NoInternet || open.OfflineSolution || before != nil && before.Form.NoInternet, \"form.no_internet\", closed)"
// shows DEV-12 by cloud/fleet/devicerules.go: "f.taken.Check(!d.Form.WorksOffline || !o.Form.WorksOffline || o.ApartmentID != d.ApartmentID, \"form.works_offline\""
// shows DEV-12 by cloud/fleet/devicerules.go: "Without internet access it must be in the network group of the monitor that transfers its calls, %s."
func TestDevices_OfTheOfflineSolution(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		h := cloudtest.NewHouse(t, s)
		l := newLane(t, h.Installer, cloudtest.Object{"first_name": "Eva", "last_name": "Miller"})
		list, next := l.site+"/devices", l.apartment(t, l.a, "102", nil).ID
		second := made[thing](t, l.Client, l.site+"/groups", cloudtest.Object{"name": "Network 2"}).ID
		monitor := func(n int, home string) cloudtest.Object {
			return formed(domain.Monitor, n, cloudtest.Object{"apartment_id": home}, cloudtest.Object{"works_offline": true})
		}
		door := func(n int, address string, more cloudtest.Object) cloudtest.Object {
			return with(formed(domain.DoorPhone, n, cloudtest.Object{"building_id": l.a, "address": address}, cloudtest.Object{"no_internet": true}), more)
		}
		refused(t, l.Client, []spoilt{
			{http.MethodPost, list, monitor(1, l.home), 422, "form.works_offline"},
			{http.MethodPost, list, door(2, "192.168.1.20", nil), 422, "form.no_internet"},
		})
		offline(t, h, true)
		hall := made[api.Device](t, l.Client, list, monitor(1, l.home))
		refused(t, l.Client, []spoilt{
			{http.MethodPost, list, monitor(3, l.home), 409, "form.works_offline"},
			{http.MethodPost, list, door(2, "", nil), 422, "address"},
			{http.MethodPost, list, door(2, "192.168.1.20", cloudtest.Object{"group_id": second}), 422, "group_id"},
			{http.MethodPost, list, formed(domain.Monitor, 3, cloudtest.Object{"building_id": l.a}, cloudtest.Object{"works_offline": true}), 422, "form.works_offline"},
		})
		made[any](t, l.Client, list, monitor(3, next))
		gate := made[api.Device](t, l.Client, list, door(2, "192.168.1.20", nil))
		refused(t, l.Client, []spoilt{
			{http.MethodPost, list, door(4, "192.168.1.20", nil), 409, "address"},
			{http.MethodPut, list + "/" + hall.ID, with(monitor(1, l.home), cloudtest.Object{"group_id": second}), 422, "group_id"},
		})
		offline(t, h, false)
		if kept := saved[api.Device](t, l.Client, list+"/"+gate.ID, door(2, "192.168.1.20", cloudtest.Object{"name": "Gate"})); !kept.Form.NoInternet || kept.Name != "Gate" {
			t.Errorf("what was set before the gate closed: %+v", kept)
		}
	})
}

// shows DEV-09 by cloud/fleet/devicerules.go: "A single-family device is watched by its own user."
// shows DEV-09 by shared/domain/deviceform.go: "Only a door phone or access terminal has a picture to watch."
// shows DEV-13 by cloud/fleet/callorder.go: "case len(d.Form.Buildings) == 0 || slices.Contains(d.Form.Buildings, home.BuildingID): // DEV-13" => "		case len(d.Form.Buildings) == 0 || !slices.Contains(d.Form.Buildings, domain.BuildingID{}):"
// shows DEV-21 by shared/domain/deviceform.go: "Only an indoor monitor arms an alarm."
// shows DEV-23 by cloud/fleet/devicerules.go: "Only a door phone of a building or an office chooses what it lists."
// shows DEV-31 by cloud/fleet/devicerules.go: "f.invalid.Check(takesModule(model), \"form.module\""
// shows DEV-31 by shared/domain/deviceform.go: "f.Check(b.Button >= 1 && b.Button <= x.Module.Buttons() && !seen[b.Button], path+\"button\""
// shows DEV-31 by cloud/fleet/directory.go: "d.Form.Buttons = slices.DeleteFunc(slices.Clone(d.Form.Buttons)"
func TestDevices_WhatTheirFormsHold(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		c := s.SetUp(t)
		l := newLane(t, c, cloudtest.Object{"first_name": "Eva", "last_name": "Miller"})
		list, inA, inHome := l.site+"/devices", cloudtest.Object{"building_id": l.a}, cloudtest.Object{"apartment_id": l.home}
		home, _ := single(t, c, nil, cloudtest.Object{"name": "Ryan"})
		on := func(field string) cloudtest.Object { return cloudtest.Object{field: true} }
		all := cloudtest.Object{"contact_display": "all"}
		refused(t, c, []spoilt{
			{http.MethodPost, list, formed(domain.Monitor, 1, nil, on("no_monitoring")), 422, "form.no_monitoring"},
			{http.MethodPost, home + "/devices", formed(domain.DoorPhone, 1, nil, on("no_monitoring")), 422, "form.no_monitoring"},
			{http.MethodPost, list, formed(domain.DoorPhone, 1, nil, on("arming")), 422, "form.arming"},
			{http.MethodPost, home + "/devices", formed(domain.Monitor, 1, nil, on("arming")), 422, "form.arming"},
			{http.MethodPost, list, formed(domain.DoorPhone, 1, nil, all), 422, "form.contact_display"},
			{http.MethodPost, list, formed(domain.SingleDoorPhone, 1, inHome, all), 422, "form.contact_display"},
			{http.MethodPost, list, formed(domain.Monitor, 1, inA, all), 422, "form.contact_display"},
			{http.MethodPost, list, formed(domain.DoorPhone, 1, inA, cloudtest.Object{"buildings": []string{l.b}}), 422, "form.buildings"},
			{http.MethodPost, list, formed(domain.DoorPhone, 1, nil, cloudtest.Object{"buildings": []string{l.b, l.home}}), 422, "form.buildings[1]"},
		})
		if d := made[api.Device](t, c, list, device(domain.DoorPhone, 1, inA)); d.Form.NoMonitoring || d.Form.ContactDisplay != "" || d.Form.Module != "" {
			t.Errorf("a door phone begins with %+v", d.Form)
		}
		if d := made[api.Device](t, c, list, formed(domain.Monitor, 2, inHome, on("arming"))); !d.Form.Arming {
			t.Errorf("%+v", d.Form)
		}
		side := made[api.Device](t, c, list, formed(domain.DoorPhone, 3, inA, with(on("no_monitoring"), all)))
		if !side.Form.NoMonitoring || side.Form.ContactDisplay != "all" {
			t.Errorf("%+v", side.Form)
		}
		served(t, l)
		modules(t, l)
	})
}

// served wants that a device of the public area calls only the homes of the buildings it serves (DEV-13).
func served(t *testing.T, l *lane) {
	t.Helper()
	made[any](t, l.Client, l.site+"/devices", formed(domain.DoorPhone, 4, nil, cloudtest.Object{"buildings": []string{l.b}}))
	made[any](t, l.Client, l.site+"/devices", device(domain.DoorPhone, 5, nil))
	doors := func(home string) string {
		var out []string
		for _, d := range get[api.CallOrder](t, l.Client, l.site+"/apartments/"+home+"/order").Doors {
			out = append(out, strings.TrimPrefix(d.Name, "Device "))
		}
		return strings.Join(out, ",")
	}
	if a, b := doors(l.home), doors(l.apartment(t, l.b, "201", nil).ID); a != "01,03,05" || b != "04,05" {
		t.Errorf("visitors call from %s, and from %s", a, b)
	}
}

// modules wants push-button modules on an R20K or R20B alone, and their buttons on apartments of the site (DEV-31).
func modules(t *testing.T, l *lane) {
	t.Helper()
	list, flat := l.site+"/devices", l.apartment(t, l.a, "105", nil).ID
	button := func(n int, home string) cloudtest.Object { return cloudtest.Object{"button": n, "apartment_id": home} }
	module := func(kind, model string, buttons ...cloudtest.Object) cloudtest.Object {
		return formed(domain.DoorPhone, 6, cloudtest.Object{"building_id": l.a}, cloudtest.Object{"module": kind, "model": model, "buttons": buttons})
	}
	refused(t, l.Client, []spoilt{
		{http.MethodPost, list, module("MD06", "R29"), 422, "form.module"},
		{http.MethodPost, list, module("MD06", ""), 422, "form.module"},
		{http.MethodPost, list, module("MD24", "R20K"), 422, "form.module"},
		{http.MethodPost, list, module("MD06", "R20K", button(7, flat)), 422, "form.buttons[0].button"},
		{http.MethodPost, list, module("MD12", "R20B", button(12, flat), button(12, l.home)), 422, "form.buttons[1].button"},
		{http.MethodPost, list, module("MD12", "R20B", button(1, l.a), button(2, "")), 422, "form.buttons[0].apartment_id form.buttons[1].apartment_id"},
		{http.MethodPost, list, module("", "R20K", button(1, flat)), 422, "form.buttons[0].button"},
	})
	phone := made[api.Device](t, l.Client, list, module("MD12", "R20K-2", button(12, flat), button(1, l.home)))
	want := []api.ButtonTarget{{Button: 12, ApartmentID: flat}, {Button: 1, ApartmentID: l.home}}
	if phone.Form.Module != "MD12" || !slices.Equal(phone.Form.Buttons, want) {
		t.Errorf("%+v", phone.Form)
	}
	cloudtest.Want[any](t, l.Client, http.StatusNoContent, http.MethodDelete, l.site+"/apartments/"+flat, nil)
	if now := get[api.Device](t, l.Client, list+"/"+phone.ID); !slices.Equal(now.Form.Buttons, want[1:]) || now.Revision != phone.Revision+1 {
		t.Errorf("after its apartment was deleted: %+v", now.Form.Buttons)
	}
}

// shows DEV-26 by shared/domain/apartment.go: "f.Check(a.WebRelay >= 0 && a.WebRelay <= MaxWebRelay, \"web_relay\""
// shows DEV-27 by shared/domain/apartment.go: "f.Check(handsetNumber.MatchString(h.Number), at+\"number\""
// shows DEV-32 by cloud/fleet/firstmonitor.go: "f.invalid.Add(\"monitor.mac\", \"With the Basic plan every apartment needs an indoor monitor.\")"
// shows DEV-32 by cloud/fleet/firstmonitor.go: "Only with the Basic plan a monitor comes with the apartment. Add devices on their own."
func TestApartments_WebRelayHandsetsAndTheFirstMonitor(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		c := s.SetUp(t)
		l := newLane(t, c, cloudtest.Object{"first_name": "Eva", "last_name": "Miller"})
		flat := func(number string, more cloudtest.Object) cloudtest.Object {
			return with(cloudtest.Object{"building_id": l.a, "number": number}, more)
		}
		handset := cloudtest.Object{"name": "Kitchen", "number": "1"}
		bad := []cloudtest.Object{handset, {"name": "", "number": "12a"}}
		list := l.site + "/apartments"
		refused(t, c, []spoilt{
			{http.MethodPost, list, flat("102", cloudtest.Object{"web_relay": -1, "handsets": bad}), 422, "web_relay handsets[1].name handsets[1].number"},
			{http.MethodPost, list, flat("102", cloudtest.Object{"web_relay": 1000}), 422, "web_relay"},
			{http.MethodPost, list, flat("102", cloudtest.Object{"monitor": cloudtest.Object{"mac": "0C1105000031", "name": "Hall"}}), 422, "monitor"},
		})
		home := l.apartment(t, l.a, "102", cloudtest.Object{"web_relay": 999, "handsets": []cloudtest.Object{handset}})
		if home.WebRelay != 999 || len(home.Handsets) != 1 || home.Handsets[0].Name != "Kitchen" || home.Handsets[0].Number != "1" {
			t.Errorf("%+v", home)
		}
		if plain := get[api.Apartment](t, c, list+"/"+l.home); plain.WebRelay != 0 || len(plain.Handsets) != 0 {
			t.Errorf("%+v", plain)
		}
		firstMonitors(t, c)
	})
}

// firstMonitors wants the first monitor in the form of an apartment of the Basic plan, and nowhere else (DEV-32).
func firstMonitors(t *testing.T, c cloudtest.Client) {
	t.Helper()
	site := communityOf(t, c, "basic")
	house := made[thing](t, c, site+"/buildings", cloudtest.Object{"name": "House"}).ID
	flat := func(number string, monitor cloudtest.Object) cloudtest.Object {
		return with(cloudtest.Object{"building_id": house, "number": number}, monitor)
	}
	monitor := func(mac, name string, built ...cloudtest.Object) cloudtest.Object {
		return cloudtest.Object{"monitor": cloudtest.Object{"mac": mac, "name": name, "arming": true, "built_in": built}}
	}
	light, door := cloudtest.Object{"number": 1, "name": "Light", "on": true}, cloudtest.Object{"number": 2, "name": "Door", "on": true}
	version := get[api.Site](t, c, site).Version
	refused(t, c, []spoilt{
		{http.MethodPost, site + "/apartments", flat("#1", nil), 422, "monitor.mac number"},
		{http.MethodPost, site + "/apartments", flat("1", monitor("0C11050000", "")), 422, "monitor.mac monitor.name"},
		{http.MethodPost, site + "/apartments", flat("1", monitor("0C1105000032", "Hall", door, light, light)), 422, "monitor.built_in"},
	})
	made[any](t, c, site+"/apartments", flat("1", monitor("0c:11:05:00:00:32", "Hall", light, door)))
	all := get[api.Page[api.Device]](t, c, site+"/devices").Items
	if len(all) != 1 || all[0].MAC != "0C1105000032" || !all[0].Form.Arming || len(all[0].Form.BuiltIn) != 2 || all[0].Apartment != "1" {
		t.Errorf("%+v", all)
	}
	if now := get[api.Site](t, c, site); now.Version != version+1 || now.Counts.Apartments != 1 {
		t.Errorf("apartment and monitor are one edit: %+v", now)
	}
	refused(t, c, []spoilt{
		{http.MethodPost, site + "/apartments", flat("2", monitor("0C1105000032", "Hall")), 409, "monitor.mac"},
		{http.MethodDelete, site + "/devices/" + all[0].ID, nil, 409, ""},
	})
	saved[any](t, c, site, cloudtest.Object{"name": "Park basic", "time_zone": "UTC", "form": cloudtest.Object{"plan": "basic", "smart_home": true}})
	made[any](t, c, site+"/apartments", flat("2", nil)) // with home automation the section does not appear
}
