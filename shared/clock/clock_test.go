package clock

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

type fixed struct{ at time.Time }

func (f *fixed) Now() time.Time { return f.at }

func TestFloor_NeverRunsBehind(t *testing.T) {
	start := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	base := &fixed{at: time.Date(1970, 1, 1, 0, 0, 5, 0, time.UTC)}
	f := NewFloor(base, start)
	if !f.Now().Equal(start) {
		t.Fatal(f.Now())
	}
	f.Raise(start.Add(-time.Hour))
	f.Raise(start.Add(time.Hour))
	if !f.Now().Equal(start.Add(time.Hour)) {
		t.Fatal(f.Now())
	}
	base.at = base.at.Add(time.Minute)
	if !f.Now().Equal(start.Add(time.Hour + time.Minute)) {
		t.Fatal("a clock behind its floor must go on", f.Now())
	}
	ahead := &fixed{at: start.Add(2 * time.Hour)}
	if got := NewFloor(ahead, start).Now(); !got.Equal(ahead.at) {
		t.Fatal("a clock above its floor is believed", got)
	}
}

// The truth always lies inside the bound, however the round trip is divided and clocks drift.
func TestOffset_TruthLiesInsideTheBound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		origin := time.Unix(1_700_000_000, 0)
		shift := time.Duration(rapid.Int64Range(-1e12, 1e12).Draw(t, "shift"))
		drift := rapid.IntRange(-driftPPM, driftPPM).Draw(t, "drift")
		truth := func(local time.Time) time.Time {
			since := local.Sub(origin)
			return origin.Add(shift + since + since*time.Duration(drift)/1_000_000)
		}
		var o Offset
		now := origin
		for range rapid.IntRange(1, 12).Draw(t, "samples") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(t, "pause")))
			there := time.Duration(rapid.Int64Range(0, int64(5*time.Second)).Draw(t, "there"))
			back := time.Duration(rapid.Int64Range(0, int64(5*time.Second)).Draw(t, "back"))
			o.Add(Sample{Sent: now, Received: now.Add(there + back), Remote: truth(now.Add(there))})
			now = now.Add(there + back)
		}
		now = now.Add(time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "later")))
		at, bound, ok := o.Remote(now)
		if !ok {
			t.Fatal("no estimate")
		}
		// The round trip itself is measured by a drifting clock: a microsecond for rounding and ten seconds of drift.
		slack := 10*time.Second*driftPPM/1_000_000 + time.Microsecond
		if off := at.Sub(truth(now)).Abs(); off > bound+slack {
			t.Fatalf("off by %v, bound %v", off, bound)
		}
	})
}

func TestOffset_KnowsNothingAtFirstAndIgnoresBackwardSamples(t *testing.T) {
	var o Offset
	if _, _, ok := o.Remote(time.Now()); ok {
		t.Fatal("knows without a sample")
	}
	now := time.Now()
	o.Add(Sample{Sent: now, Received: now.Add(-time.Second), Remote: now})
	if _, _, ok := o.Remote(now); ok {
		t.Fatal("took a sample that ran backwards")
	}
}
