package main

import (
	"runtime/debug"
	"sync"
	"time"

	"vestibule/shared/collector"
)

// How much garbage may gather, in percent of what is in use (GOGC). A cloud holds thousands of connections for days and makes little garbage beside them: of
// their memory most are stacks, which Go counts as in use too. When thousands of agents come at once it makes much, and each sweep looks at all that is in use.
const (
	calm = 10
	busy = 25
	// flooded is for what makes garbage without end, as backlogs do: sweeps would take a quarter of the processor. Where much is in use they cannot come so fast.
	flooded = 50
)

// Sweeps that are less than hurried apart are too many, less than breathless far too many; those that are more than restful apart cost nothing that counts.
const (
	breathless = 250 * time.Millisecond
	hurried    = time.Second
	restful    = 3 * time.Second
)

// percent is how much garbage may gather after a sweep that came so long after the one before; at is how much might until then.
func percent(at int, apart time.Duration) int {
	switch {
	case apart < breathless:
		return flooded
	case apart < hurried && at == flooded && apart < 2*breathless:
		return flooded // it would be breathless again
	case apart < hurried:
		return busy
	case apart > restful:
		return calm
	}
	return at
}

// keepHeap sets after each sweep when the next one comes, through set.
func keepHeap(set func(percent int)) {
	k := &heapKeeper{set: set, at: calm, last: time.Now()}
	set(calm)
	collector.AfterEach(func() { k.look(time.Now()) })
}

type heapKeeper struct {
	set func(percent int)

	mu   sync.Mutex
	at   int
	last time.Time
}

func (k *heapKeeper) look(now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	next := percent(k.at, now.Sub(k.last))
	k.last = now
	if next != k.at {
		k.at = next
		k.set(next)
	}
}

func setPercent(percent int) { debug.SetGCPercent(percent) }
