package watch

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestPoint_WakesForTheChangeAndEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p Point
		var n int
		got := make(chan error)
		go func() { got <- p.Wait(t.Context(), func() bool { return n == 2 }) }()
		for range 2 {
			synctest.Wait()
			n++
			p.Notify()
		}
		if err := <-got; err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := p.Wait(ctx, func() bool { return false }); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
	})
}
