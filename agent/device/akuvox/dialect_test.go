package akuvox_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"vestibule/agent/device"
	"vestibule/agent/device/akuvox"
	"vestibule/agent/device/devicetest"
	"vestibule/shared/secret"
	"vestibule/shared/sim/webapi"
)

// adopted is a driver that has seen the certificate of its device once.
func adopted(t *testing.T, p *phone) (*akuvox.Phone, device.Access) {
	t.Helper()
	d := driver(p)
	if _, err := d.Identify(t.Context()); err != nil {
		t.Fatal(err)
	}
	access := p.Access()
	access.Pin = d.Certificate()
	d.Use(access)
	return d, access
}

// The firmware whose pages speak /api/web: settings are written and read back, the relay opens, and what it has no public way to is told of.
//
// shows BEY-16 by agent/device/akuvox/dialect.go: "p.session.pages = true"
// shows BEY-16 by agent/device/akuvox/dialect.go: "write[key] = base64.StdEncoding.EncodeToString([]byte(value))"
func TestPages_WrittenReadBackAndOpened(t *testing.T) {
	p := newPhoneOf(t, webapi.Pages, webapi.Quirks{})
	d, _ := adopted(t, p)
	if who, err := d.Identify(t.Context()); err != nil || who != p.Identity() {
		t.Fatalf("%+v %v", who, err)
	}
	want := devicetest.Wanted()
	is, err := d.ReadBack(t.Context(), want)
	if err != nil || len(is.Differing) == 0 || !slices.Contains(is.Missing, device.ContactList) {
		t.Fatalf("%+v %v", is, err)
	}
	if err := d.Configure(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if is, err = d.ReadBack(t.Context(), want); err != nil || len(is.Differing) != 0 {
		t.Fatalf("%+v %v", is, err)
	}
	if got := p.settings.Get("Config.Account1.GENERAL.Pwd"); got != want.SIPPassword.Reveal() {
		t.Errorf("the device holds the password %q", got)
	}
	writes := p.Writes()
	if err := d.Configure(t.Context(), want); err != nil || p.Writes() != writes {
		t.Errorf("an equal device was written to: %v", err)
	}
	if err := d.Trigger(t.Context(), 1, time.Second); err != nil || p.Openings(1) != 1 {
		t.Errorf("%d openings: %v", p.Openings(1), err)
	}
	if err := d.Trigger(t.Context(), 1, 0); device.KindOf(err) != device.Refused || p.Openings(1) != 1 {
		t.Errorf("left on: %v", err)
	}
	p.Forget(true)
	want.Device.Name = "Side gate"
	if err := d.Configure(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if is, err = d.ReadBack(t.Context(), want); err != nil || len(is.Differing) == 0 {
		t.Errorf("a liar: %+v %v", is, err)
	}
}

// Their login can be read by whoever gets it: it goes to the adopted certificate alone. A login that ended is made anew, a wrong one is told.
//
// shows BEY-16 by agent/device/akuvox/dialect.go: "if to.Pin.Port == 0 {" => "if false {"
// shows BEY-16 by agent/device/akuvox/dialect.go: "p.session.token = \"\" // it ended: a restart, or somebody else logged in"
func TestPages_LogInToTheAdoptedDeviceAlone(t *testing.T) {
	p := newPhoneOf(t, webapi.Pages, webapi.Quirks{})
	fresh := driver(p)
	if who, err := fresh.Identify(t.Context()); err != nil || who != p.Identity() {
		t.Fatalf("%+v %v", who, err)
	}
	if err := fresh.Configure(t.Context(), devicetest.Wanted()); device.KindOf(err) != device.Unauthorised || p.Counts().Refused != 0 {
		t.Errorf("before the adoption: %v", err)
	}
	d, access := adopted(t, p)
	if err := d.Configure(t.Context(), devicetest.Wanted()); err != nil {
		t.Fatal(err)
	}
	p.Restarted()
	if is, err := d.ReadBack(t.Context(), devicetest.Wanted()); err != nil || len(is.Differing) != 0 {
		t.Errorf("after a restart: %+v %v", is, err)
	}
	access.Password = secret.New("wrong")
	d.Use(access)
	if _, err := d.Identify(t.Context()); device.KindOf(err) != device.Unauthorised {
		t.Errorf("a wrong password: %v", err)
	}
	if err := p.NewCertificate(); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Identify(t.Context()); device.KindOf(err) != device.Distrusted {
		t.Errorf("another certificate: %v", err)
	}
}

// What is not written to is said to be so, in words that help.
//
// shows BEY-16 by agent/device/akuvox/dialect.go: "return device.Identity{}, &device.Error{Kind: device.Refused, Op: \"identify\", Err: errOld}"
// shows BEY-16 by agent/device/akuvox/dialect.go: "return device.Identity{}, &device.Error{Kind: device.Refused, Op: \"identify\", Err: errFCGI}"
func TestDialects_ThatAreNotWrittenTo(t *testing.T) {
	for dialect, words := range map[webapi.Dialect]string{webapi.Old: "old dialect of the E18C", webapi.FCGI: "no HTTP API but OpenDoor"} {
		p := newPhoneOf(t, dialect, webapi.Quirks{})
		if _, err := driver(p).Identify(t.Context()); device.KindOf(err) != device.Refused || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v", dialect, err)
		}
	}
}
