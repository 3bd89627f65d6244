package e2e

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"syscall"
	"testing"
	"time"

	"vestibule/deploy/stack"
)

// restored is how long a restarted agent may take to end what rings, and then to let the next visitor ring.
const restored = 2 * time.Second

// shows EDGE-31 EDGE-31/R09 by agent/sip/restart.go: "s.bindings[b.DeviceID] = b" => "_ = b"
func TestCrash_KilledDuringARingItStopsTheMonitorsAndTheNextVisitorGetsIn(t *testing.T) {
	b := newBuilding(t, "info")
	for _, m := range b.monitors {
		m.register(t)
	}
	for n := 1; n <= ringCrashes; n++ {
		kitchen := sipp(t, b.monitors[0].host, "monitor_cancelled", b.monitors[0])
		hall := sipp(t, b.monitors[1].host, "monitor_cancelled", b.monitors[1])
		panel := b.calls("panel_interrupted", "101")
		kitchen.seen(settle, true, "SIP/2.0 180")
		hall.seen(settle, true, "SIP/2.0 180")
		panel.got(settle, "SIP/2.0 180")
		b.lab.CutWAN()
		b.agent.kill()
		began := time.Now()
		b.startAgent(program(t, agentProgram), nil)
		for _, m := range []*peer{kitchen, hall} {
			stopped := m.got(settle, "CANCEL ")
			within(t, "the monitor was told to stop", began, stopped.at, restored)
			m.ok(settle)
		}
		panel.ok(settle)
		b.conversation(n)
		b.lab.RestoreWAN()
		eventually(t, back, "the rows arrive", func() bool {
			return b.rows("call", map[string]any{"end": "interrupted"}) == n && b.rows("call", map[string]any{"end": "opened"}) == n
		})
	}
	b.inStep()
	b.unbroken()
}

// outcome is what the API says about an opening.
type outcome struct {
	Command string `json:"command_id"`
	Result  string `json:"result"`
	Reason  string `json:"reason"`
}

// open asks for the panel's relay from the portal's side.
func (b *building) open(ctx context.Context, key string) (outcome, error) {
	var out outcome
	err := b.client.Do(ctx, "POST", b.sample.Path("/devices/"+b.panel.id+"/relays/1/open"), nil, &out, "Idempotency-Key", key)
	return out, err
}

// reached asks until the agent is not called offline any more.
func (b *building) reached(key string) outcome {
	b.t.Helper()
	var out outcome
	eventually(b.t, back, "the agent can be asked", func() bool {
		var err error
		out, err = b.open(b.t.Context(), key)
		var p *stack.Problem
		if errors.As(err, &p) && p.Code == "offline" {
			key = fresh() // an answer belongs to its key
			return false
		}
		b.must(err)
		return true
	})
	return out
}

// fresh makes a key for one opening.
func fresh() string {
	var raw [16]byte
	_, _ = rand.Read(raw[:])
	return hex.EncodeToString(raw[:])
}

// shows EDGE-16/R40 by agent/remote/remote.go: "e.Result, e.Reason = domain.ActUnknown, domain.ReasonInterrupted" => "e.Result, e.Reason = domain.ActDone, domain.ReasonNone"
func TestCrash_KilledBetweenRelayAndResultTheCommandReadsUnknownAndNeverRunsAgain(t *testing.T) {
	b := newBuilding(t, "info")
	for n := 1; n <= relayCrashes; n++ {
		b.agent.End(syscall.SIGTERM)
		b.startAgent(program(t, crashingProgram), []string{"VESTIBULE_CRASH_AT=door.after_write"})
		answered := make(chan outcome, 1)
		go func() { answered <- b.reached(fresh()) }()
		eventually(t, back, "the agent dies with the lock open", func() bool { return b.agent.Ended() && b.board.on(0) })

		began := time.Now()
		b.startAgent(program(t, agentProgram), nil)
		b.board.pulsed(0, n, settle)
		within(t, "the lock was let go", began, time.Now(), restored)
		asked := <-answered
		eventually(t, back, "the command reads unknown", func() bool {
			var now outcome
			b.must(b.client.Do(t.Context(), "GET", b.sample.Path("/commands/"+asked.Command), nil, &now))
			return now.Result == "unknown"
		})
		b.inStep()
		never(t, quiet, "the lock opens again", func() bool { return b.board.pulses(0) > n })
		b.row(back, "command", map[string]any{"command_id": asked.Command, "result": "unknown", "reason": "interrupted"})
	}
	after := b.reached(fresh())
	if after.Result != "done" {
		t.Errorf("the next opening ended as %+v", after)
	}
	b.board.pulsed(0, relayCrashes+1, settle)
	b.unbroken()
}
