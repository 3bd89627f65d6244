package lanapi

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"vestibule/shared/secret"
)

// pinDigits is the length of the local PIN.
const pinDigits = 8

// loadPIN reads the PIN, or makes it; made tells which.
func loadPIN(folder string) (pin secret.String, made bool, err error) {
	path := filepath.Join(folder, pinFile)
	raw, err := os.ReadFile(path)
	if text := strings.TrimSpace(string(raw)); err == nil && len(text) >= pinDigits {
		return secret.New(text), false, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return secret.String{}, false, fmt.Errorf("PIN of the agent's page: %w", err)
	}
	n, err := rand.Int(rand.Reader, big.NewInt(100_000_000))
	if err != nil {
		return secret.String{}, false, err
	}
	text := fmt.Sprintf("%0*d", pinDigits, n.Int64())
	if err := writeFile(path, []byte(text+"\n")); err != nil {
		return secret.String{}, false, fmt.Errorf("PIN of the agent's page: %w", err)
	}
	return secret.New(text), true, nil
}

// Bounds of guessing: five tries a source, thirty from all, then a wait that doubles.
const (
	triesOfOne = 5
	triesOfAll = 30
	waitFirst  = 30 * time.Second
	waitMost   = time.Hour
	maxSources = 1024
	forgetIn   = 24 * time.Hour
)

// lock counts wrong PINs. Every try is counted before it is judged, so that many at once gain nothing.
type lock struct {
	mu      sync.Mutex
	sources map[netip.Addr]*tries
	all     tries
}

type tries struct {
	count int
	until time.Time // no try before
	last  time.Time
}

func newLock() *lock { return &lock{sources: map[netip.Addr]*tries{}} }

// take spends a try. wait is positive when there is none to spend.
func (l *lock) take(from netip.Addr, now time.Time) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	one := l.sources[from]
	if one == nil || now.Sub(one.last) > forgetIn {
		l.trim(now)
		if len(l.sources) >= maxSources {
			return waitFirst // a flood of sources: nobody new is let in
		}
		one = &tries{}
		l.sources[from] = one
	}
	if now.Sub(l.all.last) > forgetIn {
		l.all = tries{}
	}
	if wait = max(one.until.Sub(now), l.all.until.Sub(now)); wait > 0 {
		return wait
	}
	one.spend(triesOfOne, now)
	l.all.spend(triesOfAll, now)
	return 0
}

func (t *tries) spend(free int, now time.Time) {
	t.count++
	t.last = now
	if over := t.count - free; over >= 0 {
		t.until = now.Add(min(waitMost, waitFirst<<min(over, 10)))
	}
}

// right forgets the tries of a source that knew the PIN.
func (l *lock) right(from netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.sources, from)
	l.all = tries{}
}

func (l *lock) trim(now time.Time) {
	for a, t := range l.sources {
		if now.Sub(t.last) > forgetIn || len(l.sources) >= maxSources && t.count < triesOfOne && now.Sub(t.last) > time.Minute {
			delete(l.sources, a)
		}
	}
}
