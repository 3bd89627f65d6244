package e2e

import (
	"fmt"
	"testing"
	"time"

	"vestibule/shared/wire"
)

// back is how long a restored wire may take until everything kept has arrived: a dial that began in the dark is given up first.
const back = 50 * time.Second

// unbroken checks that every row of every agent is there exactly once and that no number is missing.
func (b *building) unbroken() {
	b.t.Helper()
	rows := b.events("")
	if len(rows) == 500 {
		b.t.Fatal("more rows than one page: this check reads one")
	}
	numbers := map[string]map[uint64]int{}
	highest := map[string]uint64{}
	for _, e := range rows {
		key := e.AgentID + " " + e.Epoch + " " + e.Stream
		if numbers[key] == nil {
			numbers[key] = map[uint64]int{}
		}
		numbers[key][e.Seq]++
		highest[key] = max(highest[key], e.Seq)
	}
	for key, seen := range numbers {
		for n := uint64(1); n <= highest[key]; n++ {
			if seen[n] != 1 {
				b.t.Errorf("row %d of %s is there %d times", n, key, seen[n])
			}
		}
	}
}

// inOrder checks that the audit rows that say these words came in this order, by their numbers.
func (b *building) inOrder(kinds ...string) {
	b.t.Helper()
	rows := b.events("")
	next := 0
	for i := len(rows) - 1; i >= 0 && next < len(kinds); i-- { // oldest first
		if rows[i].Kind == kinds[next] {
			next++
		}
	}
	if next < len(kinds) {
		b.t.Errorf("no %s after %v in %s", kinds[next], kinds[:next], fmt.Sprint(rows))
	}
}

// conversation lets a visitor ring, Kitchen answer and open by INFO, and Hall be cancelled; n openings have happened then.
func (b *building) conversation(n int) {
	b.t.Helper()
	kitchen := sipp(b.t, b.monitors[0].host, "monitor_answers", b.monitors[0])
	hall := sipp(b.t, b.monitors[1].host, "monitor_cancelled", b.monitors[1])
	panel := b.calls("panel", "101")
	invited := kitchen.got(settle, "INVITE ")
	dialled, _ := panel.last(true, "INVITE ")
	within(b.t, "the monitor rang", dialled.at, invited.at, seenWithin)
	held(b.t, b.board.pulsed(0, n, settle))
	kitchen.ok(settle)
	hall.ok(settle)
	panel.ok(settle)
	rang(b.t, panel)
}

// shows EDGE-13 EDGE-13/R32 EDGE-13/R43 EDGE-15/R43 by agent/door/door.go: "d.cfg.Log.Append(context.WithoutCancel(ctx), domain.EventDoor, body); err != nil {" => "if err := error(nil); err != nil {"
func TestFailure29_WithoutTheCloudTheSameCallWorksAndEachRowArrivesOnce(t *testing.T) {
	b := newBuilding(t, "info")
	for _, m := range b.monitors {
		m.register(t)
	}
	for n := 1; n <= wanCuts; n++ {
		b.lab.CutWAN()
		b.conversation(n)
		if got := b.rows("door_log", nil); got != n-1 {
			t.Fatalf("%d openings are in the cloud, the wire was cut after %d", got, n-1)
		}
		b.lab.RestoreWAN()
		took := eventually(t, back, "the rows arrive", func() bool {
			return b.rows("call", map[string]any{"end": "opened"}) == n && b.rows("door_log", map[string]any{"result": "done"}) == n
		})
		t.Logf("the rows arrived %v after the wire was joined", took)
	}
	b.inOrder("door_log", "call")
	b.inStep()
	b.unbroken()
}

// shows EDGE-24 EDGE-24/R54 by cloud/presence/step.go: "case l.State == Quiet && !now.Before(l.QuietUntil):" => "case false:"
func TestWAN_AnAgentBehindACutWireIsShownOffline(t *testing.T) {
	b := newBuilding(t, "info")
	shown := func() string { return b.agents()[0].Presence.State }
	away := func(within time.Duration, leave func()) {
		t.Helper()
		leave()
		eventually(t, within, "the agent is offline", func() bool { return shown() == "offline" })
		since := b.agents()[0].Presence.Since
		never(t, quiet, "the agent behind the wire counts as there", func() bool {
			p := b.agents()[0].Presence
			return p.State != "offline" || !p.Since.Equal(since)
		})
		b.lab.RestoreWAN()
		eventually(t, back+wire.OfflineAfter, "the agent is online again", func() bool { return shown() == "online" })
	}
	// The broker hears the end of the program, which comes back behind a wire that is cut.
	away(wire.QuietFor+settle, func() {
		b.agent.kill()
		b.lab.CutWAN()
		b.startAgent(program(t, agentProgram), nil)
	})
	if soak() { // nothing is heard at all: the longest silence of the link
		away(wire.OfflineAfter+wire.QuietFor, b.lab.CutWAN)
	}
}
