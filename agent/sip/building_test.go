package sip

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vestibule/agent/media"
	"vestibule/agent/sip/sipstate"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

// memory is the agent's store and log for these tests. It outlives a server, as a disk does.
type memory struct {
	mu       sync.Mutex
	bindings map[domain.DeviceID]sipstate.Binding
	legs     map[string]sipstate.Leg
	events   []event
	changed  chan struct{}
}

type event struct {
	kind domain.EventKind
	body any
}

func newMemory() *memory {
	return &memory{bindings: map[domain.DeviceID]sipstate.Binding{}, legs: map[string]sipstate.Leg{}, changed: make(chan struct{})}
}

func (m *memory) change(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
	close(m.changed)
	m.changed = make(chan struct{})
}

func (m *memory) PutBinding(_ context.Context, b sipstate.Binding) error {
	m.change(func() { m.bindings[b.DeviceID] = b })
	return nil
}

func (m *memory) Bindings(context.Context) ([]sipstate.Binding, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []sipstate.Binding
	for _, b := range m.bindings {
		out = append(out, b)
	}
	return out, nil
}

func (m *memory) DeleteBinding(_ context.Context, id domain.DeviceID) error {
	m.change(func() { delete(m.bindings, id) })
	return nil
}

func (m *memory) PutLeg(l sipstate.Leg) error {
	m.change(func() { m.legs[l.SIPCallID] = l })
	return nil
}

func (m *memory) Legs() ([]sipstate.Leg, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []sipstate.Leg
	for _, l := range m.legs {
		out = append(out, l)
	}
	return out, nil
}

func (m *memory) DeleteLeg(id string) error {
	m.change(func() { delete(m.legs, id) })
	return nil
}

func (m *memory) Append(_ context.Context, kind domain.EventKind, body any) error {
	m.change(func() { m.events = append(m.events, event{kind, body}) })
	return nil
}

// until waits for a condition on the memory.
func (m *memory) until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(patience)
	for {
		m.mu.Lock()
		ok, changed := holds(), m.changed
		m.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("%s: did not happen", what)
		}
	}
}

// call waits for the n-th event of a finished call.
func (m *memory) call(t *testing.T, n int) domain.CallBody {
	t.Helper()
	var list []domain.CallBody
	m.until(t, fmt.Sprintf("event of call %d", n), func() bool {
		list = nil
		for _, e := range m.events {
			if e.kind == domain.EventCall {
				list = append(list, e.body.(domain.CallBody))
			}
		}
		return len(list) >= n
	})
	return list[n-1]
}

func (m *memory) notes(what string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.noted(what)
}

// noted is called with mu held.
func (m *memory) noted(what string) int {
	n := 0
	for _, e := range m.events {
		if note, ok := e.body.(domain.NoteBody); ok && e.kind == domain.EventSecurity && note.What == what {
			n++
		}
	}
	return n
}

// untilNoted waits for security events; they are written after the answer.
func (m *memory) untilNoted(t *testing.T, what string, n int) {
	t.Helper()
	m.until(t, what+" noted", func() bool { return m.noted(what) >= n })
}

// doors counts what was asked to open.
type doors struct {
	mu   sync.Mutex
	asks []Ask
	done chan Ask
}

func (d *doors) Open(_ context.Context, ask Ask) Outcome {
	d.mu.Lock()
	d.asks = append(d.asks, ask)
	d.mu.Unlock()
	d.done <- ask
	return Outcome{Result: domain.ActDone, Took: time.Millisecond}
}

func (d *doors) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.asks)
}

func (d *doors) wait(t *testing.T) Ask {
	t.Helper()
	select {
	case ask := <-d.done:
		return ask
	case <-time.After(patience):
		t.Fatal("no door was asked for")
		return Ask{}
	}
}

