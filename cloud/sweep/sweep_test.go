package sweep_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vestibule/cloud/sweep"
)

// A turn that fails is told and the next is taken; the end is no failure.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var said bytes.Buffer
		turns := 0
		began := time.Now()
		err := sweep.Run(ctx, time.Second, slog.New(slog.NewTextHandler(&said, nil)), "not swept", func(ctx context.Context) error {
			switch turns++; turns {
			case 1:
				return errors.New("no database")
			case 3:
				cancel()
				return ctx.Err()
			}
			return nil
		})
		if !errors.Is(err, context.Canceled) || turns != 3 || time.Since(began) != 3*time.Second {
			t.Errorf("%d turns in %s: %v", turns, time.Since(began), err)
		}
		if text := said.String(); strings.Count(text, "not swept") != 1 || !strings.Contains(text, "no database") {
			t.Errorf("said %q", text)
		}
	})
}
