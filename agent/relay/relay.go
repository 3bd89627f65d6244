package relay

import (
	"context"
	"errors"
	"fmt"
	"time"
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
