package discovery_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"vestibule/agent/discovery"
	"vestibule/agent/health"
	"vestibule/deploy/e2e/lab"
	"vestibule/shared/clock"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/sim/announce"
)

// Every test of the package runs in network and mount namespaces of its own: multicast of other programs would be heard else.
func TestMain(m *testing.M) {
	code, done := lab.Enter()
	if !done {
		code = m.Run()
	}
	os.Exit(code)
}

type rows struct {
	mu   sync.Mutex
	list []domain.DiscoveryBody
	bell chan struct{}
}

func (r *rows) Append(_ context.Context, kind domain.EventKind, body any) error {
	if b, ok := body.(domain.DiscoveryBody); ok && kind == domain.EventDiscovery {
		r.mu.Lock()
		r.list = append(r.list, b)
		close(r.bell)
		r.bell = make(chan struct{})
		r.mu.Unlock()
	}
	return nil
}

// until waits for rows that please; it fails after the time of one browse.
func (r *rows) until(t *testing.T, what string, pleases func([]domain.DiscoveryBody) bool) []domain.DiscoveryBody {
	t.Helper()
	return r.within(t, 15*time.Second, what, pleases)
}

func (r *rows) within(t *testing.T, bound time.Duration, what string, pleases func([]domain.DiscoveryBody) bool) []domain.DiscoveryBody {
	t.Helper()
	deadline := time.After(bound)
	for {
		r.mu.Lock()
		list, bell := append([]domain.DiscoveryBody(nil), r.list...), r.bell
		r.mu.Unlock()
		if pleases(list) {
			return list
		}
		select {
		case <-bell:
		case <-deadline:
			t.Fatalf("%s: rows %+v", what, list)
		}
	}
}

type memory struct {
	mu   sync.Mutex
	kept map[domain.MAC][]byte
}

func (m *memory) Remember(_ context.Context, mac domain.MAC, body []byte, _ time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kept[mac] = body
	return nil
}

func (m *memory) Remembered(context.Context) (map[domain.MAC][]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[domain.MAC][]byte{}
	for k, v := range m.kept {
		out[k] = v
	}
	return out, nil
}

func start(t *testing.T, rows *rows, memory *memory, interfaces ...string) *discovery.Discovery {
	t.Helper()
	return startAs(t, domain.AgentID{15: 7}, nil, rows, memory, interfaces...)
}

func testLogger() *slog.Logger { return slog.New(slog.DiscardHandler) }

// startAs runs an agent's discovery; changed may be nil.
func startAs(t *testing.T, self domain.AgentID, changed func(domain.MAC), rows *rows, memory *memory, interfaces ...string) *discovery.Discovery {
	t.Helper()
	logger := testLogger()
	view := &desired.View{}
	cfg := discovery.Config{
		Interfaces: interfaces, Changed: changed, View: func() *desired.View { return view }, Log: rows, Clock: clock.System{}, Logger: logger,
		Conditions: health.New(nil, clock.System{}, logger), Self: func() discovery.Self {
			return discovery.Self{Agent: self, Version: "0.1.0", Page: 8081}
		},
	}
	if memory != nil {
		cfg.Memory = memory
	}
	d := discovery.New(cfg)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = d.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	return d
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v: %s", name, args, err, out)
	}
	return string(out)
}

// phone announces one simulated device on an interface until stop is called.
func phone(t *testing.T, iface, instance, mac string, at netip.AddrPort) (stop func()) {
	t.Helper()
	r, err := announce.Listen(iface)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Add(announce.Service{Instance: instance, Type: "_intercom._tcp", Host: "sim-" + mac, Addr: at, Text: map[string]string{"mac": mac, "model": "R29", "fw": "29.30.10.205", "sip": "5062"}}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = r.Run(ctx) }()
	var once sync.Once
	stop = func() { once.Do(func() { cancel(); <-ended }) }
	t.Cleanup(stop)
	return stop
}

