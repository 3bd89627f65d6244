package webrelay_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"vestibule/agent/device"
	"vestibule/agent/device/devicetest"
	"vestibule/agent/device/web"
	"vestibule/agent/device/webrelay"
	"vestibule/agent/relay"
	"vestibule/agent/relay/devicerelay"
	"vestibule/agent/relay/relaytest"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
	"vestibule/shared/sim/digestauth"
)

const (
	mac      = domain.MAC("A8032ABE54DC")
	password = "planted-password"
)

// board speaks the RPC of Shelly's second generation, written from its public reference: digest with SHA-256, Switch.Set with toggle_after.
type board struct {
	*relaytest.Bench
	server *httptest.Server
	guard  *digestauth.Guard

	mu    sync.Mutex
	fault relaytest.Fault
	asked []string
	wait  chan struct{} // closed at the end: nobody is answered before
	away  string        // where it sends those who ask
}

func newBoard(t *testing.T) *board {
	b := &board{Bench: relaytest.NewBench(), guard: digestauth.NewGuard("shellyplus2pm", "SHA-256"), wait: make(chan struct{})}
	b.server = httptest.NewServer(b)
	t.Cleanup(b.server.Close)
	t.Cleanup(func() { close(b.wait) })
	return b
}

func (b *board) addr() netip.AddrPort {
	return netip.MustParseAddrPort(strings.TrimPrefix(b.server.URL, "http://"))
}

func (b *board) Break(f relaytest.Fault) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fault = f
}

func (b *board) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secrets := func(user string) (string, bool) { return password, user == "admin" }
	if r.URL.Path == "/" {
		_, _ = io.WriteString(w, "a page")
		return
	}
	if v := b.guard.Check(r.Header.Get("Authorization"), digestauth.Request{Method: r.Method, URI: r.RequestURI}, secrets); v != digestauth.Granted {
		w.Header().Set("WWW-Authenticate", b.guard.Challenge(v == digestauth.Stale))
		http.Error(w, "", http.StatusUnauthorized)
		return
	}
	b.mu.Lock()
	fault, away := b.fault, b.away
	b.asked = append(b.asked, r.RequestURI)
	b.mu.Unlock()
	id, err := strconv.Atoi(r.URL.Query().Get("id"))
	after, _ := strconv.ParseFloat(r.URL.Query().Get("toggle_after"), 64)
	switch {
	case away != "":
		http.Redirect(w, r, away, http.StatusFound)
		return
	case fault == relaytest.Refuse || err != nil || id > 1:
		http.Error(w, `{"code":-105,"message":"Argument 'id' not found!"}`, http.StatusNotFound)
		return
	}
	_ = relaytest.Timed{Bench: b.Bench}.Pulse(context.Background(), relay.Channel{Number: id + 1}, time.Duration(after*float64(time.Second)))
	if fault == relaytest.Swallow {
		<-b.wait
		return
	}
	_, _ = io.WriteString(w, `{"was_on":false}`)
}

// driver gives a driver of a board whose card the neighbour table knows.
func driver(b *board, lines ...domain.AutoPLine) *webrelay.Board {
	d := webrelay.New(webrelay.Options{
		Web:        web.Options{Gap: -1, Connect: time.Second, Answer: 5 * time.Second, Trigger: 2 * time.Second},
		Neighbours: func(netip.Addr) (domain.MAC, bool) { return mac, true },
	})
	d.Use(device.Access{Addr: b.addr(), User: "admin", Password: secret.New(password)})
	_ = d.Configure(context.Background(), device.Wanted{Lines: lines})
	return d
}

type known struct{ driver device.Driver }

func (k known) Known(context.Context, domain.DeviceID) (device.Driver, error) { return k.driver, nil }

// faulty is a board that is away when it is broken so.
type faulty struct {
	*board
	driver *webrelay.Board
}

func (f faulty) Break(fault relaytest.Fault) {
	at := f.addr()
	if fault == relaytest.Down {
		at = netip.MustParseAddrPort("127.0.0.1:1")
	}
	f.driver.Use(device.Access{Addr: at, User: "admin", Password: secret.New(password)})
	f.board.Break(fault)
}

// shows EDGE-15/R38 by agent/device/webrelay/board.go: "answer, err := b.client.Do(ctx, web.Call{Op: op, Method: http.MethodGet, Path: path, Urgent: true})" => "answer, err := web.Answer{Status: 200}, ctx.Err()"
func TestBoard_KeepsTheContractOfRelays(t *testing.T) {
	relaytest.Timers(t, relay.Channel{Number: 2}, func(t *testing.T) (relay.Timer, relaytest.Peer) {
		b := newBoard(t)
		d := driver(b)
		return devicerelay.New(known{d}, domain.DeviceID{1}), faulty{b, d}
	})
}

