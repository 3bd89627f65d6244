package presence_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"vestibule/cloud/presence"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

var start = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func conn(n byte) domain.ConnID { return domain.ConnID{n} }

func fresh() presence.Link { return presence.Link{State: presence.Never, Generation: 1, Since: start} }

func refusal(effects []presence.Effect) wire.Refusal {
	for _, e := range effects {
		if r, ok := e.(presence.Refuse); ok {
			return r.Why
		}
	}
	return ""
}

func has[E presence.Effect](effects []presence.Effect) bool {
	for _, e := range effects {
		if _, ok := e.(E); ok {
			return true
		}
	}
	return false
}

// hello steps one hello and gives its refusal.
func hello(t *testing.T, l *presence.Link, c byte, counter uint64, now time.Time) wire.Refusal {
	t.Helper()
	var effects []presence.Effect
	*l, effects = presence.Step(*l, presence.Hello{Conn: conn(c), Generation: 1, Counter: counter, MinProto: 1}, now)
	why := refusal(effects)
	if (why == "") != has[presence.Welcome](effects) {
		t.Fatalf("neither welcome nor refused: %v", effects)
	}
	return why
}

// shows EDGE-24 by cloud/presence/step.go: "case !above(in, l):" => "case false:"
func TestStep_FencesConnections(t *testing.T) {
	l := fresh()
	if why := hello(t, &l, 1, 5, start); why != "" || l.State != presence.Online || l.Conn != conn(1) {
		t.Fatalf("first hello: %q %+v", why, l)
	}
	if why := hello(t, &l, 1, 5, start); why != "" || l.Conn != conn(1) {
		t.Errorf("the same hello twice: %q", why)
	}
	for _, counter := range []uint64{5, 4, 0, 1 << 63} {
		if why := hello(t, &l, 2, counter, start); why != wire.RefuseStale || l.Conn != conn(1) || l.State != presence.Online {
			t.Errorf("counter %d: %q, in force %v %s", counter, why, l.Conn, l.State)
		}
	}
	l.Fenced = false
	if why := hello(t, &l, 3, 6, start); why != "" || l.Conn != conn(3) {
		t.Errorf("newer: %q %+v", why, l)
	}
	if _, effects := presence.Step(l, presence.Beat{Conn: conn(1)}, start); has[presence.Acknowledge](effects) {
		t.Error("a beat of the older connection is acknowledged")
	}
	if _, effects := presence.Step(l, presence.Hello{Conn: conn(9), Generation: 1, Counter: 9, MinProto: wire.Proto + 1}, start); refusal(effects) != wire.RefuseUpgrade {
		t.Error("an agent from the future is welcome")
	}
}

// A takeover publishes the will of the older connection after the newer said hello.
//
// shows EDGE-24 by cloud/presence/step.go: "if in.Conn == l.Conn && l.State == Online {" => "if l.State == Online {"
func TestFailure15_StaleWillAfterTakeover(t *testing.T) {
	l := fresh()
	hello(t, &l, 1, 1, start)
	hello(t, &l, 2, 2, start)
	if l, _ = presence.Step(l, presence.Gone{Conn: conn(1)}, start); l.State != presence.Online {
		t.Fatalf("the will of the older connection made it %s", l.State)
	}
	// The will of the connection in force: quiet first, offline only after five seconds without a newer hello.
	l, _ = presence.Step(l, presence.Gone{Conn: conn(2)}, start)
	quiet := l
	if l.State != presence.Quiet {
		t.Fatalf("%s after the will", l.State)
	}
	if l, _ = presence.Step(l, presence.Tick{}, start.Add(wire.QuietFor-time.Millisecond)); l.State != presence.Quiet {
		t.Errorf("%s before the five seconds", l.State)
	}
	if l, _ = presence.Step(l, presence.Tick{}, start.Add(wire.QuietFor)); l.State != presence.Offline || !l.Since.Equal(start) {
		t.Errorf("%s since %s after five seconds", l.State, l.Since)
	}
	if why := hello(t, &quiet, 3, 3, start.Add(2*time.Second)); why != "" || quiet.State != presence.Online {
		t.Errorf("a newer hello in time: %q %s", why, quiet.State)
	}
}

// shows EDGE-24 by cloud/presence/step.go: "case l.State == Online && now.Sub(l.BeatAt) >= wire.OfflineAfter:" => "case false:"
func TestFailure16_BrokerDiesWithoutWill(t *testing.T) {
	l := fresh()
	hello(t, &l, 1, 1, start)
	beat := start.Add(20 * time.Second)
	l, _ = presence.Step(l, presence.Beat{Conn: conn(1)}, beat)
	if l, _ = presence.Step(l, presence.Tick{}, beat.Add(wire.OfflineAfter-time.Millisecond)); l.State != presence.Online {
		t.Errorf("%s before 75 s", l.State)
	}
	l, effects := presence.Step(l, presence.Tick{}, beat.Add(wire.OfflineAfter))
	if l.State != presence.Offline || !has[presence.Tell](effects) || !l.Since.Equal(beat) {
		t.Errorf("%s since %s after 75 s, told %v", l.State, l.Since, has[presence.Tell](effects))
	}
	// The connection was only slow: its next beat brings it back.
	if l, _ = presence.Step(l, presence.Beat{Conn: conn(1)}, beat.Add(2*time.Minute)); l.State != presence.Online {
		t.Errorf("%s after a late beat", l.State)
	}
}

