package heap

import (
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"time"

	"vestibule/shared/collector"
)

// How much the heap may grow in percent of what lives (GOGC): at rest, and at least under load.
const (
	calm   = 25
	atWork = 50
)

// busy is the number of calls a second from which on sweeping costs more than memory.
const busy = 10

// window is the shortest time that a number of calls a second is taken from.
const window = time.Second

// apart is how many percent are worth setting: the program stands still for a moment.
const apart = 20

// Under load a heap may grow to so many times of what lives, as long as it stays under a limit. With a thousand devices and 50 calls a second about 10 MiB live.
var growths = []struct {
	times uint64
	most  uint64
}{{3, 24 << 20}, {2, 128 << 20}}

// percent is how much a heap may grow of which live bytes live.
func percent(live uint64, loaded bool) int {
	if !loaded || live == 0 {
		return calm
	}
	goal := live + live*atWork/100
	for _, g := range growths {
		goal = max(goal, min(g.times*live, g.most))
	}
	return int((goal - live) * 100 / live) //nolint:gosec // a few hundred
}

// Keeper looks after the heap of the program.
type Keeper struct {
	calls atomic.Int64
	now   func() time.Time
	live  func() uint64
	set   func(percent int)

	mu    sync.Mutex
	since time.Time
	seen  int64 // calls until since
	at    int   // percent
}

// Keep begins to look after the heap: after each sweep it says when the next one comes.
func Keep() *Keeper {
	k := newKeeper(time.Now, live, func(percent int) { debug.SetGCPercent(percent) })
	k.set(calm)
	collector.AfterEach(k.look)
	return k
}

func newKeeper(now func() time.Time, live func() uint64, set func(int)) *Keeper {
	return &Keeper{now: now, live: live, set: set, since: now(), at: calm}
}

// Call counts a call that begins.
func (k *Keeper) Call() { k.calls.Add(1) }

// look sets the next sweep.
func (k *Keeper) look() {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	passed := now.Sub(k.since)
	if passed < window {
		return
	}
	calls := k.calls.Load()
	loaded := float64(calls-k.seen) >= busy*passed.Seconds()
	k.since, k.seen = now, calls
	next := percent(k.live(), loaded)
	if next != k.at && (next == calm || max(next, k.at)-min(next, k.at) >= apart) {
		k.at = next
		k.set(next)
	}
}

// live is how much was alive at the last sweep.
func live() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	if s[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return s[0].Value.Uint64()
}
