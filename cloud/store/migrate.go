package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"gorm.io/gorm/clause"
)

// One number, two dialect files: migrations/sqlite/0001_base.sql and migrations/postgres/0001_base.sql.
//
//go:embed migrations
var migrations embed.FS

var lockRows = clause.Locking{Strength: clause.LockingStrengthUpdate}

// migrate brings the schema up to date. On PostgreSQL a session lock lets one replica do it while the others wait.
func (s *Store) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations/"+string(s.dialect))
	if err != nil {
		return err
	}
	kind := goose.DialectSQLite3
	var options []goose.ProviderOption
	if s.dialect == onPostgres {
		kind = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return fmt.Errorf("migration lock: %w", err)
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	provider, err := goose.NewProvider(kind, s.pool, files, options...)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	return nil
}
