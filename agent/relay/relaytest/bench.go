package relaytest

import (
	"context"
	"errors"
	"sync"
	"time"

	"vestibule/agent/relay"
)

var (
	_ relay.Switch = (*Bench)(nil)
	_ relay.Timer  = (*Timed)(nil)
)

// Fault is what is wrong with a peer.
type Fault int

// Faults of a peer.
const (
	Healthy   Fault = iota
	Down            // no connection, nothing moves
	Swallow         // writes move the contact and get no answer; reads work
	Deaf            // writes move nothing and get no answer; reads work
	Refuse          // every request is answered with an error
	Late            // answers come after the driver gave up
	WrongEcho       // writes move the contact and are answered for another one
)

// Write is one write that reached the bench.
type Write struct {
	Channel relay.Channel
	On      bool
	Hold    time.Duration // pulses only
	At      time.Time
}

// Bench is a board in memory. It is safe for concurrent use and notes when two requests overlap.
type Bench struct {
	mu       sync.Mutex
	contacts map[relay.Channel]bool
	writes   []Write
	fault    Fault
	busy     bool
	overlaps int
	changed  chan struct{}
	gate     chan struct{}
}

// NewBench makes a healthy board with every contact at false.
func NewBench() *Bench {
	return &Bench{contacts: map[relay.Channel]bool{}, changed: make(chan struct{})}
}

// Break sets the fault.
func (b *Bench) Break(f Fault) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fault = f
}

// Hold makes every following write wait until the returned function is called.
func (b *Bench) Hold() (release func()) {
	gate := make(chan struct{})
	b.mu.Lock()
	b.gate = gate
	b.mu.Unlock()
	return func() {
		b.mu.Lock()
		b.gate = nil
		b.mu.Unlock()
		close(gate)
	}
}

// Force sets a contact without a write.
func (b *Bench) Force(ch relay.Channel, on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.contacts[ch] = on
	b.notify()
}

// Contact reads a contact.
func (b *Bench) Contact(ch relay.Channel) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.contacts[ch]
}

// Writes lists the writes that reached the board.
func (b *Bench) Writes() []Write {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Write(nil), b.writes...)
}

// Overlaps counts requests that came while another was being served.
func (b *Bench) Overlaps() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.overlaps
}

// Changed is closed at the next write or forced change.
func (b *Bench) Changed() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.changed
}

func (b *Bench) notify() {
	close(b.changed)
	b.changed = make(chan struct{})
}

// Set moves a contact as the fault allows.
func (b *Bench) Set(ctx context.Context, ch relay.Channel, on bool) error {
	return b.write(ctx, Write{Channel: ch, On: on})
}

func (b *Bench) write(ctx context.Context, w Write) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.busy {
		b.overlaps++
	}
	b.busy = true
	gate := b.gate
	b.mu.Unlock()
	if gate != nil {
		<-gate
	}
	b.mu.Lock()
	b.busy = false
	switch {
	case ctx.Err() != nil:
		return &relay.Error{Kind: relay.Unreachable, Err: ctx.Err()}
	case b.fault == Down:
		return &relay.Error{Kind: relay.Unreachable, Err: errors.New("no route")}
	case b.fault == Refuse:
		return &relay.Error{Kind: relay.Refused, Err: errors.New("no such coil")}
	}
	w.At = time.Now()
	b.writes = append(b.writes, w)
	if b.fault != Deaf {
		b.contacts[w.Channel] = w.On
	}
	b.notify()
	if b.fault != Healthy {
		return &relay.Error{Kind: relay.Ambiguous, Err: errors.New("no answer")}
	}
	return nil
}

// State reads a contact as the fault allows.
func (b *Bench) State(_ context.Context, ch relay.Channel) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch b.fault {
	case Down:
		return false, &relay.Error{Kind: relay.Unreachable, Err: errors.New("no route")}
	case Refuse:
		return false, &relay.Error{Kind: relay.Refused, Err: errors.New("no such coil")}
	}
	return b.contacts[ch], nil
}

// Close does nothing.
func (b *Bench) Close() error { return nil }

// Timed is a bench whose relays let go by themselves; its contacts stay set so that tests can look at them.
type Timed struct{ *Bench }

// Pulse notes a pulse and sets the contact.
func (t Timed) Pulse(ctx context.Context, ch relay.Channel, hold time.Duration) error {
	return t.write(ctx, Write{Channel: ch, On: true, Hold: hold})
}
