package relaytest

import (
	"testing"
	"time"

	"vestibule/agent/relay"
)

// Peer is the other end of a driver under test.
type Peer interface {
	Break(fault Fault)
	Contact(ch relay.Channel) bool
	Force(ch relay.Channel, on bool)
	Writes() []Write
}

// Switches runs the cases of relay.Switch. fresh gives a driver and its peer; channel and other are two contacts that exist.
func Switches(t *testing.T, channel, other relay.Channel, fresh func(t *testing.T) (relay.Switch, Peer)) {
	t.Run("moves the named contact alone", func(t *testing.T) {
		sw, peer := fresh(t)
		for _, on := range []bool{true, true, false} {
			if err := sw.Set(t.Context(), channel, on); err != nil {
				t.Fatal(err)
			}
			if peer.Contact(channel) != on || peer.Contact(other) {
				t.Fatalf("after set %v: channel %v, other %v", on, peer.Contact(channel), peer.Contact(other))
			}
		}
	})
	t.Run("reads what somebody else moved", func(t *testing.T) {
		sw, peer := fresh(t)
		for _, want := range []bool{true, false} {
			peer.Force(channel, want)
			if on, err := sw.State(t.Context(), channel); err != nil || on != want {
				t.Fatalf("read %v %v, want %v", on, err, want)
			}
		}
	})
	t.Run("down: unreachable, works again after", func(t *testing.T) {
		sw, peer := fresh(t)
		if err := sw.Set(t.Context(), channel, true); err != nil {
			t.Fatal(err)
		}
		peer.Break(Down)
		if err := sw.Set(t.Context(), channel, false); relay.KindOf(err) != relay.Unreachable {
			t.Fatalf("want unreachable, got %v", err)
		}
		if !peer.Contact(channel) {
			t.Fatal("the contact moved")
		}
		peer.Break(Healthy)
		if err := sw.Set(t.Context(), channel, false); err != nil || peer.Contact(channel) {
			t.Fatalf("after healing: %v", err)
		}
	})
	t.Run("swallowed write: ambiguous, sent once, readable", func(t *testing.T) {
		sw, peer := fresh(t)
		peer.Break(Swallow)
		if err := sw.Set(t.Context(), channel, true); relay.KindOf(err) != relay.Ambiguous {
			t.Fatalf("want ambiguous, got %v", err)
		}
		if n := len(peer.Writes()); n != 1 {
			t.Fatalf("%d writes", n)
		}
		if on, err := sw.State(t.Context(), channel); err != nil || !on {
			t.Fatalf("read back: %v %v", on, err)
		}
	})
	t.Run("refused: nothing moves", func(t *testing.T) {
		sw, peer := fresh(t)
		peer.Break(Refuse)
		if err := sw.Set(t.Context(), channel, true); relay.KindOf(err) != relay.Refused {
			t.Fatalf("want refused, got %v", err)
		}
		if peer.Contact(channel) {
			t.Fatal("the contact moved")
		}
	})
}

// Timers runs the cases of relay.Timer.
func Timers(t *testing.T, channel relay.Channel, fresh func(t *testing.T) (relay.Timer, Peer)) {
	t.Run("pulses once with its length", func(t *testing.T) {
		tm, peer := fresh(t)
		if err := tm.Pulse(t.Context(), channel, 3*time.Second); err != nil {
			t.Fatal(err)
		}
		w := peer.Writes()
		if len(w) != 1 || w[0].Channel.Number != channel.Number || w[0].Hold != 3*time.Second {
			t.Fatalf("writes %+v", w)
		}
	})
	for _, c := range []struct {
		fault  Fault
		want   relay.Kind
		writes int
	}{{Down, relay.Unreachable, 0}, {Refuse, relay.Refused, 0}, {Swallow, relay.Ambiguous, 1}} {
		t.Run("broken: "+string(c.want), func(t *testing.T) {
			tm, peer := fresh(t)
			peer.Break(c.fault)
			if err := tm.Pulse(t.Context(), channel, time.Second); relay.KindOf(err) != c.want {
				t.Fatalf("want %s, got %v", c.want, err)
			}
			if n := len(peer.Writes()); n != c.writes {
				t.Fatalf("%d writes, want %d", n, c.writes)
			}
			peer.Break(Healthy)
			if err := tm.Pulse(t.Context(), channel, time.Second); err != nil {
				t.Fatalf("after healing: %v", err)
			}
		})
	}
}
