package lanapi

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"vestibule/agent/door"
	"vestibule/agent/health"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
	"vestibule/shared/wire"
)

// rig is an agent's page with a clock that the test moves.
type rig struct {
	t       *testing.T
	page    *Page
	now     time.Time
	folder  string
	claimed bool
	claims  []Claim
	refuse  error
	shown   []string
	asks    []door.Ask
	outcome door.Outcome
	notes   []domain.NoteBody
	health  *health.Conditions
	view    *desired.View
	gate    domain.DeviceID
	cookies []*http.Cookie
	mu      sync.Mutex
}

func (r *rig) Now() time.Time { return r.now }
func (r *rig) Claimed() bool  { return r.claimed }
func (r *rig) Claim(_ context.Context, c Claim) error {
	r.claims = append(r.claims, c)
	r.claimed = r.refuse == nil
	return r.refuse
}

func (r *rig) Open(_ context.Context, a door.Ask) door.Outcome {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asks = append(r.asks, a)
	return r.outcome
}

func (r *rig) Append(_ context.Context, kind domain.EventKind, body any) error {
	if n, ok := body.(domain.NoteBody); ok && kind == domain.EventSecurity {
		r.notes = append(r.notes, n)
	}
	return nil
}

const hostile = `<script>alert("x")</script>`

func newRig(t *testing.T, claimed bool) *rig {
	agent, group := domain.AgentID{1}, domain.GroupID{2}
	r := &rig{t: t, now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), folder: t.TempDir(), claimed: claimed, gate: domain.DeviceID{3}, outcome: door.Outcome{Result: domain.ActDone, Took: 12 * time.Millisecond}}
	logger := slog.New(slog.DiscardHandler)
	r.health = health.New(nil, r, logger)
	r.view = &desired.View{
		Version: 7, Site: domain.Site{Name: "Elm Street", TimeZone: "Europe/Berlin"},
		Groups: map[domain.GroupID]domain.NetworkGroup{group: {ID: group, Agents: []domain.AgentID{agent}}},
		Devices: map[domain.DeviceID]domain.Device{
			r.gate:               {ID: r.gate, Type: domain.DoorPhone, Name: "Gate " + hostile, MAC: "0C1105000001", GroupID: group, Relays: []domain.Relay{{Number: 1, Name: "Strike", Enabled: true}, {Number: 2, Name: "Switched off"}}},
			(domain.DeviceID{4}): {ID: domain.DeviceID{4}, Name: "Foreign", GroupID: domain.GroupID{9}},
		},
	}
	k := Knowledge{
		Agent: agent, View: func() *desired.View { return r.view }, Link: func() Link { return Link{Cloud: "cloud.example:8883", Word: "no_route", Since: r.now.Add(-time.Hour)} },
		Devices: func() []wire.DeviceReport {
			return []wire.DeviceReport{{DeviceID: r.gate, State: wire.ReceiptApplied, Version: 7, Online: true, Address: "10.0.0.5:80", Model: hostile}}
		},
		Calls: func(context.Context) ([]Call, error) {
			return []Call{{At: r.now, Body: domain.CallBody{CallerID: r.gate, Dialled: "101", End: domain.EndNoAnswer}}}, nil
		},
		Doors: r, Log: r,
		Verify: func(context.Context) (string, error) { return "audit: row 7 is missing.", nil },
	}
	page, err := Listen(Config{
		Listen: "127.0.0.1:0", Data: r.folder, Version: "0.1.0", Claimer: r, Knowledge: func() (Knowledge, bool) { return k, r.claimed }, Conditions: r.health, Metrics: numbers,
		ShowPIN: func(pin secret.String) { r.shown = append(r.shown, pin.Reveal()) }, Clock: r, Logger: logger,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { page.listener.Close() })
	r.page = page
	return r
}

// do sends a request as a browser on the same page does; form nil means GET.
func (r *rig) do(method, path string, form url.Values, change ...func(*http.Request)) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, "https://10.0.0.2:8081"+path, strings.NewReader(form.Encode()))
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.RemoteAddr = "10.0.0.77:40000"
	for _, c := range r.cookies {
		req.AddCookie(c)
	}
	for _, f := range change {
		f(req)
	}
	w := httptest.NewRecorder()
	r.page.handler.ServeHTTP(w, req)
	return w
}

func (r *rig) signIn() {
	r.t.Helper()
	if _, err := r.page.EnsurePIN(); err != nil {
		r.t.Fatal(err)
	}
	w := r.do("POST", "/pin", url.Values{"pin": {r.page.secretPIN().Reveal()}})
	if w.Code != http.StatusSeeOther {
		r.t.Fatalf("sign-in: %d %s", w.Code, w.Body)
	}
	r.cookies = w.Result().Cookies()
}

func public(pattern string) bool {
	for _, p := range PublicRoutes() {
		if p == pattern {
			return true
		}
	}
	return false
}

// numbers stand for those of an agent.
var numbers = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("of Elm Street")) })
