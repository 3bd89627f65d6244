package api_test

import (
	"net/http"
	"strings"
	"testing"

	"vestibule/cloud/api"
	"vestibule/cloud/cloudtest"
	"vestibule/shared/domain"
)

// mistake is one thing that somebody gets wrong, with the message at its field. An empty field means that the whole request is refused.
type mistake struct {
	name, method, path string
	body               any
	status             int
	field, words       string
}

// everything reads a site with all that stands in it, its version and its revisions.
func everything(t *testing.T, c cloudtest.Client, site string) string {
	t.Helper()
	var out strings.Builder
	for _, path := range []string{"", "/people", "/apartments", "/devices", "/cameras", "/groups"} {
		a := c.Do(t, http.MethodGet, site+path, nil)
		if a.Status != http.StatusOK {
			t.Fatalf("%s: %d %s", path, a.Status, a.Body)
		}
		out.Write(a.Body)
	}
	return out.String()
}

// homes is a lane with a monitor that works offline, and a rival's lane beside it.
type homes struct {
	*lane
	house         *cloudtest.House
	theirs        *lane
	eva, monitor  string // ids
	stranger, mac string // a person of the rival, and the MAC of its device
}

func newHomes(t *testing.T, s *cloudtest.Server) *homes {
	t.Helper()
	h := &homes{house: cloudtest.NewHouse(t, s), mac: "0C1105000099"}
	offline(t, h.house, true)
	h.lane = newLane(t, h.house.Installer, cloudtest.Object{"first_name": "Eva", "last_name": "Miller"})
	h.theirs = newLane(t, rival(t, h.house), cloudtest.Object{"first_name": "Zoe", "last_name": "Adams"})
	made[any](t, h.theirs.Client, h.theirs.site+"/devices", device(domain.Monitor, 99, nil))
	h.stranger = get[api.Apartment](t, h.theirs.Client, h.theirs.site+"/apartments/"+h.theirs.home).People[0].ID
	h.eva = get[api.Apartment](t, h.Client, h.site+"/apartments/"+h.home).People[0].ID
	hall := formed(domain.Monitor, 1, cloudtest.Object{"apartment_id": h.home, "name": "Hall"}, cloudtest.Object{"works_offline": true})
	h.monitor = made[thing](t, h.Client, h.site+"/devices", hall).ID
	return h
}

