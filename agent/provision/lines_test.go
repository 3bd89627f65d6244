package provision

import (
	"fmt"
	"testing"

	"vestibule/agent/device"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

var (
	one, two = domain.AutoPID{1}, domain.AutoPID{2}
	asked    = Wanted{Version: 5, Digest: [32]byte{1}, Lines: 3, Orders: []domain.AutoPID{one, two}}
)

// told lists how far lines got: the number of the order, 0 for the regular text.
func told(s State) (out string) {
	for _, r := range s.Report.AutoP {
		out += fmt.Sprintf("%d:%s%v ", r.Order[0], r.State, r.Refused)
	}
	return out
}

// One-time lines are carried out in their order once the device holds the rest, and never again: not on the next look, not after a restart of the
// agent, not after an answer that got lost.
//
// shows EDGE-21/R51 AUTOP-02 by agent/provision/lines.go: "if t.Report.AutoP[at].State == domain.AutoPTold {" => "if true {"
// shows EDGE-21/R51 by agent/provision/lines.go: "t.ask = Order{ID: next.Order, Check: next.State == domain.AutoPTold}" => "t.ask = Order{ID: next.Order}"
func TestStep_OneTimeLinesAreCarriedOutOnce(t *testing.T) {
	s, got := play(State{}, asked, here, mine, differ, Written{}, equal)
	if got != "held/5/ held/5/ Identify presence:true held+/5/ Compare Write written+/5/ Compare applied+/5/ Order" {
		t.Fatalf("began by %q", got)
	}
	begun := s
	s, got = play(s, Ordered{ID: one})
	if got != "applied+/5/ Order" || told(s) != "0:applied[] 1:applied[] 2:told[] " {
		t.Errorf("after the first: %q, %s", got, told(s))
	}
	if s, got = play(s, Ordered{ID: two, Refused: []string{"Config.B"}}); got != "applied+/5/" || told(s) != "0:applied[] 1:applied[] 2:refused[Config.B] " {
		t.Errorf("after the second: %q, %s", got, told(s))
	}
	if _, got = play(s, Wanted{Version: 6, Digest: asked.Digest, Lines: 3, Orders: asked.Orders}, here, mine); got != "applied+/6/ Identify" {
		t.Errorf("another version: %q", got)
	}
	if _, got = play(State{Report: s.Report}, asked, here, mine, equal); got != "Identify Compare applied+/5/" {
		t.Errorf("after a restart: %q", got)
	}
	if s, got = play(s, Wanted{Version: 7, Digest: asked.Digest, Lines: 3}); told(s) != "0:applied[] " {
		t.Errorf("orders that left the document are told still: %q, %s", got, told(s))
	}
	for name, interrupted := range map[string]State{"restart": {Report: begun.Report}, "lost answer": after(begun, Ordered{ID: one, Err: fail(device.Ambiguous)})} {
		interrupted.Report.AutoP = begun.Report.AutoP
		s, _ := play(interrupted, asked, here, mine)
		_, effects := Step(s, equal, t0, 0.5)
		if e, ok := effects[len(effects)-1].(Order); !ok || !e.Check || e.ID != one {
			t.Errorf("%s: %#v", name, effects)
		}
	}
	s = after(begun, Ordered{ID: one, Err: fail(device.Unreachable)}) // nothing was sent: begun anew
	_, effects := Step(after(s, here, mine), equal, t0, 0.5)
	if e, ok := effects[len(effects)-1].(Order); !ok || e.Check {
		t.Errorf("nobody there: %#v", effects)
	}
}

func after(s State, inputs ...Input) State {
	for _, in := range inputs {
		s, _ = Step(s, in, t0, 0.5)
	}
	return s
}

// A device that was set up and is as from the factory has been reset: one-time lines lapse, regular ones are written again. A fresh device has not.
//
// shows AUTOP-05 EDGE-21/R51 by agent/provision/lines.go: "t.report(wire.AutoPReport{Order: id, State: domain.AutoPLapsed})"
// shows AUTOP-05 by agent/provision/lines.go: "if !t.Report.SetUp {" => "if false {"
func TestStep_OneTimeLinesLapseWithAReset(t *testing.T) {
	fresh := Compared{Names: []string{"Config.A"}, Factory: true}
	s, got := play(State{}, asked, here, mine, fresh, Written{}, equal)
	if s.Report.Resets != 0 || got != "held/5/ held/5/ Identify presence:true held+/5/ Compare Write written+/5/ Compare applied+/5/ Order" {
		t.Errorf("a fresh device: %d resets, %q", s.Report.Resets, got)
	}
	s = after(s, Ordered{ID: one})
	s.CheckDue = t0 // and time passes
	s, got = play(after(s, here, mine), fresh, Written{}, equal)
	if s.Report.Resets != 1 || told(s) != "1:applied[] 2:lapsed[] 0:applied[] " || got != "applied+/5/ Write written+/5/ Compare applied+/5/" {
		t.Errorf("after a reset: %d resets, %s, %q", s.Report.Resets, told(s), got)
	}
	if s = after(State{}, Wanted{Version: 5, Manual: true, Orders: asked.Orders}); told(s) != "1:refused[] 2:refused[] " {
		t.Errorf("set up by hand: %s", told(s))
	}
}

// shows EDGE-21/R50 AUTOP-01 by agent/provision/lines.go: "r.State, r.Refused = domain.AutoPRefused, refused"
func TestStep_TellsWhatTheDeviceDoesNotTake(t *testing.T) {
	s := after(State{}, Wanted{Version: 5, Digest: [32]byte{1}, Lines: 3}, here, mine, Compared{Refused: []string{"Config.A"}})
	if want := []wire.AutoPReport{{Revision: 3, State: domain.AutoPRefused, Refused: []string{"Config.A"}}}; fmt.Sprint(s.Report.AutoP) != fmt.Sprint(want) {
		t.Errorf("told %+v", s.Report.AutoP)
	}
}
