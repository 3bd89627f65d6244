package domain

import (
	"strings"
	"testing"
	"time"

	"vestibule/shared/fault"
)

func device() Device {
	return Device{
		Type: DoorPhone, MAC: "0C1105000001", Name: "Gate", GroupID: GroupID{1}, Driver: DriverAkuvox, DTMF: DTMFUnknown,
		Relays: []Relay{{Number: 1, Name: "Relay1", Enabled: true, DTMF: "#", Mode: Momentary, HoldMilli: 3000}},
	}
}

func paths(err error) string {
	var out []string
	for _, f := range fault.FieldsOf(err) {
		out = append(out, f.Path)
	}
	return strings.Join(out, " ")
}

// shows DEV-02 by shared/domain/device.go: "f.Check(d.MAC.valid(), \"mac\""
// shows DEV-15 by shared/domain/device.go: "f.Check(len(d.Relays) <= MaxRelays"
// shows DEV-16 by shared/domain/device.go: "f.Check(dtmfCode.MatchString(r.DTMF)"
func TestDevice_FaultsAreToldAtTheirFields(t *testing.T) {
	five := device()
	five.Relays = nil
	for n, code := range []string{"1", "2", "3", "4", "5"} {
		five.Relays = append(five.Relays, Relay{Number: n + 1, Name: "R", DTMF: code, Mode: Momentary, HoldMilli: 500})
	}
	table := []struct {
		name string
		edit func(*Device)
		want string
	}{
		{"good", func(*Device) {}, ""},
		{"MAC with 11 digits", func(d *Device) { d.MAC = "0C110500000" }, "mac"},
		{"name of 10,000 characters", func(d *Device) { d.Name = strings.Repeat("x", 10_000) }, "name"},
		{"name with a line break", func(d *Device) { d.Name = "Gate\r\nX" }, "name"},
		{"DTMF x", func(d *Device) { d.Relays[0].DTMF = "x" }, "relays[0].dtmf"},
		{"two relays, one code", func(d *Device) {
			d.Relays = append(d.Relays, Relay{Number: 2, Name: "B", DTMF: "#", Mode: Latching, HoldMilli: 500})
		}, "relays[1].dtmf"},
		{"five relays", func(d *Device) { d.Relays = five.Relays }, "relays relays[4].number"},
		{"relays on a monitor", func(d *Device) { d.Type = Monitor }, "relays"},
		{"no group", func(d *Device) { d.GroupID = GroupID{} }, "group_id"},
		{"unknown type", func(d *Device) { d.Type = 7; d.Relays = nil }, "type"},
		{"host name as address", func(d *Device) { d.Address = "gate.local" }, "address"},
		{"channel without board", func(d *Device) { d.Relays[0].Channel = 3 }, "relays[0].channel"},
		{"pulse of an hour", func(d *Device) { d.Relays[0].HoldMilli = 3_600_000 }, "relays[0].hold_ms"},
	}
	for _, row := range table {
		t.Run(row.name, func(t *testing.T) {
			d := device()
			d.Relays = append([]Relay(nil), d.Relays...)
			row.edit(&d)
			if got := paths(d.Validate()); got != row.want {
				t.Fatalf("faults at %q, want %q", got, row.want)
			}
		})
	}
}

// shows SITE-23 by shared/domain/building.go: "checkFloor(&f, \"start_floor\""
// shows SITE-25 by shared/domain/apartment.go: "case !apartmentNumber.MatchString(a.Number):" => "case false:"
func TestBuildingAndApartment_FaultsAreToldAtTheirFields(t *testing.T) {
	b := Building{Name: "", GroundFloor: "G3", StartFloor: "129"}
	if got := paths(b.Validate()); got != "name ground_floor start_floor" {
		t.Fatalf("faults at %q", got)
	}
	for number, good := range map[string]bool{"101": true, "2#123": true, "#2#123": false, "1234567": false, "": false, "1##2": false, "A1": false} {
		a := Apartment{BuildingID: BuildingID{1}, Number: number, Contact: GroupCall, Path: CallByIP}
		if (a.Validate() == nil) != good {
			t.Errorf("%q: %v", number, a.Validate())
		}
	}
}

func TestParseMAC_TakesTheUsualSpellings(t *testing.T) {
	for _, text := range []string{"0c11050b9814", "0C:11:05:0B:98:14", "0C-11-05-0B-98-14", " 0c11.050b.9814 "} {
		if m, err := ParseMAC(text); err != nil || m != "0C11050B9814" {
			t.Errorf("%q: %v %v", text, m, err)
		}
	}
	for _, text := range []string{"0C11050B981", "0C11050B98144", "0C11050B981G", "", "000000000000"} {
		if _, err := ParseMAC(text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

func TestID_TextFormsAndOrder(t *testing.T) {
	at := time.UnixMilli(1_700_000_000_000)
	first, later := NewID[SiteID](at), NewID[SiteID](at.Add(time.Millisecond))
	if first.String() >= later.String() {
		t.Fatal("ids do not sort by time")
	}
	for range 1000 { // within one millisecond they sort as they were made
		next := NewID[SiteID](at.Add(time.Millisecond))
		if later.String() >= next.String() {
			t.Fatalf("%s was made before %s", later, next)
		}
		later = next
	}
	if first[6]>>4 != 7 || first[8]>>6 != 2 {
		t.Fatalf("not a version 7 UUID: %s", first)
	}
	back, err := ParseID[SiteID](strings.ToUpper(first.String()))
	if err != nil || back != first {
		t.Fatal(back, err)
	}
	for _, bad := range []string{"", "x", first.String() + "0", strings.Replace(first.String(), "-", "0", 1)} {
		if _, err := ParseID[SiteID](bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