// mistakesOfDevices are those of the forms of devices and cameras.
func (h *homes) mistakesOfDevices() []mistake {
	list := h.site + "/devices"
	board := func(form cloudtest.Object) cloudtest.Object {
		return formed(domain.Monitor, 2, cloudtest.Object{"apartment_id": h.home}, cloudtest.Object{"external": form})
	}
	const post, bad, taken = http.MethodPost, http.StatusUnprocessableEntity, http.StatusConflict
	return []mistake{
		{"a name of 65 letters", post, list, device(2, 2, cloudtest.Object{"name": strings.Repeat("ä", 65)}), bad, "name", "At most 64 characters; this has 65."},
		{"eleven hex digits", post, list, device(2, 2, cloudtest.Object{"mac": "0C11050B981"}), bad, "mac", "A MAC has 12 hexadecimal digits, such as 0C11050B9814."},
		{"a MAC of another owner", post, list, device(2, 2, cloudtest.Object{"mac": h.mac}), taken, "mac", "Another owner has registered this MAC."},
		{"a MAC of another device", post, list, device(2, 1, nil), taken, "mac", "Another device has this MAC."},
		{"RSAC by Ethernet", post, list, board(cloudtest.Object{"type": "RSAC-C1-R8", "mode": "ethernet", "address": "192.168.1.200", "port": 502}), bad, "form.external.mode", "RSAC-C1-R8 does not have this mode."},
		{"relay 5 of an HF-8000", post, list, board(cloudtest.Object{"type": "HF-8000", "mode": "rs485", "channels": []cloudtest.Object{{"number": 5, "name": "Gate"}}}), bad, "form.external.channels[0].number", "HF-8000 has the relays 1 to 4."},
		{"port 0", post, list, board(cloudtest.Object{"type": "HF-8000", "mode": "ethernet", "address": "192.168.1.200", "port": 0}), bad, "form.external.port", "1 to 65535."},
		{"a wire in Ethernet mode with a serial port", post, list, board(cloudtest.Object{"type": "HF-8000", "mode": "ethernet", "address": "192.168.1.200", "port": 502, "wire": cloudtest.Object{"profile": "modbus-coils", "unit": 1, "port": "/dev/ttyS1"}}), bad, "form.external.wire.port", "Only RS485 modes have a serial port."},
		{"a wire to a file", post, list, board(cloudtest.Object{"type": "MK485", "mode": "rs485", "wire": cloudtest.Object{"profile": "modbus-coils", "unit": 1, "port": "/dev/../etc/passwd"}}), bad, "form.external.wire.port", "A serial port of the agent, such as /dev/ttyUSB0 or /dev/serial/by-id/usb-FTDI."},
		{"a wire of unit 248", post, list, board(cloudtest.Object{"type": "MK485", "mode": "rs485", "wire": cloudtest.Object{"profile": "waveshare", "unit": 248, "port": "/dev/ttyS1"}}), bad, "form.external.wire.unit", "1 to 247."},
		{"a wire of a made-up map", post, list, board(cloudtest.Object{"type": "MK485", "mode": "rs485", "wire": cloudtest.Object{"profile": "mk485", "unit": 1, "port": "/dev/ttyS1"}}), bad, "form.external.wire.profile", "modbus-coils, waveshare or eletechsup."},
		{"inputs on a map that has none", post, list, board(cloudtest.Object{"type": "MK485", "mode": "rs485_input_latching", "wire": cloudtest.Object{"profile": "eletechsup", "unit": 1, "port": "/dev/ttyS1"}}), bad, "form.external.wire.profile", "Boards of this register map have no inputs; choose the mode RS485."},
		{"port 65536", post, list, board(cloudtest.Object{"type": "HF-8000", "mode": "ethernet", "address": "192.168.1.200", "port": 65536}), bad, "form.external.port", "1 to 65535."},
		{
			"a second monitor that works offline", post, list, formed(domain.Monitor, 2, cloudtest.Object{"apartment_id": h.home}, cloudtest.Object{"works_offline": true}), taken,
			"form.works_offline", "Another monitor of this apartment works offline already: Hall.",
		},
		{
			"no internet access and no address", post, list, formed(domain.DoorPhone, 2, nil, cloudtest.Object{"no_internet": true}), bad,
			"address", "A device without internet access needs its static IP address, such as 192.168.1.20.",
		},
		{"a camera's password with @", post, h.site + "/cameras", cameraForm(cloudtest.Object{"password": "a@b"}), bad, "password", "The password of a camera must not contain @, : or /."},
		{"an apartment of another", post, list, device(2, 2, cloudtest.Object{"apartment_id": h.theirs.home}), bad, "apartment_id", "An apartment of this site."},
		{"a device of another", http.MethodPut, h.theirs.site + "/devices/" + h.monitor, device(2, 2, nil), http.StatusNotFound, "", "This site does not exist."},
	}
}

