package akuvox_test

import (
	"slices"
	"testing"

	"vestibule/agent/device"
	"vestibule/agent/device/devicetest"
	"vestibule/shared/domain"
	"vestibule/shared/sim/webapi"
)

// shows REM-04 EDGE-22 by agent/device/akuvox/render.go: "s.value, s.feature = \"1\", device.Connecting"
// shows REM-04 by agent/device/akuvox/render.go: "s.value, s.feature = \"2\", device.Connecting"
func TestConnection_IsWrittenAndReadBack(t *testing.T) {
	p := newPhone(t, webapi.Quirks{})
	d := driver(p)
	for _, c := range []struct {
		wanted domain.Connection
		kind   string
		port   string
	}{{"", "0", "5060"}, {domain.ConnectionTCP, "1", "5060"}, {domain.ConnectionTLS, "2", "5061"}, {domain.ConnectionUDP, "0", "5060"}} {
		want := devicetest.Wanted()
		want.Device.Form.Connection, want.Secure = c.wanted, 5061
		if err := d.Configure(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		if kind, port := p.settings.Get("Config.Account1.SIP.TransType"), p.settings.Get("Config.Account1.SIP.Port"); kind != c.kind || port != c.port {
			t.Errorf("%q is written as %s with port %s", c.wanted, kind, port)
		}
		if is, err := d.ReadBack(t.Context(), want); err != nil || len(is.Differing)+len(is.Missing) != 0 {
			t.Errorf("%q: %+v %v", c.wanted, is, err)
		}
	}
}

// An agent that takes no calls over TLS leaves the device as it was, and says so.
//
// shows REM-04 by agent/device/wanted.go: "w.Withheld = append(w.Withheld, SecureSIP)"
func TestConnection_TLSNeedsAnAgentThatTakesIt(t *testing.T) {
	want := devicetest.Wanted()
	want.Device.Form.Connection = domain.ConnectionTLS
	if w := want.For(device.Identity{}); w.Device.Form.Connection != domain.ConnectionUDP || !slices.Contains(w.Withheld, device.SecureSIP) {
		t.Errorf("%q, withheld %v", w.Device.Form.Connection, w.Withheld)
	}
	want.Secure = 5061
	if w := want.For(device.Identity{}); w.Device.Form.Connection != domain.ConnectionTLS || slices.Contains(w.Withheld, device.SecureSIP) {
		t.Errorf("%q, withheld %v", w.Device.Form.Connection, w.Withheld)
	}
}

// A camera that nobody may watch gives no stream.
//
// shows DEV-09 by agent/device/akuvox/render.go: "s.value, s.feature = \"0\", device.Unwatched" => "s.feature = device.Unwatched"
func TestStream_IsOffWhereNobodyMayWatch(t *testing.T) {
	const key = "Config.DoorSetting.RTSP.Enable"
	p := newPhone(t, webapi.Quirks{})
	d := driver(p)
	for _, off := range []bool{true, false} {
		want := devicetest.Wanted()
		want.Device.Form.NoMonitoring = off
		if err := d.Configure(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		is, err := d.ReadBack(t.Context(), want)
		if err != nil || len(is.Differing)+len(is.Missing) != 0 || (p.settings.Get(key) == "0") != off {
			t.Errorf("off %v: the device shows %q, %+v %v", off, p.settings.Get(key), is, err)
		}
	}
}
