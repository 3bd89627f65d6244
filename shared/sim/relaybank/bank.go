package relaybank

import (
	"context"
	"fmt"
	"sync"
	"time"

	"vestibule/shared/sim/watch"
)

const keptChanges = 1000

// Change is one real change of an output.
type Change struct {
	At    time.Time `json:"at"`
	Relay int       `json:"relay"` // counts from 0
	On    bool      `json:"on"`
	By    string    `json:"by"` // what moved it, "timer" for the end of a pulse
}

// Status is a copy of a bank at one moment.
type Status struct {
	Outputs  []bool   `json:"outputs"`
	Commands int      `json:"commands"` // accepted writes and pulses, also those that changed nothing
	History  []Change `json:"history"`  // oldest first, at most the last 1000
}

// Bank is a row of relays. It is safe for concurrent use.
type Bank struct {
	point watch.Point

	mu       sync.Mutex
	outputs  []bool
	timers   []*time.Timer
	rounds   []int // grows with every command, so that an old timer knows it is old
	commands int
	history  []Change
	closed   bool
	watcher  func(Change)
}

// Watch has every real change told to f, which must not wait and must not ask the bank. Only the last one given counts.
func (b *Bank) Watch(f func(Change)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.watcher = f
}

// New makes a bank of n relays, all off.
func New(n int) *Bank {
	return &Bank{outputs: make([]bool, n), timers: make([]*time.Timer, n), rounds: make([]int, n)}
}

// Len is the number of relays.
func (b *Bank) Len() int { return len(b.outputs) }

// Set puts relay i on or off and ends a running pulse.
func (b *Bank) Set(i int, on bool, by string) error {
	return b.command(i, on, 0, by)
}

// Flash puts relay i to the given state and back to the opposite after hold. A hold of 0 or less is refused.
func (b *Bank) Flash(i int, on bool, hold time.Duration, by string) error {
	if hold <= 0 {
		return fmt.Errorf("relay %d: hold %s is not positive", i, hold)
	}
	return b.command(i, on, hold, by)
}

// Pulse is Flash with the relay on first.
func (b *Bank) Pulse(i int, hold time.Duration, by string) error { return b.Flash(i, true, hold, by) }

// Outputs is a copy of the states.
func (b *Bank) Outputs() []bool { return b.Status().Outputs }

// Status is a copy of everything.
func (b *Bank) Status() Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	return Status{
		Outputs:  append([]bool(nil), b.outputs...),
		Commands: b.commands,
		History:  append([]Change{}, b.history...),
	}
}

// Wait returns once cond holds for the bank, or with the context's error.
func (b *Bank) Wait(ctx context.Context, cond func(Status) bool) error {
	return b.point.Wait(ctx, func() bool { return cond(b.Status()) })
}

// PowerCycle drops every relay and every running pulse, as a loss of supply does.
func (b *Bank) PowerCycle() {
	b.mu.Lock()
	for i := range b.outputs {
		b.rounds[i]++
		b.stop(i)
		b.move(i, false, "power")
	}
	b.mu.Unlock()
	b.point.Notify()
}

// Close ends the running pulses and refuses later commands. Outputs stay as they are.
func (b *Bank) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for i := range b.timers {
		b.rounds[i]++
		b.stop(i)
	}
}

func (b *Bank) command(i int, on bool, hold time.Duration, by string) error {
	if i < 0 || i >= len(b.outputs) {
		return fmt.Errorf("relay %d of %d does not exist", i, len(b.outputs))
	}
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return fmt.Errorf("relay %d: the device is off", i)
	}
	b.commands++
	b.rounds[i]++
	b.stop(i)
	b.move(i, on, by)
	if hold > 0 {
		round := b.rounds[i]
		b.timers[i] = time.AfterFunc(hold, func() { b.release(i, round, !on) })
	}
	b.mu.Unlock()
	b.point.Notify()
	return nil
}

func (b *Bank) release(i, round int, on bool) {
	b.mu.Lock()
	if b.rounds[i] == round {
		b.move(i, on, "timer")
	}
	b.mu.Unlock()
	b.point.Notify()
}

func (b *Bank) stop(i int) {
	if b.timers[i] != nil {
		b.timers[i].Stop()
		b.timers[i] = nil
	}
}

func (b *Bank) move(i int, on bool, by string) {
	if b.outputs[i] == on {
		return
	}
	b.outputs[i] = on
	change := Change{At: time.Now(), Relay: i, On: on, By: by}
	if b.watcher != nil {
		b.watcher(change)
	}
	b.history = append(b.history, change)
	if len(b.history) > keptChanges {
		b.history = append([]Change(nil), b.history[len(b.history)-keptChanges:]...)
	}
}
