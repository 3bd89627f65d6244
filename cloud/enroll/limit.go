package enroll

import (
	"sync"
	"time"
)

// limiter gives each key a number of tries that come back one by one.
type limiter struct {
	most  int
	every time.Duration
	mu    sync.Mutex
	keys  map[string]*tries
}

type tries struct {
	left int
	at   time.Time // when left was true
}

// maxKeys bounds the memory: beyond it, keys that have all their tries back are forgotten, then everybody waits.
const maxKeys = 50_000

func newLimiter(most int, every time.Duration) *limiter {
	return &limiter{most: most, every: every, keys: map[string]*tries{}}
}

// take spends one try of key; otherwise it tells how long to wait.
func (l *limiter) take(key string, now time.Time) (wait time.Duration, ok bool) {
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

func (l *limiter) forget(now time.Time) {
	for key, t := range l.keys {
		if now.Sub(t.at) >= time.Duration(l.most)*l.every {
			delete(l.keys, key)
		}
	}
}
