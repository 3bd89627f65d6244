package link

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vestibule/shared/wire"
)

var zero = time.Unix(1_800_000_000, 0)

func half() float64 { return 0.5 }

// A silent cloud is noticed after 75 s at the protocol's beat. Beats go out every 30 s, the first at a random moment after 10 s: agents that were welcomed
// together do not beat together.
//
// shows BEY-22 by agent/link/session.go: "s.Heard, s.UpSince, s.NextBeat = now, now, now.Add(s.Every/3" => "		s.Heard, s.UpSince, s.NextBeat = now, now, now.Add(s.Every)"
func TestStep_BeatsAndSilence(t *testing.T) {
	s, _ := Step(State{Phase: Greeting, At: zero.Add(time.Hour)}, Welcomed{wire.Welcome{}}, Pace{}, zero, half)
	var beats []time.Duration
	for at := zero; s.Phase == Up; at = s.Wake() {
		var effects []Effect
		s, effects = Step(s, Tick{}, Pace{}, at, half)
		for _, e := range effects {
			switch e.(type) {
			case Beat:
				beats = append(beats, at.Sub(zero))
			case Drop:
				if at.Sub(zero) != wire.OfflineAfter {
					t.Errorf("dropped after %v", at.Sub(zero))
				}
			}
		}
	}
	if want := []time.Duration{20 * time.Second, 50 * time.Second}; !reflect.DeepEqual(beats, want) {
		t.Errorf("beats at %v", beats)
	}
}

// Who waits in a row before the handshake, with all others, does not give its place up.
//
// shows BEY-22 by agent/link/session.go: "s.Phase, s.At = Dialling, now.Add(pace.DialWithin)" => "			s.Phase, s.At = Dialling, now.Add(lineWithin)"
func TestStep_WaitsItsTurnForAMinute(t *testing.T) {
	s, _ := Step(State{}, Tick{}, Pace{}, zero, half)
	for _, c := range []struct {
		after time.Duration
		want  Phase
	}{{59 * time.Second, Dialling}, {time.Minute, Resting}} {
		if got, _ := Step(s, Tick{}, Pace{}, zero.Add(c.after), half); got.Phase != c.want {
			t.Errorf("%s after %v, not %s", got.Phase, c.after, c.want)
		}
	}
}

// Row 8: waits are random over a span that doubles up to a minute, and a cloud that names a time is kept to it.
//
// shows EDGE-13/R35 by agent/link/session.go: "span = min(span, pace.LeastBackoff<<s.Attempt)"
func TestFailure08_BackoffHasFullJitter(t *testing.T) {
	s := State{Phase: Dialling, At: zero.Add(time.Hour)}
	for i, most := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60, 60} {
		for _, r := range []float64{0, 0.999} {
			got, _ := Step(s, Lost{}, Pace{}, zero, func() float64 { return r })
			if wait := got.At.Sub(zero); wait > most*time.Second || r > 0 && wait < most*time.Second*9/10 || r == 0 && wait != 0 {
				t.Errorf("failure %d, random %v: waits %v, most %v s", i, r, wait, int(most))
			}
		}
		s, _ = Step(s, Lost{}, Pace{}, zero, half)
		s.Phase = Dialling
	}
	busy := wire.Welcome{Refuse: wire.RefuseBusy, RetryMilli: 90_000}
	got, _ := Step(State{Phase: Greeting}, Welcomed{busy}, Pace{}, zero, half)
	if wait := got.At.Sub(zero); wait < 90*time.Second {
		t.Errorf("told to wait 90 s, waits %v", wait)
	}
	hostile := wire.Welcome{Refuse: wire.RefuseBusy, RetryMilli: 1 << 62}
	got, _ = Step(State{Phase: Greeting}, Welcomed{hostile}, Pace{}, zero, half)
	if wait := got.At.Sub(zero); wait > 2*time.Hour {
		t.Errorf("a hostile cloud sends the agent away for %v", wait)
	}
}

