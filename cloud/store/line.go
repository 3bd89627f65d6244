package store

import (
	"context"
	"slices"
	"sync"
	"time"
)

// patience is how long a patient writer lets others go first at most.
const patience = 500 * time.Millisecond

type patientKey struct{}

// Patiently marks the transactions of a context as such that nobody waits for: a batch of a backlog. On SQLite, which has one writer, they let others go first, for
// a while, and share no commit with them, because whoever shares one waits for the slowest.
func (s *Store) Patiently(ctx context.Context) context.Context {
	return context.WithValue(ctx, patientKey{}, true)
}

// PatientRows is how many rows one patient transaction may write: on SQLite everybody else waits meanwhile. 0 is no bound.
func (s *Store) PatientRows() int {
	if s.dialect == onSQLite {
		return 32
	}
	return 0
}

func patient(ctx context.Context) bool { return ctx.Value(patientKey{}) != nil }

// waiter is a writer in the line.
type waiter struct {
	turn    chan *group // hears once that it is its turn, and which group it joins; nil: none is open
	patient bool
	since   time.Time
}

// line is where writers wait, in the order in which they came, the patient ones behind the others: who waits inside SQLite sleeps and asks again, in no order, so
// that some would wait for seconds.
type line struct {
	mu    sync.Mutex
	taken bool
	waits []waiter
}

// turn waits for the caller's turn and gives the group that it joins; nil: none is open.
func (l *line) turn(ctx context.Context, forsake func(*group)) (*group, error) {
	l.mu.Lock()
	if !l.taken {
		l.taken = true
		l.mu.Unlock()
		return nil, nil
	}
	me := waiter{make(chan *group, 1), patient(ctx), time.Now()}
	l.waits = append(l.waits, me)
	l.mu.Unlock()
	select {
	case g := <-me.turn:
		return g, nil
	case <-ctx.Done():
	}
	l.mu.Lock()
	mine := slices.Index(l.waits, me)
	if mine >= 0 {
		l.waits = slices.Delete(l.waits, mine, mine+1)
	}
	l.mu.Unlock()
	if mine < 0 {
		forsake(<-me.turn) // the turn came meanwhile, and others wait behind
	}
	return nil, ctx.Err()
}

// next gives the turn to who comes next, with the open group if there is one. It is false when nobody waits, or nobody who may join that group; then the turn
// stays with the caller while a group is open.
func (l *line) next(g *group) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waits) == 0 {
		l.taken = g != nil
		return false
	}
	at := l.first(time.Now())
	if g != nil && g.hasty && l.waits[at].patient {
		return false
	}
	l.waits[at].turn <- g
	l.waits = slices.Delete(l.waits, at, at+1)
	return true
}

// first is the place of who comes next.
func (l *line) first(now time.Time) int {
	return max(0, slices.IndexFunc(l.waits, func(w waiter) bool { return !w.patient || now.Sub(w.since) >= patience }))
}
