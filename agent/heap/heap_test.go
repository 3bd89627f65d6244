package heap

import (
	"runtime"
	"slices"
	"testing"
	"time"
)

func TestPercent(t *testing.T) {
	const mib = 1 << 20
	for _, c := range []struct {
		live   uint64
		loaded bool
		want   int
	}{
		{0, true, calm},
		{6 * mib, false, 25},
		{200 * mib, false, 25}, // at rest memory counts
		{4 * mib, true, 200},
		{8 * mib, true, 200}, // thrice, up to 24 MiB
		{10 * mib, true, 140},
		{12 * mib, true, 100},
		{40 * mib, true, 100},
		{64 * mib, true, 100}, // twice, up to 128 MiB
		{80 * mib, true, 60},
		{100 * mib, true, 50},
		{500 * mib, true, 50}, // a large heap grows by half
	} {
		if got := percent(c.live, c.loaded); got != c.want {
			t.Errorf("%d MiB, loaded %v: %d %%, want %d", c.live/mib, c.loaded, got, c.want)
		}
	}
}

func TestKeeper_OnlyWhileCallsAreSetUp(t *testing.T) {
	now, alive := time.Unix(0, 0), uint64(8<<20)
	var set []int
	k := newKeeper(func() time.Time { return now }, func() uint64 { return alive }, func(p int) { set = append(set, p) })
	second := func(calls int) {
		for range calls {
			k.Call()
		}
		now = now.Add(window)
		k.look()
	}
	second(3)
	second(50)
	alive += 1 << 18 // 190 % are too near to be set anew
	second(50)
	alive = 12 << 20
	for range 100 {
		k.Call()
	}
	k.look() // too soon to tell
	second(0)
	second(0)
	second(9)
	if !slices.Equal(set, []int{200, 100, 25}) {
		t.Errorf("set %v", set)
	}
}

// The program's own heap: after a load, a sweep brings it back to rest.
func TestKeep_FollowsEachSweep(t *testing.T) {
	k := Keep()
	was := make(chan int, 64)
	k.mu.Lock()
	set := k.set
	k.set = func(p int) { set(p); was <- p }
	k.mu.Unlock()
	for _, loaded := range []bool{true, false} {
		end := time.After(20 * time.Second)
		for done := false; !done; {
			if loaded {
				k.calls.Add(100 * busy)
			}
			runtime.GC()
			select {
			case p := <-was:
				if done = true; (p > calm) != loaded {
					t.Errorf("%d %%, loaded %v", p, loaded)
				}
			case <-time.After(window / 4):
			case <-end:
				t.Fatal("nothing was set")
			}
		}
	}
}