// mistakesOfPeople are those of the forms of people.
func (h *homes) mistakesOfPeople() []mistake {
	list := h.site + "/people"
	person := func(more cloudtest.Object) cloudtest.Object {
		return with(cloudtest.Object{"apartment_id": h.home, "first_name": "Sam", "last_name": "Miller"}, more)
	}
	const post, put, get, bad, none = http.MethodPost, http.MethodPut, http.MethodGet, http.StatusUnprocessableEntity, http.StatusNotFound
	return []mistake{
		{"a first name of 65 letters", post, list, person(cloudtest.Object{"first_name": strings.Repeat("x", 65)}), bad, "first_name", "At most 64 characters; this has 65."},
		{"a last name of 65 letters", put, list + "/" + h.eva, person(cloudtest.Object{"last_name": strings.Repeat("x", 65)}), bad, "last_name", "At most 64 characters; this has 65."},
		{"floor 129", post, list, person(cloudtest.Object{"form": cloudtest.Object{"floors": []string{"129"}}}), bad, "form.floors[0]", "A floor from -10 to 128, or G0, G1, G2."},
		{"a person of another", get, list + "/" + h.stranger, nil, none, "", "This person does not exist."},
		{"a change of a person of another", put, list + "/" + h.stranger, person(nil), none, "", "This person does not exist."},
		{"a person of another goes", http.MethodDelete, list + "/" + h.stranger, nil, none, "", "This person does not exist."},
		{"an account for a person of another", post, list + "/" + h.stranger + "/account", cloudtest.Object{}, none, "", "This person does not exist."},
		{"a home of another", post, list, person(cloudtest.Object{"apartment_id": h.theirs.home}), bad, "apartment_id", "An apartment of this site."},
		{"a site of another", get, h.theirs.site + "/people/" + h.stranger, nil, none, "", "This site does not exist."},
	}
}

// shows DEV-02 by shared/domain/limits.go: "f.Add(path, \"At most %d characters; this has %d.\", most, n)" => "		_ = n"
// shows DEV-11 by shared/domain/deviceform.go: "A device without internet access needs its static IP address, such as 192.168.1.20." => "		_ = err"
func TestBadInput_OfDevicesAndPeople(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		h := newHomes(t, s)
		before := everything(t, h.Client, h.site) + everything(t, h.theirs.Client, h.theirs.site)
		for _, m := range append(h.mistakesOfDevices(), h.mistakesOfPeople()...) {
			a := h.Do(t, m.method, m.path, m.body)
			if a.Status != m.status {
				t.Errorf("%s: %d, want %d: %s", m.name, a.Status, m.status, a.Body)
			}
			if got := a.Field(m.field); m.field != "" && got != m.words {
				t.Errorf("%s: %q at %s, want %q: %s", m.name, got, m.field, m.words, a.Body)
			}
			if m.field == "" && !strings.Contains(string(a.Body), `"detail":"`+m.words) {
				t.Errorf("%s: %s", m.name, a.Body)
			}
			if strings.Contains(string(a.Body), "Rivals") || strings.Contains(string(a.Body), "Adams") {
				t.Errorf("%s: tells of others: %s", m.name, a.Body)
			}
		}
		if after := everything(t, h.Client, h.site) + everything(t, h.theirs.Client, h.theirs.site); after != before {
			t.Errorf("something changed: it was\n%s\nand is\n%s", before, after)
		}
		twoAtOnce(t, h.lane)
	})
}

// twoAtOnce lets two people edit one apartment from the same reading: the second is told, and what the first saved stays.
func twoAtOnce(t *testing.T, l *lane) {
	t.Helper()
	path := l.site + "/apartments/" + l.home
	form := func(name string) cloudtest.Object {
		return cloudtest.Object{"building_id": l.a, "number": "101", "name": name}
	}
	seen := l.Do(t, http.MethodGet, path, nil).Header.Get("ETag")
	if a := l.Do(t, http.MethodPut, path, form("Mine"), "If-Match", seen); a.Status != http.StatusOK {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	before := everything(t, l.Client, l.site)
	if a := l.Do(t, http.MethodPut, path, form("Theirs"), "If-Match", seen); a.Status != http.StatusPreconditionFailed || a.Header.Get("ETag") == seen {
		t.Errorf("the second edit: %d, ETag %s, %s", a.Status, a.Header.Get("ETag"), a.Body)
	}
	if after := everything(t, l.Client, l.site); after != before || !strings.Contains(after, `"name":"Mine"`) {
		t.Errorf("the refused edit changed something:\n%s", after)
	}
}
