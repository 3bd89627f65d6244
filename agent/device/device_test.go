package device_test

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"vestibule/agent/device"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

// stub answers with a MAC that the test sets.
type stub struct {
	access device.Access
	mac    domain.MAC
	err    error
	asked  int
}

func (s *stub) Use(a device.Access) { s.access = a }
func (s *stub) Identify(context.Context) (device.Identity, error) {
	s.asked++
	return device.Identity{MAC: s.mac}, s.err
}
func (s *stub) Configure(context.Context, device.Wanted) error { return nil }
func (s *stub) ReadBack(context.Context, device.Wanted) (device.Reading, error) {
	return device.Reading{}, nil
}
func (s *stub) Trigger(context.Context, int, time.Duration) error { return nil }

func TestDrivers_KnownOnlyWhenItsOwnMACAnswersAtThePresentAddress(t *testing.T) {
	const mac = domain.MAC("0C1105000001")
	id, hand := domain.DeviceID{1}, domain.DeviceID{2}
	view := &desired.View{
		Devices:     map[domain.DeviceID]domain.Device{id: {ID: id, MAC: mac, Driver: domain.DriverAkuvox}, hand: {ID: hand, Driver: domain.DriverManual}},
		Credentials: map[domain.DeviceID]domain.Credential{id: {DeviceID: id, APIUser: "api", APIPassword: secret.New("x")}},
	}
	found := map[domain.MAC]netip.AddrPort{}
	s := &stub{mac: mac}
	d := device.NewDrivers(func() *desired.View { return view }, func(m domain.MAC) (netip.AddrPort, bool) { a, ok := found[m]; return a, ok },
		map[domain.Driver]func() device.Driver{domain.DriverAkuvox: func() device.Driver { return s }})
	known := func(want fault.Code) {
		t.Helper()
		if _, err := d.Known(t.Context(), id); fault.CodeOf(err) != want {
			t.Fatalf("%v, want %q", err, want)
		}
	}
	known(fault.Offline)
	found[mac] = netip.MustParseAddrPort("10.0.0.5:80")
	known("")
	known("")
	if s.asked != 1 || s.access.Addr != found[mac] || s.access.User != "api" {
		t.Fatalf("asked %d times, %+v", s.asked, s.access)
	}
	found[mac] = netip.MustParseAddrPort("10.0.0.6:80") // moved: asked again
	s.mac = "0C1105000002"
	known(fault.Conflict)
	known(fault.Conflict)
	s.mac = mac
	known("")
	if _, matches, err := d.Identify(t.Context(), id); err != nil || !matches {
		t.Fatal(matches, err)
	}
	s.err = errors.New("gone")
	if _, _, err := d.Identify(t.Context(), id); err == nil {
		t.Fatal("no error")
	}
	for _, other := range []domain.DeviceID{hand, {9}} {
		if _, err := d.Known(t.Context(), other); fault.CodeOf(err) != fault.NotFound {
			t.Fatal(err)
		}
	}
	dev := view.Devices[id]
	for address, want := range map[string]string{"192.168.1.9": "192.168.1.9:80", "192.168.1.9:8080": "192.168.1.9:8080"} {
		dev.Address = address
		if got, ok := d.Address(dev); !ok || got.String() != want {
			t.Fatalf("%s: %s", address, got)
		}
	}
	delete(view.Devices, id)
	d.Trim()
	known(fault.NotFound)
}

func TestWantedOf_DirectoryHasTheHomesOfTheDoor(t *testing.T) {
	b1, b2 := domain.BuildingID{1}, domain.BuildingID{2}
	homes := map[domain.ApartmentID]domain.Apartment{}
	for i, a := range []domain.Apartment{{BuildingID: b1, Number: "102"}, {BuildingID: b1, Number: "101", Name: "Meier"}, {BuildingID: b2, Number: "201"}} {
		a.ID = domain.ApartmentID{byte(i + 1)}
		homes[a.ID] = a
	}
	view := &desired.View{Apartments: homes}
	at := netip.MustParseAddrPort("10.0.0.2:5060")
	for name, c := range map[string]struct {
		dev  domain.Device
		want []device.Home
	}{
		"gate of the site":  {domain.Device{}, []device.Home{{Number: "101", Name: "Meier"}, {Number: "102"}, {Number: "201"}}},
		"door of building":  {domain.Device{BuildingID: b2}, []device.Home{{Number: "201"}}},
		"door of one home":  {domain.Device{Type: domain.SingleDoorPhone, BuildingID: b1, ApartmentID: domain.ApartmentID{1}}, []device.Home{{Number: "102"}}},
		"monitor of a home": {domain.Device{Type: domain.Monitor, BuildingID: b1, ApartmentID: domain.ApartmentID{1}}, nil},
	} {
		got := device.WantedOf(view, c.dev, at)
		if len(got.Homes) != len(c.want) {
			t.Fatalf("%s: %v", name, got.Homes)
		}
		for i := range c.want {
			if got.Homes[i] != c.want[i] {
				t.Errorf("%s: %v", name, got.Homes)
			}
		}
	}
}

func TestDigest_ChangesWithEverythingThatIsWritten(t *testing.T) {
	base := device.Wanted{Device: domain.Device{Name: "a"}, SIPPassword: secret.New("p"), Registrar: netip.MustParseAddrPort("10.0.0.2:5060"), Homes: []device.Home{{Number: "1"}}}
	same := base
	same.Homes = []device.Home{{Number: "1"}}
	if base.Digest() != same.Digest() {
		t.Fatal("equal wants differ")
	}
	for name, change := range map[string]func(*device.Wanted){
		"password": func(w *device.Wanted) { w.SIPPassword = secret.New("q") }, "name": func(w *device.Wanted) { w.Device.Name = "b" },
		"registrar": func(w *device.Wanted) { w.Registrar = netip.MustParseAddrPort("10.0.0.3:5060") },
		"homes":     func(w *device.Wanted) { w.Homes = nil }, "relay": func(w *device.Wanted) { w.Device.Relays = []domain.Relay{{Number: 1}} },
	} {
		other := base
		change(&other)
		if other.Digest() == base.Digest() {
			t.Errorf("%s does not count", name)
		}
	}
}