// The fence is jumped once; a second refusal in a row waits for the cloud to judge.
func TestStep_JumpsOnceUntilAccepted(t *testing.T) {
	stale := Welcomed{wire.Welcome{Refuse: wire.RefuseStale, Fence: 9}}
	s, effects := Step(State{Phase: Greeting}, stale, Pace{}, zero, half)
	if len(effects) != 2 || effects[1] != (Jump{Fence: 9}) || s.At.After(zero) {
		t.Fatalf("%v", effects)
	}
	s.Phase = Greeting
	if s, effects = Step(s, stale, Pace{}, zero, half); len(effects) != 1 || s.Refused != wire.RefuseStale {
		t.Fatalf("jumped twice: %v", effects)
	}
	s.Phase = Greeting
	s, _ = Step(s, Welcomed{wire.Welcome{}}, Pace{}, zero, half)
	s.Phase = Greeting
	if _, effects = Step(s, stale, Pace{}, zero, half); len(effects) != 2 {
		t.Fatal("after an accepted session it may jump again")
	}
}

// Whatever comes in whatever order: a session is opened only by a welcome after a hello on the same dial, it is dropped
// once, and something is always due.
func TestStep_AnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s State
		now := zero
		open, dialled := false, false
		for range 60 {
			in := rapid.SampledFrom([]Input{
				Tick{},
				Dialled{},
				Lost{},
				Answered{},
				Doubted{},
				Woken{},
				Welcomed{wire.Welcome{}},
				Welcomed{wire.Welcome{Refuse: wire.RefuseBusy, RetryMilli: 5}},
				Welcomed{wire.Welcome{Refuse: wire.RefuseStale}},
			}).Draw(t, "input")
			now = now.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "seconds")) * time.Second)
			var effects []Effect
			s, effects = Step(s, in, Pace{}, now, func() float64 { return rapid.Float64Range(0, 0.999).Draw(t, "random") })
			for _, e := range effects {
				switch e.(type) {
				case Dial:
					if dialled {
						t.Fatal("two dials at once")
					}
					dialled = true
				case Hello, Beat:
					if !dialled {
						t.Fatalf("%T without a connection", e)
					}
				case Open:
					if open || !dialled {
						t.Fatal("opened twice or without a connection")
					}
					open = true
				case Drop:
					if !dialled {
						t.Fatal("dropped nothing")
					}
					open, dialled = false, false
				}
			}
			if s.Wake().IsZero() {
				t.Fatal("nothing is due ever again")
			}
		}
	})
}

// An echo counts once, and only when it was sent; a clock that contradicts what is known is noticed.
func TestTiming_BelievesOnlyItsOwnEchoes(t *testing.T) {
	tm := NewTiming(zero)
	at := zero.Add(time.Second)
	echo := tm.Stamp(at)
	if known, _ := tm.Add(echo+1, zero.UnixMilli(), 0, at); known {
		t.Error("an echo that was never sent counts")
	}
	if known, _ := tm.Add(echo, zero.UnixMilli(), -5, at); known {
		t.Error("a negative bound counts")
	}
	known, sane := tm.Add(echo, zero.Add(time.Hour).UnixMilli(), 10, at.Add(20*time.Millisecond))
	if !known || !sane {
		t.Error("the first sample does not count")
	}
	if known, _ := tm.Add(echo, zero.Add(2*time.Hour).UnixMilli(), 10, at.Add(20*time.Millisecond)); known {
		t.Error("an echo counts twice")
	}
	later := at.Add(30 * time.Second)
	echo = tm.Stamp(later)
	if known, sane := tm.Add(echo, zero.Add(time.Hour+29*time.Second).UnixMilli(), 10, later); !known || sane {
		t.Error("a clock that lost a second is believed")
	}
	if _, bound, ok := tm.Remote(later); !ok || bound > 50*time.Millisecond {
		t.Errorf("bound %v %v", bound, ok)
	}
	for i := range 100 {
		tm.Stamp(later.Add(time.Duration(i) * time.Millisecond))
	}
	if len(tm.sent) > keepEchoes {
		t.Errorf("%d echoes are remembered", len(tm.sent))
	}
}
