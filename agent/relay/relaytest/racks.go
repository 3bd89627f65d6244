package relaytest

import (
	"testing"
	"time"

	"vestibule/agent/relay"
)

// Rack is the other end of a line of boards.
type Rack interface {
	Peer
	// Input closes or opens the input of a channel.
	Input(ch relay.Channel, on bool)
	// PowerLoss takes and gives the supply of a unit: relays drop, a running pulse is gone.
	PowerLoss(unit int)
}

// pulse is long beside an exchange and short beside a test.
const pulse = 1500 * time.Millisecond

// Racks runs the cases of relay.Rack. channel and other are contacts of two boards on one line; times tells whether the board of channel lets go by its
// own clock.
func Racks(t *testing.T, channel, other relay.Channel, times bool, fresh func(t *testing.T) (relay.Rack, Rack)) {
	Switches(t, channel, other, func(t *testing.T) (relay.Switch, Peer) { return fresh(t) })
	t.Run("scan reads every contact of one board", func(t *testing.T) {
		rack, peer := fresh(t)
		peer.Force(channel, true)
		got, err := rack.Scan(t.Context(), channel.Unit)
		if err != nil || len(got.Outputs) < channel.Number {
			t.Fatalf("%+v %v", got, err)
		}
		for i, on := range got.Outputs {
			if on != (i == channel.Number-1) {
				t.Fatalf("outputs %v", got.Outputs)
			}
		}
	})
	t.Run("a late answer is never taken for the next one", func(t *testing.T) {
		rack, peer := fresh(t)
		peer.Force(other, true)
		peer.Break(Late)
		if err := rack.Set(t.Context(), channel, true); relay.KindOf(err) != relay.Unreachable && relay.KindOf(err) != relay.Ambiguous {
			t.Fatalf("want unreachable or ambiguous, got %v", err)
		}
		peer.Break(Healthy)
		for range 5 {
			a, err := rack.State(t.Context(), channel)
			b, err2 := rack.State(t.Context(), other)
			if err != nil || err2 != nil || a != peer.Contact(channel) || !b {
				t.Fatalf("read %v %v, %v %v; the contact is %v", a, err, b, err2, peer.Contact(channel))
			}
		}
	})
	t.Run("an answer about another relay is no confirmation", func(t *testing.T) {
		rack, peer := fresh(t)
		peer.Break(WrongEcho)
		if err := rack.Set(t.Context(), channel, true); relay.KindOf(err) != relay.Ambiguous {
			t.Fatalf("want ambiguous, got %v", err)
		}
		if n := len(peer.Writes()); n != 1 {
			t.Fatalf("%d writes", n)
		}
	})
	if rack, _ := fresh(t); rack.Pulses(channel, pulse) != times {
		t.Fatalf("the board times pulses: %v, want %v", !times, times)
	}
	if times {
		pulses(t, channel, other, fresh)
	}
}

// pulses are the cases of a board that lets go by its own clock.
func pulses(t *testing.T, channel, other relay.Channel, fresh func(t *testing.T) (relay.Rack, Rack)) {
	t.Run("a pulse is one write and ends by itself", func(t *testing.T) {
		rack, peer := fresh(t)
		if err := rack.Pulse(t.Context(), channel, true, pulse); err != nil {
			t.Fatal(err)
		}
		if !peer.Contact(channel) || peer.Contact(other) {
			t.Fatal("not the contact that was named")
		}
		_ = rack.Close() // nobody is left to let go
		rests(t, peer, channel, false)
		if w := peer.Writes(); len(w) != 1 || w[0].Hold != pulse {
			t.Fatalf("writes %+v", w)
		}
	})
	t.Run("a pulse of a contact that rests closed", func(t *testing.T) {
		rack, peer := fresh(t)
		peer.Force(channel, true)
		if err := rack.Pulse(t.Context(), channel, false, pulse); err != nil || peer.Contact(channel) {
			t.Fatalf("%v, contact %v", err, peer.Contact(channel))
		}
		rests(t, peer, channel, true)
	})
	t.Run("a swallowed pulse: ambiguous, sent once", func(t *testing.T) {
		rack, peer := fresh(t)
		peer.Break(Swallow)
		if err := rack.Pulse(t.Context(), channel, true, pulse); relay.KindOf(err) != relay.Ambiguous {
			t.Fatalf("want ambiguous, got %v", err)
		}
		rests(t, peer, channel, false)
		if n := len(peer.Writes()); n != 1 {
			t.Fatalf("%d writes", n)
		}
	})
	t.Run("power lost in a pulse: the contact drops and stays down", func(t *testing.T) {
		rack, peer := fresh(t)
		if err := rack.Pulse(t.Context(), channel, true, pulse); err != nil {
			t.Fatal(err)
		}
		peer.PowerLoss(channel.Unit)
		if on, err := rack.State(t.Context(), channel); err != nil || on {
			t.Fatalf("after the power came back: %v %v", on, err)
		}
		<-time.After(2 * pulse)
		if peer.Contact(channel) || len(peer.Writes()) != 1 {
			t.Fatalf("it moved again: %+v", peer.Writes())
		}
	})
}

// rests waits until a contact is at rest.
func rests(t *testing.T, peer Peer, ch relay.Channel, at bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); peer.Contact(ch) != at; <-time.After(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the board did not let go")
		}
	}
}