// Two boxes with one identity push each other over the fence; the fourth jump of a day quarantines the identity.
//
// shows EDGE-32 by cloud/presence/step.go: "if l.Jumps > MaxJumps {" => "if false {"
func TestFailure17_CloneIsQuarantined(t *testing.T) {
	l := fresh()
	now := start
	hello(t, &l, 1, 100, now)
	jumps := 0
	for c := byte(2); ; c++ {
		now = now.Add(time.Minute)
		if why := hello(t, &l, c, l.Counter, now); why != wire.RefuseStale {
			t.Fatalf("the twin: %q", why)
		}
		if why := hello(t, &l, c, l.Counter+1, now); why == wire.RefuseClone {
			break
		} else if why != "" {
			t.Fatalf("jump %d: %q", jumps, why)
		}
		if jumps++; jumps > presence.MaxJumps {
			t.Fatal("no quarantine")
		}
	}
	if jumps != presence.MaxJumps || l.State != presence.Refused || l.Reason != wire.RefuseClone || !l.Conn.IsZero() {
		t.Errorf("after %d jumps: %+v", jumps, l)
	}
	if why := hello(t, &l, 99, l.Counter+1000, now.Add(48*time.Hour)); why != wire.RefuseClone {
		t.Errorf("two days later: %q", why)
	}
	// Three jumps a day are a box restored from backups, every day anew.
	calm := fresh()
	hello(t, &calm, 1, 1, start)
	for day := range 5 {
		for n := range presence.MaxJumps {
			at := start.Add(time.Duration(day)*25*time.Hour + time.Duration(n)*time.Minute)
			c := byte(2 + 2*(day*presence.MaxJumps+n))
			hello(t, &calm, c, calm.Counter, at)
			if why := hello(t, &calm, c+1, calm.Counter+1, at); why != "" {
				t.Fatalf("day %d jump %d: %q", day, n, why)
			}
		}
	}
}

// With several replicas the hello of a connection may be heard after that of the next one: it is refused, and makes no clone of its box.
//
// shows EDGE-32 by cloud/presence/step.go: "if !overtaken(in, l) {" => "if true {"
func TestStep_AHelloThatWasOvertakenIsNoClone(t *testing.T) {
	l := fresh()
	hello(t, &l, 1, 1, start)
	for n := range byte(3 * presence.MaxJumps) {
		next := 2*n + 3
		if why := hello(t, &l, next, uint64(next), start); why != "" {
			t.Fatalf("connection %d: %q", next, why)
		}
		if why := hello(t, &l, next-1, uint64(next-1), start); why != wire.RefuseStale || l.Conn != conn(next) {
			t.Fatalf("an overtaken hello: %q, %+v", why, l)
		}
	}
	if l.Quarantined || l.Jumps != 0 {
		t.Errorf("%+v", l)
	}
}

func TestStep_RevokedStaysOut(t *testing.T) {
	l := fresh()
	hello(t, &l, 1, 1, start)
	l, effects := presence.Step(l, presence.Revoked{}, start)
	if l.State != presence.Refused || !has[presence.Tell](effects) {
		t.Fatalf("%+v", l)
	}
	if why := hello(t, &l, 2, 2, start); why != wire.RefuseRevoked {
		t.Errorf("hello: %q", why)
	}
	if _, effects := presence.Step(l, presence.Beat{Conn: conn(1)}, start); has[presence.Acknowledge](effects) {
		t.Error("a beat is acknowledged")
	}
}

func TestStep_RestartedServiceClaimsNobodyOnline(t *testing.T) {
	l := fresh()
	hello(t, &l, 1, 1, start)
	// One that said hello to the new broker before this was noticed is there.
	if new, _ := presence.Step(l, presence.Restarted{Began: start}, start); new.State != presence.Online {
		t.Errorf("%s", new.State)
	}
	l, _ = presence.Step(l, presence.Restarted{Began: start.Add(time.Millisecond)}, start)
	if l.State != presence.Quiet {
		t.Fatalf("%s", l.State)
	}
	if l, _ = presence.Step(l, presence.Tick{}, start.Add(wire.OfflineAfter)); l.State != presence.Offline {
		t.Errorf("%s when nobody came", l.State)
	}
}

// Whatever comes in whatever order: the fence never sinks, at most the connection in force is acknowledged, and nobody is online
// longer than 75 s after the last sign of life.
func TestStep_HoldsForAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, now := fresh(), start
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			before := l
			now = now.Add(time.Duration(rapid.IntRange(0, 40_000).Draw(t, "ms")) * time.Millisecond)
			c := conn(byte(rapid.IntRange(1, 4).Draw(t, "conn")))
			var in presence.Input
			switch rapid.IntRange(0, 4).Draw(t, "what") {
			case 0:
				in = presence.Hello{Conn: c, Generation: uint32(rapid.IntRange(0, 2).Draw(t, "gen")), Counter: rapid.Uint64Range(0, 9).Draw(t, "counter"), MinProto: 1}
			case 1:
				in = presence.Beat{Conn: c}
			case 2:
				in = presence.Gone{Conn: c}
			case 3:
				in = presence.Restarted{Began: now}
			default:
				in = presence.Tick{}
			}
			var effects []presence.Effect
			l, effects = presence.Step(l, in, now)
			if l.Generation < before.Generation || l.Generation == before.Generation && l.Counter < before.Counter {
				t.Fatalf("the fence sank from %d.%d to %d.%d", before.Generation, before.Counter, l.Generation, l.Counter)
			}
			if has[presence.Acknowledge](effects) && c != before.Conn {
				t.Fatal("acknowledged a connection that is not in force")
			}
			if after, _ := presence.Step(l, presence.Tick{}, now); after.State == presence.Online && now.Sub(after.BeatAt) >= wire.OfflineAfter {
				t.Fatal("online without a sign of life")
			}
		}
	})
}
