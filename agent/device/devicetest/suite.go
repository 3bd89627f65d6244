package devicetest

import (
	"net/netip"
	"testing"
	"time"

	"vestibule/agent/device"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

// Phone is the device at the other end of a driver under test.
type Phone interface {
	Access() device.Access
	Identity() device.Identity
	Drift()                 // somebody changes a setting on the device itself
	Forget(forget bool)     // writes are accepted and not kept
	Dark(dark bool)         // no answer to anything
	Writes() int            // accepted so far
	Directory() [][2]string // name, number
	Openings(relay int) int
}

// Intercom is a driver of door phones.
type Intercom interface {
	device.Driver
	device.Configurer
	device.Opener
}

// Wanted is a door phone with one own relay and two homes, as the suite asks for it.
func Wanted() device.Wanted {
	return device.Wanted{
		Device: domain.Device{
			ID: domain.DeviceID{1}, Type: domain.DoorPhone, Name: "Main gate", SIPUser: "4711000001", DTMF: domain.DTMFInfo,
			Relays: []domain.Relay{{Number: 1, Name: "Gate", Enabled: true, DTMF: "#", Mode: domain.Momentary, HoldMilli: 2500}},
			Form:   domain.DeviceForm{ContactDisplay: domain.DisplayAll},
		},
		SIPPassword: secret.New("pa55-ÄÖ\"\\word"), Registrar: netip.MustParseAddrPort("192.168.1.2:5060"),
		Homes:    []device.Home{{Number: "101", Name: "Meier & Söhne"}, {Number: "2#7"}},
		Contacts: []device.Contact{{Name: "Eva Müller", Phone: "5000000001"}},
	}
}

// Drivers runs the cases of an Intercom. fresh gives a driver that was told the phone's access.
func Drivers(t *testing.T, fresh func(t *testing.T) (Intercom, Phone)) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, driver Intercom, phone Phone)
	}{
		{"identifies", identifies},
		{"writes what is wanted, reads it back, and writes nothing twice", writesOnce},
		{"a large directory", largeDirectory},
		{"sees drift and forgetting", seesDrift},
		{"triggers once", triggersOnce},
		{"restarts", restarts},
		{"goes back to the factory's settings", resets},
		{"wrong password, nobody there, nobody answers", tellsErrorsApart},
	} {
		t.Run(c.name, func(t *testing.T) {
			driver, phone := fresh(t)
			c.run(t, driver, phone)
		})
	}
}

func identifies(t *testing.T, driver Intercom, phone Phone) {
	t.Helper()
	if who, err := driver.Identify(t.Context()); err != nil || who != phone.Identity() {
		t.Fatalf("%+v %v", who, err)
	}
}

func writesOnce(t *testing.T, driver Intercom, phone Phone) {
	t.Helper()
	want := Wanted()
	differs(t, driver, want, true)
	configure(t, driver, want)
	differs(t, driver, want, false)
	if got := phone.Directory(); len(got) != 3 || got[0] != [2]string{"101 Meier & Söhne", "101"} || got[1] != [2]string{"2#7", "2#7"} || got[2] != [2]string{"Eva Müller", "5000000001"} {
		t.Fatalf("directory %v", got)
	}
	before := phone.Writes()
	configure(t, driver, want)
	if phone.Writes() != before {
		t.Fatal("an equal device was written to")
	}
	want.Homes, want.Contacts = want.Homes[1:], nil
	differs(t, driver, want, true)
	configure(t, driver, want)
	differs(t, driver, want, false)
	if got := phone.Directory(); len(got) != 1 || got[0][1] != "2#7" {
		t.Fatalf("directory %v", got)
	}
}

func largeDirectory(t *testing.T, driver Intercom, phone Phone) {
	t.Helper()
	want := Wanted()
	want.Homes, want.Contacts = nil, nil
	for i := range 333 {
		want.Homes = append(want.Homes, device.Home{Number: string(rune('1'+i/100)) + string(rune('0'+i/10%10)) + string(rune('0'+i%10))})
	}
	configure(t, driver, want)
	differs(t, driver, want, false)
	if n := len(phone.Directory()); n != 333 {
		t.Fatalf("%d entries", n)
	}
}

func seesDrift(t *testing.T, driver Intercom, phone Phone) {
	t.Helper()
	configure(t, driver, Wanted())
	phone.Drift()
	differs(t, driver, Wanted(), true)
	phone.Forget(true)
	configure(t, driver, Wanted()) // accepted
	differs(t, driver, Wanted(), true)
}

func triggersOnce(t *testing.T, driver Intercom, phone Phone) {
	t.Helper()
	if err := driver.Trigger(t.Context(), 1, 1500*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if n := phone.Openings(1); n != 1 || phone.Openings(2) != 0 {
		t.Fatalf("%d openings", n)
	}
	if err := driver.Trigger(t.Context(), 9, time.Second); device.KindOf(err) != device.Refused {
		t.Fatalf("a relay that is not there: %v", err)
	}
}

// nowhere is an address at which nobody listens.
var nowhere = netip.MustParseAddrPort("127.0.0.1:1")

func tellsErrorsApart(t *testing.T, driver Intercom, phone Phone) {
	t.Helper()
	right := phone.Access()
	wrong := right
	wrong.Password = secret.New("wrong")
	driver.Use(wrong)
	if _, err := driver.Identify(t.Context()); device.KindOf(err) != device.Unauthorised {
		t.Fatalf("wrong password: %v", err)
	}
	if err := driver.Trigger(t.Context(), 1, time.Second); device.KindOf(err) != device.Unauthorised || phone.Openings(1) != 0 {
		t.Fatalf("wrong password: %v", err)
	}
	nobody := right
	nobody.Addr = nowhere
	driver.Use(nobody)
	if err := driver.Trigger(t.Context(), 1, time.Second); device.KindOf(err) != device.Unreachable {
		t.Fatalf("nobody there: %v", err)
	}
	driver.Use(right)
	phone.Dark(true)
	if err := driver.Trigger(t.Context(), 1, time.Second); device.KindOf(err) != device.Ambiguous {
		t.Fatalf("nobody answers: %v", err)
	}
	phone.Dark(false)
	if _, err := driver.Identify(t.Context()); err != nil {
		t.Fatalf("after that: %v", err)
	}
}

func configure(t *testing.T, driver Intercom, want device.Wanted) {
	t.Helper()
	if err := driver.Configure(t.Context(), want); err != nil {
		t.Fatal(err)
	}
}

func differs(t *testing.T, driver Intercom, want device.Wanted, yes bool) {
	t.Helper()
	is, err := driver.ReadBack(t.Context(), want)
	if err != nil || (len(is.Differing) > 0) != yes {
		t.Fatalf("differs in %v (%v), want %v", is.Differing, err, yes)
	}
}
