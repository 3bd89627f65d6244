package modbus_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vestibule/agent/relay"
	"vestibule/agent/relay/modbus"
	"vestibule/shared/domain"
)

// said keeps what a program writes.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); <-time.After(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(what)
		}
	}
}

func start(t *testing.T, name string, args ...string) *said {
	t.Helper()
	out := &said{}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s: %s", name, out)
		}
	})
	return out
}

// twoEnds joins two pseudo terminals as a wire does, and gives their paths.
func twoEnds(t *testing.T) (ours, theirs string) {
	t.Helper()
	a, b := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	start(t, "socat", "pty,rawer,link="+a, "pty,rawer,link="+b)
	until(t, "socat made no line", func() bool {
		var errA, errB error
		ours, errA = os.Readlink(a)
		theirs, errB = os.Readlink(b)
		return errA == nil && errB == nil
	})
	return ours, theirs
}

// pymodbus shares no code and no author with driver or simulator.
//
// shows EDGE-14 by agent/relay/modbus/profile.go: "value = m.on"
func TestRTU_PymodbusOverASerialLine(t *testing.T) {
	ours, theirs := twoEnds(t)
	boards := start(t, "/usr/bin/python3", filepath.Join("testdata", "bus.py"), theirs, "3", "7")
	until(t, "pymodbus did not start", func() bool { return strings.Contains(boards.String(), "ready") })
	layout := func(unit int) (relay.Board, bool) {
		return relay.Board{Profile: domain.ProfileCoils, Channels: 8, Inputs: true}, unit != 9
	}
	b := modbus.New(modbus.Config{Line: domain.Line{Link: domain.LinkRTU, Address: ours, Baud: 9600, Parity: domain.ParityNone, StopBits: 1}, Layout: layout, Timeout: 2 * time.Second})
	defer func() { _ = b.Close() }()
	first, second := relay.Channel{Unit: 3, Number: 2}, relay.Channel{Unit: 7, Number: 6}
	until(t, "pymodbus does not answer", func() bool { _, err := b.State(t.Context(), first); return err == nil })
	for _, step := range []struct {
		ch relay.Channel
		on bool
	}{{first, true}, {second, true}, {first, false}} {
		if err := b.Set(t.Context(), step.ch, step.on); err != nil {
			t.Fatal(err)
		}
		if on, err := b.State(t.Context(), step.ch); err != nil || on != step.on {
			t.Fatalf("%+v reads %v %v", step.ch, on, err)
		}
	}
	got, err := b.Scan(t.Context(), 7)
	if err != nil || len(got.Outputs) != 8 || !got.Outputs[5] || got.Outputs[1] || len(got.Inputs) != 8 {
		t.Fatalf("%+v %v", got, err)
	}
	var wrote []string
	for line := range strings.Lines(boards.String()) {
		var w struct {
			Unit *int `json:"unit"`
			Coil int  `json:"coil"`
			On   bool `json:"on"`
		}
		if json.Unmarshal([]byte(line), &w) == nil && w.Unit != nil {
			wrote = append(wrote, strings.TrimSpace(line))
		}
	}
	if len(wrote) != 3 {
		t.Fatalf("three orders, and pymodbus was written to %d times: %v", len(wrote), wrote)
	}
}

// libmodbus is the judge of the simulated bus: a driver and a simulator of one hand could agree in a mistake.
func TestBus_LibmodbusReadsTheSimulatedBoards(t *testing.T) {
	l := openLine(t, 7)
	l.Force(relay.Channel{Unit: waveshare, Number: 5}, true)
	l.Force(relay.Channel{Unit: eletechsup, Number: 2}, true)
	for _, c := range []struct {
		unit, kind string
		want       string
	}{{"3", "0", "[5]: \t1"}, {"7", "0", "[4]: \t0"}, {"12", "4", "[2]: \t1"}} {
		count := "8"
		if c.unit == "7" {
			count = "4"
		}
		out, err := exec.CommandContext(t.Context(), "mbpoll", "-m", "rtu", "-b", "9600", "-P", "none", "-a", c.unit, "-t", c.kind, "-r", "1", "-c", count, "-1", "-o", "5", l.Path()).CombinedOutput()
		if err != nil || !strings.Contains(string(out), c.want) {
			t.Fatalf("unit %s: %v\n%s", c.unit, err, out)
		}
	}
}
