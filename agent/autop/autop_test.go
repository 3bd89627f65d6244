package autop_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"vestibule/agent/autop"
	"vestibule/agent/device"
	"vestibule/agent/health"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

const (
	gateMAC  = domain.MAC("0C11050B9814")
	hallMAC  = domain.MAC("0C11050B9815")
	password = "planted-sip-password"
)

var agent = domain.AgentID{9}

// bench is a server with a document of two devices and a neighbour table that the test writes.
type bench struct {
	*autop.Server
	mu     sync.Mutex
	cards  map[string]domain.MAC
	view   *desired.View
	now    time.Time
	meta   map[string][]byte
	full   bool // the disk
	raised []string
	rows   []string
	logged strings.Builder
}

func (b *bench) Meta(_ context.Context, name string) ([]byte, error) { return b.meta[name], nil }

func (b *bench) SetMeta(_ context.Context, name string, value []byte) error {
	if b.full {
		return errors.New("no space")
	}
	b.meta[name] = value
	return nil
}

func (b *bench) Append(_ context.Context, _ domain.EventKind, body any) error {
	note := body.(domain.NoteBody)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rows = append(b.rows, note.What)
	return nil
}

func (b *bench) Raise(_ context.Context, code health.Code, about health.About, detail string) {
	b.raised = append(b.raised, fmt.Sprintf("%s %v %s", code, about.Device == domain.DeviceID{1}, detail))
}

func (b *bench) Clear(context.Context, health.Code, health.About) {}

func (b *bench) neighbour(at netip.Addr) (domain.MAC, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	mac, ok := b.cards[at.String()]
	return mac, ok
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{now: time.Unix(1_800_000_000, 0), meta: map[string][]byte{}, cards: map[string]domain.MAC{"10.0.0.5": gateMAC, "10.0.0.6": hallMAC}}
	group := domain.NetworkGroup{ID: domain.GroupID{7}, Agents: []domain.AgentID{agent}}
	gate := domain.Device{
		ID: domain.DeviceID{1}, Type: domain.DoorPhone, MAC: gateMAC, Name: "Main gate\r\nConfig.Evil = 1", GroupID: group.ID, Driver: domain.DriverAkuvox, SIPUser: "4711000001", DTMF: domain.DTMFInfo,
		Relays: []domain.Relay{{Number: 1, Name: "Gate", Enabled: true, DTMF: "#", HoldMilli: 2500}},
	}
	hall := domain.Device{ID: domain.DeviceID{2}, Type: domain.Monitor, MAC: hallMAC, Name: "Hall", GroupID: group.ID, Driver: domain.DriverManual, SIPUser: "4711000002"}
	until := b.now.Add(time.Hour).UnixMilli()
	b.view = &desired.View{
		Groups: map[domain.GroupID]domain.NetworkGroup{group.ID: group}, Devices: map[domain.DeviceID]domain.Device{gate.ID: gate, hall.ID: hall},
		Credentials: map[domain.DeviceID]domain.Credential{
			gate.ID: {DeviceID: gate.ID, SIPPassword: secret.New(password), APIUser: "api", APIPassword: secret.New("planted-api-password"), PairUntil: until},
			hall.ID: {DeviceID: hall.ID, SIPPassword: secret.New(password + "-2"), PairUntil: until},
		},
		AutoP: map[domain.DeviceID]domain.AutoP{
			gate.ID: {DeviceID: gate.ID, Revision: 1, Text: secret.New("Config.Settings.SNTP.Interval=600\nConfig.Settings.WEB_LOGIN.Password=planted-line\nConfig.X.URL=http://u:planted-line@10.0.0.1/")},
		},
	}
	b.view.Index()
	b.open(t)
	return b
}

