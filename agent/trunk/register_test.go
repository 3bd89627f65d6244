package trunk

import (
	"testing"
	"time"

	"vestibule/shared/wire"
)

var noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func after(d time.Duration) time.Time { return noon.Add(d) }

func TestRegistration_RefreshesBeforeItEnds(t *testing.T) {
	r := Begin(noon)
	if r.State != wire.TrunkConnecting || r.Next != noon || r.Ask != Ask {
		t.Fatalf("%+v", r)
	}
	r = r.Answered(200, "OK", 5*time.Minute, 0, noon, 0)
	if r.State != wire.TrunkRegistered || r.Next != after(4*time.Minute) || r.Until != after(5*time.Minute) {
		t.Fatalf("%+v", r)
	}
	// An answer that is lost takes nothing away while the registration holds.
	lost := r.Lost("no answer", after(4*time.Minute), 0)
	if lost.State != wire.TrunkRegistered || lost.Next.After(lost.Until) {
		t.Errorf("%+v", lost)
	}
	gone := lost.Lost("no answer", after(5*time.Minute), 0)
	if gone.State != wire.TrunkUnreachable || gone.Reason != "no answer" {
		t.Errorf("%+v", gone)
	}
	if busy := r.Answered(503, "Service Unavailable", 0, 10*time.Minute, after(4*time.Minute), 0); busy.State != wire.TrunkRegistered || busy.Next != after(5*time.Minute) {
		t.Errorf("%+v", busy)
	}
}

// A refusal ends what was registered at once, and is not repeated so soon that the carrier shuts the site out.
func TestRegistration_RefusedWaits(t *testing.T) {
	r := Begin(noon).Answered(200, "OK", time.Minute, 0, noon, 0)
	waits := []time.Duration{}
	for range 8 {
		r = r.Answered(403, "Forbidden", 0, 0, noon, 0.999)
		if r.State != wire.TrunkRefused || r.Reason != "403 Forbidden" {
			t.Fatalf("%+v", r)
		}
		waits = append(waits, r.Next.Sub(noon).Round(time.Second))
	}
	for i, wait := range waits {
		if wait < 30*time.Second || wait > longestWait || i > 0 && wait < waits[i-1] {
			t.Errorf("waits %v", waits)
		}
	}
	if r.Answered(403, "Forbidden", 0, 50*time.Minute, noon, 0).Next != after(50*time.Minute) {
		t.Error("Retry-After is not heard")
	}
	if brief := Begin(noon).Answered(423, "Interval Too Brief", time.Hour, 0, noon, 0); brief.Ask != time.Hour || brief.Next != noon || brief.State != wire.TrunkConnecting {
		t.Errorf("%+v", brief)
	}
	if ready := Begin(noon).Reached(noon); ready.State != wire.TrunkReady || ready.Lost("no answer", noon, 0).State != wire.TrunkReady ||
		ready.Lost("no answer", after(3*time.Minute), 0).State != wire.TrunkUnreachable {
		t.Errorf("%+v", ready)
	}
}
