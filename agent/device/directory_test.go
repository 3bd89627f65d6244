package device_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"vestibule/agent/device"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
)

// shows EDGE-28 by agent/device/directory.go: "dev.Form.ContactDisplay == domain.DisplayAll && dev.Calls(home)" => "dev.Calls(home)"
// shows EDGE-28/R58 by agent/device/directory.go: "if order == domain.LastFirst && p.LastName != \"\" {" => "if false {"
// shows EDGE-28/R58 by agent/device/directory.go: "|| slices.Contains(directory.Apartments, d.ApartmentID)" => "|| true"
func TestWantedOf_ContactsAreThoseChosenNamedAsChosen(t *testing.T) {
	house, other := domain.BuildingID{1}, domain.BuildingID{2}
	home := func(n byte, at domain.BuildingID) domain.Apartment {
		return domain.Apartment{ID: domain.ApartmentID{n}, BuildingID: at, Number: fmt.Sprintf("10%d", n)}
	}
	person := func(n byte, first, last string, kind domain.PersonKind) domain.Person {
		return domain.Person{ID: domain.PersonID{n}, FirstName: first, LastName: last, Kind: kind, SIPUser: fmt.Sprintf("500000000%d", n), ApartmentID: domain.ApartmentID{n}}
	}
	monitor := func(n byte, name string) domain.Device {
		return domain.Device{ID: domain.DeviceID{n}, Type: domain.Monitor, Name: name, SIPUser: fmt.Sprintf("600000000%d", n), ApartmentID: domain.ApartmentID{n}}
	}
	silent, unpaid := person(4, "No", "App", domain.Member), person(5, "Not", "Paid", domain.Member)
	silent.Form.NoApp, unpaid.Form.Unpaid = true, true
	silent.ApartmentID, unpaid.ApartmentID = domain.ApartmentID{1}, domain.ApartmentID{1}
	desk := domain.Person{ID: domain.PersonID{6}, FirstName: "Ida", LastName: "Desk", Kind: domain.BasicUser, SIPUser: "5000000006", DepartmentID: domain.DepartmentID{6}}
	view := &desired.View{
		Apartments: map[domain.ApartmentID]domain.Apartment{{1}: home(1, house), {2}: home(2, house), {3}: home(3, other)},
		People: map[domain.PersonID]domain.Person{
			{1}: person(1, "Eva", "Meier", domain.Master), {2}: person(2, "Adam", "", domain.Master), {3}: person(3, "Far", "Away", domain.Master), {4}: silent, {5}: unpaid, {6}: desk,
		},
		Devices: map[domain.DeviceID]domain.Device{{1}: monitor(1, "Hall"), {2}: monitor(2, "Kitchen"), {3}: monitor(3, "Other house")},
	}
	all := domain.Device{Type: domain.DoorPhone, BuildingID: house, DepartmentID: domain.DepartmentID{9}, Form: domain.DeviceForm{ContactDisplay: domain.DisplayAll}}
	numbers, office, chosen := all, all, all
	numbers.Form.ContactDisplay = domain.DisplayNumbers
	office.DepartmentID, office.BuildingID = domain.DepartmentID{6}, domain.BuildingID{8}
	chosen.Form.Directory = &domain.Directory{Apartments: []domain.ApartmentID{{2}}}
	for name, c := range map[string]struct {
		dev   domain.Device
		order domain.ContactOrder
		want  []string
	}{
		"all":            {all, "", []string{"Adam 5000000002", "Eva Meier 5000000001", "Hall 6000000001", "Kitchen 6000000002"}},
		"last names":     {all, domain.LastFirst, []string{"Adam 5000000002", "Hall 6000000001", "Kitchen 6000000002", "Meier Eva 5000000001"}},
		"numbers alone":  {numbers, "", nil},
		"chosen":         {chosen, "", []string{"Adam 5000000002", "Kitchen 6000000002"}},
		"of an office":   {office, domain.LastFirst, []string{"Desk Ida 5000000006"}},
		"not for inside": {domain.Device{Type: domain.Monitor, Form: all.Form}, "", nil},
	} {
		view.Site.Form.ContactOrder = c.order
		var got []string
		for _, x := range device.WantedOf(view, c.dev, netip.AddrPort{}).For(device.Identity{Model: "X912", Firmware: "912.30.11.49"}).Contacts {
			got = append(got, x.Name+" "+x.Phone)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
