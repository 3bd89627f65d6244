package account

import (
	"net/netip"
	"sync"
	"time"
)

// guard counts failures of one kind of key: more than allowed inside window lock the key for lock.
type guard struct {
	allowed      int
	window, lock time.Duration
	keys         map[string]tries
}

type tries struct {
	failures int
	since    time.Time // of the first failure that counts
	until    time.Time // locked until
}

// maxKeys bounds the memory that strangers can fill.
const maxKeys = 20_000

func (g *guard) wait(now time.Time, key string) time.Duration { return g.keys[key].until.Sub(now) }

func (g *guard) fail(now time.Time, key string) time.Duration {
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
	t.failures++
	if t.failures >= g.allowed {
		t = tries{until: now.Add(g.lock)}
	}
	g.keys[key] = t
	return t.until.Sub(now)
}

// drop forgets keys that lock nothing any more; when that is not enough, those that count without a lock.
func (g *guard) drop(now time.Time) {
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

// guards stand before the password: one account from one place, one place whatever the account, and one account whatever the place. Names
// that no account has are counted like the others, so a lock tells nothing. The third is wide, because it lets a stranger lock somebody out.
// Beside them stand those of links, mails of recovery, codes, and the password asked for once more.
type guards struct {
	mu                   *sync.Mutex
	pair, place, account *guard
	links                *guard // wrong single-use links from one place
	resets               *guard // requests of recovery from one place
	factor               *guard // wrong codes in one session
	own                  *guard // wrong passwords of somebody who is signed in
	told                 *guard // mails and notices about locks, for one account
}

// pairLock is how long the usual lock lasts.
const pairLock = 5 * time.Minute

func newGuards() guards {
	g := func(allowed int, window, lock time.Duration) *guard {
		return &guard{allowed: allowed, window: window, lock: lock, keys: map[string]tries{}}
	}
	const window = 15 * time.Minute
	return guards{
		mu: &sync.Mutex{}, pair: g(5, window, pairLock), place: g(30, window, window), account: g(100, time.Hour, window),
		links: g(30, window, window), resets: g(20, time.Hour, window), factor: g(5, 10*time.Minute, 10*time.Minute), own: g(5, window, window),
		told: g(1, mailsWithin, mailsWithin),
	}
}

// one counts a failure and gives how long the key is locked by it; not positive: it is not.
func (g guards) one(what *guard, now time.Time, key string) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return what.fail(now, key)
}

// waits gives how long a key is locked.
func (g guards) waits(what *guard, now time.Time, key string) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return what.wait(now, key)
}

// forget takes a key's failures back.
func (g guards) forget(what *guard, key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(what.keys, key)
}

// place gives what one person can hardly change: an IPv4 address, the /64 of an IPv6 address.
func place(from netip.Addr) string {
	from = from.Unmap()
	if from.Is6() {
		if p, err := from.Prefix(64); err == nil {
			return p.String()
		}
	}
	return from.String()
}

func (g guards) locked(now time.Time, folded string, from netip.Addr) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	at := place(from)
	return max(g.pair.wait(now, folded+" "+at), g.place.wait(now, at), g.account.wait(now, folded))
}

func (g guards) failed(now time.Time, folded string, from netip.Addr) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	at := place(from)
	return max(g.pair.fail(now, folded+" "+at), g.place.fail(now, at), g.account.fail(now, folded))
}

func (g guards) succeeded(folded string, from netip.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.pair.keys, folded+" "+place(from))
}
