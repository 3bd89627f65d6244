package sweep

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"vestibule/shared/logkey"
)

// Run calls do at every tick until ctx ends; what a turn fails with is logged with the words.
func Run(ctx context.Context, every time.Duration, logger *slog.Logger, words string, do func(context.Context) error) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			if err := do(ctx); err != nil && !errors.Is(err, context.Canceled) {
				logger.ErrorContext(ctx, words, logkey.Err, err)
			}
		}
	}
}
