package e2e

import (
	"testing"
	"time"

	"vestibule/deploy/e2e/lab"
)

// ringWithin is the ceiling between a visitor's button and the ringing in the visitor's ear.
const ringWithin = 100 * time.Millisecond

// seenWithin is the ceiling between something happening in the building and its row in the API.
const seenWithin = 2 * time.Second

// rang checks what the door phone measured: from its INVITE with credentials to the 180.
func rang(t *testing.T, panel *peer) time.Duration {
	t.Helper()
	invite, _ := panel.last(true, "INVITE ")
	ringing, ok := panel.last(false, "SIP/2.0 180")
	took := ringing.at.Sub(invite.at)
	if !ok || took < 0 || took > ringWithin {
		t.Errorf("the door phone heard ringing %v after its INVITE (%v), at most %v", took, ok, ringWithin)
	}
	return took
}

// within checks that two instants are not further apart than most.
func within(t *testing.T, what string, from, to time.Time, most time.Duration) {
	t.Helper()
	if d := to.Sub(from); d < -time.Second || d > most {
		t.Errorf("%s after %v, at most %v", what, d, most)
	}
}

// held checks the length of a pulse against the document.
func held(t *testing.T, pulse time.Duration) {
	t.Helper()
	if pulse < holdMilli*time.Millisecond-200*time.Millisecond || pulse > holdMilli*time.Millisecond+700*time.Millisecond {
		t.Errorf("the lock was open for %v, the document says %d ms", pulse, holdMilli)
	}
}

// shows CALL-06 EDGE-09/R19 by agent/call/step.go: "st.cancelRinging(\"answered_elsewhere\")"
// shows EDGE-15 by agent/door/door.go: "out := d.act(&job{ctx: ctx, grant: grant, board: grant.Board})" => "out := Outcome{Result: domain.ActDone}; _ = grant"
func TestPeers_FirstToAnswerWinsAndItsInfoOpensWhileMediaGoesDirect(t *testing.T) {
	b := newBuilding(t, "info")
	for _, m := range b.monitors {
		m.register(t)
	}
	for n := 1; n <= plainCalls; n++ {
		kitchen := sipp(t, b.monitors[0].host, "monitor_answers", b.monitors[0])
		hall := sipp(t, b.monitors[1].host, "monitor_cancelled", b.monitors[1])
		panel := b.calls("panel", "101")
		kitchen.got(settle, "INVITE ")
		hall.got(settle, "INVITE ")
		pulse := b.board.pulsed(0, n, settle)
		kitchen.ok(settle)
		hall.ok(settle)
		panel.ok(settle)
		held(t, pulse)
		t.Logf("ringing after %v, lock open for %v", rang(t, panel), pulse)

		offer, _ := kitchen.last(false, "INVITE ")
		answer, _ := panel.last(false, "SIP/2.0 200 OK")
		if offer.media() != b.panel.host.IP || answer.media() != b.monitors[0].host.IP {
			t.Errorf("media is not direct: the monitor sends to %q, the door phone to %q", offer.media(), answer.media())
		}
		answered, _ := kitchen.last(true, "SIP/2.0 200 OK")
		cancelled, _ := hall.last(false, "CANCEL ")
		within(t, "the other monitor was told to stop", answered.at, cancelled.at, time.Second)
	}
	door := b.row(seenWithin, "door_log", map[string]any{"result": "done", "means": "dtmf", "relay": 1.0, "by": "Kitchen", "device_name": "Panel", "apartment_number": "101"})
	call := b.row(seenWithin, "call", map[string]any{
		"end": "opened", "dialled": "101", "device_name": "Panel", "answered_by_name": "Kitchen", "apartment_number": "101", "anchored": false, "wan": true,
	})
	if door.Body["call_id"] != call.Body["call_id"] {
		t.Errorf("door and call do not belong together: %v, %v", door.Body, call.Body)
	}
}

// shows EDGE-06 by agent/outbox/rows.go: "o.shelf.AfterCommit(ctx, o.added)"
// shows EDGE-17/R42 by agent/door/door.go: "d.cfg.Log.Append(context.WithoutCancel(ctx), domain.EventDoor, body)" => "error(nil)"
func TestPeers_TheRowOfAnOpeningIsInTheAPIWithinTwoSeconds(t *testing.T) {
	b := newBuilding(t, "info")
	b.monitors[0].register(t)
	sipp(t, b.monitors[0].host, "monitor_answers", b.monitors[0])
	b.calls("panel", "101")
	eventually(t, settle, "the coil is written", func() bool { return b.board.pulses(0) == 1 })
	b.row(seenWithin, "door_log", map[string]any{"result": "done", "means": "dtmf"})
}

