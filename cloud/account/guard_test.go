package account

import (
	"testing"
	"time"
)

// Tries that were under way when the lock fell are failures too: they must not lift it.
func TestGuard_ALockHoldsWhileOthersFail(t *testing.T) {
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	g := &guard{allowed: 5, window: 15 * time.Minute, lock: 5 * time.Minute, keys: map[string]tries{}}
	for i := range 12 {
		wait := g.fail(now.Add(time.Duration(i)*time.Second), "ada")
		if locked := wait > 0; locked != (i >= 4) {
			t.Errorf("after failure %d: locked for %v", i+1, wait)
		}
	}
	if wait := g.wait(now.Add(4*time.Second), "ada"); wait != 5*time.Minute {
		t.Errorf("the lock of the fifth lasts %v", wait)
	}
	if wait := g.fail(now.Add(6*time.Minute), "ada"); wait > 0 {
		t.Errorf("the first failure after the lock: %v", wait)
	}
}