// house is a building with an agent, a door phone and the monitors of apartment 101.
type house struct {
	t       *testing.T
	agent   domain.AgentID
	view    *desired.View
	shown   atomic.Pointer[desired.View]
	mem     *memory
	doors   *doors
	media   *media.Pool
	server  *Server
	serves  atomic.Pointer[Server] // the same, for who does not wait for start
	stop    func()
	macs    sync.Map                       // netip.Addr → domain.MAC
	address atomic.Pointer[netip.AddrPort] // where discovery sees every device
	door    domain.Device
	mons    []domain.Device
	cfg     func(*Config)
	made    func(*Server)
	started bool
}

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func put(t *testing.T, d *desired.Document, section desired.Section, key desired.Key, body any) {
	t.Helper()
	raw, err := desired.Encode(body)
	if err != nil {
		t.Fatal(err)
	}
	d.Put(section, key, raw)
}

// newHouse describes a building with n monitors in 101; dtmf is how they send keys.
func newHouse(t *testing.T, n int, dtmf domain.DTMFMethod) *house {
	t.Helper()
	h := &house{t: t, agent: domain.NewID[domain.AgentID](epoch), mem: newMemory(), doors: &doors{done: make(chan Ask, 16)}, media: media.NewPool(media.Config{First: 21000, Last: 21999})}
	doc := desired.New()
	site := domain.Site{ID: domain.NewID[domain.SiteID](epoch), Name: "House", TimeZone: "Europe/Berlin"}
	put(t, doc, desired.SectionSite, desired.Key(site.ID), site)
	group := domain.NetworkGroup{ID: domain.NewID[domain.GroupID](epoch), Name: "Network 1", Agents: []domain.AgentID{h.agent}}
	put(t, doc, desired.SectionGroups, desired.Key(group.ID), group)
	building := domain.Building{ID: domain.NewID[domain.BuildingID](epoch), Name: "A"}
	put(t, doc, desired.SectionBuildings, desired.Key(building.ID), building)
	flat := domain.Apartment{ID: domain.NewID[domain.ApartmentID](epoch), BuildingID: building.ID, Number: "101", Contact: domain.GroupCall, Path: domain.CallByIP}
	put(t, doc, desired.SectionApartments, desired.Key(flat.ID), flat)
	empty := domain.Apartment{ID: domain.NewID[domain.ApartmentID](epoch), BuildingID: building.ID, Number: "102", Contact: domain.GroupCall, Path: domain.CallByIP}
	put(t, doc, desired.SectionApartments, desired.Key(empty.ID), empty)
	add := func(d domain.Device, i int) domain.Device {
		d.ID, d.GroupID, d.BuildingID, d.Driver = domain.NewID[domain.DeviceID](epoch), group.ID, building.ID, domain.DriverManual
		d.MAC, d.SIPUser = domain.MAC(fmt.Sprintf("0C110500%04X", i)), fmt.Sprintf("59261%05d", i)
		put(t, doc, desired.SectionDevices, desired.Key(d.ID), d)
		put(t, doc, desired.SectionCredentials, desired.Key(d.ID), domain.Credential{DeviceID: d.ID, SIPPassword: secret.New("pw-" + d.SIPUser)})
		return d
	}
	h.door = add(domain.Device{Type: domain.DoorPhone, Name: "Front door", DTMF: domain.DTMFUnknown, Relays: []domain.Relay{
		{Number: 1, Name: "Lock", Enabled: true, DTMF: "#", Mode: domain.Momentary, HoldMilli: 1000},
		{Number: 2, Name: "Gate", Enabled: true, DTMF: "5", Mode: domain.Momentary, HoldMilli: 1000},
	}}, 1)
	for i := range n {
		h.mons = append(h.mons, add(domain.Device{Type: domain.Monitor, Name: fmt.Sprintf("Monitor %d", i+1), DTMF: dtmf, ApartmentID: flat.ID}, 10+i))
	}
	view, err := desired.Read(doc, 1)
	if err != nil {
		t.Fatal(err)
	}
	h.view = view
	return h
}

// reads is the document as the agent has it: shown, once a test has changed it under a running agent.
func (h *house) reads() *desired.View {
	if v := h.shown.Load(); v != nil {
		return v
	}
	return h.view
}

