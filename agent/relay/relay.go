package relay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vestibule/shared/domain"
)

// Channel names one contact of a bus or device. Number counts from 1; Unit is the Modbus unit id (0 where there is none).
type Channel struct {
	Unit   int
	Number int
}

// Switch is a board whose contacts stay as they are set; the caller lets go. A Switch is used by one goroutine.
type Switch interface {
	// Set moves the contact. The error is an *Error.
	Set(ctx context.Context, ch Channel, on bool) error
	// State reads the contact. The error is an *Error.
	State(ctx context.Context, ch Channel) (bool, error)
	// Close gives the connection back.
	Close() error
}

// Timer is a relay that lets go by its own clock, so that it also does when the agent is gone. A Timer is used by one goroutine.
type Timer interface {
	// Pulse energises the contact for hold, or for good when hold is 0. The error is an *Error.
	Pulse(ctx context.Context, ch Channel, hold time.Duration) error
	// Close gives the connection back.
	Close() error
}

// Board is how one unit of a line is built.
type Board struct {
	Profile  domain.BoardProfile
	Channels int
	Inputs   bool // its inputs are to be read
}

// Reading is what a board shows at one moment; the first is channel 1.
type Reading struct {
	Outputs []bool
	Inputs  []bool // none where they are not to be read
}

// Rack is a line of boards: their contacts can be read as a whole, and some let go by their own clock. A Rack is used by one goroutine.
type Rack interface {
	Switch
	// Pulses tells whether the board of the channel times a pulse of this length itself.
	Pulses(ch Channel, hold time.Duration) bool
	// Pulse moves the contact to on, and the board brings it back after hold, also when the agent is gone. The error is an *Error.
	Pulse(ctx context.Context, ch Channel, on bool, hold time.Duration) error
	// Scan reads a whole board. The error is an *Error.
	Scan(ctx context.Context, unit int) (Reading, error)
	// SetInputs tells a board what its inputs do to the relays of their numbers; own is false when it cannot do that by itself. The error is an *Error.
	SetInputs(ctx context.Context, unit int, modes map[int]domain.InputMode) (own bool, err error)
}

// Kind is what a driver knows after an error.
type Kind string

// Kinds of errors.
const (
	Unreachable Kind = "unreachable" // nothing was sent: nothing moved
	Refused     Kind = "refused"     // the board answered no: nothing moved
	Ambiguous   Kind = "ambiguous"   // sent, but no answer: it may have moved
)

// Error is the only error of drivers.
type Error struct {
	Kind Kind
	Err  error
}

// Error gives the operator's text.
func (e *Error) Error() string { return fmt.Sprintf("relay %s: %v", e.Kind, e.Err) }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf reads the kind through wrapping. An error of no kind counts as Ambiguous, because nothing is known about it; nil has the empty kind.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Ambiguous
}
