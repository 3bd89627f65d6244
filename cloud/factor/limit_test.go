package factor

import (
	"testing"
	"time"
)

// Codes that were under way when the lock fell are wrong too: they must not lift it.
func TestLimit_ALockHoldsWhileOthersFail(t *testing.T) {
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	l := newLimit(3, time.Minute, time.Minute)
	for i := range 8 {
		if locked := l.count(now, "ada") > 0; locked != (i >= 2) {
			t.Errorf("after %d: locked %v", i+1, locked)
		}
	}
	if l.count(now.Add(time.Minute+time.Second), "ada") > 0 {
		t.Error("the first one after the lock")
	}
}
