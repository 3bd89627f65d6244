package devicetest

import (
	"testing"

	"vestibule/agent/device"
	"vestibule/shared/capability"
	"vestibule/shared/domain"
)

// Abilities checks that a driver has the interfaces of what package capability says it can do, and no others: nobody ever finds out by trying.
func Abilities(t *testing.T, name domain.Driver, driver device.Driver) {
	t.Helper()
	_, configures := driver.(device.Configurer)
	_, opens := driver.(device.Opener)
	_, reboots := driver.(device.Rebooter)
	_, resets := driver.(device.Resetter)
	_, takesLines := driver.(device.Liner)
	_, sees := driver.(device.Viewer)
	_, keeps := driver.(device.Keeper)
	for act, able := range map[capability.Act]bool{
		capability.Identify: true, capability.Configure: configures, capability.Open: opens, capability.Reboot: reboots, capability.Reset: resets,
		capability.Lines: takesLines, capability.Snapshot: sees, capability.Keys: keeps,
	} {
		if capability.Can(string(name), act) != able {
			t.Errorf("%s: package capability says %v about %s, the driver %v", name, !able, act, able)
		}
	}
}

// Eye is the camera at the other end of a driver under test.
type Eye interface {
	Access() device.Access
	Identity() device.Identity
	Stream() string // its address, without user and password
}

// Viewers runs the cases of a driver that looks and writes nothing.
func Viewers(t *testing.T, fresh func(t *testing.T) (device.Driver, Eye)) {
	t.Run("identifies", func(t *testing.T) {
		driver, eye := fresh(t)
		if who, err := driver.Identify(t.Context()); err != nil || who != eye.Identity() {
			t.Fatalf("%+v %v", who, err)
		}
	})
	t.Run("gives a picture and the address of the stream", func(t *testing.T) {
		driver, eye := fresh(t)
		viewer := driver.(device.Viewer)
		if p, err := viewer.Snapshot(t.Context()); err != nil || p.Type != "image/jpeg" || len(p.Data) == 0 {
			t.Fatalf("%s, %d bytes: %v", p.Type, len(p.Data), err)
		}
		if at, err := viewer.Stream(t.Context()); err != nil || at != eye.Stream() {
			t.Fatalf("%s: %v", at, err)
		}
	})
	t.Run("tells errors apart", func(t *testing.T) {
		driver, eye := fresh(t)
		wrong := eye.Access()
		wrong.User = "nobody"
		driver.Use(wrong)
		if _, err := driver.Identify(t.Context()); device.KindOf(err) != device.Unauthorised {
			t.Fatalf("a wrong user: %v", err)
		}
		wrong.Addr = nowhere
		driver.Use(wrong)
		if _, err := driver.Identify(t.Context()); device.KindOf(err) != device.Unreachable {
			t.Fatalf("nobody there: %v", err)
		}
		driver.Use(eye.Access())
		if _, err := driver.Identify(t.Context()); err != nil {
			t.Fatalf("after that: %v", err)
		}
	})
}
