package callback_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vestibule/agent/callback"
	"vestibule/agent/device"
	"vestibule/agent/device/akuvox"
	"vestibule/agent/health"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
)

const (
	gateMAC = domain.MAC("0C11050B9814")
	hallMAC = domain.MAC("0C11050B9815")
	gateAt  = "10.0.0.5"
	hallAt  = "10.0.0.6"
)

var (
	agent  = domain.AgentID{9}
	gateID = domain.DeviceID{1}
)

// bench listens to a gate and a hall, with a neighbour table and a clock that the test writes.
type bench struct {
	*callback.Callbacks
	t    *testing.T
	view *desired.View
	meta map[string][]byte

	mu     sync.Mutex
	cards  map[string]domain.MAC
	rows   []string
	raised []string
	logged strings.Builder
	change chan struct{}
	now    time.Time
}

func (b *bench) Meta(_ context.Context, name string) ([]byte, error) { return b.meta[name], nil }
func (b *bench) SetMeta(_ context.Context, name string, value []byte) error {
	b.meta[name] = slices.Clone(value)
	return nil
}

func (b *bench) Append(_ context.Context, kind domain.EventKind, body any) error {
	text := fmt.Sprintf("%s %+v", kind, body)
	switch x := body.(type) {
	case domain.DoorBody:
		text = strings.TrimSpace(fmt.Sprintf("%s %s %d %s %s %s", kind, x.Means, x.Relay, x.Result, x.Trust, x.By))
	case domain.AlarmBody:
		text = fmt.Sprintf("%s %s %d %s", kind, x.Alarm, x.Number, x.Trust)
	case domain.ContactBody:
		text = fmt.Sprintf("%s %s %d %v", kind, x.Contact, x.Number, x.On)
	case domain.NoteBody:
		text = fmt.Sprintf("%s %s %s", kind, x.What, x.Detail)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rows = append(b.rows, text)
	close(b.change)
	b.change = make(chan struct{})
	return nil
}

func (b *bench) Raise(_ context.Context, code health.Code, _ health.About, detail string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.raised = append(b.raised, string(code)+" "+detail)
}

func (b *bench) Clear(_ context.Context, code health.Code, _ health.About) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.raised = append(b.raised, "over "+string(code))
}

func (b *bench) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.logged.Write(p)
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bench) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

func (b *bench) neighbour(at netip.Addr) (domain.MAC, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	mac, ok := b.cards[at.String()]
	return mac, ok
}

