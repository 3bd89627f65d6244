package main

import (
	"runtime"
	"testing"
	"time"
)

func TestPercent(t *testing.T) {
	for _, c := range []struct {
		at    int
		apart time.Duration
		want  int
	}{
		{busy, time.Minute, calm},
		{calm, time.Minute, calm},
		{calm, time.Second / 2, busy},
		{busy, time.Second / 2, busy},
		{calm, 2 * time.Second, calm}, // neither hurried nor restful: as it is
		{busy, 2 * time.Second, busy},
	} {
		if got := percent(c.at, c.apart); got != c.want {
			t.Errorf("%d %%, %v apart: %d %%, want %d", c.at, c.apart, got, c.want)
		}
	}
}

// Each sweep is followed: those that come at once keep the limit wide, and one that comes late makes it narrow.
func TestKeepHeap_FollowsEachSweep(t *testing.T) {
	was := make(chan int, 64)
	k := &heapKeeper{set: func(p int) { was <- p }, at: calm, last: time.Now().Add(-time.Minute)}
	k.follow()
	k.look(time.Now().Add(time.Minute))
	for _, wanted := range []int{busy, calm} {
		if wanted == calm {
			k.mu.Lock()
			k.last = time.Now().Add(-time.Minute)
			k.mu.Unlock()
		}
		end := time.After(20 * time.Second)
		for done := false; !done; {
			runtime.GC()
			select {
			case p := <-was:
				done = p == wanted
			case <-time.After(10 * time.Millisecond):
			case <-end:
				t.Fatalf("%d %% was never set", wanted)
			}
		}
	}
}