// start runs the agent's SIP side; stop ends it and waits.
func (h *house) start() *house {
	h.t.Helper()
	listen := "127.0.0.1:0"
	if h.started {
		listen = h.server.Addr().String()
	}
	cfg := Config{
		Listen: listen, Agent: h.agent, View: h.reads, Bindings: h.mem, Legs: h.mem, Log: h.mem,
		Open: h.doors.Open, Media: h.media, Neighbours: h.neighbour, Address: h.lastSeen,
		Online: func() bool { return false }, Timers: Timers{Stop: 200 * time.Millisecond},
		Limits: Limits{PerSec: 1 << 20}, // every phone of a test speaks from one address
	}
	if h.cfg != nil {
		h.cfg(&cfg)
	}
	s, err := New(cfg)
	if err != nil {
		h.t.Fatal(err)
	}
	if h.made != nil {
		h.made(s)
	}
	h.server, h.started = s, true
	h.serves.Store(s)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	h.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			h.t.Errorf("Run: %v", err)
		}
	})
	h.t.Cleanup(h.stop)
	return h
}

func (h *house) neighbour(a netip.Addr) (domain.MAC, bool) {
	m, ok := h.macs.Load(a)
	if !ok {
		return "", false
	}
	return m.(domain.MAC), true
}

func (h *house) lastSeen(domain.Device) (netip.AddrPort, bool) {
	at := h.address.Load()
	if at == nil {
		return netip.AddrPort{}, false
	}
	return *at, true
}

func (h *house) phone(d domain.Device) *phone {
	h.t.Helper()
	return newPhone(h.t, h.server.Addr(), d.SIPUser, "pw-"+d.SIPUser)
}

// rings waits until n devices were heard to ring: sipgo hands two answers that come at once over in any order.
func (h *house) rings(n int) {
	h.t.Helper()
	for end := time.Now().Add(patience); ; <-time.After(2 * time.Millisecond) {
		h.server.mu.Lock()
		found := 0
		for _, d := range h.server.dialogs {
			if l, ok := d.party.(*deviceLeg); ok && l.heard.Load() {
				found++
			}
		}
		h.server.mu.Unlock()
		if found >= n {
			return
		}
		if time.Now().After(end) {
			h.t.Fatalf("%d of %d devices were heard to ring", found, n)
		}
	}
}

// signedIn gives a registered phone.
func (h *house) signedIn(d domain.Device) *phone {
	h.t.Helper()
	p := h.phone(d)
	if res := p.register(600); res.status() != 200 {
		h.t.Fatalf("register %s: %s", d.Name, res.start)
	}
	return p
}

// marks lists what happened to a device in a call.
func marks(c domain.CallBody, id domain.DeviceID) []string {
	for _, l := range c.Legs {
		if l.DeviceID == id {
			var out []string
			for _, m := range l.Marks {
				text := m.What
				if m.Why != "" {
					text += ":" + m.Why
				}
				out = append(out, text)
			}
			return out
		}
	}
	return nil
}

func wantMarks(t *testing.T, c domain.CallBody, id domain.DeviceID, want ...string) {
	t.Helper()
	if got := marks(c, id); !slices.Equal(got, want) {
		t.Errorf("timeline %v, want %v", got, want)
	}
}

// TestMain looks for goroutines that a stopped server left behind.
func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 {
		if left := leftBehind(); left != "" {
			fmt.Println("goroutines left behind:\n" + left)
			code = 1
		}
	}
	os.Exit(code)
}

func leftBehind() string {
	deadline := time.Now().Add(patience)
	for {
		buf := make([]byte, 1<<20)
		all := string(buf[:runtime.Stack(buf, true)])
		var ours []string
		for _, g := range strings.Split(all, "\n\n") {
			if strings.Contains(g, "vestibule/agent/") && !strings.Contains(g, "sip.TestMain") || strings.Contains(g, "emiago/sipgo") {
				ours = append(ours, g)
			}
		}
		if len(ours) == 0 {
			return ""
		}
		if time.Now().After(deadline) {
			return strings.Join(ours, "\n\n")
		}
		runtime.Gosched()
	}
}
