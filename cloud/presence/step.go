package presence

import (
	"bytes"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// State is what can be said of an agent's link.
type State string

// States of a link. Quiet: its will arrived or the service restarted; it may be back in seconds.
const (
	Never   State = "never"
	Online  State = "online"
	Quiet   State = "quiet"
	Offline State = "offline"
	Refused State = "refused"
)

// MaxJumps is how many times a day an agent may jump above its fence; more is two boxes with one identity.
const MaxJumps = 3

const (
	jumpWindow = 24 * time.Hour
	// highest bounds counters from the link: the databases store signed integers.
	highest = 1 << 62
)

// Link is what is remembered of one agent's link. (Generation, Counter) is the fence.
type Link struct {
	State       State
	Since       time.Time
	Reason      wire.Refusal
	Generation  uint32
	Counter     uint64
	Conn        domain.ConnID // in force
	BeatAt      time.Time     // last sign of life
	QuietUntil  time.Time
	Fenced      bool // the last hello stood below the fence
	Jumps       int  // since JumpsFrom
	JumpsFrom   time.Time
	Quarantined bool
	Revoked     bool
}

// Input is what happens to a link: Hello, Beat, Gone, Tick, Restarted or Revoked.
type Input interface{ input() }

// Hello is a connection that asks to be in force.
type Hello struct {
	Conn       domain.ConnID
	Generation uint32
	Counter    uint64
	MinProto   int
}

// Beat is a heartbeat of a connection.
type Beat struct{ Conn domain.ConnID }

// Gone is the last will of a connection.
type Gone struct{ Conn domain.ConnID }

// Tick lets time pass.
type Tick struct{}

// Restarted tells that the broker began anew at Began: no connection is left of before.
type Restarted struct{ Began time.Time }

// Revoked tells that the agent was revoked.
type Revoked struct{}

func (Hello) input()     {}
func (Beat) input()      {}
func (Gone) input()      {}
func (Tick) input()      {}
func (Restarted) input() {}
func (Revoked) input()   {}

// Effect is what the runner does after a step: Welcome, Refuse, Acknowledge or Tell.
type Effect interface{ effect() }

// Welcome lets the session stand.
type Welcome struct{}

// Refuse answers a hello with the reason why it does not stand.
type Refuse struct{ Why wire.Refusal }

// Acknowledge answers a beat.
type Acknowledge struct{}

// Tell shows the new state to whom it may concern.
type Tell struct{}

func (Welcome) effect()     {}
func (Refuse) effect()      {}
func (Acknowledge) effect() {}
func (Tell) effect()        {}

// Step is the whole logic of presence: pure, and total over its inputs.
func Step(l Link, in Input, now time.Time) (Link, []Effect) {
	before := l
	var effects []Effect
	switch in := in.(type) {
	case Hello:
		l, effects = hello(l, in, now)
	case Beat:
		if in.Conn == l.Conn && !in.Conn.IsZero() && l.State != Refused {
			l.BeatAt, effects = now, []Effect{Acknowledge{}}
			l = l.become(Online, wire.RefuseNone, now)
		}
	case Gone:
		// A will of an older connection says nothing about the one in force.
		if in.Conn == l.Conn && l.State == Online {
			l.QuietUntil = now.Add(wire.QuietFor)
			l = l.become(Quiet, wire.RefuseNone, now)
		}
	case Restarted:
		if (l.State == Online || l.State == Quiet) && l.BeatAt.Before(in.Began) {
			l.QuietUntil = now.Add(wire.OfflineAfter)
			l = l.become(Quiet, wire.RefuseNone, now)
		}
	case Revoked:
		l.Revoked, l.Conn = true, domain.ConnID{}
		l = l.become(Refused, wire.RefuseRevoked, now)
	case Tick:
		l = tick(l, now)
	}
	if l.State != before.State || l.Reason != before.Reason {
		effects = append(effects, Tell{})
	}
	return l, effects
}

func tick(l Link, now time.Time) Link {
	switch {
	case l.State == Quiet && !now.Before(l.QuietUntil):
		return l.become(Offline, wire.RefuseNone, l.Since)
	case l.State == Online && now.Sub(l.BeatAt) >= wire.OfflineAfter:
		return l.become(Offline, wire.RefuseNone, l.BeatAt)
	}
	return l
}

func hello(l Link, in Hello, now time.Time) (Link, []Effect) {
	switch {
	case l.Revoked:
		return l.become(Refused, wire.RefuseRevoked, now), []Effect{Refuse{wire.RefuseRevoked}}
	case l.Quarantined:
		return l.become(Refused, wire.RefuseClone, now), []Effect{Refuse{wire.RefuseClone}}
	case in.MinProto > wire.Proto:
		return l.refused(wire.RefuseUpgrade, now)
	case in.Conn == l.Conn && in.Generation == l.Generation && in.Counter == l.Counter && (l.State == Online || l.State == Quiet):
		// The same hello again: the broker delivered it twice.
		l.BeatAt = now
		return l.become(Online, wire.RefuseNone, now), []Effect{Welcome{}}
	case !above(in, l):
		if !overtaken(in, l) {
			l.Fenced = true
		}
		return l.refused(wire.RefuseStale, now)
	}
	if l.Fenced {
		l = l.jumped(now)
		if l.Jumps > MaxJumps {
			l.Quarantined, l.Conn = true, domain.ConnID{}
			return l.become(Refused, wire.RefuseClone, now), []Effect{Refuse{wire.RefuseClone}}
		}
	}
	l.Generation, l.Counter, l.Conn, l.BeatAt = in.Generation, in.Counter, in.Conn, now
	return l.become(Online, wire.RefuseNone, now), []Effect{Welcome{}}
}

// above tells whether a hello's pair is higher than the fence.
func above(in Hello, l Link) bool {
	if in.Counter > highest || in.Conn.IsZero() {
		return false
	}
	return in.Generation > l.Generation || in.Generation == l.Generation && in.Counter > l.Counter
}

// overtaken tells whether a hello is of a connection older than the one in force: with several replicas one may be slower than the agent, whose next connection
// was welcomed by another. Ids of connections begin with the milliseconds of their beginning; two boxes with one identity connect by turns, each newer.
func overtaken(in Hello, l Link) bool {
	return bytes.Compare(in.Conn[:idTime], l.Conn[:idTime]) < 0
}

// idTime is how many bytes of an id are its time.
const idTime = 6

// jumped counts a jump above the fence; the count starts anew a day after the first.
func (l Link) jumped(now time.Time) Link {
	if now.Sub(l.JumpsFrom) >= jumpWindow {
		l.Jumps, l.JumpsFrom = 0, now
	}
	l.Jumps++
	l.Fenced = false
	return l
}

// refused turns a hello away and leaves a connection that is in force alone.
func (l Link) refused(why wire.Refusal, now time.Time) (Link, []Effect) {
	if l.State != Online && l.State != Quiet {
		l = l.become(Refused, why, now)
	}
	return l, []Effect{Refuse{why}}
}

func (l Link) become(state State, why wire.Refusal, since time.Time) Link {
	if l.State != state || l.Reason != why {
		l.State, l.Reason, l.Since = state, why, since
	}
	return l
}
