package outbox

import (
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// Numbers of the upload. The cloud's limits bound them from above.
const (
	resendsBeforeReconnect = 3
	leastBatch             = 2 << 10 // bytes; a slow link gets smaller batches until one passes in time
	mostBatch              = wire.MaxBatchBytes - 1024
	longestWait            = time.Minute           // the most that a cloud may ask us to wait between batches
	afterExpect            = time.Second           // pause before rows are sent again because the cloud named others
	breath                 = 50 * time.Millisecond // pause after a batch, so that what comes fast leaves together
)

// Lane is one stream as the upload sees it. First and Through are the batch in flight; zero means none.
type Lane struct {
	Acked, Last, Sent uint64
	First, Through    uint64
	SentAt            time.Time
	Tries             int
	Rest              time.Time // nothing leaves before
	Batch             int64     // bytes of the next batch
}

// State is the upload between two inputs. The zero value is a program that has just started.
type State struct {
	Up     bool
	Epoch  domain.EpochID
	Audit  Lane
	Status Lane
}

// Input is one thing that happened.
type Input interface{ input() }

// Inputs of Step.
type (
	// Known tells where the shelf stands; it comes before every other input and asks for nothing.
	Known struct{ Marks Marks }
	// Opened is a welcome: what the cloud has of this epoch.
	Opened struct{ Audit, Status uint64 }
	// Closed is the end of the session.
	Closed struct{}
	// Acked is the cloud's answer to a batch, after its commit.
	Acked struct{ Ack wire.Ack }
	// Sent tells which rows an effect Send took; none when First is 0.
	Sent struct {
		Stream         domain.Stream
		First, Through uint64
	}
	// Tick says that time has passed or rows have come.
	Tick struct{}
)

func (Known) input()  {}
func (Opened) input() {}
func (Closed) input() {}
func (Acked) input()  {}
func (Sent) input()   {}
func (Tick) input()   {}

// Effect is one thing to do.
type Effect interface{ effect() }

// Effects of Step.
type (
	// Send reads rows after the acknowledged ones, chains them and sends them as one batch of at most Bytes.
	Send struct {
		Stream domain.Stream
		Bytes  int64
	}
	// Settle removes rows up to Through from the shelf and puts the rejected ones aside.
	Settle struct {
		Stream   domain.Stream
		Through  uint64
		Rejected []wire.Rejection
	}
	// Mend puts a visible hole where the cloud misses rows that are no longer here: the cloud was restored from a backup.
	Mend struct {
		Stream domain.Stream
		From   uint64
	}
	// Anew starts a new epoch: the cloud has rows that this disk never sent, so the disk was rolled back.
	Anew struct{}
	// Reconnect ends the session: nobody answers on it.
	Reconnect struct{ Why string }
)

func (Send) effect()      {}
func (Settle) effect()    {}
func (Mend) effect()      {}
func (Anew) effect()      {}
func (Reconnect) effect() {}

func (s *State) lane(stream domain.Stream) *Lane {
	switch stream {
	case domain.StreamAudit:
		return &s.Audit
	case domain.StreamStatus:
		return &s.Status
	}
	return nil
}

// Step takes one input and says what to do. A row leaves the shelf only by an acknowledgement of its own epoch.
func Step(s State, in Input, now time.Time) (State, []Effect) {
	switch in := in.(type) {
	case Known:
		s.Epoch = in.Marks.Epoch
		for _, m := range []Mark{in.Marks.Audit, in.Marks.Status} {
			l := s.lane(m.Stream)
			l.Acked, l.Last, l.Sent = m.Acked, m.Last, m.Sent
		}
		return s, nil
	case Opened:
		return s.opened(in, now)
	case Closed:
		s.Up = false
		s.Audit.clear()
		s.Status.clear()
	case Acked:
		return s.acked(in.Ack, now)
	case Sent:
		if l := s.lane(in.Stream); l != nil && in.First != 0 {
			l.First, l.Through, l.SentAt = in.First, in.Through, now
			l.Sent = max(l.Sent, in.Through)
		}
		return s, nil
	case Tick:
		for _, l := range []*Lane{&s.Audit, &s.Status} {
			if s.Up && l.Through != 0 && now.Sub(l.SentAt) >= wire.AckWithin {
				l.Tries++
				l.First, l.Through = 0, 0 // asked again
				l.Batch = max(leastBatch, l.batch()/2)
				if l.Tries >= resendsBeforeReconnect {
					s.Up = false
					return s, []Effect{Reconnect{Why: "no acknowledgement"}}
				}
			}
		}
	}
	return s, s.pump(now)
}

func (l *Lane) clear() { l.First, l.Through, l.Tries, l.Rest = 0, 0, 0, time.Time{} }

func (l *Lane) batch() int64 {
	if l.Batch == 0 {
		return mostBatch
	}
	return l.Batch
}

func (s State) opened(in Opened, now time.Time) (State, []Effect) {
	s.Up = true
	s.Audit.clear()
	s.Status.clear()
	var effects []Effect
	for _, c := range []struct {
		stream domain.Stream
		acked  uint64
	}{{domain.StreamAudit, in.Audit}, {domain.StreamStatus, in.Status}} {
		l := s.lane(c.stream)
		switch {
		case c.acked > l.Sent:
			return s.anew() // the welcome names rows that never left this disk
		case c.acked > l.Acked:
			effects = append(effects, Settle{Stream: c.stream, Through: c.acked})
			l.Acked = c.acked
		case c.acked < l.Acked:
			effects = append(effects, Mend{Stream: c.stream, From: c.acked + 1})
			l.Acked = c.acked
		}
	}
	return s, append(effects, s.pump(now)...)
}

func (s State) anew() (State, []Effect) {
	s.Up = false
	return s, []Effect{Anew{}, Reconnect{Why: "a new epoch begins"}}
}

func (s State) acked(a wire.Ack, now time.Time) (State, []Effect) {
	l := s.lane(a.Stream)
	if !s.Up || l == nil || a.Epoch != s.Epoch {
		return s, nil
	}
	through := a.Through
	if a.Expect > 0 {
		through = a.Expect - 1
	}
	var effects []Effect
	switch {
	case through > l.Sent:
		return s.anew()
	case through > l.Acked:
		effects = append(effects, Settle{Stream: a.Stream, Through: through, Rejected: a.Rejected})
		l.Acked = through
		l.Tries, l.First, l.Through = 0, 0, 0
		l.Batch = min(mostBatch, l.batch()*2)
		if l.Acked == l.Last {
			l.Rest = now.Add(breath)
		}
	case a.Expect > 0 && through < l.Acked:
		// Perhaps the cloud lost rows, perhaps this answer is an old one that came twice: the next welcome knows.
		s.Up = false
		return s, []Effect{Reconnect{Why: "the cloud may miss rows"}}
	case a.Expect > 0 || a.WaitMilli > 0:
		l.First, l.Through = 0, 0
		l.Rest = now.Add(afterExpect)
	default:
		return s, nil // an old acknowledgement, seen again
	}
	if wait := time.Duration(min(a.WaitMilli, longestWait.Milliseconds())) * time.Millisecond; wait > 0 {
		l.Rest = now.Add(wait)
	}
	return s, append(effects, s.pump(now)...)
}

// pump starts a batch in every stream that may: one in flight each, and status only when no audit row waits.
func (s *State) pump(now time.Time) []Effect {
	if !s.Up {
		return nil
	}
	var effects []Effect
	if s.Audit.may(now) {
		effects = append(effects, Send{Stream: domain.StreamAudit, Bytes: s.Audit.batch()})
	}
	auditAway := s.Audit.Acked == s.Audit.Last || s.Audit.Through == s.Audit.Last
	if auditAway && s.Status.may(now) {
		effects = append(effects, Send{Stream: domain.StreamStatus, Bytes: s.Status.batch()})
	}
	return effects
}

func (l *Lane) may(now time.Time) bool {
	return l.Through == 0 && l.Last > l.Acked && !now.Before(l.Rest)
}

// Wake is when the next Tick is due; zero when nothing waits for time.
func (s State) Wake() time.Time {
	var at time.Time
	for _, l := range []Lane{s.Audit, s.Status} {
		var due time.Time
		switch {
		case !s.Up:
		case l.Through != 0:
			due = l.SentAt.Add(wire.AckWithin)
		case l.Last > l.Acked:
			due = l.Rest
		}
		if !due.IsZero() && (at.IsZero() || due.Before(at)) {
			at = due
		}
	}
	return at
}
