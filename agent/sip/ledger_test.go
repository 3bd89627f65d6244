package sip

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vestibule/agent/sip/sipstate"
)

// disk counts what is written and committed.
type disk struct {
	mu      sync.Mutex
	rows    map[string]string
	writes  int
	commits int
	hang    chan struct{} // commits wait for it
}

func (d *disk) PutLeg(_ context.Context, l sipstate.Leg) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.writes++
	d.rows[l.SIPCallID] = l.State
	return nil
}

func (d *disk) Legs(context.Context) ([]sipstate.Leg, error) { return nil, nil }

func (d *disk) DeleteLeg(_ context.Context, id string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.writes++
	delete(d.rows, id)
	return nil
}

func (d *disk) inTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if d.hang != nil {
		<-d.hang
	}
	d.mu.Lock()
	before := maps.Clone(d.rows)
	d.mu.Unlock()
	err := fn(ctx)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		d.rows = before
		return err
	}
	d.commits++
	return nil
}

func (d *disk) seen() (rows []string, writes, commits int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Sorted(maps.Keys(d.rows)), d.writes, d.commits
}

func newDisk() (*disk, *ledger) {
	d := &disk{rows: map[string]string{}}
	cfg := Config{Legs: d, InTx: d.inTx, Logger: slog.New(slog.DiscardHandler)}
	cfg.defaults()
	return d, newLedger(cfg)
}

func TestLedger_AShortCallIsTwoCommits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, l := newDisk()
		first := l.put(sipstate.Leg{SIPCallID: "a", State: sipstate.LegInviting}, true)
		second := l.put(sipstate.Leg{SIPCallID: "b", State: sipstate.LegInviting}, true)
		l.await(first)
		l.await(second)
		if rows, _, commits := d.seen(); !slices.Equal(rows, []string{"a", "b"}) || commits != 1 {
			t.Fatalf("before the INVITEs leave %v are stored, with %d commits", rows, commits)
		}
		for _, id := range []string{"a", "b"} {
			l.put(sipstate.Leg{SIPCallID: id, State: sipstate.LegRinging}, false)
			l.put(sipstate.Leg{SIPCallID: id, State: sipstate.LegUp}, false)
			l.forget(id)
		}
		recorded := false
		l.enter(func(context.Context) error { recorded = true; return nil })
		began := time.Now()
		l.drain()
		rows, writes, commits := d.seen()
		if len(rows) != 0 || !recorded || writes != 4 || commits != 2 {
			t.Errorf("left %v, recorded %v, %d writes, %d commits", rows, recorded, writes, commits)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("the end of the program waited %v", took)
		}
	})
}

func TestLedger_WhatIsInNoHurryIsWrittenSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, l := newDisk()
		<-l.put(sipstate.Leg{SIPCallID: "a", State: sipstate.LegInviting}, true)
		began := time.Now()
		done := l.put(sipstate.Leg{SIPCallID: "a", State: sipstate.LegUp}, false)
		<-done
		if took := time.Since(began); took > 20*time.Millisecond || d.rows["a"] != sipstate.LegUp {
			t.Errorf("after %v the row says %q", took, d.rows["a"])
		}
		l.drain()
	})
}

func TestLedger_OneThatFailsTakesNoOtherWithIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, l := newDisk()
		good := 0
		l.put(sipstate.Leg{SIPCallID: "a"}, false)
		l.enter(func(context.Context) error { return errors.New("broken") })
		l.enter(func(context.Context) error { good++; return nil })
		l.drain()
		if rows, _, _ := d.seen(); !slices.Equal(rows, []string{"a"}) || good != 1 {
			t.Errorf("stored %v, and the entry after the broken one %d times", rows, good)
		}
	})
}

func TestLedger_AStoreThatHangsHoldsNoCallUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, l := newDisk()
		d.hang = make(chan struct{})
		began := time.Now()
		l.await(l.put(sipstate.Leg{SIPCallID: "a"}, true))
		if took := time.Since(began); took != 500*time.Millisecond {
			t.Errorf("the call waited %v", took)
		}
		close(d.hang)
		l.drain()
	})
}