// A board of another kind is asked what its lines say, on the board itself and nowhere else: no way elsewhere is gone, and no login stands in what is
// asked or told.
//
// shows EDGE-15/R38 by agent/device/webrelay/requests.go: "if telling.MatchString(name) {" => "if false {"
// shows EDGE-15/R38 by agent/device/webrelay/board.go: "case answer.Status < 200 || answer.Status > 299: // a way elsewhere is not gone" => "case false:"
func TestBoard_AsksWhatItsLinesSayAndNothingElse(t *testing.T) {
	b := newBoard(t)
	var log strings.Builder
	logger := slog.New(slog.NewTextHandler(&log, nil))
	d := driver(b, domain.AutoPLine{Key: "relay1.pulse", Value: "/out?id={index}&n={relay}&toggle_after={seconds}&ms={ms}"})
	if err := d.Trigger(t.Context(), 1, 2500*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if err := d.Trigger(t.Context(), 2, 3*time.Second); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(b.asked, []string{"/out?id=0&n=1&toggle_after=2.5&ms=2500", "/rpc/Switch.Set?id=1&on=true&toggle_after=3"}) {
		t.Fatalf("%q", b.asked)
	}
	if err := d.Trigger(t.Context(), 1, 0); device.KindOf(err) != device.Refused || len(b.asked) != 2 {
		t.Errorf("a board that cannot stay: %v", err)
	}
	elsewhere := newBoard(t)
	b.away = elsewhere.server.URL + "/rpc/Switch.Set?id=0"
	err := d.Trigger(t.Context(), 2, time.Second)
	if device.KindOf(err) != device.Refused || len(elsewhere.asked) != 0 {
		t.Errorf("a way elsewhere: %v, %q", err, elsewhere.asked)
	}
	logger.Info("trigger", "err", err)
	d.Use(device.Access{Addr: b.addr(), User: "admin", Password: secret.New("wrong-" + password)})
	err = d.Trigger(t.Context(), 2, time.Second)
	logger.Info("trigger", "err", err)
	if device.KindOf(err) != device.Unauthorised || strings.Contains(log.String(), password) || strings.Contains(strings.Join(b.asked, ""), password) {
		t.Errorf("%v, log %s", err, log.String())
	}
	bad := map[string]string{
		"relay5.pulse": "/x", "relay1.off": "/x", "relay1.pulse": "http://10.0.0.9/x", "relay2.pulse": "//10.0.0.9/x", "relay3.pulse": "/x?password=1", "relay4.pulse": "/x?id=1&Token=2",
		"relay1.on": "/a b", "relay2.on": "/x@y", "relay3.on": "/" + strings.Repeat("x", 300), "relay4.on": "x",
	}
	var lines []domain.AutoPLine
	for key, value := range bad {
		lines = append(lines, domain.AutoPLine{Key: key, Value: value})
	}
	is, err := d.ReadBack(t.Context(), device.Wanted{Lines: append(lines, domain.AutoPLine{})})
	if err != nil || len(is.Refused) != len(bad) {
		t.Errorf("refused %q of %d, %v", is.Refused, len(bad), err)
	}
}

// Who a board is says its card. One whose card nobody knows is nobody, and before anybody has said what to ask nothing is asked.
//
// shows EDGE-15/R38 by agent/device/webrelay/board.go: "return device.Identity{MAC: card, Model: \"web relay\"}, nil" => "return device.Identity{}, nil"
// shows EDGE-15/R38 by agent/device/webrelay/requests.go: "if wants == nil || relay < 1 || relay > domain.MaxRelays {" => "if false {"
func TestBoard_IsItsCard(t *testing.T) {
	b := newBoard(t)
	devicetest.Abilities(t, domain.DriverWebRelay, driver(b))
	who, err := driver(b).Identify(t.Context())
	if err != nil || who.MAC != mac {
		t.Fatalf("%+v %v", who, err)
	}
	stranger := webrelay.New(webrelay.Options{Web: web.Options{Gap: -1}, Neighbours: func(netip.Addr) (domain.MAC, bool) { return "", false }})
	stranger.Use(device.Access{Addr: b.addr()})
	if _, err := stranger.Identify(t.Context()); device.KindOf(err) != device.Garbled {
		t.Error(err)
	}
	if err := stranger.Trigger(t.Context(), 1, time.Second); device.KindOf(err) != device.Refused || len(b.asked) != 0 {
		t.Errorf("%v, asked %q", err, b.asked)
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	stranger.Use(device.Access{Addr: netip.MustParseAddrPort(l.Addr().String())})
	_ = l.Close()
	if _, err := stranger.Identify(t.Context()); device.KindOf(err) != device.Unreachable {
		t.Error(err)
	}
}
