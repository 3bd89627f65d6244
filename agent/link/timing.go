package link

import (
	"sync"
	"time"

	"vestibule/shared/clock"
)

// Timing estimates the cloud's clock from the round trips of one connection. It believes an echo only when it sent it, and
// once; a sample that contradicts what is known makes the connection doubtful, because the age of commands hangs on it.
type Timing struct {
	mu     sync.Mutex
	start  time.Time // zero of our milliseconds
	sent   map[int64]time.Time
	offset clock.Offset
}

const keepEchoes = 16

// NewTiming makes the estimate of a new connection; start is the zero of its milliseconds.
func NewTiming(start time.Time) *Timing {
	return &Timing{start: start, sent: map[int64]time.Time{}}
}

// Stamp gives the number that the cloud echoes.
func (t *Timing) Stamp(now time.Time) int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	milli := now.Sub(t.start).Milliseconds()
	if len(t.sent) >= keepEchoes {
		for echo, at := range t.sent {
			if now.Sub(at) > time.Minute {
				delete(t.sent, echo)
			}
		}
	}
	if len(t.sent) < keepEchoes {
		t.sent[milli] = now
	}
	return milli
}

// Add takes one answer. known is false for an echo that was never sent; sane is false when the sample and the estimate
// cannot both be true.
func (t *Timing) Add(echo, serverMilli, boundMilli int64, now time.Time) (known, sane bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	sent, ok := t.sent[echo]
	if !ok || boundMilli < 0 {
		return false, true
	}
	delete(t.sent, echo)
	// One millisecond on either side is lost in rounding.
	bound := time.Duration(boundMilli)*time.Millisecond + 2*time.Millisecond
	server := time.UnixMilli(serverMilli)
	if at, margin, ok := t.offset.Remote(now); ok {
		mine := server.Add(now.Sub(sent) / 2)
		allowed := margin + bound + now.Sub(sent)/2
		if diff := at.Sub(mine); diff > allowed || diff < -allowed {
			return true, false
		}
	}
	t.offset.Add(clock.Sample{Sent: sent, Received: now, Remote: server, RemoteBound: bound})
	return true, true
}

// Remote gives the cloud's time at now with its error bound.
func (t *Timing) Remote(now time.Time) (time.Time, time.Duration, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.offset.Remote(now)
}
