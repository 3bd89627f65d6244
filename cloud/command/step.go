package command

import (
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// Command is one ask and what is known of it. Result is empty while it is open.
type Command struct {
	ID         domain.CommandID
	Site       domain.SiteID
	Agent      domain.AgentID
	Conn       domain.ConnID
	Kind       wire.CommandKind
	Device     domain.DeviceID
	Relay      int
	On         bool // of wire.CommandRelaySet
	Account    domain.AccountID
	Actor      string
	Key        string    // the caller's Idempotency-Key
	IssuedAt   time.Time // database time
	Bound      time.Duration
	TTL        time.Duration
	AcceptedAt time.Time
	Result     domain.ActResult
	Reason     domain.Reason
	EndedAt    time.Time
	LateResult domain.ActResult // the agent's own word, when it came after the end
	LateReason domain.Reason
}

// Deadline is when the agent refuses to begin.
func (c Command) Deadline() time.Time { return c.IssuedAt.Add(c.TTL) }

// Overdue is when nobody can expect a result any more.
func (c Command) Overdue() time.Time { return c.Deadline().Add(c.Kind.Within()).Add(grace) }

// Open tells whether no result is known.
func (c Command) Open() bool { return c.Result == "" }

// Flight is a command on its way from this process: when it was sent last.
type Flight struct {
	Command
	SentAt time.Time
}

// grace is how long after the deadline a result may still be on its way back.
const grace = 2 * time.Second

// Input is what happens to a command: Answered or Tick.
type Input interface{ input() }

// Answered is a result from the agent.
type Answered struct{ wire.Result }

// Tick lets time pass. Linked tells whether the connection that the command was sent on is still the agent's.
type Tick struct{ Linked bool }

func (Answered) input() {}
func (Tick) input()     {}

// Effect is what the runner does after a step: Send, Save or End.
type Effect interface{ effect() }

// Send publishes the signed command once more.
type Send struct{}

// Save stores the command.
type Save struct{}

// End tells who waits.
type End struct{}

func (Send) effect() {}
func (Save) effect() {}
func (End) effect()  {}

// Step is the whole life of a command: pure.
func Step(f Flight, in Input, now time.Time) (Flight, []Effect) {
	switch in := in.(type) {
	case Answered:
		return answered(f, in.Result, now)
	case Tick:
		if !f.Open() {
			return f, nil
		}
		if end, ok := f.overdue(in.Linked, now); ok {
			return end, []Effect{Save{}, End{}}
		}
		if f.AcceptedAt.IsZero() && in.Linked && now.Before(f.Deadline()) && now.Sub(f.SentAt) >= wire.ResendEvery {
			f.SentAt = now
			return f, []Effect{Send{}}
		}
	}
	return f, nil
}

func answered(f Flight, r wire.Result, now time.Time) (Flight, []Effect) {
	if r.Accepted && r.Result == "" {
		if !f.Open() || !f.AcceptedAt.IsZero() {
			return f, nil
		}
		f.AcceptedAt = now
		return f, []Effect{Save{}}
	}
	if !known(r.Result) {
		return f, nil
	}
	if !f.Open() {
		// Our own guess at the end gives way to nobody: the agent's word stands beside it.
		if f.LateResult == "" && (f.Result != r.Result || f.Reason != r.Reason) && f.guessed() {
			f.LateResult, f.LateReason = r.Result, r.Reason
			return f, []Effect{Save{}}
		}
		return f, nil
	}
	f.Result, f.Reason, f.EndedAt = r.Result, r.Reason, now
	return f, []Effect{Save{}, End{}}
}

// guessed tells whether the result was given by the sweeper: no agent sends these reasons.
func (f Flight) guessed() bool {
	return f.Reason == domain.ReasonNoAnswer || f.Reason == domain.ReasonAgentOffline
}

// overdue ends a command that nobody answered, and never guesses that it did not happen: an agent may have begun right before the deadline, and its word
// may hang in a line that has stalled. Only the agent can say expired. A broken link brings no word any more; on one that stands it gets some time.
func (f Flight) overdue(linked bool, now time.Time) (Flight, bool) {
	wait := f.Deadline().Add(grace)
	switch {
	case !f.AcceptedAt.IsZero():
		wait = f.Overdue()
	case !linked:
		wait = f.Deadline()
	}
	if now.Before(wait) {
		return f, false
	}
	f.Result, f.Reason, f.EndedAt = domain.ActUnknown, domain.ReasonNoAnswer, now
	if !linked {
		f.Reason = domain.ReasonAgentOffline
	}
	return f, true
}

func known(r domain.ActResult) bool {
	switch r {
	case domain.ActDone, domain.ActRefused, domain.ActFailed, domain.ActExpired, domain.ActUnknown:
		return true
	}
	return false
}
