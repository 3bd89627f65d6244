package storetest

import (
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
