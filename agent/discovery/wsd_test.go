package discovery_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vestibule/agent/discovery"
	"vestibule/agent/health"
	"vestibule/shared/clock"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/sim/onvifcam"
)

// camera is a simulated camera that answers WS-Discovery on loopback; say nil: as an honest one.
func camera(t *testing.T, say func(c *onvifcam.Camera, p onvifcam.Probe) []string) *onvifcam.Camera {
	t.Helper()
	c, err := onvifcam.Listen(onvifcam.Options{
		Addr: netip.MustParseAddrPort("127.0.0.1:0"), User: "ops", Password: "secret", Model: "DS-1", MAC: "0C1105000031", Firmware: "1.2.3",
	})
	if err != nil {
		t.Fatal(err)
	}
	answers := func(p onvifcam.Probe, _ netip.AddrPort) []string { return say(c, p) }
	if say == nil {
		answers = nil
	}
	r, err := c.Respond("lo", answers)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{}, 2)
	for _, run := range []func(context.Context) error{c.Run, r.Run} {
		go func() { defer func() { ended <- struct{}{} }(); _ = run(ctx) }()
	}
	t.Cleanup(func() { cancel(); <-ended; <-ended })
	return c
}

// looks runs a discovery on loopback whose neighbour table knows the camera's card.
func looks(t *testing.T, rows *rows) *discovery.Discovery {
	t.Helper()
	view := &desired.View{}
	d := discovery.New(discovery.Config{
		Interfaces: []string{"lo"}, View: func() *desired.View { return view }, Log: rows, Clock: clock.System{}, Logger: testLogger(),
		Conditions: health.New(nil, clock.System{}, testLogger()),
		Neighbours: func(at netip.Addr) (domain.MAC, bool) { return "0C1105000031", at == netip.MustParseAddr("127.0.0.1") },
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = d.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	return d
}

// shows EDGE-03 by agent/discovery/run.go: "list = join(list, r.wsd.here(now))"
func TestWSDiscovery_FindsACamera(t *testing.T) {
	c, rows := camera(t, nil), &rows{bell: make(chan struct{})}
	d := looks(t, rows)
	list := rows.until(t, "the camera", func(list []domain.DiscoveryBody) bool { return len(list) > 0 })
	if f := list[0]; f.MAC != "0C1105000031" || f.Model != "DS-1" || f.Service != "ws-discovery" || f.Address != c.Addr().String() {
		t.Errorf("%+v", f)
	}
	if at, ok := d.Locate("0C1105000031"); !ok || at != c.Addr() {
		t.Errorf("located at %v", at)
	}
}

// A hostile network answers with other people's addresses, to questions nobody asked, endlessly and with rubbish: what is honest among it is found,
// and nothing else.
//
// shows EDGE-03 by agent/discovery/wsd.go: "if err != nil || u.Hostname() != from.String() {" => "if err != nil {"
func TestWSDiscovery_HostileAnswers(t *testing.T) {
	said := make(chan struct{})
	c := camera(t, func(c *onvifcam.Camera, p onvifcam.Probe) []string {
		var out []string
		for i := range 20 {
			out = append(out, c.Match(p.ID, fmt.Sprintf("http://10.1.2.%d/onvif/device_service http://127.0.0.1@10.1.2.3/ ftp://127.0.0.1/ http://[::1", i)))
			out = append(out, c.Match("urn:uuid:never-asked", fmt.Sprintf("http://127.0.0.1:%d/", 20000+i)))
			out = append(out, p.ID+strings.Repeat("<a>", 1000), p.ID, "\x00\xff"+p.ID)
		}
		out = append(out, p.ID+strings.Repeat("x", 9<<10), c.Match(p.ID, "http://"+c.Addr().String()+"/onvif/device_service"))
		select {
		case <-said:
		default:
			close(said)
		}
		return out
	})
	rows := &rows{bell: make(chan struct{})}
	d := looks(t, rows)
	<-said
	rows.until(t, "the honest answer", func(list []domain.DiscoveryBody) bool { return len(list) > 0 })
	<-time.After(500 * time.Millisecond) // what else there may be
	for _, f := range d.List() {
		if f.Addr != c.Addr() {
			t.Errorf("found %+v", f)
		}
	}
}

// A client that others wrote finds the simulated camera, signs in and reads what it sees: what our own driver is tested with is what the world
// takes for a camera.
func TestWSDiscovery_AClientThatOthersWroteAgrees(t *testing.T) {
	folder := filepath.Join("..", "..", "deploy", "peers", "onvif")
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "onvif")); err != nil {
		t.Fatalf("make peers installs what is missing: %v", err)
	}
	c := camera(t, nil)
	run(t, "ip", "route", "replace", "239.255.255.250/32", "dev", "lo")
	raw, err := exec.Command("node", filepath.Join(folder, "probe.mjs"), "ops", "secret").Output()
	if err != nil {
		t.Fatalf("%v %s", err, raw)
	}
	var got struct {
		Found                                              int
		Address, Scopes, Model, Firmware, Stream, Snapshot string
	}
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	root := "http://" + c.Addr().String()
	if got.Found != 1 || got.Address != root+"/onvif/device_service" || got.Model != "DS-1" || got.Firmware != "1.2.3" ||
		got.Stream != "rtsp://127.0.0.1:554/live/main" || got.Snapshot != root+"/picture.jpg?profile=main" || !strings.Contains(got.Scopes, "onvif://www.onvif.org/name/") {
		t.Errorf("%+v", got)
	}
}
