package limit

import (
	"sync"
	"time"
)

// Limiter gives each key a number of tries that come back one by one. Any goroutine may use it.
type Limiter[K comparable] struct {
	most  int
	every time.Duration
	mu    sync.Mutex
	keys  map[K]*tries
}

type tries struct {
	left int
	at   time.Time // when left was true
}

// maxKeys bounds the memory: beyond it, keys that have all their tries back are forgotten, then everybody new waits.
const maxKeys = 50_000

// New makes a limiter of so many tries at once, one more every so often.
func New[K comparable](most int, every time.Duration) *Limiter[K] {
	return &Limiter[K]{most: most, every: every, keys: map[K]*tries{}}
}

// Take spends one try of key; otherwise it tells how long to wait.
func (l *Limiter[K]) Take(key K, now time.Time) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.keys[key]
	if t == nil {
		if len(l.keys) >= maxKeys {
			l.forget(now)
		}
		if len(l.keys) >= maxKeys {
			return l.every, false
		}
		t = &tries{left: l.most, at: now}
		l.keys[key] = t
	}
	if back := int(now.Sub(t.at) / l.every); back > 0 {
		t.left = min(t.left+back, l.most)
		t.at = t.at.Add(time.Duration(back) * l.every)
	}
	if t.left == 0 {
		return t.at.Add(l.every).Sub(now), false
	}
	t.left--
	return 0, true
}

func (l *Limiter[K]) forget(now time.Time) {
	for key, t := range l.keys {
		if now.Sub(t.at) >= time.Duration(l.most)*l.every {
			delete(l.keys, key)
		}
	}
}
