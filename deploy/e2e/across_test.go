package e2e

import (
	"context"
	"strings"
	"testing"
	"time"

	"vestibule/deploy/e2e/lab"
	"vestibule/deploy/stack"
	"vestibule/shared/wire"
)

const (
	branchSIP = lab.BranchLAN + ":5060"
	studioMAC = "0C11050B9804"
)

// branch is the second LAN of a building's site: a network group with an agent of its own and one more monitor of apartment 101.
type branch struct {
	*building
	far    *lab.Branch
	agent2 *process
	studio device
}

// newBranch adds it; flags are for both agents.
func newBranch(t *testing.T, b *building, flags ...string) *branch {
	t.Helper()
	r := &branch{building: b, far: b.lab.Branch()}
	var group stack.Named
	b.must(b.client.Do(t.Context(), "POST", b.sample.Path("/groups"), map[string]any{"name": "Annexe"}, &group))
	r.studio = b.addDeviceOf(group.ID, stack.DeviceForm{Type: 2, MAC: studioMAC, Name: "Studio", ApartmentID: b.sample.Apartments["101"], DTMFMethod: "unknown"})
	r.studio.host, r.studio.agent = r.far.Host("studio"), branchSIP
	r.studio.host.SetMAC(studioMAC)
	link, err := b.sample.Claim(t.Context(), b.client)
	b.must(err)
	args := append([]string{"--data", t.TempDir(), "--sip", branchSIP, "--lan", lab.BranchLAN + ":8081", "--interfaces", "eth0", "--claim", link}, flags...)
	r.agent2 = launch(t, "second agent", r.far.Agent.Command(context.Background(), program(t, agentProgram), args...))
	r.settled()
	return r
}

// settled waits until both agents are online and hold the newest version.
func (r *branch) settled() {
	r.t.Helper()
	eventually(r.t, 2*settle, "both agents are online with the newest version", func() bool {
		var site struct {
			Version uint64 `json:"version"`
		}
		r.must(r.client.Do(r.t.Context(), "GET", r.sample.Path(""), nil, &site))
		agents := r.agents()
		for _, a := range agents {
			if a.Presence.State != "online" || a.Held != site.Version {
				return false
			}
		}
		return len(agents) == 2
	})
	eventually(r.t, settle, "the second agent takes calls", func() bool { return r.far.Agent.Listens("udp", 5060) })
}

// A door phone in one network, a monitor in another, two agents and a cloud: they talk, the key opens, each side may hang up; then no way
// leads from one agent to the other, and the same holds over the relay beside the cloud.
//
// shows EDGE-07/R15 EDGE-07/R18 CALL-01 by agent/sip/guest.go: "g.tell(wire.SignalBody{Kind: wire.SignalAnswered, Description: body})" => "_ = body"
func TestAcross_AMonitorOfAnotherAgentAnswersOpensAndIsHeard(t *testing.T) {
	b := newBuilding(t, "unknown")
	r := newBranch(t, b)
	studio := baresipWith(t, r.studio, midTone)
	panel := baresipWith(t, b.panel, lowTone)
	for n, apart := range []bool{false, true} {
		route := "host to host"
		if apart {
			b.lab.Apart()
			route = "relay to relay"
		}
		panel.dial("101")
		studio.rings(settle)
		studio.answer()
		panel.talks(settle)
		conversed(t, panel, lowTone, studio, midTone)
		b.agent.says(seenWithin, route)
		studio.press("#")
		held(t, b.board.pulsed(0, n+1, settle))
		if apart {
			studio.hangUp()
			panel.falls(settle)
		} else {
			panel.hangUp()
			studio.falls(settle)
		}
		for _, h := range []handset{panel, studio} {
			h.forget()
		}
	}
	eventually(t, settle, "both calls are in the cloud, once each", func() bool {
		return b.rows("call", nil) == 2 && b.rows("call", map[string]any{"end": "opened", "answered_by_name": "Studio"}) == 2
	})
	b.row(seenWithin, "door_log", map[string]any{"result": "done", "means": "dtmf", "by": "Studio", "device_name": "Panel"})
}

// Without the cloud the leg to the other agent fails at once and says why, while the monitors of the house ring.
//
// shows EDGE-13/R33 EDGE-09/R23 by agent/sip/invite.go: "WAN: wan, Agent: s.cfg.Agent, Registered: s.Registered," => "WAN: true, Agent: s.cfg.Agent, Registered: s.Registered,"
func TestAcross_WithoutTheCloudTheHouseRingsAlone(t *testing.T) {
	b := newBuilding(t, "unknown")
	r := newBranch(t, b)
	studio := baresip(t, r.studio)
	kitchen, panel := baresipWith(t, b.monitors[0], highTone), baresipWith(t, b.panel, lowTone)
	talk := func() {
		t.Helper()
		kitchen.answer()
		panel.talks(settle)
		conversed(t, panel, lowTone, kitchen, highTone)
		panel.hangUp()
		kitchen.falls(settle)
		panel.forget()
		kitchen.forget()
	}
	panel.dial("101")
	kitchen.rings(settle)
	studio.rings(settle)
	b.agent.says(settle, "media passes") // what is cut is a way that stands, not one that is still looked for
	b.lab.CutWAN()
	studio.falls(settle)          // nobody may pick up what leads nowhere
	<-time.After(4 * time.Second) // either agent finds out by itself; this one is asked
	talk()
	b.offline()
	began := time.Now()
	panel.dial("101")
	kitchen.rings(settle)
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("the kitchen rang after %v", took)
	}
	talk()
	b.lab.RestoreWAN()
	var rows []event
	eventually(t, back, "both calls are in the cloud", func() bool {
		rows = b.events("call")
		return len(rows) == 2
	})
	b.said(rows[0], "Studio", "left_out", "wan_down")
	b.said(rows[1], "Studio", "failed", "wan_down", "media_lost")
}

// said checks that the record of a call says one of these words of a leg.
func (b *building) said(row event, name, what string, why ...string) {
	b.t.Helper()
	legs, _ := row.Body["legs"].([]any)
	for _, l := range legs {
		leg, _ := l.(map[string]any)
		if leg["name"] != name {
			continue
		}
		marks, _ := leg["marks"].([]any)
		for _, m := range marks {
			mark, _ := m.(map[string]any)
			for _, word := range why {
				if mark["what"] == what && mark["why"] == word {
					return
				}
			}
		}
		b.t.Errorf("%s: %v, not %s %v", name, leg["marks"], what, why)
		return
	}
	b.t.Errorf("no leg %s in %v", name, row.Body)
}

// offline waits until the first agent knows that its link, which stood before, is gone.
func (b *building) offline() {
	b.t.Helper()
	eventually(b.t, wire.QuietFor+wire.OfflineAfter+settle, "the agent knows that the link is down", func() bool { return b.linkDown() })
}

// withoutTheCloud cuts the wire of a link that stands, and waits until the agent knows.
func (b *building) withoutTheCloud() {
	b.t.Helper()
	eventually(b.t, settle, "the link stands", func() bool { return strings.Contains(b.agent.Said.String(), "msg=session") && !b.linkDown() })
	b.lab.CutWAN()
	b.offline()
}

// linkDown tells what the first agent last said of its link.
func (b *building) linkDown() bool {
	const says = "code=link_down state="
	text := b.agent.Said.String()
	i := strings.LastIndex(text, says)
	return i >= 0 && strings.HasPrefix(text[i+len(says):], "true")
}
