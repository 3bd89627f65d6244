package storetest

import (
	"database/sql"
	"encoding/hex"
	"path/filepath"
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
			file := filepath.Join(t.TempDir(), "vestibule.db")
			driver, address, dsn := "sqlite", "file:"+file+"?_pragma=busy_timeout(5000)", "sqlite:"+file
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
	return open(t, "sqlite:"+filepath.Join(t.TempDir(), "vestibule.db"))
}

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
