package jobs

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
)

// migrationLock is the key of the PostgreSQL lock under which one replica brings the queue's tables up to date while the others wait.
const migrationLock = 0x7665737469 // "vesti"

// migrated gives the driver of the database, with River's tables up to date.
func migrated(ctx context.Context, store Store, logger *slog.Logger) (riverdriver.Driver[*sql.Tx], error) {
	var driver riverdriver.Driver[*sql.Tx] = riversqlite.New(store.Pool())
	if store.Dialect() == "postgres" {
		driver = riverdatabasesql.New(store.Pool())
		conn, err := store.Pool().Conn(ctx)
		if err != nil {
			return nil, fmt.Errorf("migrate the job queue: %w", err)
		}
		defer conn.Close()
		if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", int64(migrationLock)); err != nil {
			return nil, fmt.Errorf("migrate the job queue: lock: %w", err)
		}
		// The lock ends with its connection too, should this fail.
		defer conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", int64(migrationLock)) //nolint:errcheck // see above
	}
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: quiet(logger)})
	if err != nil {
		return nil, fmt.Errorf("migrate the job queue: %w", err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return nil, fmt.Errorf("migrate the job queue: %w", err)
	}
	return driver, nil
}

// recover lets work of a killed process go on at once. A SQLite file has one process, so whatever runs in it at the start runs no more; on
// PostgreSQL another replica may be at it, and the queue looks after work whose time is over.
func (q *Queue) recover(ctx context.Context) error {
	if q.store.Dialect() != "sqlite" {
		return nil
	}
	if _, err := q.store.Pool().ExecContext(ctx, "UPDATE river_job SET state = 'available' WHERE state = 'running'"); err != nil {
		return fmt.Errorf("look for interrupted work: %w", err)
	}
	return nil
}

// quietly passes on what is an error; the queue itself tells of failed work.
type quietly struct{ slog.Handler }

func quiet(logger *slog.Logger) *slog.Logger { return slog.New(quietly{logger.Handler()}) }

// Enabled is for errors alone.
func (h quietly) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelError && h.Handler.Enabled(ctx, level)
}

// WithAttrs keeps the floor.
func (h quietly) WithAttrs(attrs []slog.Attr) slog.Handler {
	return quietly{h.Handler.WithAttrs(attrs)}
}

// WithGroup keeps the floor.
func (h quietly) WithGroup(name string) slog.Handler { return quietly{h.Handler.WithGroup(name)} }
