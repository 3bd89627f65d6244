//go:build hardware

package akuvox_test

import (
	"net/netip"
	"net/url"
	"os"
	"testing"
	"time"

	"vestibule/agent/device"
	"vestibule/agent/device/akuvox"
	"vestibule/agent/device/devicetest"
	"vestibule/agent/device/web"
	"vestibule/shared/secret"
)

// A real door phone at VESTIBULE_AKUVOX, such as http://user:password@192.168.1.20:80: it is asked who it is, set up as the suite wants it and read
// back, and its relay 1 opens for a second. It must be one that nobody needs: its account and its directory are overwritten.
func TestHardware_IsSetUpReadBackAndOpens(t *testing.T) {
	at, err := url.Parse(os.Getenv("VESTIBULE_AKUVOX"))
	if err != nil || at.Host == "" {
		t.Fatal("VESTIBULE_AKUVOX names the device")
	}
	addr, err := netip.ParseAddrPort(at.Host)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := at.User.Password()
	access := device.Access{Addr: addr, User: at.User.Username(), Password: secret.New(password)}
	d := akuvox.New(web.Options{})
	d.Use(access)
	who, err := d.Identify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	access.Pin = d.Certificate()
	d.Use(access)
	t.Logf("%+v, certificate on port %d", who, access.Pin.Port)
	if err := d.Configure(t.Context(), devicetest.Wanted()); err != nil {
		t.Fatal(err)
	}
	<-time.After(5 * time.Second) // some restart their telephone
	is, err := d.ReadBack(t.Context(), devicetest.Wanted())
	if err != nil || len(is.Differing) > 0 {
		t.Errorf("%+v %v", is, err)
	}
	if err := d.Trigger(t.Context(), 1, time.Second); err != nil {
		t.Error(err)
	}
}
