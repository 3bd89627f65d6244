package provision_test

import (
	"context"
	"net/netip"
	"testing"

	"vestibule/agent/health"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
	"vestibule/shared/sim/onvifcam"
	"vestibule/shared/wire"
)

// A camera is nobody's to write to, and is looked after all the same: that it is there, that it is the right one, which firmware it runs.
//
// shows BEY-16 by agent/provision/step.go: "case t.Manual && !t.Watched:" => "case t.Manual:"
// shows BEY-16 by agent/provision/provision.go: "Watched: capability.Can(string(want.Device.Driver), capability.Identify)," => "Watched: false,"
func TestRun_ACameraIsWatched(t *testing.T) {
	s := newSite(t)
	ids := map[byte]domain.DeviceID{}
	for n, mac := range map[byte]string{1: "0C1105000001", 2: "0C11050000FF"} { // the second stands where another should
		c, err := onvifcam.Listen(onvifcam.Options{Addr: netip.MustParseAddrPort("127.0.0.1:0"), User: "api", Password: "pw", Model: "DS-1", MAC: mac, Firmware: "1.2.3"})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() { defer close(ended); _ = c.Run(ctx) }()
		t.Cleanup(func() { cancel(); <-ended })
		ids[n] = s.add(n, c.Addr().String())
		dev := s.view.Devices[ids[n]]
		dev.Driver, dev.Relays = domain.DriverONVIF, nil
		s.view.Devices[ids[n]] = dev
	}
	s.run()
	r := s.desk.until(t, ids[1], func(r wire.DeviceReport) bool { return r.Online })
	if r.State != wire.ReceiptManual || r.Model != "DS-1" || r.Firmware != "1.2.3" {
		t.Errorf("%+v", r)
	}
	s.desk.until(t, ids[2], func(r wire.DeviceReport) bool { return r.Reason == domain.ReasonWrongDevice && !r.Online })
	if detail, raised := s.says(health.DeviceConflict, ids[2]); !raised || detail != "MAC 0C11050000FF" {
		t.Errorf("the condition says %q", detail)
	}
	next := *s.view // its password is changed on it
	next.Credentials = map[domain.DeviceID]domain.Credential{ids[1]: {DeviceID: ids[1], APIUser: "api", APIPassword: secret.New("other")}}
	s.mu.Lock()
	s.view = &next
	s.mu.Unlock()
	s.edit(func(map[domain.DeviceID]domain.Device) {})
	s.desk.until(t, ids[1], func(r wire.DeviceReport) bool { return r.Reason == domain.ReasonDevice })
	if !s.raised(health.DeviceRefuses, ids[1]) {
		t.Error("nobody is told that the camera refuses the login")
	}
}