// open starts the server, as after a restart of the agent.
func (b *bench) open(t *testing.T) {
	t.Helper()
	var err error
	b.Server, err = autop.Listen(t.Context(), autop.Config{
		Agent: agent, Listen: "127.0.0.1:0", View: func() *desired.View { return b.view },
		Registrar:  func(netip.Addr) (netip.AddrPort, bool) { return netip.MustParseAddrPort("10.0.0.1:5060"), true },
		Neighbours: b.neighbour, Identity: func(domain.DeviceID) device.Identity { return device.Identity{Model: "R29", Firmware: "29.30.10.205"} },
		Shelf: b, Log: b, Conditions: b, Now: func() time.Time { return b.now }, Sure: func() bool { return true },
		Logger: slog.New(slog.NewTextHandler(&b.logged, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
}

// fetch asks as a source does.
func (b *bench) fetch(source, method, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://agent"+path, http.NoBody)
	r.RemoteAddr = source + ":40000"
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	return w
}

const gateFile = "/0C11050B9814.cfg"

// A secret leaves once, while the window is open, to the device's own card; a second fetch in the window is told and gets none. A restart changes
// nothing of that, and a disk that cannot remember keeps the secret in.
//
// shows EDGE-21 by agent/autop/gate.go: "if g.served[id] == until {" => "if false {"
// shows EDGE-21 by agent/autop/gate.go: "if until <= now.UnixMilli() {" => "if false {"
// shows EDGE-21 by agent/autop/server.go: "if err != nil || asked != mac || len(name) != 12 {" => "if err != nil || len(name) != 12 {"
func TestFiles_GiveTheirSecretsOnce(t *testing.T) {
	b := newBench(t)
	secretIn := func(w *httptest.ResponseRecorder) bool { return strings.Contains(w.Body.String(), "planted") }
	for _, source := range []string{"10.0.0.6", "10.0.0.7", "127.0.0.1"} { // another device, a card nobody knows, no card
		if w := b.fetch(source, http.MethodGet, gateFile); w.Code != http.StatusNotFound || secretIn(w) {
			t.Errorf("from %s: %d %s", source, w.Code, w.Body)
		}
	}
	b.full = true
	if w := b.fetch("10.0.0.5", http.MethodGet, gateFile); w.Code != http.StatusOK || secretIn(w) {
		t.Errorf("with a full disk: %d, secret %v", w.Code, secretIn(w))
	}
	b.full = false
	first := b.fetch("10.0.0.5", http.MethodGet, strings.ToLower(gateFile))
	for _, line := range []string{
		"Config.Account1.GENERAL.Pwd = " + password, "Config.Account1.SIP.Server = 10.0.0.1", "Config.DoorSetting.APIFCGI.Password = planted-api-password",
		"Config.Autoprovision.GENERAL.UserName = 4711000001", "Config.DoorSetting.DTMF.Code1 = #", "Config.DoorSetting.RELAY.RelayADelay = 3", "Config.Settings.SNTP.Interval=600", "Config.Settings.WEB_LOGIN.Password=planted-line",
	} {
		if !strings.Contains(first.Body.String(), line+"\n") {
			t.Errorf("%q is missing in\n%s", line, first.Body)
		}
	}
	if strings.Contains(first.Body.String(), "\nConfig.Evil") {
		t.Error("a name became a line")
	}
	if w := b.fetch("10.0.0.5", http.MethodGet, gateFile, "If-None-Match", first.Header().Get("ETag")); w.Code != http.StatusNotModified || len(b.raised) != 0 {
		t.Errorf("an unchanged file: %d, %v", w.Code, b.raised)
	}
	_ = b.Close()
	b.open(t)
	second := b.fetch("10.0.0.5", http.MethodGet, gateFile)
	if secretIn(second) || !strings.Contains(second.Body.String(), "Config.Account1.SIP.Server") || fmt.Sprint(b.raised) != "[file_fetched_again true 10.0.0.5]" {
		t.Errorf("a second fetch: secret %v, raised %v", secretIn(second), b.raised)
	}
	b.fetch("10.0.0.5", http.MethodGet, gateFile)
	if fmt.Sprint(b.rows) != "[file_served file_fetched_again]" {
		t.Errorf("written down: %v", b.rows)
	}
	b.now = b.now.Add(2 * time.Hour)
	raised := len(b.raised)
	if w := b.fetch("10.0.0.6", http.MethodGet, "/"+string(hallMAC)+".cfg"); w.Code != http.StatusOK || secretIn(w) || len(b.raised) != raised {
		t.Errorf("after the window: %d, secret %v, raised %v", w.Code, secretIn(w), b.raised)
	}
	if strings.Contains(b.logged.String(), "planted") {
		t.Error("a secret stands in the log")
	}
}

// shows EDGE-21 by agent/autop/server.go: "case r.Method != http.MethodGet && r.Method != http.MethodHead:" => "case false:"
// shows EDGE-21 by agent/autop/server.go: "case !s.limit.Takes(source, now):" => "case false:"
func TestFiles_RefuseWhatIsNone(t *testing.T) {
	b := newBench(t)
	for _, path := range []string{
		"/", "/../../etc/passwd", "/..%2f..%2fetc/passwd", "/0C11050B9814.cfg/x", "/x/0C11050B9814.cfg", "/0C11050B98140.cfg", "/0C-11-05-0B-98-14.cfg", "/0C11050B9814",
		"/r000000000916.cfg", "/r29.cfg", "/" + strings.Repeat("A", 5000) + ".cfg", "/%00.cfg",
	} {
		if w := b.fetch("10.0.0.5", http.MethodGet, path); w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), "planted") {
			t.Errorf("%.60s: %d", path, w.Code)
		}
	}
	if w := b.fetch("10.0.0.5", http.MethodGet, "/r000000000029.cfg"); w.Code != http.StatusOK {
		t.Errorf("the file of its model: %d", w.Code)
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, "PROPFIND"} {
		if w := b.fetch("10.0.0.5", method, gateFile); w.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
	refused := 0
	for range 100 {
		if b.fetch("10.0.0.8", http.MethodGet, gateFile).Code == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused != 40 || b.fetch("10.0.0.6", http.MethodGet, "/"+string(hallMAC)+".cfg").Code != http.StatusOK {
		t.Errorf("%d of 100 fetches of one source were refused", refused)
	}
}

// Slow clients of one source hold only their own places, and huge headers are refused before they are read.
//
// shows EDGE-21 by agent/crowd/crowd.go: "full := d.all >= mostConns || d.from[source] >= connsOfOne" => "full := false"
func TestFiles_BearSlowAndHugeClients(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	dial := func() net.Conn {
		conn, err := net.Dial("tcp4", b.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	for range 4 {
		_, _ = io.WriteString(dial(), "GET /slow")
	}
	fifth := dial()
	_ = fifth.SetReadDeadline(time.Now().Add(20 * time.Second))
	if n, err := fifth.Read(make([]byte, 1)); n != 0 || errors.Is(err, context.DeadlineExceeded) || isTimeout(err) {
		t.Errorf("a fifth connection of one source is kept: %v", err)
	}
}

func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

// shows EDGE-21 by agent/autop/server.go: "MaxHeaderBytes: 8 << 10, ErrorLog:" => "ErrorLog:"
func TestFiles_OverTLSWithSmallHeaders(t *testing.T) {
	b := newBench(t)
	_ = b.Close()
	cert := httptest.NewTLSServer(http.NotFoundHandler())
	defer cert.Close()
	s, err := autop.Listen(t.Context(), autop.Config{
		Agent: agent, Listen: "127.0.0.1:0", Secure: "127.0.0.1:0", Certificate: cert.TLS.Certificates[0], View: func() *desired.View { return b.view },
		Registrar:  func(netip.Addr) (netip.AddrPort, bool) { return netip.MustParseAddrPort("10.0.0.1:5060"), true },
		Neighbours: func(netip.Addr) (domain.MAC, bool) { return gateMAC, true }, Identity: func(domain.DeviceID) device.Identity { return device.Identity{} },
		Shelf: b, Log: b, Conditions: b, Now: func() time.Time { return b.now }, Sure: func() bool { return false }, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	defer func() { cancel(); <-ended }()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}} //nolint:gosec // as devices do
	get := func(header string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+s.SecureAddr().String()+gateFile, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Pad", header)
		resp, err := client.Do(req)
		if err != nil {
			return 0, err.Error()
		}
		defer resp.Body.Close()
		raw, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(raw)
	}
	// Without a sure clock no window is open.
	if code, text := get(""); code != http.StatusOK || !strings.Contains(text, "Config.Account1") || strings.Contains(text, "planted") {
		t.Errorf("over TLS: %d %s", code, text)
	}
	if code, text := get(strings.Repeat("x", 100<<10)); code == http.StatusOK {
		t.Errorf("a huge header: %d %s", code, text)
	}
}
