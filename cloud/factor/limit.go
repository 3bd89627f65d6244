package factor

import (
	"fmt"
	"sync"
	"time"

	"vestibule/cloud/account"
	"vestibule/shared/fault"
)

// Limits on guessing, for one account whatever the sessions, and on beginning passkey sign-ins, for one place.
const (
	maxWrong    = 10
	wrongWithin = 15 * time.Minute
	maxBegun    = 120
	maxKeys     = 20_000 // bounds the memory that strangers can fill
)

// limit counts what happens under a key: most inside a window lock it for a time.
type limit struct {
	most         int
	window, lock time.Duration
	mu           sync.Mutex
	keys         map[string]counted
}

type counted struct {
	n            int
	since, until time.Time
}

func newLimit(most int, window, lock time.Duration) *limit {
	return &limit{most: most, window: window, lock: lock, keys: map[string]counted{}}
}

// wait tells how long a key is still locked.
func (l *limit) wait(now time.Time, key string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.keys[key].until.Sub(now)
}

// begin counts a try before it is judged, so that many at the same time are no more than one after the other. A positive wait refuses it; last
// tells that it is the one that locks the key. One that turns out right is taken back by forget.
func (l *limit) begin(now time.Time, key string) (wait time.Duration, last bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if wait := l.keys[key].until.Sub(now); wait > 0 {
		return wait, false
	}
	return 0, l.add(now, key) > 0
}

// count notes one more and tells for how long the key is locked by it.
func (l *limit) count(now time.Time, key string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.add(now, key)
}

func (l *limit) add(now time.Time, key string) time.Duration {
	c, ok := l.keys[key]
	if wait := c.until.Sub(now); wait > 0 {
		return wait // it began before the lock fell: the lock stays as it is
	}
	if !ok && len(l.keys) >= maxKeys {
		for k, old := range l.keys {
			if old.until.Before(now) && now.Sub(old.since) > l.window {
				delete(l.keys, k)
			}
		}
		if len(l.keys) >= maxKeys {
			clear(l.keys)
		}
	}
	if now.Sub(c.since) > l.window {
		c = counted{since: now}
	}
	c.n++
	if c.n >= l.most {
		c = counted{until: now.Add(l.lock)}
	}
	l.keys[key] = c
	return c.until.Sub(now)
}

func (l *limit) forget(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.keys, key)
}

func tooMany(wait time.Duration) error {
	words := "in one minute"
	if minutes := int((wait + time.Minute - 1) / time.Minute); minutes > 1 {
		words = fmt.Sprintf("in %d minutes", minutes)
	}
	return fault.Wrap(&account.LockedError{Wait: wait}, fault.Limit, "Too many wrong codes. Try again %s.", words)
}
