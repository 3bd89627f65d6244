package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/fault"
)

func TestStore_TellsTheDatabasesTime(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		before := time.Now().Add(-2 * time.Millisecond)
		now, err := s.Now(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if now.Before(before) || now.After(time.Now().Add(2*time.Millisecond)) || now.Location() != time.UTC {
			t.Fatalf("database says %v, the machine %v", now, before)
		}
	})
}

func TestInTx_CallsAfterCommitOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var told []string
		tell := func(word string) func() { return func() { told = append(told, word) } }
		err := s.InTx(t.Context(), func(ctx context.Context) error {
			s.AfterCommit(ctx, tell("outer"))
			return s.InTx(ctx, func(ctx context.Context) error {
				s.AfterCommit(ctx, tell("inner"))
				if len(told) != 0 {
					t.Error("told before the commit")
				}
				return nil
			})
		})
		if err != nil || len(told) != 2 {
			t.Fatalf("%v, told %v", err, told)
		}
		broken := errors.New("broken")
		err = s.InTx(t.Context(), func(ctx context.Context) error {
			s.AfterCommit(ctx, tell("never"))
			return broken
		})
		if !errors.Is(err, broken) || len(told) != 2 {
			t.Fatalf("%v, told %v", err, told)
		}
	})
}

func TestOpen_RefusesWhatIsNoDatabase(t *testing.T) {
	for _, dsn := range []string{"", "mysql://localhost/x", "sqlite:" + t.TempDir() + "/no/such/folder/a.db"} {
		if s, err := store.Open(t.Context(), dsn); err == nil {
			s.Close()
			t.Errorf("%q was opened", dsn)
		}
	}
	_, err := store.Open(t.Context(), "postgres://somebody:planted-password@127.0.0.1:1/none?connect_timeout=2")
	if fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("a database that is not there: %v", err)
	}
}

func TestOpen_KeepsTheFileToItself(t *testing.T) {
	path := filepath.Join(t.TempDir(), "odd name?#%41.db")
	s, err := store.Open(t.Context(), "sqlite:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", info.Name(), info.Mode())
		}
	}
}
