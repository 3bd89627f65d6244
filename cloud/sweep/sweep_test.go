package sweep_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"vestibule/cloud/sweep"
)

// A turn that fails is told and the next is taken; the end is no failure.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var failed []string
		turns := 0
		began := time.Now()
		err := sweep.Run(ctx, time.Second, func(ctx context.Context) error {
			switch turns++; turns {
			case 1:
				return errors.New("no database")
			case 3:
				cancel()
				return ctx.Err()
			}
			return nil
		}, func(err error) { failed = append(failed, err.Error()) })
		if !errors.Is(err, context.Canceled) || turns != 3 || time.Since(began) != 3*time.Second {
			t.Errorf("%d turns in %s: %v", turns, time.Since(began), err)
		}
		if len(failed) != 1 || failed[0] != "no database" {
			t.Errorf("told %q", failed)
		}
	})
}
