package domain

import (
	"slices"
	"testing"
	"time"
)

// shows DEV-13 by shared/domain/callparty.go: "return len(d.Form.Buildings) == 0 || slices.Contains(d.Form.Buildings, home.BuildingID)" => "	return true"
func TestDevice_CallsOwnHomeThenBuildingThenSite(t *testing.T) {
	b, c := NewID[BuildingID](time.Time{}), NewID[BuildingID](time.Time{})
	home := Apartment{ID: NewID[ApartmentID](time.Time{}), BuildingID: b}
	for name, row := range map[string]struct {
		door Device
		want bool
	}{
		"site":             {Device{}, true},
		"building":         {Device{BuildingID: b}, true},
		"another building": {Device{BuildingID: c}, false},
		"own home":         {Device{BuildingID: b, ApartmentID: home.ID}, true},
		"another home":     {Device{BuildingID: b, ApartmentID: NewID[ApartmentID](time.Time{})}, false},
		"chosen buildings": {Device{Form: DeviceForm{Buildings: []BuildingID{c, b}}}, true},
		"other buildings":  {Device{Form: DeviceForm{Buildings: []BuildingID{c}}}, false},
	} {
		if got := row.door.Calls(home); got != row.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestCallParty_OrderAndWhoHasNothing(t *testing.T) {
	master := Person{Kind: Master, FirstName: "Zoe", Form: PersonForm{Landlines: []string{"3", "1", "2"}}}
	member := Person{Kind: Member, FirstName: "Ada", Form: PersonForm{Landlines: []string{"4"}}}
	unpaid := Person{Kind: Member, FirstName: "Bob", Form: PersonForm{Unpaid: true}}
	party := CallParty{
		Order: MonitorsThenAppThenPhone.Stages(), People: []Person{unpaid, member, master}, Monitors: []Device{{Name: "Kitchen"}, {Name: "Hall"}}, Landline: true,
	}
	got := party.Stages()
	if len(got) != 3 || got[0][0].Devices[0].Name != "Hall" || !got[0][0].Rings() {
		t.Fatalf("%+v", got)
	}
	if apps := got[1][0].People; len(apps) != 2 || apps[0].FirstName != "Zoe" || apps[1].FirstName != "Ada" {
		t.Errorf("apps of %+v", apps)
	}
	var numbers []string
	for _, n := range got[2][0].Numbers {
		numbers = append(numbers, n.Number)
	}
	if want := []string{"3", "1", "2", "4"}; !slices.Equal(numbers, want) {
		t.Errorf("%v, want %v: as entered, the master's first", numbers, want)
	}
	party.Landline = false
	if phones := party.Stages()[2][0]; !phones.Off || phones.Rings() {
		t.Error("landlines ring without their service")
	}
}

func TestApartmentService_LandlineEnds(t *testing.T) {
	for _, row := range []struct {
		service ApartmentService
		want    bool
	}{{ApartmentService{}, false}, {ApartmentService{LandlineMilli: 11}, false}, {ApartmentService{LandlineMilli: 10}, true}, {ApartmentService{LandlineOff: true}, true}} {
		if got := row.service.LandlineEnded(10); got != row.want {
			t.Errorf("%+v: %v", row.service, got)
		}
	}
}
