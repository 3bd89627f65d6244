package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"vestibule/deploy/e2e/lab"
	"vestibule/shared/sim"
)

const (
	gateMAC  = "0C11050B98E1"
	gateCode = "481963"
	gateCard = "0A1B2C3D"
	gateWeb  = "a-password-of-its-pages"
)

// gate is a door phone that keeps keys itself: relay 1 by PIN, relay 2 by card.
type gate struct {
	b       *building
	id      string
	host    *lab.Host
	control sim.Listing
}

// newGate describes the door phone and starts it on a host of its own.
func (b *building) newGate() *gate {
	b.t.Helper()
	g := &gate{b: b, host: b.lab.Host("gate")}
	g.host.SetMAC(gateMAC)
	config, err := json.Marshal(map[string]any{
		"bind": g.host.IP, "mdns": "eth0",
		"door_phones": []any{map[string]any{"name": "Gate", "mac": gateMAC, "http_port": 80, "sip_port": 5060, "api_user": "admin", "api_password": gateWeb}},
	})
	b.must(err)
	path := filepath.Join(b.t.TempDir(), "gate.json")
	b.must(os.WriteFile(path, config, 0o600))
	p := launch(b.t, "gate", g.host.Command(context.Background(), program(b.t, simProgram), "--config", path))
	p.says(settle, "control_url")
	line, _, _ := bytes.Cut([]byte(p.Said.String()), []byte("\n"))
	b.must(json.Unmarshal(line, &g.control))
	relay := func(number int, name, digit, way string) map[string]any {
		return map[string]any{"number": number, "name": name, "enabled": true, "dtmf": digit, "mode": "momentary", "hold_ms": holdMilli, "methods": []string{way}}
	}
	var made struct {
		ID string `json:"id"`
	}
	b.must(b.client.Do(b.t.Context(), "POST", b.sample.Path("/devices"), map[string]any{
		"type": 0, "mac": gateMAC, "name": "Gate", "group_id": b.sample.GroupID, "building_id": b.sample.BuildingID, "driver": "akuvox", "dtmf_method": "info",
		"api_user": "admin", "api_password": gateWeb, "relays": []any{relay(1, "Door", "#", "pin"), relay(2, "Lift", "0", "card")},
	}, &made))
	g.id = made.ID
	return g
}

// applied waits until the device holds the newest version.
func (g *gate) applied() {
	g.b.t.Helper()
	g.b.inStep()
	eventually(g.b.t, 2*settle, "the gate is read back equal", func() bool {
		var d struct {
			Status struct {
				Receipt struct {
					State   string `json:"state"`
					Version uint64 `json:"version"`
				} `json:"receipt"`
			} `json:"status"`
		}
		g.b.must(g.b.client.Do(g.b.t.Context(), "GET", g.b.sample.Path("/devices/"+g.id), nil, &d))
		return d.Status.Receipt.State == "applied" && d.Status.Receipt.Version >= g.b.agents()[0].Held
	})
}

// asked is what the control of the simulator answers, asked on the gate's own host.
func (g *gate) asked(path string, more ...string) []byte {
	g.b.t.Helper()
	args := append([]string{"-sS", "-f", "-m", "10", "-H", "Authorization: Bearer " + g.control.Token}, more...)
	out, err := g.host.Command(g.b.t.Context(), "curl", append(args, g.control.ControlURL+"/devices/Gate"+path)...).Output()
	g.b.must(err)
	return out
}

// enter shows a key to the gate and gives the relays that moved by it, by their places.
func (g *gate) enter(by, key string) []int {
	g.b.t.Helper()
	before := len(g.moved())
	body, err := json.Marshal(map[string]string{"by": by, "key": key})
	g.b.must(err)
	g.asked("/enter", "-X", "POST", "-d", string(body))
	<-time.After(500 * time.Millisecond) // a relay that should not move has had its time
	return g.moved()[before:]
}

// moved lists the relays that were switched on so far.
func (g *gate) moved() []int {
	g.b.t.Helper()
	var state sim.State
	g.b.must(json.Unmarshal(g.asked(""), &state))
	var out []int
	for _, c := range state.Relays.History {
		if c.On {
			out = append(out, c.Relay)
		}
	}
	return out
}

// Without the internet a door phone lets in whom it knew before, each key at its own relay, and nobody else; the log of it arrives afterwards, once.
//
// shows EDGE-13/R34 EDGE-26/R34 EDGE-26/R56 by agent/provision/keys.go: "gone, err := keeper.Keep(ctx, want.Keys)" => "gone, err := 0, error(nil)"
func TestWAN_KeysOpenWithoutTheInternet(t *testing.T) {
	b := newBuilding(t, "info")
	var person struct {
		ID string `json:"id"`
	}
	b.must(b.client.Do(t.Context(), "POST", b.sample.Path("/people"), map[string]any{
		"apartment_id": b.sample.Apartments["101"], "first_name": "Olga", "last_name": "Brandt",
	}, &person))
	keys := b.sample.Path("/people/" + person.ID + "/keys")
	b.must(b.client.Do(t.Context(), "POST", keys+"/pin", map[string]any{"pin": gateCode}, nil))
	b.must(b.client.Do(t.Context(), "POST", keys+"/cards", map[string]any{"number": gateCard, "format": "hex"}, nil))
	g := b.newGate()
	g.applied()
	b.lab.CutWAN()
	for _, c := range []struct {
		by, key string
		moves   []int
	}{{"code", gateCode, []int{0}}, {"card", gateCard, []int{1}}, {"code", "90817263", nil}, {"card", "DEADBEEF", nil}} {
		if got := g.enter(c.by, c.key); len(got) != len(c.moves) || len(got) > 0 && got[0] != c.moves[0] {
			t.Errorf("the %s %s moved %v, want %v", c.by, c.key, got, c.moves)
		}
	}
	if n := b.rows("door_log", nil); n != 0 {
		t.Errorf("%d rows are in the cloud behind a cut wire", n)
	}
	b.lab.RestoreWAN()
	took := eventually(t, back, "the rows arrive", func() bool {
		return b.rows("door_log", map[string]any{"result": "done", "means": "code", "relay": 1.0}) == 1 &&
			b.rows("door_log", map[string]any{"result": "done", "means": "card", "relay": 2.0}) == 1 &&
			b.rows("door_log", map[string]any{"result": "refused", "reason": "unknown_key"}) == 2
	})
	t.Logf("the rows arrived %v after the wire was joined", took)
	b.unbroken()
}
