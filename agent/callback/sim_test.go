package callback_test

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"vestibule/agent/callback"
	"vestibule/agent/device"
	"vestibule/agent/device/akuvox"
	"vestibule/agent/device/devicetest"
	"vestibule/agent/device/web"
	"vestibule/shared/secret"
	"vestibule/shared/sim"
)

const pin, card = "73914682", "0A1B2C3D"

// panel is a simulated door phone that was configured by the driver and talks to the bench.
func panel(t *testing.T, b *bench) *sim.DoorPhone {
	t.Helper()
	const at = "127.0.0.5"
	building, err := sim.New(sim.Config{DoorPhones: []sim.DoorPhoneConfig{{
		DeviceConfig: sim.DeviceConfig{Name: "Gate", MAC: string(gateMAC), Address: at, APIUser: "api", APIPassword: "secret", RebootMillis: 50},
		Keys:         []sim.Key{{By: sim.ByCode, Key: pin, User: "7", Relay: 1}, {By: sim.ByCard, Key: card, User: "8", Relay: 2}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() { ended <- building.Run(ctx) }()
	go func() { ended <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		for range 2 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	})
	b.mu.Lock()
	b.cards[at] = gateMAC
	b.mu.Unlock()
	p := building.DoorPhone("Gate")
	driver := akuvox.New(web.Options{Gap: -1})
	driver.Use(device.Access{Addr: p.HTTPAddr(), User: "api", Password: secret.New("secret")})
	want := devicetest.Wanted()
	want.Callbacks = b.Of(b.view.Devices[gateID], netip.MustParseAddr("127.0.0.1"))
	if err := driver.Configure(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if is, err := driver.ReadBack(t.Context(), want); err != nil || len(is.Differing)+len(is.Missing) != 0 {
		t.Fatalf("%+v %v", is, err)
	}
	if p.Setting("Config.Features.ACTIONURL.ValidCodeEntered") == "" || p.Setting("Config.Features.ACTIONURL.RelayCTriggered") != "" {
		t.Fatal("not what the model has was written")
	}
	return p
}

// row waits until exactly these rows stand there; the clock of the sieve is the real one.
func (b *bench) row(t *testing.T, want ...string) {
	t.Helper()
	late := time.After(time.Minute)
	for {
		b.mu.Lock()
		rows, change := slices.Clone(b.rows), b.change
		b.mu.Unlock()
		if len(rows) >= len(want) {
			slices.Sort(rows)
			if !slices.Equal(rows, want) {
				t.Fatalf("rows %q, want %q", rows, want)
			}
			return
		}
		select {
		case <-change:
		case <-late:
			t.Fatalf("rows %q, want %q", rows, want)
		}
	}
}

// A simulated door phone really says what happens at it, by both ways, after nothing but its configuration by the driver: a code, a card, a wrong code,
// the button, tampering, and an opening of the agent's, which is none.
//
// shows EDGE-29 by agent/device/akuvox/render.go: "p.settings = append(p.settings, renderCallbacks(w.Callbacks)...)"
// shows EDGE-29 by agent/callback/callback.go: "c.sieve.acted(id, relay, hold, c.cfg.Now())" => "_ = hold"
// shows EDGE-29 by agent/callback/ways.go: "c.take(ctx, dev, told, domain.TrustSyslog)" => "_ = told"
func TestCallbacks_ASimulatedDoorPhoneTellsByItself(t *testing.T) {
	b := newBench(t, "127.0.0.1:0")
	started := time.Now()
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	cfg := b.config("127.0.0.1:0")
	cfg.Now = func() time.Time { return time.Unix(1_800_000_000, 0).Add(time.Since(started)) }
	var err error
	if b.Callbacks, err = callback.Listen(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	p := panel(t, b)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(p.Enter(sim.ByCode, pin))
	must(p.Enter(sim.ByCode, "0000"))
	p.Tamper()
	first := []string{
		"alarm tamper 0 device_says", "door_log code 0 refused device_says", "door_log code 1 done device_says user 7", "relay_state relay 1 false",
	}
	b.row(t, first...)
	b.Acted(gateID, 2) // the agent is about to open
	driver := akuvox.New(web.Options{Gap: -1})
	driver.Use(device.Access{Addr: p.HTTPAddr(), User: "api", Password: secret.New("secret")})
	must(driver.Trigger(t.Context(), 2, time.Second))
	must(p.WaitRelay(t.Context(), 1, false))

	before := p.Setting("Config.Features.ACTIONURL.Enable")
	p.Configure(map[string]string{"Config.Features.ACTIONURL.Enable": "0"}) // syslog alone from here on
	boots := p.Boots()
	p.Reboot()
	must(p.Wait(t.Context(), func(sim.State) bool { return p.Boots() > boots }))
	must(p.Enter(sim.ByCard, card))
	want := append(slices.Clone(first), "door_log card 2 done syslog card ")
	slices.Sort(want)
	late := time.After(time.Minute)
	for {
		b.mu.Lock()
		rows, change := slices.Clone(b.rows), b.change
		b.mu.Unlock()
		for i, r := range rows { // the fingerprint comes from a key that the test does not know
			if at := strings.Index(r, "syslog card "); at >= 0 {
				rows[i] = r[:at+len("syslog card ")]
			}
		}
		if len(rows) >= len(want) {
			slices.Sort(rows)
			if !slices.Equal(rows, want) {
				t.Fatalf("rows %q, want %q", rows, want)
			}
			break
		}
		select {
		case <-change:
		case <-late:
			t.Fatalf("rows %q, want %q", rows, want)
		}
	}
	if before != "1" || strings.Contains(b.logged.String(), pin) || strings.Contains(strings.Join(b.rows, ""), card) {
		t.Error("a code or a card is told")
	}
}
