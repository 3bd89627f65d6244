package remote_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"vestibule/agent/remote"
	"vestibule/agent/store"
	"vestibule/shared/clock"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// shows EDGE-16/R40 by agent/remote/remote.go: "e.Result, e.Reason = r.act(c, v.Left)"
func TestRemote_OpensJournalsAndTells(t *testing.T) {
	b := newBox(t, t.TempDir(), newDoors())
	s := newSession()
	b.r.Opened(s, wire.Welcome{})
	c := b.command(s)
	b.give(c)
	if first := s.wait(t); !first.Accepted || first.ID != c.ID {
		t.Fatalf("%+v", first)
	}
	if last := s.wait(t); last.Result != domain.ActDone || last.Accepted {
		t.Fatalf("%+v", last)
	}
	e, ok, err := b.s.Entry(ctx, c.ID)
	if err != nil || !ok || e.Result != domain.ActDone {
		t.Fatalf("%+v %v", e, err)
	}
	rows := b.audit()
	var body domain.CommandBody
	if len(rows) != 1 || rows[0].Kind != domain.EventCommand || wire.Unmarshal(rows[0].Body, &body) != nil || body.CommandID != c.ID || body.Result != domain.ActDone {
		t.Fatalf("%d rows, %+v", len(rows), body)
	}
}

// Row 12 of the failure table: ten copies, one pulse, ten answers.
//
// shows EDGE-16/R40 by agent/remote/gate.go: "return Verdict{Act: Repeat, Result: f.Before.Result, Reason: f.Before.Reason}"
func TestFailure12_TenCopiesOnePulse(t *testing.T) {
	b := newBox(t, t.TempDir(), newDoors())
	s := newSession()
	b.r.Opened(s, wire.Welcome{})
	c := b.command(s)
	for range 10 {
		b.give(c)
	}
	for range 10 {
		if r := s.wait(t); r.ID != c.ID || r.Result != domain.ActDone && !r.Accepted {
			t.Fatalf("%+v", r)
		}
	}
	b.give(c)
	if r := s.final(t); r.Result != domain.ActDone {
		t.Fatalf("%+v", r)
	}
	b.stop()
	again := newBox(t, filepath.Dir(must(b.path())), newDoors())
	s.results = make(chan wire.Result, 10)
	again.r.Opened(s, wire.Welcome{})
	again.give(c)
	if r := s.final(t); r.Result != domain.ActDone || b.doors.count(c.ID)+again.doors.count(c.ID) != 1 {
		t.Fatalf("%+v after %d pulses", r, b.doors.count(c.ID)+again.doors.count(c.ID))
	}
}

// Row 13: what was promised and not ended is unknown after a restart, told, in the log, and never run again.
//
// shows EDGE-16/R40 by agent/remote/remote.go: "e.Result, e.Reason = domain.ActUnknown, domain.ReasonInterrupted" => "e.Result, e.Reason = domain.ActDone, domain.ReasonNone"
func TestFailure13_InterruptedCommandIsUnknownAndNeverRunsAgain(t *testing.T) {
	dir := t.TempDir()
	s := newSession()
	first := newBox(t, dir, newDoors())
	c := first.command(s)
	if fresh, err := first.s.Start(ctx, remote.Entry{ID: c.ID, Kind: c.Kind, Started: time.Now()}); err != nil || !fresh {
		t.Fatal(err)
	}
	first.stop() // as if the power had gone between the promise and the result
	b := newBox(t, dir, newDoors())
	b.r.Opened(s, wire.Welcome{})
	want := wire.Result{ID: c.ID, Result: domain.ActUnknown, Reason: domain.ReasonInterrupted}
	if r := s.wait(t); r != want {
		t.Fatalf("%+v", r)
	}
	b.give(c)
	if r := s.wait(t); r != want || b.doors.count(c.ID) != 0 {
		t.Fatalf("%+v after %d pulses", r, b.doors.count(c.ID))
	}
	rows := b.audit()
	var body domain.CommandBody
	if len(rows) != 1 || wire.Unmarshal(rows[0].Body, &body) != nil || body.Result != domain.ActUnknown {
		t.Fatalf("%d rows %+v", len(rows), body)
	}
}

// Row 10: bytes that were stuck in a stalled line arrive on the same connection, too late.
func TestRemote_LateCommandExpires(t *testing.T) {
	b := newBox(t, t.TempDir(), newDoors())
	s := newSession()
	b.r.Opened(s, wire.Welcome{})
	c := b.command(s)
	s.now = s.now.Add(20 * time.Second)
	b.give(c)
	if r := s.final(t); r.Result != domain.ActExpired || r.Reason != domain.ReasonLate || b.doors.count(c.ID) != 0 {
		t.Fatalf("%+v", r)
	}
}

// together is a journal whose readers wait for each other: copies of a command are judged at the same moment.
type together struct {
	*store.Store
	readers sync.WaitGroup
}

func (j *together) Entry(ctx context.Context, id domain.CommandID) (remote.Entry, bool, error) {
	e, ok, err := j.Store.Entry(ctx, id)
	j.readers.Done()
	j.readers.Wait()
	return e, ok, err
}

