package guard

import (
	"net/netip"
	"sync"
	"time"
)

// maxKeys bounds the memory that strangers can fill.
const maxKeys = 20_000

// Guard counts what happens under keys of one kind: most of it inside window lock the key for lock. Its methods may be called by any goroutine.
type Guard struct {
	most         int
	window, lock time.Duration
	mu           sync.Mutex
	keys         map[string]tries
}

type tries struct {
	n     int
	since time.Time // of the first one that counts
	until time.Time // locked until
}

// New makes a guard: most inside window lock a key for lock.
func New(most int, window, lock time.Duration) *Guard {
	return &Guard{most: most, window: window, lock: lock, keys: map[string]tries{}}
}

// Wait gives how long a key is still locked; not positive: it is not.
func (g *Guard) Wait(now time.Time, key string) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.keys[key].until.Sub(now)
}

// Begin counts a try before it is judged, so that many at the same time are no more than one after the other. A positive wait refuses it; last
// tells that it is the one that locks the key. One that turns out right is taken back by Forget.
func (g *Guard) Begin(now time.Time, key string) (wait time.Duration, last bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if wait := g.keys[key].until.Sub(now); wait > 0 {
		return wait, false
	}
	return 0, g.add(now, key) > 0
}

// Count notes one more and gives how long the key is locked by it; not positive: it is not.
func (g *Guard) Count(now time.Time, key string) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.add(now, key)
}

// Forget takes back what was counted under a key, and its lock.
func (g *Guard) Forget(key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.keys, key)
}

func (g *Guard) add(now time.Time, key string) time.Duration {
	t, ok := g.keys[key]
	if wait := t.until.Sub(now); wait > 0 {
		return wait // it began before the lock fell: the lock stays as it is
	}
	if !ok && len(g.keys) >= maxKeys {
		g.drop(now)
	}
	if now.Sub(t.since) > g.window {
		t = tries{since: now}
	}
	t.n++
	if t.n >= g.most {
		t = tries{until: now.Add(g.lock)}
	}
	g.keys[key] = t
	return t.until.Sub(now)
}

// drop forgets keys that lock nothing any more; when that is not enough, those that count without a lock.
func (g *Guard) drop(now time.Time) {
	for _, keepCounting := range []bool{true, false} {
		for key, t := range g.keys {
			if t.until.Before(now) && !(keepCounting && now.Sub(t.since) <= g.window) {
				delete(g.keys, key)
			}
		}
		if len(g.keys) < maxKeys*9/10 {
			return
		}
	}
	clear(g.keys)
}

// Place gives what one person can hardly change: an IPv4 address, the /64 of an IPv6 address.
func Place(from netip.Addr) string {
	from = from.Unmap()
	if from.Is6() {
		if p, err := from.Prefix(64); err == nil {
			return p.String()
		}
	}
	return from.String()
}
