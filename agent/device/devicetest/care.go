package devicetest

import (
	"testing"
	"time"

	"vestibule/agent/device"
)

// Restarting is what the phone of a device.Rebooter tells beside the rest.
type Restarting interface {
	Boots() int // restarts so far
}

// backWithin is more than any phone of a test needs to come back.
const backWithin = time.Minute

// returned waits until the phone has restarted n times and answers again.
func returned(t *testing.T, driver device.Rebooter, phone Phone, n int) {
	t.Helper()
	boots := phone.(Restarting).Boots
	late := time.After(backWithin)
	for {
		up, err := driver.Uptime(t.Context())
		if err == nil && boots() == n {
			if up > backWithin {
				t.Fatalf("up for %v after a restart", up)
			}
			return
		}
		select {
		case <-late:
			t.Fatalf("%d restarts, want %d: %v", boots(), n, err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func restarts(t *testing.T, driver Intercom, phone Phone) {
	t.Helper()
	r, able := driver.(device.Rebooter)
	if !able {
		return // known from the type, not from a call that fails
	}
	configure(t, driver, Wanted())
	if err := r.Reboot(t.Context()); err != nil {
		t.Fatal(err)
	}
	returned(t, r, phone, 1)
	differs(t, driver, Wanted(), false) // a restart loses nothing
}

func resets(t *testing.T, driver Intercom, phone Phone) {
	t.Helper()
	r, able := driver.(device.Resetter)
	if !able {
		return
	}
	configure(t, driver, Wanted())
	if err := r.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	returned(t, r, phone, 1)
	differs(t, driver, Wanted(), true)
	if n := len(phone.Directory()); n != 0 {
		t.Fatalf("%d entries are left", n)
	}
	configure(t, driver, Wanted())
	differs(t, driver, Wanted(), false)
}
