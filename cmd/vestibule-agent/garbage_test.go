package main

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

func TestGarbageFor(t *testing.T) {
	for live, want := range map[uint64]int{0: 200, 4 << 20: 200, 12 << 20: 200, 16 << 20: 125, 20 << 20: 75, 30 << 20: 75, 1 << 30: 75} {
		if got := garbageFor(live); got != want {
			t.Errorf("%d MiB live: %d %%, want %d", live>>20, got, want)
		}
	}
}

// The percentage follows the heap while it grows and when it has shrunk.
func TestPaceGarbage_FollowsTheHeap(t *testing.T) {
	t.Setenv("GOGC", "")
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	paceGarbage()
	percent := func() int {
		p := debug.SetGCPercent(100)
		debug.SetGCPercent(p)
		return p
	}
	until := func(want int) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); percent() != want; {
			if time.Now().After(end) {
				t.Fatalf("%d %%, want %d", percent(), want)
			}
			runtime.GC()
			<-time.After(time.Millisecond)
		}
	}
	until(mostGarbage)
	held := make([]byte, 2*roomy)
	until(leastGarbage)
	runtime.KeepAlive(held)
	until(mostGarbage)
}
