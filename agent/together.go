package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"vestibule/shared/logkey"
)

// together runs parts until ctx ends or one of them fails; then all are ended, and every error is told.
func together(ctx context.Context, log *slog.Logger, parts map[string]func(context.Context) error) error {
	ctx, end := context.WithCancel(ctx)
	defer end()
	var (
		wait sync.WaitGroup
		mu   sync.Mutex
		errs []error
	)
	for name, run := range parts {
		wait.Go(func() {
			err := run(ctx)
			if ctx.Err() == nil {
				log.Error("a part of the agent ended", logkey.Component, name, logkey.Err, err)
				err = fmt.Errorf("%s ended: %w", name, errors.Join(err, errEnded))
			}
			if err != nil && !errors.Is(err, context.Canceled) {
				mu.Lock()
				errs = append(errs, err)
				mu.Unlock()
			}
			end()
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

var errEnded = errors.New("a part must live as long as the agent")
