package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// Units of the boards on the RS485 line: one moves a door, the other belongs to a monitor.
const (
	doorUnit    = 3
	monitorUnit = 7
	lampCoil    = 5
)

// startLine joins two pseudo terminals, puts independent boards at one end, and gives the other as the agent's serial port.
func startLine(t *testing.T) (*board, string) {
	t.Helper()
	a, b := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	beside := func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(name, args...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		return cmd
	}
	launch(t, "socat", beside("socat", "pty,rawer,link="+a, "pty,rawer,link="+b))
	var ours, theirs string
	eventually(t, settle, "the line is there", func() bool {
		var errA, errB error
		ours, errA = os.Readlink(a)
		theirs, errB = os.Readlink(b)
		return errA == nil && errB == nil
	})
	script, err := filepath.Abs(filepath.Join("..", "..", "agent", "relay", "modbus", "testdata", "bus.py"))
	if err != nil {
		t.Fatal(err)
	}
	p := launch(t, "boards", beside("/usr/bin/python3", script, theirs, strconv.Itoa(doorUnit), strconv.Itoa(monitorUnit)))
	p.says(settle, "ready")
	return &board{p, ours}, ours
}

// boardState is what the API says of a board.
type boardState struct {
	Board   string `json:"board_id"`
	Online  bool   `json:"online"`
	Outputs []int  `json:"outputs"`
}

func (b *building) boardState(id string) (boardState, bool) {
	b.t.Helper()
	var list struct {
		Items []boardState `json:"items"`
	}
	b.must(b.client.Do(b.t.Context(), "GET", b.sample.Path("/board-states"), nil, &list))
	i := slices.IndexFunc(list.Items, func(s boardState) bool { return s.Board == id })
	if i < 0 {
		return boardState{}, false
	}
	return list.Items[i], true
}

// A board on RS485 from the portal's API to the coil, and back to what the API shows; then without the internet: programs as shipped, boards of others.
//
// shows EDGE-14 EDGE-14/R43 by agent/relay/modbus/profile.go: "value = m.on"
// shows EDGE-14/R37 by agent/remote/remote.go: "out := r.cfg.Doors.Turn(ctx, door.Turn{DeviceID: c.DeviceID, Channel: c.Relay, On: c.On, Means: domain.MeansRemote, By: c.Actor, CommandID: c.ID})" => "		out := door.Outcome{Result: domain.ActDone}"
// shows EDGE-17/R42 by cloud/eventlog/service.go: "if err = s.shown(ctx, site, rows); err != nil {" => "		if err != nil {"
func TestRS485_FromThePortalToTheCoilAndWithoutTheCloud(t *testing.T) {
	b := newBuilding(t, "info")
	for _, m := range b.monitors {
		m.register(t)
	}
	line, port := startLine(t)
	var made struct {
		ID string `json:"id"`
	}
	form := map[string]any{"name": "RS485", "profile": "modbus-coils", "link": "rtu", "address": port, "unit": doorUnit, "channels": 8}
	b.must(b.client.Do(t.Context(), "POST", b.sample.Path("/boards"), form, &made))
	panel := map[string]any{"type": 0, "mac": panelMAC, "name": "Panel", "driver": "manual", "dtmf_method": "info", "relays": []map[string]any{
		{"number": 1, "name": "Main door", "enabled": true, "dtmf": "#", "mode": "momentary", "hold_ms": holdMilli, "board_id": made.ID, "channel": 1},
	}}
	b.must(b.client.Do(t.Context(), "PUT", b.sample.Path("/devices/"+b.panel.id), panel, nil))
	kitchen := b.monitors[0]
	monitor := map[string]any{
		"type": 2, "mac": monitorAMAC, "name": "Kitchen", "driver": "manual", "dtmf_method": "info", "apartment_id": b.sample.Apartments["101"],
		"form": map[string]any{"external": map[string]any{
			"type": "MK485", "mode": "rs485", "channels": []map[string]any{{"number": lampCoil + 1, "name": "Lamp"}},
			"wire": map[string]any{"profile": "modbus-coils", "unit": monitorUnit, "port": port},
		}},
	}
	b.must(b.client.Do(t.Context(), "PUT", b.sample.Path("/devices/"+kitchen.id), monitor, nil))
	b.inStep()
	eventually(t, settle, "both boards are seen", func() bool {
		first, ok := b.boardState(made.ID)
		second, ok2 := b.boardState(kitchen.id)
		return ok && ok2 && first.Online && second.Online
	})
	for _, on := range []bool{true, false} {
		var out struct {
			Result string `json:"result"`
		}
		b.must(b.client.Do(t.Context(), "PUT", b.sample.Path("/devices/"+kitchen.id+"/external/"+strconv.Itoa(lampCoil+1)), map[string]any{"on": on}, &out))
		if out.Result != "done" || line.on(lampCoil) != on {
			t.Fatalf("turned to %v: %s, the coil is %v", on, out.Result, line.on(lampCoil))
		}
		took := eventually(t, settle, "the API shows it", func() bool {
			s, _ := b.boardState(kitchen.id)
			return slices.Contains(s.Outputs, lampCoil+1) == on
		})
		if took > 5*time.Second {
			t.Errorf("shown after %v", took)
		}
		b.row(settle, "relay", map[string]any{"result": "done", "on": on})
	}
	b.board = line
	b.lab.CutWAN()
	b.conversation(1)
	b.lab.RestoreWAN()
	b.row(back, "door_log", map[string]any{"result": "done"})
	for _, w := range line.writes(lampCoil) {
		if w.At > float64(time.Now().Unix())+60 {
			t.Errorf("a write from the future: %+v", w)
		}
	}
	if n := len(line.writes(lampCoil)); n != 2 {
		t.Errorf("%d writes for two orders", n)
	}
}
