package main

import (
	"runtime"
	"slices"
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
		{busy, time.Second / 5, flooded},
		{flooded, 2 * time.Second / 5, flooded}, // because of it
		{flooded, 4 * time.Second / 5, busy},
		{flooded, time.Minute, calm},
		{calm, 2 * time.Second, calm}, // neither hurried nor restful: as it is
		{busy, 2 * time.Second, busy},
	} {
		if got := percent(c.at, c.apart); got != c.want {
			t.Errorf("%d %%, %v apart: %d %%, want %d", c.at, c.apart, got, c.want)
		}
	}
}

// Sweeps that come at once keep the limit wide, and one that comes late makes it narrow; nothing is set twice.
func TestHeapKeeper_SetsWhatChanges(t *testing.T) {
	var set []int
	now := time.Unix(0, 0)
	k := &heapKeeper{set: func(p int) { set = append(set, p) }, at: busy, last: now}
	for _, apart := range []time.Duration{time.Second / 2, 2 * time.Second, time.Minute, time.Minute, time.Second / 2} {
		now = now.Add(apart)
		k.look(now)
	}
	if !slices.Equal(set, []int{calm, busy}) {
		t.Errorf("set %v", set)
	}
}

// The program's own sweeps are followed: those that come at once widen the limit.
func TestKeepHeap_FollowsEachSweep(t *testing.T) {
	set := make(chan int, 64)
	keepHeap(func(p int) { set <- p })
	if p := <-set; p != calm {
		t.Errorf("it begins with %d %%", p)
	}
	for end := time.After(20 * time.Second); ; {
		runtime.GC()
		select {
		case p := <-set:
			if p == busy || p == flooded {
				return
			}
		case <-time.After(10 * time.Millisecond):
		case <-end:
			t.Fatal("nothing was set")
		}
	}
}