// Two copies of a late command arrive at the same moment: both are refused, and the log has one row.
//
// shows EDGE-16/R40 by agent/remote/remote.go: "if err != nil || !first {" => "if err != nil {"
func TestRemote_TwoLateCopiesHaveOneRow(t *testing.T) {
	b := newBox(t, t.TempDir(), newDoors())
	disk := &together{Store: b.s}
	disk.readers.Add(2)
	r := remote.New(remote.Config{
		Journal: disk, Log: b.o, Doors: b.doors, Agent: func() domain.AgentID { return b.agent },
		Keys: func() [][]byte { return [][]byte{b.key.Public().(ed25519.PublicKey)} }, Clock: clock.System{},
	})
	s := newSession()
	r.Opened(s, wire.Welcome{})
	c := b.command(s)
	s.now = s.now.Add(20 * time.Second)
	for range 2 {
		r.Received(b.envelope(c, b.key))
	}
	for range 2 {
		if got := s.final(t); got.Result != domain.ActExpired {
			t.Fatalf("%+v", got)
		}
	}
	if rows := b.audit(); len(rows) != 1 {
		t.Errorf("%d rows", len(rows))
	}
}

// The deadline passes while the door waits for its turn: nothing moves.
func TestRemote_DeadlineReachesTheDoor(t *testing.T) {
	d := newDoors()
	d.gate, d.begun = make(chan struct{}), make(chan struct{}, 1)
	b := newBox(t, t.TempDir(), d)
	s := newSession()
	b.r.Opened(s, wire.Welcome{})
	c := b.command(s)
	c.TTLMilli = 50
	b.give(c)
	<-d.begun
	<-time.After(80 * time.Millisecond)
	close(d.gate)
	if r := s.final(t); r.Result != domain.ActExpired || d.count(c.ID) != 0 {
		t.Fatalf("%+v", r)
	}
}

// A client with every right on the broker moves nothing: without the cloud's signature there is no act and no answer, and
// the log says so once.
//
// shows EDGE-32/R03 by agent/remote/remote.go: "r.suspicious()"
func TestRemote_UnsignedOrdersMoveNothing(t *testing.T) {
	b := newBox(t, t.TempDir(), newDoors())
	s := newSession()
	b.r.Opened(s, wire.Welcome{})
	_, foreign, _ := ed25519.GenerateKey(rand.Reader)
	c := b.command(s)
	for range 5 {
		b.r.Received(b.envelope(c, foreign))
	}
	b.r.Received(wire.Envelope{Kind: wire.KindCommand, Body: []byte{0xff}})
	good := b.command(s)
	b.give(good)
	if r := s.final(t); r.ID != good.ID {
		t.Fatalf("an unsigned order was answered: %+v", r)
	}
	// Orders are judged side by side: the good one may be done before the last of the others is thrown away.
	notes := func() (n int) {
		for _, r := range b.audit() {
			if r.Kind == domain.EventSecurity {
				n++
			}
		}
		return n
	}
	for late := time.Now().Add(10 * time.Second); (b.r.BadSignatures() != 5 || notes() != 1) && time.Now().Before(late); {
		<-time.After(5 * time.Millisecond)
	}
	if b.doors.count(c.ID) != 0 || b.r.BadSignatures() != 5 {
		t.Fatalf("%d pulses, %d counted", b.doors.count(c.ID), b.r.BadSignatures())
	}
	if n := notes(); n != 1 {
		t.Errorf("%d security rows, want 1", n)
	}
}

// A result that could not be told goes out on the next session.
func TestRemote_ResultOfACutSessionIsToldOnTheNext(t *testing.T) {
	d := newDoors()
	d.gate, d.begun = make(chan struct{}), make(chan struct{}, 1)
	b := newBox(t, t.TempDir(), d)
	s := newSession()
	b.r.Opened(s, wire.Welcome{})
	c := b.command(s)
	b.give(c)
	<-d.begun
	s.cut = true
	b.r.Closed()
	close(d.gate)
	deadline := time.After(10 * time.Second)
	for done := false; !done; {
		e, ok, err := b.s.Entry(ctx, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		done = ok && e.Result != ""
		select {
		case <-deadline:
			t.Fatal("never finished")
		case <-time.After(time.Millisecond):
		}
	}
	next := newSession()
	b.r.Opened(next, wire.Welcome{})
	if r := next.final(t); r.ID != c.ID || r.Result != domain.ActDone {
		t.Fatalf("%+v", r)
	}
}

// A bug below ends one command honestly and nothing else.
func TestRemote_BugBelowIsUnknown(t *testing.T) {
	d := newDoors()
	d.crash = true
	b := newBox(t, t.TempDir(), d)
	s := newSession()
	b.r.Opened(s, wire.Welcome{})
	c := b.command(s)
	b.give(c)
	if r := s.final(t); r.Result != domain.ActUnknown {
		t.Fatalf("%+v", r)
	}
}
