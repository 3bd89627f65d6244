package storetest

import (
	"context"
	"database/sql"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"vestibule/cloud/seal"
	"vestibule/cloud/store"
)

// Each runs test once on SQLite and once on PostgreSQL, each time on an empty database with the current schema. A machine
// without PostgreSQL fails the test: what was not tried is not shown.
func Each(t *testing.T, test func(t *testing.T, s *store.Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, Postgres(t)) })
}

// Behind is a database as somebody has it who can write into it past the store.
type Behind struct {
	t        *testing.T
	db       *sql.DB
	postgres bool
}

// EachBehind is Each with a way past the store.
func EachBehind(t *testing.T, test func(t *testing.T, s *store.Store, behind Behind)) {
	t.Helper()
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			dsn := SQLiteDSN(t, t.TempDir())
			driver, address := "sqlite", "file:"+strings.TrimPrefix(dsn, "sqlite:")+"?_pragma=busy_timeout(5000)"
			if name == "postgres" {
				dsn = PostgresDSN(t)
				driver, address = "pgx", dsn
			}
			s := open(t, dsn)
			db, err := sql.Open(driver, address)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			test(t, s, Behind{t: t, db: db, postgres: name == "postgres"})
		})
	}
}

// Run runs a statement that must change something.
func (b Behind) Run(statement string) {
	b.t.Helper()
	res, err := b.db.ExecContext(b.t.Context(), statement)
	if err != nil {
		b.t.Fatalf("%s: %v", statement, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		b.t.Fatalf("%s changed %d rows: %v", statement, n, err)
	}
}

// Bytes writes bytes as the database's own literal.
func (b Behind) Bytes(raw []byte) string {
	if b.postgres {
		return `'\x` + hex.EncodeToString(raw) + `'::bytea`
	}
	return "x'" + hex.EncodeToString(raw) + "'"
}

// SQLite opens an empty database file.
func SQLite(t *testing.T) *store.Store {
	t.Helper()
	return open(t, SQLiteDSN(t, t.TempDir()))
}

// SQLiteDSN puts a database with the current schema into folder and gives its address.
func SQLiteDSN(t *testing.T, folder string) string {
	t.Helper()
	schema, err := empty()
	if err != nil {
		t.Fatalf("SQLite for tests: %v", err)
	}
	file := filepath.Join(folder, "vestibule.db")
	if err := os.WriteFile(file, schema, 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + file
}

// empty makes the schema once for a test program: its migrations take longer than most tests.
var empty = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "vestibule-sqlite-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "vestibule.db")
	s, err := store.Open(context.Background(), "sqlite:"+file)
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
})

// Postgres opens an empty database of the test program's cluster.
func Postgres(t *testing.T) *store.Store {
	t.Helper()
	return open(t, PostgresDSN(t))
}

func open(t *testing.T, dsn string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatalf("open %s: %v", dsn, err)
	}
	s.Unlock(seal.New([32]byte{7}))
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
