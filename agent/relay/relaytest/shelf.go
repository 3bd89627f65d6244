package relaytest

import (
	"context"
	"errors"
	"time"

	"vestibule/agent/relay"
	"vestibule/shared/domain"
)

var _ relay.Rack = (*Shelf)(nil)

// Shelf is a line of boards in memory: a bench whose contacts can be read as a whole. Its zero fields are boards of four channels without a clock.
type Shelf struct {
	*Bench
	Timed  bool // boards let go by their own clock
	Stuck  bool // and then do not
	Own    bool // boards have input modes of their own
	Silent map[int]bool
	inputs map[relay.Channel]bool
	Modes  map[int]map[int]domain.InputMode // what each unit was told
}

// channels is how many contacts a unit of the shelf has.
const channels = 4

// NewShelf makes a healthy line.
func NewShelf() *Shelf {
	return &Shelf{Bench: NewBench(), Silent: map[int]bool{}, inputs: map[relay.Channel]bool{}, Modes: map[int]map[int]domain.InputMode{}}
}

// Quiet makes a unit silent, or ends that. A silent unit costs a second.
func (s *Shelf) Quiet(unit int, silent bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Silent[unit] = silent
}

// Input closes or opens an input.
func (s *Shelf) Input(ch relay.Channel, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inputs[ch] = on
}

func (s *Shelf) silent(unit int) error {
	s.mu.Lock()
	silent := s.Silent[unit]
	s.mu.Unlock()
	if !silent {
		return nil
	}
	<-time.After(time.Second)
	return &relay.Error{Kind: relay.Unreachable, Err: errors.New("silent")}
}

// Set moves a contact, unless its unit is silent.
func (s *Shelf) Set(ctx context.Context, ch relay.Channel, on bool) error {
	if err := s.silent(ch.Unit); err != nil {
		return err
	}
	return s.Bench.Set(ctx, ch, on)
}

// State reads a contact, unless its unit is silent.
func (s *Shelf) State(ctx context.Context, ch relay.Channel) (bool, error) {
	if err := s.silent(ch.Unit); err != nil {
		return false, err
	}
	return s.Bench.State(ctx, ch)
}

// Pulses tells whether the boards have a clock.
func (s *Shelf) Pulses(relay.Channel, time.Duration) bool { return s.Timed }

// Pulse moves a contact and lets go after hold.
func (s *Shelf) Pulse(ctx context.Context, ch relay.Channel, on bool, hold time.Duration) error {
	if err := s.silent(ch.Unit); err != nil {
		return err
	}
	err := s.write(ctx, Write{Channel: ch, On: on, Hold: hold})
	if err == nil && !s.Stuck {
		time.AfterFunc(hold, func() { s.Force(ch, !on) })
	}
	return err
}

// Scan reads a unit.
func (s *Shelf) Scan(ctx context.Context, unit int) (relay.Reading, error) {
	if _, err := s.State(ctx, relay.Channel{Unit: unit, Number: 1}); err != nil {
		return relay.Reading{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := relay.Reading{Outputs: make([]bool, channels), Inputs: make([]bool, channels)}
	for i := range channels {
		ch := relay.Channel{Unit: unit, Number: i + 1}
		r.Outputs[i], r.Inputs[i] = s.contacts[ch], s.inputs[ch]
	}
	return r, nil
}

// SetInputs notes what a unit was told.
func (s *Shelf) SetInputs(_ context.Context, unit int, modes map[int]domain.InputMode) (bool, error) {
	if err := s.silent(unit); err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Modes[unit] = modes
	return s.Own, nil
}
