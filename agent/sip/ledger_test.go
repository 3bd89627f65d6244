package sip

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// disk takes records, and says what was committed.
type disk struct {
	mu      sync.Mutex
	written []string
	commits int
}

func (d *disk) inTx(ctx context.Context, fn func(ctx context.Context) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	before := len(d.written)
	if err := fn(ctx); err != nil {
		d.written = d.written[:before]
		return err
	}
	d.commits++
	return nil
}

// record is an entry that writes its name and says when it is on the disk.
func (d *disk) record(name string, fails bool, then func()) entry {
	return entry{func(context.Context) error {
		d.written = append(d.written, name)
		if fails {
			return errors.New("broken")
		}
		return nil
	}, then}
}

func newDisk() (*disk, *ledger) {
	d := &disk{}
	cfg := Config{InTx: d.inTx, Logger: slog.New(slog.DiscardHandler)}
	cfg.defaults()
	return d, newLedger(cfg)
}

func TestLedger_RecordsOfOneMomentAreOneCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, l := newDisk()
		var after []string
		began := time.Now()
		for _, name := range []string{"a", "b", "c"} {
			l.enter(d.record(name, false, func() {
				after = append(after, name)
				if took := time.Since(began); took > 250*time.Millisecond {
					t.Errorf("%s was written after %v", name, took)
				}
			}))
		}
		<-time.After(time.Second)
		synctest.Wait()
		if all := []string{"a", "b", "c"}; !slices.Equal(d.written, all) || !slices.Equal(after, all) || d.commits != 1 {
			t.Errorf("written %v, followed by %v, with %d commits", d.written, after, d.commits)
		}
		l.enter(d.record("d", false, func() {}))
		began = time.Now()
		l.drain()
		if took := time.Since(began); took != 0 || len(d.written) != 4 {
			t.Errorf("the end of the program waited %v for %v", took, d.written)
		}
	})
}

func TestLedger_OneThatFailsTakesNoOtherWithIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, l := newDisk()
		var after []string
		for _, name := range []string{"a", "broken", "c"} {
			l.enter(d.record(name, name == "broken", func() { after = append(after, name) }))
		}
		l.drain()
		if want := []string{"a", "c"}; !slices.Equal(d.written, want) || !slices.Equal(after, want) {
			t.Errorf("stored %v, followed by %v", d.written, after)
		}
	})
}
