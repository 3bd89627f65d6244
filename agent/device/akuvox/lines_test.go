package akuvox_test

import (
	"fmt"
	"testing"

	"vestibule/agent/device/devicetest"
	"vestibule/shared/domain"
	"vestibule/shared/sim/webapi"
)

// Regular lines go before what the agent would set itself, but for its own account; a setting that the device does not know is named and leaves the
// rest in order.
//
// shows EDGE-21/R50 AUTOP-01 by agent/device/akuvox/render.go: "p.add(w.Lines)"
// shows AUTOP-07 by agent/device/akuvox/lines.go: "out = append(out, s.keys[0])"
func TestLines_AreWrittenWithTheRest(t *testing.T) {
	p := newPhone(t, webapi.Quirks{})
	d := driver(p)
	want := devicetest.Wanted()
	want.Lines = []domain.AutoPLine{
		{Key: "Config.Settings.SNTP.Interval", Value: "600"},
		{Key: "Config.Account1.REG.Timeout", Value: "300"},
		{Key: "Config.Account1.SIP.Server", Value: "203.0.113.9"},
		{Key: "Config.No.Such", Value: "1"},
	}
	is, err := d.ReadBack(t.Context(), want)
	if err != nil || !is.Factory {
		t.Fatalf("a fresh device: %+v, %v", is, err)
	}
	if err := d.Configure(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	is, err = d.ReadBack(t.Context(), want)
	if err != nil || is.Factory || len(is.Differing) != 0 || fmt.Sprint(is.Refused) != "[Config.Account1.SIP.Server Config.No.Such]" {
		t.Errorf("after writing: %+v, %v", is, err)
	}
	for key, value := range map[string]string{"Config.Settings.SNTP.Interval": "600", "Config.Account1.REG.Timeout": "300", "Config.Account1.SIP.Server": "192.168.1.2"} {
		if got := p.settings.Get(key); got != value {
			t.Errorf("%s is %q", key, got)
		}
	}
	p.settings.Set(map[string]string{"Config.Settings.SNTP.Interval": "3600"}) // somebody at the device
	if is, err := d.ReadBack(t.Context(), want); err != nil || fmt.Sprint(is.Differing) != "[Config.Settings.SNTP.Interval]" {
		t.Errorf("drift: %+v, %v", is, err)
	}
}

// A device gets the zone of its site, and again when somebody changes it there; a firmware that does not take our words for it is not at fault, and
// the words of an installer go before ours.
//
// shows EDGE-26 by agent/device/akuvox/render.go: "p.settings = append(p.settings, renderClock(w, time.Now())...)"
// shows EDGE-26 by agent/device/akuvox/phone.go: "p.stayed(plan, shown)"
func TestClock_IsWrittenWithTheRest(t *testing.T) {
	const key = "Config.Settings.SNTP.TimeZone"
	p := newPhone(t, webapi.Quirks{})
	d := driver(p)
	want := devicetest.Wanted()
	want.Zone = "Europe/Moscow"
	configure := func() {
		t.Helper()
		if err := d.Configure(t.Context(), want); err != nil {
			t.Fatal(err)
		}
	}
	reads := func(differing, missing string) {
		t.Helper()
		if is, err := d.ReadBack(t.Context(), want); err != nil || fmt.Sprint(is.Differing, is.Missing) != differing+" "+missing {
			t.Errorf("read %v %v, want %s %s, %v", is.Differing, is.Missing, differing, missing, err)
		}
	}
	configure()
	reads("[]", "[]")
	if got := p.settings.Get(key); got != "GMT+3:00" {
		t.Errorf("the zone is %q", got)
	}
	p.settings.Set(map[string]string{key: "GMT+8:00"}) // somebody at the device
	reads("["+key+"]", "[]")
	configure()
	p.settings.Set(map[string]string{key: "8"}) // the firmware has other words
	reads("[]", "[clock]")
	want.Lines = []domain.AutoPLine{{Key: key, Value: "8"}}
	reads("[]", "[]")
}

// shows AUTOP-02 by agent/device/akuvox/lines.go: "write[line.Key] = line.Value"
// shows EDGE-21/R51 by agent/device/akuvox/lines.go: "_, names := want.differing(shown)" => "var names []string"
func TestLines_OnceAreWrittenAndLookedUp(t *testing.T) {
	p := newPhone(t, webapi.Quirks{})
	d := driver(p)
	lines := []domain.AutoPLine{{Key: "Config.Settings.SNTP.Interval", Value: "600"}, {Key: "Config.No.Such", Value: "1"}}
	if err := d.WriteLines(t.Context(), lines); err != nil {
		t.Fatal(err)
	}
	missing, err := d.LinesMissing(t.Context(), lines)
	if err != nil || fmt.Sprint(missing) != "[Config.No.Such]" || p.settings.Get("Config.Settings.SNTP.Interval") != "600" {
		t.Errorf("missing %v, %v", missing, err)
	}
}
