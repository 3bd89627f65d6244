package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"sync"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"gorm.io/gorm/clause"

	"vestibule/shared/fault"
)

// One number, two dialect files: migrations/sqlite/0001_base.sql and migrations/postgres/0001_base.sql.
//
//go:embed migrations
var migrations embed.FS

var lockRows = clause.Locking{Strength: clause.LockingStrengthUpdate}

// migrate brings the schema up to date. On PostgreSQL a session lock lets one replica do it while the others wait.
func (s *Store) migrate(ctx context.Context) error {
	provider, err := s.provider()
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	return nil
}

func (s *Store) provider() (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations/"+string(s.dialect))
	if err != nil {
		return nil, err
	}
	kind := goose.DialectSQLite3
	var options []goose.ProviderOption
	if s.dialect == onPostgres {
		kind = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, fmt.Errorf("migration lock: %w", err)
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	provider, err := goose.NewProvider(kind, s.pool, files, options...)
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return provider, nil
}

// newest is the highest number of the migrations that this version brings, the same for both databases.
var newest = sync.OnceValues(func() (int64, error) {
	files, err := fs.Glob(migrations, "migrations/"+string(onSQLite)+"/*.sql")
	if err != nil || len(files) == 0 {
		return 0, errors.Join(err, errors.New("no migrations"))
	}
	name := files[len(files)-1] // Glob sorts, and the numbers have four digits
	number, _, _ := strings.Cut(name[strings.LastIndex(name, "/")+1:], "_")
	return strconv.ParseInt(number, 10, 64)
})

// Ready asks whether the database answers and has the tables of this version, or of a newer one: two versions live side by side while replicas are
// replaced, and a newer one only adds (deploy/docs/operate.md).
func (s *Store) Ready(ctx context.Context) error {
	want, err := newest()
	if err != nil {
		return err
	}
	var have int64
	if err := s.db.WithContext(ctx).Raw("SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&have).Error; err != nil {
		return fault.Wrap(err, fault.Unavailable, "The database does not answer.")
	}
	if have < want {
		return fault.New(fault.Unavailable, "The database has the tables of version %d, and %d are wanted.", have, want)
	}
	return nil
}
