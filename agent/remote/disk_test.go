package remote_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"sync/atomic"
	"testing"

	"vestibule/agent/remote"
	"vestibule/agent/store"
	"vestibule/shared/clock"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// broken is a disk that takes nothing.
type broken struct{ *store.Store }

func (broken) Start(context.Context, remote.Entry) (bool, error) {
	return false, errors.New("disk full")
}

func (broken) Finish(context.Context, remote.Entry) (bool, error) {
	return false, errors.New("disk full")
}

// Row 30: a disk that takes nothing does not keep the door shut, and two copies still pulse once.
func TestFailure30_FullDiskStillOpensOnce(t *testing.T) {
	b := newBox(t, t.TempDir(), newDoors())
	r := remote.New(remote.Config{
		Journal: broken{b.s}, Log: b.o, Doors: b.doors, Agent: func() domain.AgentID { return b.agent },
		Keys: func() [][]byte { return [][]byte{b.key.Public().(ed25519.PublicKey)} }, Clock: clock.System{},
	})
	s := newSession()
	r.Opened(s, wire.Welcome{})
	c := b.command(s)
	r.Received(b.envelope(c, b.key))
	if got := s.final(t); got.Result != domain.ActDone {
		t.Fatalf("%+v", got)
	}
	r.Received(b.envelope(c, b.key))
	if got := s.final(t); got.Result != domain.ActDone || b.doors.count(c.ID) != 1 {
		t.Fatalf("%+v after %d pulses", got, b.doors.count(c.ID))
	}
}

// ill is a disk that takes no results until it is well.
type ill struct {
	*store.Store
	well atomic.Bool
}

func (d *ill) Finish(ctx context.Context, e remote.Entry) (bool, error) {
	if !d.well.Load() {
		return false, errors.New("input/output error")
	}
	return d.Store.Finish(ctx, e)
}

// Row 30: what the disk did not take is owed, and stored with its row when it takes it again; a message alone may be lost.
//
// shows EDGE-16 BEY-04 by agent/remote/remote.go: "r.owed = append(r.owed, e)"
func TestFailure30_ResultIsStoredWhenTheDiskIsWellAgain(t *testing.T) {
	b := newBox(t, t.TempDir(), newDoors())
	disk := &ill{Store: b.s}
	r := remote.New(remote.Config{
		Journal: disk, Log: b.o, Doors: b.doors, Agent: func() domain.AgentID { return b.agent }, Beside: func(f func()) { f() },
		Keys: func() [][]byte { return [][]byte{b.key.Public().(ed25519.PublicKey)} }, Clock: clock.System{},
	})
	s := newSession()
	r.Opened(s, wire.Welcome{})
	c := b.command(s)
	r.Received(b.envelope(c, b.key))
	r.Repay(ctx)
	if e, ok, err := b.s.Entry(ctx, c.ID); err != nil || !ok || e.Result != "" {
		t.Fatalf("%+v %v %v", e, ok, err)
	}
	disk.well.Store(true)
	r.Repay(ctx)
	r.Repay(ctx)
	if e, _, err := b.s.Entry(ctx, c.ID); err != nil || e.Result != domain.ActDone {
		t.Fatalf("%+v %v", e, err)
	}
	if rows, _, err := b.o.Depth(ctx); err != nil || rows != 1 {
		t.Fatalf("%d rows wait (%v), want 1", rows, err)
	}
}
