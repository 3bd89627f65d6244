package link_test

import (
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"vestibule/shared/clock"
	"vestibule/shared/domain"
)

// walled is a clock whose wall part somebody sets, as a person, NTP or an empty battery does. The monotonic part goes on, as the machine's does.
type walled struct{ by atomic.Int64 }

func (w *walled) step(by time.Duration) { w.by.Add(int64(by.Seconds())) }

// Now moves the seconds of the wall (33 bits above 30 of nanoseconds, package time) and leaves the monotonic reading where it is.
func (w *walled) Now() time.Time {
	now := time.Now()
	*(*uint64)(unsafe.Pointer(&now)) += uint64(w.by.Load()) << 30 //nolint:gosec // the only way to step a wall without the machine's
	return now
}

func TestWalled_StepsTheWallAlone(t *testing.T) {
	w := &walled{}
	before := w.Now()
	w.step(-time.Hour)
	after := w.Now()
	if wall := after.Round(0).Sub(before.Round(0)); wall > -59*time.Minute || after.Sub(before) < 0 || after.Sub(before) > time.Minute {
		t.Fatalf("the wall went %s, the monotonic clock %s", wall, after.Sub(before))
	}
}

// Row 11 of the failure table, over a real broker: somebody sets the wall clock an hour ahead or back between the round trips and the command. What comes in
// time is done, what comes late expires, and the connection stands.
//
// shows EDGE-13/R36 by agent/link/timing.go: "return t.offset.Remote(now)" => "return t.offset.Remote(now.Round(0))"
func TestFailure11_TheWallClockStepsByAnHour(t *testing.T) {
	a := newAuthority(t)
	c := newCloud(t, a)
	c.welcome = rarely
	w := &walled{}
	o := newOpener(t, c, newBoxWith(t, a.identity(c.address), w, clock.NewFloor(w, time.Now().Add(-time.Minute))), w)
	n := 0
	for _, by := range []time.Duration{time.Hour, -time.Hour, -time.Hour, time.Hour} {
		w.step(by)
		for _, k := range []struct {
			ago  time.Duration
			want domain.ActResult
		}{{0, domain.ActDone}, {21 * time.Second, domain.ActExpired}} {
			id := o.order(20*time.Second, k.ago)
			n++
			o.forward(n)
			if got := o.answer(id); got.Result != k.want {
				t.Fatalf("stepped by %s, issued %s ago: %+v, want %s", by, k.ago, got, k.want)
			}
		}
	}
	if opened := o.doors.opened.Load(); opened != 4 || o.part.count() != 1 {
		t.Fatalf("opened %d times on %d connections", opened, o.part.count())
	}
}

// A box without a battery boots in 1970: certificates are judged by the time that it kept, the cloud tells it the hour, and commands are obeyed. Without
// what it kept it talks to nobody.
//
// shows EDGE-31 by agent/link/link.go: "id.TLS(id.ServerName, l.cfg.Floor.Now)" => "id.TLS(id.ServerName, l.cfg.Clock.Now)"
func TestLink_ABoxThatBootsIn1970(t *testing.T) {
	a := newAuthority(t)
	c := newCloud(t, a)
	c.welcome = rarely
	w := &walled{}
	w.step(-time.Since(time.Unix(5, 0)).Truncate(time.Second))
	if year := w.Now().UTC().Year(); year != 1970 {
		t.Fatalf("it is %d", year)
	}
	floor := clock.NewFloor(w, time.Now().Add(-time.Minute))
	o := newOpener(t, c, newBoxWith(t, a.identity(c.address), w, floor), w)
	id := o.order(20*time.Second, 0)
	o.forward(1)
	if got := o.answer(id); got.Result != domain.ActDone {
		t.Fatalf("%+v", got)
	}
	if behind := time.Since(floor.Now().Round(0)); behind.Abs() > 10*time.Second || o.l.ClockSure() {
		t.Errorf("the box is %s behind the cloud; its rows say that their clock is right: %v", behind, o.l.ClockSure())
	}
	o.stop()
	lost := newBoxWith(t, a.identity(c.address), w, nil)
	until(t, "a try that fails", func() bool { return lost.l.Status().State == "resting" })
	if lost.l.Online() {
		t.Error("a certificate that begins after this clock was believed")
	}
}
