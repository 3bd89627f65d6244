package clock

import (
	"sync"
	"time"
)

// Clock is what jobs ask for time. Now carries Go's monotonic reading.
type Clock interface {
	Now() time.Time
}

// System is the machine's clock.
type System struct{}

// Now reads the machine's clock.
func (System) Now() time.Time { return time.Now() }

// Floor is a clock that never shows less than a floor: max(build time, last stored time). Its base must carry a monotonic reading.
type Floor struct {
	base  Clock
	mu    sync.Mutex
	floor time.Time
	since time.Time // the base's time when the floor was set; from there its monotonic reading goes on
}

// NewFloor wraps base; floor is the earliest believable time. Of a floor the wall time alone counts: a monotonic reading would hide that the wall is behind.
func NewFloor(base Clock, floor time.Time) *Floor {
	return &Floor{base: base, floor: floor.Round(0), since: base.Now()}
}

// Now is the base's time; while that is behind the floor, the floor and what has passed since it was set.
func (f *Floor) Now() time.Time {
	now := f.base.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	floor := f.floor.Add(max(0, now.Sub(f.since)))
	if now.Before(floor) {
		return floor
	}
	return now
}

// Raise lifts the floor; a lower time changes nothing.
func (f *Floor) Raise(t time.Time) {
	now := f.base.Now()
	t = t.Round(0)
	f.mu.Lock()
	defer f.mu.Unlock()
	if t.After(f.floor.Add(max(0, now.Sub(f.since)))) {
		f.floor, f.since = t, now
	}
}

// driftPPM is how far two quartz clocks may run apart, in parts per million.
const driftPPM = 100

// Sample is one round trip: Sent and Received by our monotonic clock, Remote the other side's time between the two and
// RemoteBound its own error bound.
type Sample struct {
	Sent        time.Time
	Received    time.Time
	Remote      time.Time
	RemoteBound time.Duration
}

func (s Sample) roundTrip() time.Duration { return s.Received.Sub(s.Sent) }

// Offset estimates the remote clock from round trips: the sample with the smallest round trip of the last eight counts.
// The zero value knows nothing. It is not safe for use by several goroutines at once.
type Offset struct{ samples []Sample }

const keepSamples = 8

// Add takes one sample; one that ran backwards is ignored.
func (o *Offset) Add(s Sample) {
	if s.roundTrip() < 0 {
		return
	}
	o.samples = append(o.samples, s)
	if len(o.samples) > keepSamples {
		o.samples = o.samples[1:]
	}
}

// Remote gives the other side's time at now with an error bound (half the round trip, the remote's own bound and drift
// since the sample); ok is false while nothing is known.
func (o *Offset) Remote(now time.Time) (at time.Time, bound time.Duration, ok bool) {
	if len(o.samples) == 0 {
		return time.Time{}, 0, false
	}
	best := o.samples[0]
	bestBound := sampleBound(best, now)
	for _, s := range o.samples[1:] {
		if b := sampleBound(s, now); b < bestBound {
			best, bestBound = s, b
		}
	}
	middle := best.Sent.Add(best.roundTrip() / 2)
	return best.Remote.Add(now.Sub(middle)), bestBound, true
}

func sampleBound(s Sample, now time.Time) time.Duration {
	since := now.Sub(s.Received)
	return s.roundTrip()/2 + s.RemoteBound + since*driftPPM/1_000_000
}
