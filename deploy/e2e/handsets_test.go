package e2e

import (
	"testing"

	"vestibule/deploy/e2e/lab"
)

// Group call, sound both ways and a door, with phones of three makers, the cloud reachable and not.
// shows CALL-06 EDGE-09/R19 EDGE-13/R33 by agent/sip/session.go: "c.answer(e.Leg)"
func TestHandsets_OneAnswersBothHearEachOtherAndTheKeyOpens(t *testing.T) {
	b := newBuilding(t, "unknown")
	kitchen, hall := linphoneWith(t, b.monitors[0], midTone), baresipWith(t, b.monitors[1], highTone)
	panel := baresipWith(t, b.panel, lowTone)
	for n, cut := range []bool{false, true} {
		if cut {
			b.lab.CutWAN()
		}
		panel.dial("101")
		kitchen.rings(settle)
		hall.rings(settle)
		kitchen.answer()
		panel.talks(settle)
		hall.falls(settle)
		conversed(t, panel, lowTone, kitchen, midTone)
		kitchen.press("#")
		held(t, b.board.pulsed(0, n+1, settle))
		panel.hangUp()
		kitchen.falls(settle)
		if panel.heard(highTone) {
			t.Error("the panel heard a monitor that did not answer")
		}
		for _, h := range []handset{panel, kitchen, hall} {
			h.forget()
		}
	}
	b.lab.RestoreWAN()
	eventually(t, back, "both calls are in the cloud", func() bool {
		return b.rows("call", map[string]any{"end": "opened", "answered_by_name": "Kitchen"}) == 2
	})
}

// The same without a softphone on the other side: SIPp sends back what it hears, straight from its own host, with the cloud and without.
// shows EDGE-07/R14 EDGE-13/R33 by agent/sip/session.go: "if !bound || d.DTMF == domain.DTMFInfo || !opensDoors(c.caller) || media.Secured(body) {" => "if !bound || !opensDoors(c.caller) {"
func TestHandsets_SoundGoesStraightToSIPpAndBack(t *testing.T) {
	b := newBuilding(t, "info")
	b.monitors[0].register(t)
	panel := baresipWith(t, b.panel, lowTone)
	for _, cut := range []bool{false, true} {
		if cut {
			b.lab.CutWAN()
		}
		kitchen := sipp(t, b.monitors[0].host, "monitor_talks", b.monitors[0], "-rtp_echo", "-mi", b.monitors[0].host.IP, "-mp", "22000")
		panel.dial("101")
		offer := kitchen.got(settle, "INVITE ")
		if got := offer.media(); got != b.panel.host.IP || got == lab.AgentLAN {
			t.Errorf("the monitor sends its sound to %q, not to the door phone", got)
		}
		panel.talks(settle)
		panel.hears(lowTone)
		kitchen.ok(settle)
		panel.falls(settle)
		panel.forget()
	}
}

// Two phones that speak to the agent over TLS and cipher their speech: it goes straight from one to the other, and they hear each other.
func TestHandsets_CipheredSpeechPassesAsItIs(t *testing.T) {
	b := newBuilding(t, "unknown")
	panel, hall := secretly(t, b.panel, lowTone), secretly(t, b.monitors[1], highTone)
	panel.dial("101")
	hall.rings(settle)
	hall.answer()
	panel.talks(settle)
	conversed(t, panel, lowTone, hall, highTone)
	hall.hangUp()
	panel.falls(settle)
	b.row(seenWithin, "call", map[string]any{"end": "answered", "answered_by_name": "Hall", "anchored": false})
}
