package sweep

import (
	"context"
	"errors"
	"time"
)

// Run calls do at every tick until ctx ends, and tells what a turn fails with.
func Run(ctx context.Context, every time.Duration, do func(context.Context) error, failed func(error)) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			if err := do(ctx); err != nil && !errors.Is(err, context.Canceled) {
				failed(err)
			}
		}
	}
}
