package groups

import (
	"bufio"
	"context"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"vestibule/agent/discovery"
	"vestibule/agent/health"
	"vestibule/agent/neighbour"
	"vestibule/cloud/reach"
	"vestibule/deploy/e2e/lab"
	"vestibule/shared/clock"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// The environment that turns the test program into the discovery of one agent: its id, its interfaces, and the MACs of the document.
const (
	asAgent = "VESTIBULE_GROUPS_AGENT"
	asLinks = "VESTIBULE_GROUPS_LINKS"
	asKnown = "VESTIBULE_GROUPS_KNOWN"
)

func TestMain(m *testing.M) {
	if id := os.Getenv(asAgent); id != "" {
		discover(id)
		return
	}
	code, done := lab.Enter()
	if !done {
		code = m.Run()
	}
	os.Exit(code)
}

type nowhere struct{}

func (nowhere) Append(context.Context, domain.EventKind, any) error { return nil }

// discover runs the agent's own discovery in the namespace of this process until it is killed, and writes each of its words as a line.
func discover(id string) {
	self, err := domain.ParseID[domain.AgentID](id)
	if err != nil {
		panic(err)
	}
	view := &desired.View{Devices: map[domain.DeviceID]domain.Device{}}
	for i, mac := range strings.Fields(os.Getenv(asKnown)) {
		view.Devices[domain.DeviceID{15: byte(i + 1)}] = domain.Device{ID: domain.DeviceID{15: byte(i + 1)}, MAC: domain.MAC(mac)}
	}
	view.Index()
	logger := slog.New(slog.DiscardHandler)
	d := discovery.New(discovery.Config{
		Interfaces: strings.Fields(os.Getenv(asLinks)), View: func() *desired.View { return view }, Log: nowhere{}, Clock: clock.System{}, Logger: logger,
		Neighbours: neighbour.Table{}.MAC, Cards: neighbour.Table{}.All, Conditions: health.New(nil, clock.System{}, logger),
		Self: func() discovery.Self { return discovery.Self{Agent: self, Version: "test", Page: 8081} },
		Reached: func(links []discovery.Reach) {
			if raw, err := wire.Marshal(discovery.Told(links)); err == nil {
				fmt.Println(hex.EncodeToString(raw)) //nolint:forbidigo // the parent reads it
			}
		},
	})
	_ = d.Run(context.Background())
}

// box is the discovery of one agent in its namespace, and the newest word of it.
type box struct {
	id  domain.AgentID
	mu  sync.Mutex
	now []reach.Link
}

// start runs the discovery of an agent; every word of it rings.
func (b *box) start(t *testing.T, ns string, links, known []string, ring func()) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "ip", "netns", "exec", ns, "/proc/self/exe") //nolint:gosec // this program
	if self, err := os.Executable(); err == nil {
		cmd.Args[len(cmd.Args)-1] = self
	}
	cmd.Env = append(os.Environ(), asAgent+"="+b.id.String(), asLinks+"="+strings.Join(links, " "), asKnown+"="+strings.Join(known, " "))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-read; _ = cmd.Wait() })
	go func() {
		defer close(read)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			var told wire.Reach
			if raw, err := hex.DecodeString(lines.Text()); err == nil && wire.Unmarshal(raw, &told) == nil {
				b.mu.Lock()
				b.now = reach.Read(told)
				b.mu.Unlock()
				ring()
			}
		}
	}()
}

func (b *box) report() reach.Report {
	b.mu.Lock()
	defer b.mu.Unlock()
	return reach.Report{Agent: b.id, Name: b.id.String(), Live: true, Links: b.now}
}
