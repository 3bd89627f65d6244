package remote

import (
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// Facts is what the gate judges a command by.
type Facts struct {
	Agent  domain.AgentID
	Conn   domain.ConnID // of the session on which the command came
	Now    time.Time     // the cloud's time, estimated
	Bound  time.Duration // its error bound
	Timed  bool          // whether Now is known at all
	Before *Entry        // what the journal has under the command's id
}

// Act is what to do with a command.
type Act string

// Acts.
const (
	Ignore Act = "ignore" // not for us
	Repeat Act = "repeat" // seen before: its result, or "accepted", is told again
	Refuse Act = "refuse" // with Result and Reason
	Do     Act = "do"
)

// Verdict is the gate's answer.
type Verdict struct {
	Act    Act
	Result domain.ActResult
	Reason domain.Reason
	Left   time.Duration // with Do: until the deadline, at worst
}

func refuse(result domain.ActResult, reason domain.Reason) Verdict {
	return Verdict{Act: Refuse, Result: result, Reason: reason}
}

// Judge decides about a command whose signature holds. It is asked twice: on arrival and again when the promise is on the
// disk, because the disk takes time. Every doubt is a refusal.
//
// Invariant: Do is never said at or after the deadline, whatever the wall clocks show (TestFailure11_NeverAfterTheDeadlineWhateverTheWallClockShows).
func Judge(c wire.Command, f Facts) Verdict {
	if c.Agent != f.Agent || c.ID.IsZero() {
		return Verdict{Act: Ignore}
	}
	if f.Before != nil {
		return Verdict{Act: Repeat, Result: f.Before.Result, Reason: f.Before.Reason}
	}
	if c.Conn != f.Conn || c.Conn.IsZero() {
		return refuse(domain.ActRefused, domain.ReasonWrongConn)
	}
	if c.Kind.TTL() == 0 {
		return refuse(domain.ActRefused, domain.ReasonUnknownKind)
	}
	return judgeAge(c, f)
}

// judgeAge compares the age at worst, error bounds included, with the time to live. Numbers come from the link: they are
// bounded before they are multiplied.
func judgeAge(c wire.Command, f Facts) Verdict {
	most := c.Kind.MaxTTL().Milliseconds()
	ttl := time.Duration(min(max(c.TTLMilli, 0), most)) * time.Millisecond
	if !f.Timed || f.Bound < 0 || f.Bound > ttl/2 || c.BoundMilli < 0 || c.BoundMilli > most {
		return refuse(domain.ActRefused, domain.ReasonClockUnsure)
	}
	bound := f.Bound + time.Duration(c.BoundMilli)*time.Millisecond
	age := f.Now.Sub(time.UnixMilli(c.IssuedMilli))
	if age < -bound {
		return refuse(domain.ActRefused, domain.ReasonClockUnsure) // issued in the future: one of the clocks is not what it says
	}
	left := ttl - age - bound
	if left <= 0 {
		return refuse(domain.ActExpired, domain.ReasonLate)
	}
	return Verdict{Act: Do, Left: min(left, ttl)}
}
