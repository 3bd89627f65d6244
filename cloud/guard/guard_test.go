package guard_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"vestibule/cloud/guard"
	"vestibule/shared/fault"
)

var start = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

// Tries that were under way when the lock fell are failures too: they must not lift it.
func TestGuard_ALockHoldsWhileOthersFail(t *testing.T) {
	g := guard.New(5, 15*time.Minute, 5*time.Minute)
	for i := range 12 {
		wait := g.Count(start.Add(time.Duration(i)*time.Second), "ada")
		if locked := wait > 0; locked != (i >= 4) {
			t.Errorf("after failure %d: locked for %v", i+1, wait)
		}
	}
	if wait := g.Wait(start.Add(4*time.Second), "ada"); wait != 5*time.Minute {
		t.Errorf("the lock of the fifth lasts %v", wait)
	}
	if wait := g.Count(start.Add(6*time.Minute), "ada"); wait > 0 {
		t.Errorf("the first failure after the lock: %v", wait)
	}
	short := guard.New(3, time.Minute, time.Minute)
	for i := range 8 {
		if locked := short.Count(start, "ada") > 0; locked != (i >= 2) {
			t.Errorf("after %d at once: locked %v", i+1, locked)
		}
	}
	if short.Count(start.Add(time.Minute+time.Second), "ada") > 0 {
		t.Error("the first one after the lock")
	}
}

// A try is counted before it is judged: the one that locks the key is told so, those after it are refused, and a right one takes all back.
func TestGuard_BeginCountsBeforeTheJudgement(t *testing.T) {
	g := guard.New(3, time.Minute, 2*time.Minute)
	for i := range 5 {
		wait, last := g.Begin(start, "ada")
		if refused := wait == 2*time.Minute; refused != (i >= 3) || last != (i == 2) || !refused && wait != 0 {
			t.Errorf("try %d: wait %v, last %v", i+1, wait, last)
		}
	}
	g.Forget("ada")
	if wait, last := g.Begin(start, "ada"); wait != 0 || last {
		t.Errorf("after a right one: wait %v, last %v", wait, last)
	}
}

func TestPlace_IsWhatOnePersonCanHardlyChange(t *testing.T) {
	for from, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
	} {
		if got := guard.Place(netip.MustParseAddr(from)); got != want {
			t.Errorf("%s: %s", from, got)
		}
	}
}

func TestLockedError_TellsTheWait(t *testing.T) {
	if guard.RetryAfter(errors.New("other")) != 0 {
		t.Error("a wait from nothing")
	}
	for wait, words := range map[time.Duration]string{time.Second: "in one minute", time.Minute: "in one minute", 61 * time.Second: "in 2 minutes"} {
		err := guard.Locked(wait, "Try again %s.", guard.In(wait))
		if guard.RetryAfter(err) != wait || fault.CodeOf(err) != fault.Limit || !strings.Contains(fault.Message(err), words) {
			t.Errorf("%v: %v", wait, err)
		}
	}
}
