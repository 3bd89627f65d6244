package store_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
)

// A batch of a backlog waits in the line before a person presses a button: the person goes first, and hears before the batch has written a row.
//
// shows EDGE-06 by cloud/store/line.go: "return max(0, slices.IndexFunc(" => "return 0"
func TestInTx_WhoIsPatientLetsOthersGoFirst(t *testing.T) {
	s := storetest.SQLite(t)
	tallies(t, s)
	pressed := make(chan struct{}) // closed when the person was told
	var work sync.WaitGroup
	write := func(ctx context.Context, writer int, before func()) {
		work.Go(func() {
			err := s.InTx(ctx, func(ctx context.Context) error {
				before()
				_, err := tally(ctx, s, writer)
				return err
			})
			if err != nil {
				t.Errorf("writer %d: %v", writer, err)
			}
			if writer == 3 {
				close(pressed)
			}
		})
	}
	in, free := make(chan struct{}), make(chan struct{})
	write(t.Context(), 1, func() { close(in); <-free })
	<-in
	write(s.Patiently(t.Context()), 2, func() {
		select {
		case <-pressed:
		case <-time.After(20 * time.Second):
			t.Error("the person waits for the batch")
		}
	})
	await(t, s, 1)
	write(t.Context(), 3, func() {})
	await(t, s, 2)
	close(free)
	work.Wait()
	if got := stored(t, s); !slices.Equal(got, []int{1, 3, 2}) {
		t.Errorf("stored in the order %v", got)
	}
}

// await returns when so many writers wait.
func await(t *testing.T, s *store.Store, n int) {
	t.Helper()
	for late := time.Now().Add(20 * time.Second); s.Waiting() != n; <-time.After(time.Millisecond) {
		if time.Now().After(late) {
			t.Fatal("nobody waits")
		}
	}
}