func newBench(t *testing.T, syslog string) *bench {
	t.Helper()
	b := &bench{t: t, meta: map[string][]byte{}, cards: map[string]domain.MAC{gateAt: gateMAC, hallAt: hallMAC}, change: make(chan struct{}), now: time.Unix(1_800_000_000, 0)}
	group := domain.NetworkGroup{ID: domain.GroupID{7}, Agents: []domain.AgentID{agent}}
	relay := func(n int, ways domain.Methods) domain.Relay {
		return domain.Relay{Number: n, Name: "R", Enabled: true, DTMF: "#", HoldMilli: 1000, Methods: ways}
	}
	gate := domain.Device{
		ID: gateID, Type: domain.DoorPhone, MAC: gateMAC, GroupID: group.ID, Driver: domain.DriverAkuvox,
		Relays: []domain.Relay{relay(1, domain.MethodPIN), relay(2, domain.MethodCard)},
	}
	hall := domain.Device{ID: domain.DeviceID{2}, Type: domain.Monitor, MAC: hallMAC, GroupID: group.ID, Driver: domain.DriverAkuvox}
	b.view = &desired.View{
		Groups: map[domain.GroupID]domain.NetworkGroup{group.ID: group}, Devices: map[domain.DeviceID]domain.Device{gate.ID: gate, hall.ID: hall},
	}
	b.view.Index()
	var err error
	b.Callbacks, err = callback.Listen(t.Context(), b.config(syslog))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) config(syslog string) callback.Config {
	return callback.Config{
		Agent: agent, Listen: "127.0.0.1:0", Syslog: syslog, View: func() *desired.View { return b.view }, Neighbours: b.neighbour,
		Tellers: map[domain.Driver]device.Teller{domain.DriverAkuvox: akuvox.Teller{}}, Shelf: b, Log: b, Conditions: b, Now: b.clock,
		Logger: slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
}

// path is the beginning of the gate's action URLs.
func (b *bench) path() string {
	url := b.Of(b.view.Devices[gateID], netip.MustParseAddr("10.0.0.1")).URL.Reveal()
	return strings.TrimPrefix(url, "http://"+b.Addr().String())
}

// call asks as a source does, and gives the status.
func (b *bench) call(source, method, path string) int {
	r := httptest.NewRequest(method, "http://agent"+path, http.NoBody)
	r.RemoteAddr = source + ":40000"
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	return w.Code
}

func (b *bench) is(rows ...string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if !slices.Equal(b.rows, rows) {
		b.t.Fatalf("rows %q, want %q", b.rows, rows)
	}
}

// A device says who came in and who did not, and what else happens at it; each is a row that says how it is known.
//
// shows EDGE-29 by agent/callback/rows.go: "c.append(ctx, domain.EventDoor, dev, c.door(dev, h))"
// shows EDGE-29 by agent/callback/rows.go: "c.append(ctx, domain.EventAlarm, dev, domain.AlarmBody{DeviceID: dev.ID, Alarm: h.told.Alarm, Number: h.told.Number, Trust: h.trust})"
// shows EDGE-13/R34 by agent/callback/rows.go: "body.Result, body.Reason = domain.ActRefused, domain.ReasonUnknownKey"
func TestCallbacks_WhatADeviceSaysIsARow(t *testing.T) {
	b := newBench(t, "")
	defer b.Close()
	for _, event := range []string{"RelayATriggered", "ValidCodeEntered?user=4711", "InvalidCardEntered", "TamperAlarmTriggered", "BreakInAlarmB", "InputAClosed", "RelayAClosed", "MakeCall"} {
		if code := b.call(gateAt, http.MethodGet, b.path()+event); code != http.StatusOK {
			t.Errorf("%s: %d", event, code)
		}
	}
	b.is("door_log code 1 done device_says user 4711", "door_log card 0 refused device_says", "alarm tamper 0 device_says", "alarm break_in 2 device_says",
		"relay_state input 1 false", "relay_state relay 1 false")
	if _, heard := b.Heard(gateID); !heard {
		t.Error("the gate was not heard")
	}
}

// What the gate itself did not send is not there: no secret, another card, another way, a name that is none. The secret from another card is told
// of, once, and its end too.
//
// shows EDGE-29 by agent/callback/ways.go: "return card, card == dev.MAC" => "return card, true"
// shows EDGE-29 by agent/callback/ways.go: "if !ok || !view.Serves(c.cfg.Agent, dev) {" => "if !ok {"
func TestCallbacks_OnlyTheDeviceItselfIsBelieved(t *testing.T) {
	b := newBench(t, "")
	defer b.Close()
	right := b.path() + "ValidCodeEntered"
	other := strings.TrimPrefix(b.Of(b.view.Devices[domain.DeviceID{2}], netip.Addr{}).URL.Reveal(), "http://"+b.Addr().String())
	for _, c := range []struct{ source, method, path string }{
		{gateAt, "GET", "/c/aaaaaaaaaaaaaaaaaaaaaaaaaa/ValidCodeEntered"},
		{gateAt, "GET", "/c//ValidCodeEntered"},
		{gateAt, "GET", "/"},
		{gateAt, "GET", b.path()},
		{gateAt, "GET", b.path() + "OpenDoor"},
		{gateAt, "GET", right + "/../x"},
		{gateAt, "GET", right + "?user=" + strings.Repeat("x", 600)},
		{gateAt, "GET", b.path() + strings.Repeat("x", 600)},
		{gateAt, "POST", right},
		{gateAt, "PUT", right},
		{gateAt, "GET", strings.ToUpper(right)},
		{hallAt, "GET", right},
		{"10.0.0.77", "GET", right},
		{gateAt, "GET", other + "ValidCodeEntered"},
		{"127.0.0.1", "GET", right},
	} {
		if code := b.call(c.source, c.method, c.path); code != http.StatusNotFound && code != http.StatusMethodNotAllowed {
			t.Errorf("%s %s from %s: %d", c.method, c.path[:min(len(c.path), 60)], c.source, code)
		}
	}
	b.is("security callback_forged from "+hallAt+", MAC 0C:11:05:0B:98:15", "security callback_forged from "+gateAt+", MAC 0C:11:05:0B:98:14")
	if code := b.call(gateAt, http.MethodGet, right); code != http.StatusOK {
		t.Fatal(code)
	}
	if len(b.raised) != 3 || b.raised[2] != "over callback_forged" {
		t.Errorf("%q", b.raised)
	}
	dev := b.view.Devices[gateID]
	b.view.Groups[dev.GroupID] = domain.NetworkGroup{ID: dev.GroupID, Agents: []domain.AgentID{{8}}}
	if code := b.call(gateAt, http.MethodGet, right); code != http.StatusNotFound {
		t.Errorf("a device of another agent: %d", code)
	}
}

// A code stands in no row, no log and no condition, whoever puts it where. A card is a fingerprint that names it and does not tell it.
//
// shows EDGE-29 by agent/callback/rows.go: "body.By = \"card \" + c.fingerprint(h.told.Card)" => "body.By = h.told.Card.Reveal()"
func TestCallbacks_NoCodeIsKept(t *testing.T) {
	const pin, card = "73914682", "0A1B2C3D"
	b := newBench(t, "127.0.0.1:0")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	b.mu.Lock()
	b.cards["127.0.0.1"] = gateMAC // datagrams come from here
	b.mu.Unlock()
	for _, path := range []string{"ValidCodeEntered?code=" + pin, "InvalidCodeEntered?user=" + pin, "Valid" + pin, "InvalidCardEntered?card_sn=" + card} {
		b.call(gateAt, http.MethodGet, b.path()+path)
	}
	conn, err := net.Dial("udp4", b.SyslogAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, line := range []string{"<134>Nov 29 07:00:00 R29 phone 1: OPENDOOR_LOG:Type:RF Name:Eva KeyCode:" + card + " Relay:2 Status:Successful", "OPENDOOR_LOG:Type:PrivatePIN KeyCode:" + pin + " Relay:1 Status:Failed"} {
		if _, err := conn.Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	byCard := func() bool {
		return slices.ContainsFunc(b.rows, func(r string) bool { return strings.HasPrefix(r, "door_log card 2 done syslog card ") })
	}
	for late := time.After(time.Minute); ; {
		b.pass(time.Second)
		b.call(gateAt, http.MethodGet, b.path()+"MakeCall") // wakes it: the clock is the test's
		b.mu.Lock()
		done := byCard()
		b.mu.Unlock()
		if done {
			break
		}
		select {
		case <-late:
			t.Fatalf("rows %q", b.rows)
		case <-time.After(20 * time.Millisecond):
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	all := strings.Join(b.rows, "\n") + strings.Join(b.raised, "\n") + b.logged.String()
	for _, secret := range []string{pin, card, strings.Split(b.path(), "/")[2]} {
		if strings.Contains(all, secret) {
			t.Errorf("%q stands in %s", secret, all)
		}
	}
}

// A source is taken so much of, and somebody who tries codes is told of until it is quiet.
//
// shows EDGE-29 by agent/callback/ways.go: "case !c.calls.Takes(source, c.cfg.Now()):" => "case false:"
// shows EDGE-29 by agent/callback/rows.go: "c.tries[dev.ID] = append(c.tries[dev.ID], at)"
func TestCallbacks_AFloodIsBoundedAndGuessingIsTold(t *testing.T) {
	b := newBench(t, "")
	defer b.Close()
	for range 5 {
		b.call(gateAt, http.MethodGet, b.path()+"InvalidCodeEntered")
		b.pass(2 * time.Second)
	}
	if !slices.Equal(b.raised, []string{"keys_guessed 5 in 8s"}) {
		t.Errorf("%q", b.raised)
	}
	refused := 0
	for range 500 {
		if b.call(gateAt, http.MethodGet, b.path()+"InvalidCodeEntered") == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused < 350 || b.call(hallAt, http.MethodGet, "/") != http.StatusNotFound {
		t.Errorf("%d of 500 were refused", refused)
	}
	b.pass(time.Minute)
	if code := b.call(gateAt, http.MethodGet, b.path()+"MakeCall"); code != http.StatusOK {
		t.Errorf("a minute later: %d", code)
	}
}

// The secret of a device stays over a restart, is no other device's, and is another one once other hardware hangs in its place.
//
// shows EDGE-29 by agent/callback/secrets.go: "if copy(c.key[:], stored) == len(c.key) {" => "if false {"
func TestOf_ASecretIsOneDevices(t *testing.T) {
	b := newBench(t, "0.0.0.0:0")
	at := netip.MustParseAddr("10.0.0.1")
	gate, hall := b.view.Devices[gateID], b.view.Devices[domain.DeviceID{2}]
	first := b.Of(gate, at)
	if host, _, err := net.SplitHostPort(first.Syslog); err != nil || host != "10.0.0.1" {
		t.Errorf("syslog at %q", first.Syslog)
	}
	swapped := gate
	swapped.MAC = "0C11050B9899"
	byHand := gate
	byHand.Driver = domain.DriverManual
	if b.Of(hall, at).URL == first.URL || b.Of(swapped, at).URL == first.URL || b.Of(byHand, at) != (device.Callbacks{}) {
		t.Error("two devices share a secret, or one that says nothing has one")
	}
	path := b.path()
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := callback.Listen(t.Context(), b.config(""))
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	b.Callbacks = again
	if b.path() != path {
		t.Error("a restart changes the secret")
	}
}
