package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
)

// tallies is a store with a table of its own: what each writer did, and how many there were.
func tallies(t *testing.T, s *store.Store) {
	t.Helper()
	for _, statement := range []string{"CREATE TABLE tallies (id INTEGER PRIMARY KEY, writer BIGINT)", "CREATE TABLE turns (id INTEGER PRIMARY KEY, n BIGINT)", "INSERT INTO turns VALUES (1, 0)"} {
		if _, err := s.Pool().ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

// tally takes the next number in the transaction of ctx.
func tally(ctx context.Context, s *store.Store, writer int) (n int, err error) {
	tx := s.Tx(ctx)
	still := context.WithoutCancel(ctx)
	if err := tx.QueryRowContext(still, "UPDATE turns SET n = n + 1 WHERE id = 1 RETURNING n").Scan(&n); err != nil {
		return 0, err
	}
	_, err = tx.ExecContext(still, "INSERT INTO tallies VALUES ($1, $2)", n, writer)
	return n, err
}

// stored lists the writers in the order of their numbers, which have no holes.
func stored(t *testing.T, s *store.Store) []int {
	t.Helper()
	rows, err := s.Pool().QueryContext(t.Context(), "SELECT id, writer FROM tallies ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []int
	for rows.Next() {
		var id, writer int
		if err := rows.Scan(&id, &writer); err != nil {
			t.Fatal(err)
		}
		if out = append(out, writer); id != len(out) {
			t.Fatalf("number %d at place %d: what a failed writer had counted is still there", id, len(out))
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

var errUndone = errors.New("undone")

// Writers come at once, and many fail in the middle, by an error, a bug or the end of their context: each is stored whole when it was told so, and not at
// all when it was not; numbers that each took from a counter have no holes, as if the writers had come one after the other.
//
// shows BEY-22 by cloud/store/group.go: "if !stands && g.exec(\"ROLLBACK TO member\") == nil {" => "if false {"
func TestInTx_EachWriterIsStoredWholeOrNotAtAll(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		tallies(t, s)
		const writers, each = 16, 20
		told := make([]map[int]bool, writers) // which of its turns each was told of as stored
		var work sync.WaitGroup
		for w := range writers {
			told[w] = map[int]bool{}
			work.Go(func() {
				for i := range each {
					id := w*each + i
					if fate(t, s, id) == nil {
						told[w][id] = true
					}
				}
			})
		}
		work.Wait()
		var want []int
		for _, ids := range told {
			for id := range ids {
				want = append(want, id)
			}
		}
		got := stored(t, s)
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) || len(got) == 0 {
			t.Errorf("%d are stored and %d were told so", len(got), len(want))
		}
	})
}

// fate writes once and gives its end: an error for what must not be there.
func fate(t *testing.T, s *store.Store, id int) (err error) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	end := rand.IntN(8)                      //nolint:gosec // any will do
	if end == 3 && s.Dialect() == "sqlite" { // PostgreSQL may commit for somebody who went away before he was told
		defer time.AfterFunc(time.Duration(rand.IntN(2000))*time.Microsecond, cancel).Stop() //nolint:gosec // any will do
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		if _, err := tally(ctx, s, id); err != nil {
			return err
		}
		switch end {
		case 0:
			return errUndone
		case 1:
			panic("a bug in the middle")
		case 2:
			cancel()
		}
		return nil
	})
}

// queued lets the first writer go only when the others wait behind it, so that all are in one group. back counts who was told how it ended.
func queued(t *testing.T, s *store.Store, back *atomic.Int32, others ...func(ctx context.Context) error) (rest []error, first error) {
	t.Helper()
	rest = make([]error, len(others))
	in, free := make(chan struct{}), make(chan struct{})
	var work sync.WaitGroup
	work.Go(func() {
		first = s.InTx(t.Context(), func(ctx context.Context) error {
			close(in)
			<-free
			_, err := tally(ctx, s, -1)
			return err
		})
		back.Add(1)
	})
	<-in
	for i, other := range others {
		work.Go(func() {
			rest[i] = s.InTx(t.Context(), other)
			back.Add(1)
		})
		for late := time.Now().Add(20 * time.Second); s.Waiting() != i+1; <-time.After(time.Millisecond) {
			if time.Now().After(late) {
				t.Fatal("nobody waits")
			}
		}
	}
	close(free)
	work.Wait()
	return rest, first
}

// shows BEY-22 by cloud/store/group.go: "<-g.done"
func TestInTx_NobodyIsToldBeforeTheCommit(t *testing.T) {
	s := storetest.SQLite(t)
	tallies(t, s)
	var told, back atomic.Int32
	rest, first := queued(t, s, &back, func(ctx context.Context) error {
		s.AfterCommit(ctx, func() { told.Add(1) })
		if n, err := tally(ctx, s, 2); n != 2 {
			t.Errorf("the second does not see what the first kept: %d, %v", n, err)
		}
		return nil
	}, func(ctx context.Context) error {
		<-time.After(50 * time.Millisecond) // long enough for whoever does not wait
		if n := len(stored(t, s)); n != 0 || told.Load() != 0 || back.Load() != 0 {
			t.Errorf("others see %d rows that are not committed; %d hooks ran and %d writers were told", n, told.Load(), back.Load())
		}
		return errUndone
	}, func(ctx context.Context) error {
		_, err := tally(ctx, s, 4)
		return err
	})
	if first != nil || rest[0] != nil || !errors.Is(rest[1], errUndone) || rest[2] != nil || told.Load() != 1 {
		t.Errorf("%v %v, told %d", first, rest, told.Load())
	}
	if got := stored(t, s); !slices.Equal(got, []int{-1, 2, 4}) {
		t.Errorf("stored %v", got)
	}
}

// A transaction that the database itself undid takes everybody with it who was in it, and nobody who comes later.
//
// shows BEY-22 by cloud/store/group.go: "g.err = g.broken"
func TestInTx_WhatIsLostIsLostForAllOfTheGroup(t *testing.T) {
	s := storetest.SQLite(t)
	tallies(t, s)
	told := false
	rest, first := queued(t, s, &atomic.Int32{}, func(ctx context.Context) error {
		s.AfterCommit(ctx, func() { told = true })
		_, err := tally(ctx, s, 2)
		return err
	}, func(ctx context.Context) error {
		_, err := s.Tx(ctx).ExecContext(t.Context(), "ROLLBACK") // as SQLite does when the disk is full
		return err
	}, func(ctx context.Context) error {
		_, err := tally(ctx, s, 4)
		return err
	})
	if first == nil || rest[0] == nil || rest[1] == nil || rest[2] != nil || told {
		t.Errorf("%v %v, told %v", first, rest, told)
	}
	if got := stored(t, s); !slices.Equal(got, []int{4}) {
		t.Errorf("stored %v", got)
	}
}

// Who waits and goes away leaves the line to the others.
//
// shows BEY-22 by cloud/store/line.go: "l.waits = slices.Delete(l.waits, mine, mine+1)"
func TestInTx_WhoGoesAwayLeavesTheLine(t *testing.T) {
	s := storetest.SQLite(t)
	tallies(t, s)
	gone, cancel := context.WithCancel(t.Context())
	left := make(chan error, 1)
	rest, first := queued(t, s, &atomic.Int32{}, func(ctx context.Context) error { return nil })
	if first != nil || rest[0] != nil {
		t.Fatal(first, rest)
	}
	err := s.InTx(t.Context(), func(ctx context.Context) error {
		go func() { left <- s.InTx(gone, func(context.Context) error { return nil }) }()
		for s.Waiting() != 1 {
			<-time.After(time.Millisecond)
		}
		cancel()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("who went away was told %v", err)
		}
		return nil
	})
	if err != nil || s.Waiting() != 0 {
		t.Fatalf("%v, %d wait", err, s.Waiting())
	}
}
