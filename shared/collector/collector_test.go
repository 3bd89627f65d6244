package collector_test

import (
	"runtime"
	"testing"
	"time"

	"vestibule/shared/collector"
)

func TestAfterEach_FollowsEachSweep(t *testing.T) {
	swept := make(chan struct{}, 1)
	collector.AfterEach(func() {
		select {
		case swept <- struct{}{}:
		default:
		}
	})
	end := time.After(20 * time.Second)
	for n := 0; n < 3; {
		runtime.GC()
		select {
		case <-swept:
			n++
		case <-time.After(10 * time.Millisecond):
		case <-end:
			t.Fatalf("%d sweeps were told of", n)
		}
	}
}