// shows DEV-16 by agent/media/side.go: "return l.ears.hear(packet, a.onKey)" => "go a.forward(l.callee.rtp, &l.away.rtp, l.caller.rtp, &l.near.rtp, nil)"
func TestPeers_DigitsInsideTheSoundOpenBecauseMediaIsAnchored(t *testing.T) {
	b := newBuilding(t, "unknown")
	kitchen, hall := baresip(t, b.monitors[0]), baresip(t, b.monitors[1])
	panel := b.calls("panel", "101")
	kitchen.event(settle, "CALL_INCOMING")
	hall.event(settle, "CALL_INCOMING")
	hall.order("accept", "")
	hall.event(settle, "CALL_ESTABLISHED")
	kitchen.event(settle, "CALL_CLOSED")
	hall.order("sndcode", "#")
	held(t, b.board.pulsed(0, 1, settle))
	hall.order("hangup", "")
	panel.ok(settle)
	rang(t, panel)

	answer, _ := panel.last(false, "SIP/2.0 200 OK")
	if answer.media() != lab.AgentLAN {
		t.Errorf("the door phone sends its sound to %q, not to the agent", answer.media())
	}
	b.row(seenWithin, "door_log", map[string]any{"result": "done", "means": "dtmf", "by": "Hall", "device_name": "Panel"})
	b.row(seenWithin, "call", map[string]any{"end": "opened", "answered_by_name": "Hall", "anchored": true})
	if n := b.board.pulses(0); n != 1 {
		t.Errorf("one digit opened %d times", n)
	}
}

// shows EDGE-09/R23 by agent/call/stages.go: "st.do(Ring{Leg: leg})" => "	if leg == 0 { st.do(Ring{Leg: leg}) }"
// shows BEY-06 by agent/call/step.go: "st.do(RingCaller{})"
func TestPeers_ADeadMonitorDelaysNobody(t *testing.T) {
	b := newBuilding(t, "info")
	for _, m := range b.monitors {
		m.register(t)
	}
	b.monitors[1].host.Unplug()
	kitchen := sipp(t, b.monitors[0].host, "monitor_answers", b.monitors[0])
	panel := b.calls("panel", "101")
	invited := kitchen.got(settle, "INVITE ")
	kitchen.ok(settle)
	panel.ok(settle)
	dialled, _ := panel.last(true, "INVITE ")
	within(t, "the live monitor rang", dialled.at, invited.at, time.Second)
	rang(t, panel)
	b.board.pulsed(0, 1, settle)
	b.row(seenWithin+time.Second, "call", map[string]any{"end": "opened", "answered_by_name": "Kitchen"})
}

// shows BEY-05 by agent/call/plan/plan.go: "return Plan{End: domain.EndUnknownApartment}" => "return Plan{End: domain.EndUnreachable}"
func TestPeers_AnUnknownApartmentIsNotFoundAndLeavesItsReason(t *testing.T) {
	b := newBuilding(t, "info")
	panel := b.calls("panel_refused", "999")
	panel.ok(settle)
	panel.got(time.Second, "SIP/2.0 404")
	b.row(seenWithin, "call", map[string]any{"end": "unknown_apartment", "dialled": "999", "device_name": "Panel"})
}

// shows EDGE-07/R14 by agent/sip/invite.go: "return d, true" => "return d, false"
func TestPeers_ADirectCallFromAKnownCardRingsAndTheMonitorOpens(t *testing.T) {
	b := newBuilding(t, "info")
	b.monitors[0].register(t)
	kitchen := sipp(t, b.monitors[0].host, "monitor_answers", b.monitors[0])
	nameless := b.panel
	nameless.login.User, nameless.login.Password = "frontdoor", "none"
	panel := sipp(t, b.panel.host, "panel_direct", nameless, "-s", "101")
	kitchen.ok(settle)
	panel.ok(settle)
	rang(t, panel)
	b.board.pulsed(0, 1, settle)
	b.row(seenWithin, "call", map[string]any{"end": "opened", "device_name": "Panel", "answered_by_name": "Kitchen"})
}
