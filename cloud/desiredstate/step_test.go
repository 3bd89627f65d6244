package desiredstate_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"vestibule/cloud/desiredstate"
	"vestibule/shared/desired"
)

var start = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func mark(version uint64) desiredstate.Mark {
	return desiredstate.Mark{Version: version, Hash: desired.Hash{byte(version), byte(version >> 8)}}
}

func announced(effects []desiredstate.Effect) (out []desiredstate.Announce) {
	for _, e := range effects {
		if a, ok := e.(desiredstate.Announce); ok {
			out = append(out, a)
		}
	}
	return out
}

// shows EDGE-05 by cloud/desiredstate/step.go: "if p.InFlight != 0 || p.Head.Version == 0" => "if p.Head.Version == 0"
func TestStep_OneAnnouncementInFlight(t *testing.T) {
	p := desiredstate.Peer{Held: mark(1), Head: mark(1)}
	var sent []desiredstate.Announce
	step := func(in desiredstate.Input, at time.Time) {
		var effects []desiredstate.Effect
		p, effects = desiredstate.Step(p, in, at)
		sent = append(sent, announced(effects)...)
	}
	for v := uint64(2); v <= 1000; v++ {
		step(desiredstate.Moved{Head: mark(v)}, start)
	}
	if len(sent) != 1 || sent[0].Head != mark(2) || sent[0].From != 1 {
		t.Fatalf("%d announcements, first %+v", len(sent), sent[0])
	}
	step(desiredstate.Holds{Mark: mark(2)}, start.Add(time.Second))
	if len(sent) != 2 || sent[1].Head != mark(1000) || sent[1].From != 2 {
		t.Fatalf("the newest does not win: %+v", sent)
	}
	step(desiredstate.Holds{Mark: mark(1000)}, start.Add(2*time.Second))
	step(desiredstate.Tick{}, start.Add(time.Hour))
	if len(sent) != 2 {
		t.Errorf("announced what the agent holds: %+v", sent)
	}
}

func TestStep_RepeatsUntilHeld(t *testing.T) {
	p := desiredstate.Peer{Held: mark(1), Head: mark(1)}
	p, _ = desiredstate.Step(p, desiredstate.Moved{Head: mark(2)}, start)
	sent := 0
	for s := range 300 {
		var effects []desiredstate.Effect
		p, effects = desiredstate.Step(p, desiredstate.Tick{}, start.Add(time.Duration(s)*time.Second))
		sent += len(announced(effects))
	}
	if sent < 5 || sent > 10 {
		t.Errorf("%d repetitions in five minutes", sent)
	}
	// While the agent pulls, nothing is repeated.
	p, _ = desiredstate.Step(desiredstate.Peer{Held: mark(1), Head: mark(1)}, desiredstate.Moved{Head: mark(2)}, start)
	for s := range 60 {
		var effects []desiredstate.Effect
		at := start.Add(time.Duration(s) * 3 * time.Second)
		if p, effects = desiredstate.Step(p, desiredstate.Asked{}, at); len(announced(effects)) > 0 {
			t.Fatal("announced while the agent pulls")
		}
		if p, effects = desiredstate.Step(p, desiredstate.Tick{}, at.Add(2*time.Second)); len(announced(effects)) > 0 {
			t.Fatal("announced while the agent pulls")
		}
	}
}

func TestStep_EqualVersionOtherHashAsksForASnapshot(t *testing.T) {
	p := desiredstate.Peer{Held: mark(7), Head: mark(7)}
	wrong := desiredstate.Mark{Version: 7, Hash: desired.Hash{0xff}}
	p, effects := desiredstate.Step(p, desiredstate.Holds{Mark: wrong}, start)
	if list := announced(effects); len(list) != 1 || list[0].From != 0 || list[0].Head != mark(7) {
		t.Fatalf("%+v", effects)
	}
	if _, ok := effects[0].(desiredstate.Mismatch); !ok {
		t.Error("not counted")
	}
	if _, effects = desiredstate.Step(p, desiredstate.Holds{Mark: mark(7)}, start); len(effects) != 0 {
		t.Errorf("after repair: %+v", effects)
	}
}

// shows EDGE-05 by cloud/desiredstate/step.go: "|| p.Held == p.Head || p.Rejected == p.Head.Version {" => "|| p.Held == p.Head {"
func TestFailure19_RejectedVersionIsNotSentAgain(t *testing.T) {
	p := desiredstate.Peer{Held: mark(1), Head: mark(2)}
	p, _ = desiredstate.Step(p, desiredstate.Moved{Head: mark(2)}, start)
	p, effects := desiredstate.Step(p, desiredstate.Holds{Mark: mark(1), Rejected: 2}, start)
	for s := range 100 {
		var more []desiredstate.Effect
		p, more = desiredstate.Step(p, desiredstate.Tick{}, start.Add(time.Duration(s)*time.Minute))
		effects = append(effects, more...)
	}
	if len(effects) != 0 {
		t.Errorf("sent again: %+v", effects)
	}
	if _, effects = desiredstate.Step(p, desiredstate.Moved{Head: mark(3)}, start); len(announced(effects)) != 1 {
		t.Error("the next version is not announced")
	}
}

// Whatever is lost: between two announcements lies a repetition time or a new word of the agent, and an agent that does not hold the head
// hears of it within two minutes.
func TestStep_HoldsForAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := desiredstate.Peer{Held: mark(1), Head: mark(1)}
		now, head := start, uint64(1)
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 3000).Draw(t, "ms")) * time.Millisecond)
			var in desiredstate.Input
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				head += uint64(rapid.IntRange(0, 3).Draw(t, "edits"))
				in = desiredstate.Moved{Head: mark(head)}
			case 1:
				in = desiredstate.Holds{Mark: mark(rapid.Uint64Range(1, head).Draw(t, "held")), Head: mark(head)}
			case 2:
				in = desiredstate.Asked{}
			default:
				in = desiredstate.Tick{}
			}
			before := p
			var effects []desiredstate.Effect
			p, effects = desiredstate.Step(p, in, now)
			list := announced(effects)
			if len(list) > 1 {
				t.Fatal("two at once")
			}
			if _, moved := in.(desiredstate.Moved); moved && len(list) == 1 && before.InFlight != 0 {
				t.Fatal("a second one in flight")
			}
			if len(list) == 1 && (list[0].Head != p.Head || list[0].From >= p.Head.Version) {
				t.Fatalf("announced %+v at head %+v", list[0], p.Head)
			}
		}
		for s := 0; p.Held != p.Head; s++ {
			var effects []desiredstate.Effect
			p, effects = desiredstate.Step(p, desiredstate.Tick{}, now.Add(time.Duration(s)*time.Second))
			if len(announced(effects)) == 1 {
				break
			}
			if s > 120 {
				t.Fatalf("never told: %+v", p)
			}
		}
	})
}
