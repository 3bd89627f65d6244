package desired

import (
	"testing"

	"vestibule/shared/domain"
)

func put[T any](t *testing.T, d *Document, sec Section, key Key, v T) {
	t.Helper()
	body, err := Encode(v)
	if err != nil {
		t.Fatal(err)
	}
	d.Put(sec, key, body)
}

func house(t *testing.T) (*Document, domain.Device) {
	d := New()
	site, group := domain.SiteID{1}, domain.GroupID{2}
	put(t, d, SectionSite, Key(site), domain.Site{ID: site, Name: "Court", TimeZone: "Europe/Berlin"})
	put(t, d, SectionGroups, Key(group), domain.NetworkGroup{ID: group, Name: "Network 1", Agents: []domain.AgentID{{9}}})
	for b := byte(1); b <= 2; b++ {
		building := domain.BuildingID{3, b}
		put(t, d, SectionBuildings, Key(building), domain.Building{ID: building, Name: "House"})
		apartment := domain.ApartmentID{4, b}
		put(t, d, SectionApartments, Key(apartment), domain.Apartment{
			ID: apartment, BuildingID: building, Number: "101", Contact: domain.GroupCall, Path: domain.CallByIP,
		})
	}
	phone := domain.Device{
		ID: domain.DeviceID{5}, Type: domain.DoorPhone, MAC: "0C1105000001", Name: "Gate", GroupID: group, BuildingID: domain.BuildingID{3, 2},
		Driver: domain.DriverManual, DTMF: domain.DTMFInfo, SIPUser: "1000000001",
	}
	put(t, d, SectionDevices, Key(phone.ID), phone)
	return d, phone
}

// shows SITE-25 by shared/desired/view.go: "!caller.BuildingID.IsZero() && a.BuildingID != caller.BuildingID" => "false"
func TestView_DialMeansTheCallersOwnBuilding(t *testing.T) {
	d, phone := house(t)
	v, err := Read(d, 1)
	if err != nil {
		t.Fatal(err)
	}
	a, ok := v.Dial(phone, "101")
	if !ok || a.BuildingID != phone.BuildingID {
		t.Fatalf("dialled %+v %v", a, ok)
	}
	atTheGate := phone
	atTheGate.BuildingID = domain.BuildingID{}
	if _, ok := v.Dial(atTheGate, "101"); ok {
		t.Fatal("a number that stands in two buildings must not be guessed")
	}
	if _, ok := v.Dial(phone, "999"); ok {
		t.Fatal("unknown number found")
	}
}

func TestView_FindsDevicesAndRefusesBrokenOnes(t *testing.T) {
	d, phone := house(t)
	v, err := Read(d, 7)
	if err != nil || v.Version != 7 {
		t.Fatal(err)
	}
	if got, ok := v.DeviceBySIPUser("1000000001"); !ok || got.ID != phone.ID {
		t.Fatal("not found by SIP user")
	}
	if got, ok := v.DeviceByMAC("0C1105000001"); !ok || got.ID != phone.ID {
		t.Fatal("not found by MAC")
	}
	if _, ok := v.DeviceBySIPUser(""); ok {
		t.Fatal("an empty user is nobody")
	}
	if !v.Serves(domain.AgentID{9}, phone) || v.Serves(domain.AgentID{8}, phone) {
		t.Fatal("wrong agent serves")
	}
	broken := phone
	broken.MAC = "0C11"
	put(t, d, SectionDevices, Key(broken.ID), broken)
	if _, err := Read(d, 8); err == nil {
		t.Fatal("a document with a broken device must not be run")
	}
}
