package main

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// How much a heap may grow before it is swept, in percent of what lives (GOGC). A box has little memory, and sweeping costs processor that calls want: a
// heap that is small may treble, up to roomy; a large one grows by the least.
const (
	mostGarbage  = 200
	leastGarbage = 75
	roomy        = 36 << 20 // bytes of heap; with the program and its database the agent then stays below 64 MiB
)

// sweeper sets the percentage anew after each sweep.
type sweeper struct{ percent int }

// paceGarbage begins that, unless GOGC says how much.
func paceGarbage() {
	if os.Getenv("GOGC") == "" {
		s := &sweeper{}
		s.swept()
	}
}

// swept runs after each sweep: an object that nothing points to is found by the next one.
func (s *sweeper) swept() {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	if p := garbageFor(live[0].Value.Uint64()); p != s.percent {
		s.percent = p
		debug.SetGCPercent(p)
	}
	runtime.AddCleanup(&struct{ _ [4]uint64 }{}, (*sweeper).swept, s)
}

// garbageFor is the percentage for a heap of which so many bytes live, in steps of a quarter of the least: a change stops the program for a moment.
func garbageFor(live uint64) int {
	const step = leastGarbage / 3
	room := 100 * (float64(roomy)/math.Max(1, float64(live)) - 1)
	return int(math.Min(mostGarbage, math.Max(leastGarbage, room))) / step * step
}
