package browser

import (
	"context"
	"net/http"
	"testing"
	"time"

	"vestibule/agent"
	"vestibule/cloud"
	"vestibule/cloud/cloudtest"
	"vestibule/deploy/stack"
	"vestibule/shared/sim"
)

// remoteLives is a session's time here: long enough to see it work, short enough to see it end.
const remoteLives = 75 * time.Second

// restarting is a door phone whose pages lead away when asked to, and whose restart takes a while.
func restarting(t *testing.T) *sim.DoorPhone {
	t.Helper()
	cfg := sim.Sample(1, 0, 0)
	cfg.MDNS = "lo"
	cfg.DoorPhones[0].Quirks.Hostile = true
	cfg.DoorPhones[0].RebootMillis = 3000
	b, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	service(t, b.Run)
	return b.DoorPhones()[0]
}

// An installer opens a door phone's own pages, logs in there and changes a setting; what a tampered page tries comes to nothing; the session ends at its
// time. Then the device restarts and goes back to the factory's settings, and the building configures it anew.
//
// shows REM-01 EDGE-23 by agent/tunnel/tunnel.go: "_, _ = io.Copy(stream, device)"
// shows REM-01 EDGE-23 by cloud/tunnels.go: "mux.HandleFunc(wire.TunnelPath, c.tunnels.DialIn)" => "_ = wire.TunnelPath"
// shows REM-02 REM-03 EDGE-22 by agent/acts.go: "return a.keeper.Care(ctx, c.Kind, c.DeviceID)" => "break"
func TestPortal_ADevicesOwnPagesAndItsRestart(t *testing.T) {
	c := cloudtest.Start(t, "", func(cfg *cloud.Config) { cfg.RemoteLives = remoteLives })
	house := cloudtest.NewHouse(t, c)
	phone := restarting(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	client, sample := lindenhof(ctx, t, house)
	device, err := sample.AddDevice(ctx, client, stack.DeviceForm{
		Type: 0, MAC: phone.MAC(), Name: "Main gate", Driver: "akuvox", DTMFMethod: "info", APIUser: phone.APIUser(), APIPassword: phone.APIPassword(),
		Relays: []stack.RelayForm{{Number: 1, Name: "Gate", Enabled: true, DTMF: "#", Mode: "momentary", HoldMS: 3000}},
	})
	if err != nil {
		t.Fatal(err)
	}
	link, err := sample.Claim(ctx, client)
	if err != nil {
		t.Fatal(err)
	}
	a, err := agent.New(ctx, agent.Config{
		DataDir: t.TempDir(), LAN: "127.0.0.1:0", SIP: "127.0.0.1:0", Interfaces: []string{"lo"}, Claim: link, Version: "test", OneMachine: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	service(t, a.Run)
	ended := drive(t, ctx, cancel, "remote.spec.mjs", "VESTIBULE_URL="+c.URL, "VESTIBULE_LOGIN="+house.Operator.Me(t).Email, "VESTIBULE_OTHER=ida@example.com",
		"VESTIBULE_PASSWORD="+cloudtest.Password, "VESTIBULE_SITE="+sample.SiteID, "VESTIBULE_DEVICE="+device, "VESTIBULE_API_USER="+phone.APIUser(),
		"VESTIBULE_API_PASSWORD="+phone.APIPassword(), "VESTIBULE_AGENT_PAGE="+a.LANURL(), "VESTIBULE_LOOKS="+looks())
	if err := <-ended; err != nil {
		t.Fatalf("the run in the browser: %v", err)
	}
	if at := phone.Setting("Config.DoorSetting.DEVICENODE.Location"); at != "" {
		t.Errorf("after the reset the device still stands in %q", at)
	}
	late := time.After(2 * time.Minute)
	for phone.Setting("Config.Account1.GENERAL.UserName") == "" || len(phone.Contacts()) == 0 {
		select {
		case <-late:
			t.Fatal("the building never configured the device anew")
		case <-time.After(100 * time.Millisecond):
		}
	}
	var log struct {
		Items []struct{ Action, Object, Reason string }
	}
	if err := client.Do(t.Context(), http.MethodGet, "/audit?limit=200&site="+sample.SiteID, nil, &log); err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, e := range log.Items {
		count[e.Action+" "+e.Object+" "+e.Reason]++
	}
	for what, n := range map[string]int{
		"opened remote_session ": 2, "ended remote_session time_is_up": 1, "ended remote_session closed": 1, "rebooted device ": 1, "reset device ": 1,
	} {
		if count[what] != n {
			t.Errorf("%q stands %d times in the audit, want %d: %v", what, count[what], n, count)
		}
	}
}