// shows EDGE-03/R10 by agent/discovery/discovery.go: "d.cfg.Log.Append(context.WithoutCancel(ctx), domain.EventDiscovery, body); err != nil {" => "if err := error(nil); err != nil {"
func TestDiscovery_FindsMovesAndLosesOverLoopback(t *testing.T) {
	rows, memory := &rows{bell: make(chan struct{})}, &memory{kept: map[domain.MAC][]byte{}}
	d := start(t, rows, memory, "lo", "not-there")
	stop := phone(t, "lo", "Gate", "0C1105000001", netip.MustParseAddrPort("127.0.0.1:8101"))
	list := rows.until(t, "found", func(l []domain.DiscoveryBody) bool { return len(l) >= 1 })
	if b := list[0]; b.MAC != "0C1105000001" || b.Model != "R29" || b.Firmware != "29.30.10.205" || b.Address != "127.0.0.1:8101" || b.Service != "_intercom._tcp" || b.Lost {
		t.Fatalf("%+v", b)
	}
	if sip, ok := d.LocateSIP("0C1105000001"); !ok || sip.String() != "127.0.0.1:5062" {
		t.Fatal(sip, ok)
	}
	stop()
	rows.until(t, "lost", func(l []domain.DiscoveryBody) bool { return len(l) >= 2 && l[1].Lost })
	phone(t, "lo", "Gate", "0C1105000001", netip.MustParseAddrPort("127.0.0.2:8101"))
	rows.until(t, "moved", func(l []domain.DiscoveryBody) bool {
		return len(l) >= 3 && l[len(l)-1].Address == "127.0.0.2:8101" && !l[len(l)-1].Lost
	})
	if at, ok := d.Locate("0C1105000001"); !ok || at.String() != "127.0.0.2:8101" {
		t.Fatal(at, ok)
	}
	if len(d.List()) != 1 {
		t.Fatalf("%+v", d.List())
	}
	again := start(t, rows, memory, "not-there") // a restart without any answer
	deadline := time.After(5 * time.Second)
	for {
		if at, ok := again.Locate("0C1105000001"); ok && at.String() == "127.0.0.2:8101" {
			break
		}
		select {
		case <-deadline:
			t.Fatal("the address was forgotten over a restart")
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// An interface that is made again has lost its memberships: sockets and announcement are made again too.
func TestDiscovery_FollowsInterfacesThatAreMadeAgain(t *testing.T) {
	rows := &rows{bell: make(chan struct{})}
	start(t, rows, nil, "dis0")
	for round := range 2 {
		run(t, "ip", "link", "add", "dis0", "type", "bridge", "mcast_snooping", "0")
		run(t, "ip", "addr", "add", fmt.Sprintf("10.66.%d.1/24", round), "dev", "dis0")
		run(t, "ip", "link", "set", "dis0", "up")
		stop := phone(t, "dis0", "Gate", fmt.Sprintf("0C110500000%d", round+1), netip.MustParseAddrPort(fmt.Sprintf("10.66.%d.1:80", round)))
		rows.until(t, "found on the new interface", func(l []domain.DiscoveryBody) bool {
			for _, b := range l {
				if b.Address == fmt.Sprintf("10.66.%d.1:80", round) {
					return true
				}
			}
			return false
		})
		stop()
		run(t, "ip", "link", "del", "dis0")
	}
}

func TestAnnounce_NamesTheAgentAndNothingElse(t *testing.T) {
	var out bytes.Buffer
	start(t, &rows{bell: make(chan struct{})}, nil, "lo")
	found := browseFor(t, "lo", "_vestibule-agent._tcp.local.")
	fmt.Fprint(&out, found)
	if !bytes.Contains(out.Bytes(), []byte("agent=000000000007")) || !bytes.Contains(out.Bytes(), []byte("port=8081")) {
		t.Fatal(out.String())
	}
}

// Agents on one LAN hear of each other, and who depends on a device that is here is told when one comes; an agent is no device.
//
// shows EDGE-08/R17 by agent/discovery/run.go: "r.d.again()" => "		_ = came"
// shows EDGE-08/R17 by agent/discovery/run.go: "came := r.d.meet(agents)" => "	came := len(agents) > 99"
func TestBeside_AgentsOfOneLAN(t *testing.T) {
	rowsOf := &rows{bell: make(chan struct{})}
	told := make(chan domain.MAC, 64)
	d := startAs(t, domain.AgentID{15: 7}, func(mac domain.MAC) { told <- mac }, rowsOf, nil, "lo")
	phone(t, "lo", "Gate", "0C1105000001", netip.MustParseAddrPort("127.0.0.1:8101"))
	rowsOf.until(t, "found", func(l []domain.DiscoveryBody) bool { return len(l) >= 1 })
	other := domain.AgentID{15: 8}
	if d.Beside(other) {
		t.Fatal("heard of an agent that is not there")
	}
	for len(told) > 0 {
		<-told
	}
	startAs(t, other, nil, &rows{bell: make(chan struct{})}, nil, "lo")
	deadline := time.After(20 * time.Second)
	for !d.Beside(other) {
		select {
		case <-time.After(5 * time.Millisecond):
		case <-deadline:
			t.Fatal("the other agent is not heard")
		}
	}
	select {
	case mac := <-told:
		if mac != "0C1105000001" {
			t.Errorf("told of %s", mac)
		}
	case <-deadline:
		t.Error("nobody was told that an agent came")
	}
	if list := d.List(); len(list) != 1 {
		t.Errorf("%+v", list)
	}
}
