package relaybank

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestBank_PulseReleasesByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(2)
		start := time.Now()
		if err := b.Pulse(1, 700*time.Millisecond, "test"); err != nil {
			t.Fatal(err)
		}
		if err := b.Wait(t.Context(), func(s Status) bool { return len(s.History) == 2 }); err != nil {
			t.Fatal(err)
		}
		last := b.Status().History[1]
		if last.On || last.Relay != 1 || last.By != "timer" || last.At.Sub(start) != 700*time.Millisecond {
			t.Fatalf("end of the pulse: %+v", last)
		}
	})
}

func TestBank_CommandEndsARunningPulse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(1)
		if err := b.Pulse(0, time.Second, "test"); err != nil {
			t.Fatal(err)
		}
		if err := b.Set(0, true, "test"); err != nil {
			t.Fatal(err)
		}
		<-time.After(3 * time.Second)
		if s := b.Status(); !s.Outputs[0] || s.Commands != 2 || len(s.History) != 1 {
			t.Fatalf("the old pulse still counts: %+v", s)
		}
	})
}

func TestBank_RefusesWhatDoesNotExist(t *testing.T) {
	b := New(1)
	if b.Set(1, true, "test") == nil || b.Set(-1, true, "test") == nil || b.Pulse(0, 0, "test") == nil {
		t.Fatal("accepted")
	}
	b.Close()
	if b.Set(0, true, "test") == nil {
		t.Fatal("a closed bank moved")
	}
}
