package link

import (
	"sync/atomic"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// StateUnclaimed stands in Status before the claim; otherwise State is a Phase.
const StateUnclaimed = "unclaimed"

// Status is what the agent's page shows of the link.
type Status struct {
	State   string       // unclaimed, resting, dialling, greeting or up
	Since   time.Time    // of Online or of its absence
	Refused wire.Refusal // why the cloud does not let the agent in
	Conn    domain.ConnID
	NextTry time.Time // while resting
	Jumped  bool      // the disk was found to be rolled back
}

// Online tells whether a session stands.
func (s Status) Online() bool { return s.State == string(Up) }

// Status tells where the link stands now.
func (l *Link) Status() Status { return *l.status.Load() }

// Online tells whether a session stands.
func (l *Link) Online() bool { return l.Status().Online() }

// ClockSure tells whether the wall clock agreed with the cloud's when it was last compared.
func (l *Link) ClockSure() bool { return l.sure.Load() }

func (l *Link) show() {
	before := l.Status()
	now := Status{State: string(l.state.Phase), Since: before.Since, Refused: l.state.Refused, Jumped: l.state.Jumped}
	switch {
	case l.current != nil:
		now.Conn = l.current.id
	case l.state.Phase == Resting:
		now.NextTry = l.state.At
	}
	if now.Online() != before.Online() || before.State == StateUnclaimed {
		now.Since = l.cfg.Clock.Now()
	}
	if now == before {
		return
	}
	l.status.Store(&now)
	l.cfg.Changed(now)
}

type counters struct {
	malformed, foreign, unknown, early, oversize, overrun atomic.Uint64
}

// Counts tells how many messages were dropped, by cause.
type Counts struct {
	Malformed uint64 // not CBOR of the protocol, or of a protocol that is not spoken
	Foreign   uint64 // of another connection, or answering nothing
	Unknown   uint64 // of a kind that this agent does not know
	Early     uint64 // before the session stood
	Oversize  uint64 // ours, over the limit: never sent
	Overrun   uint64 // came faster than they could be taken
}

// Counts gives the dropped messages since the start.
func (l *Link) Counts() Counts {
	c := &l.counts
	return Counts{c.malformed.Load(), c.foreign.Load(), c.unknown.Load(), c.early.Load(), c.oversize.Load(), c.overrun.Load()}
}
