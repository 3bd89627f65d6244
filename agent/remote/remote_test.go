package remote_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/veraison/go-cose"

	"vestibule/agent/door"
	"vestibule/agent/outbox"
	"vestibule/agent/remote"
	"vestibule/agent/store"
	"vestibule/shared/clock"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

var ctx = context.Background()

// doors counts what is opened.
type doors struct {
	mu     sync.Mutex
	opened map[domain.CommandID]int
	gate   chan struct{} // an act waits here, if set
	begun  chan struct{}
	crash  bool
}

// Turn counts as an opening: what is shown of one holds for the other.
func (d *doors) Turn(ctx context.Context, ask door.Turn) door.Outcome {
	return d.Open(ctx, door.Ask{DeviceID: ask.DeviceID, Relay: ask.Channel, Means: ask.Means, By: ask.By, CommandID: ask.CommandID})
}

func (d *doors) Open(ctx context.Context, ask door.Ask) door.Outcome {
	if d.begun != nil {
		d.begun <- struct{}{}
	}
	if d.gate != nil {
		<-d.gate
	}
	if ctx.Err() != nil {
		return door.Outcome{Result: domain.ActExpired, Reason: domain.ReasonLate}
	}
	d.mu.Lock()
	d.opened[ask.CommandID]++
	d.mu.Unlock()
	if d.crash {
		panic("relay driver")
	}
	return door.Outcome{Result: domain.ActDone}
}

func (d *doors) count(id domain.CommandID) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.opened[id]
}

// session is a connection whose cloud time the test sets.
type session struct {
	conn    domain.ConnID
	now     time.Time
	bound   time.Duration
	results chan wire.Result
	cut     bool
}

func newSession() *session {
	return &session{conn: domain.NewID[domain.ConnID](time.Now()), now: time.UnixMilli(1_800_000_000_000), results: make(chan wire.Result, 100)}
}

func (s *session) Conn() domain.ConnID { return s.conn }
func (s *session) Reconnect(string)    {}
func (s *session) CloudTime() (time.Time, time.Duration, bool) {
	return s.now, s.bound, true
}

func (s *session) Send(kind wire.Kind, body any) error {
	if s.cut {
		return errors.New("cut")
	}
	if kind == wire.KindResult {
		s.results <- body.(wire.Result)
	}
	return nil
}

func (s *session) wait(t *testing.T) wire.Result {
	t.Helper()
	select {
	case r := <-s.results:
		return r
	case <-time.After(10 * time.Second):
		t.Fatal("no result")
		return wire.Result{}
	}
}

// final waits for a result that ends the command.
func (s *session) final(t *testing.T) wire.Result {
	t.Helper()
	for {
		if r := s.wait(t); !r.Accepted {
			return r
		}
	}
}

type box struct {
	t     *testing.T
	agent domain.AgentID
	key   ed25519.PrivateKey
	s     *store.Store
	o     *outbox.Outbox
	doors *doors
	r     *remote.Remote
	stop  func()
}

func newBox(t *testing.T, dir string, d *doors) *box {
	t.Helper()
	b := &box{t: t, agent: domain.AgentID{7}, doors: d}
	var err error
	if b.s, err = store.Open(ctx, dir); err != nil {
		t.Fatal(err)
	}
	// The key is derived, so that a box that starts again knows the same cloud.
	b.key = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	b.o = outbox.New(outbox.Config{Shelf: b.s, Agent: func() domain.AgentID { return b.agent }, Clock: clock.System{}})
	b.r = remote.New(remote.Config{
		Journal: b.s, Log: b.o, Doors: d, Agent: func() domain.AgentID { return b.agent },
		Keys:  func() [][]byte { return [][]byte{b.key.Public().(ed25519.PublicKey)} },
		Clock: clock.System{},
	})
	if err := b.r.Recover(ctx); err != nil {
		t.Fatal(err)
	}
	life, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { _ = b.r.Run(life) })
	var once sync.Once
	b.stop = func() {
		once.Do(func() {
			cancel()
			wg.Wait()
			_ = b.s.Close()
		})
	}
	t.Cleanup(b.stop)
	return b
}

func newDoors() *doors { return &doors{opened: map[domain.CommandID]int{}} }

func (b *box) command(s *session) wire.Command {
	return wire.Command{
		ID: domain.NewID[domain.CommandID](time.Now()), Agent: b.agent, Conn: s.conn, Kind: wire.CommandDoorOpen, DeviceID: domain.DeviceID{1}, Relay: 1,
		IssuedMilli: s.now.UnixMilli(), TTLMilli: 8000, Actor: "Ada",
	}
}

func (b *box) envelope(c wire.Command, key ed25519.PrivateKey) wire.Envelope {
	b.t.Helper()
	payload, err := wire.Marshal(c)
	if err != nil {
		b.t.Fatal(err)
	}
	signer, err := cose.NewSigner(cose.AlgorithmEdDSA, key)
	if err != nil {
		b.t.Fatal(err)
	}
	m := cose.NewSign1Message()
	m.Headers.Protected.SetAlgorithm(cose.AlgorithmEdDSA)
	m.Payload = payload
	if err := m.Sign(rand.Reader, []byte(wire.CommandContext), signer); err != nil {
		b.t.Fatal(err)
	}
	raw, err := m.MarshalCBOR()
	if err != nil {
		b.t.Fatal(err)
	}
	body, err := wire.Marshal(wire.SignedCommand{Sign1: raw})
	if err != nil {
		b.t.Fatal(err)
	}
	return wire.Envelope{Proto: wire.Proto, Kind: wire.KindCommand, Conn: c.Conn, Body: body}
}

func (b *box) give(c wire.Command) { b.r.Received(b.envelope(c, b.key)) }

func (b *box) audit() []wire.Row {
	b.t.Helper()
	rows, err := b.s.Rows(ctx, domain.StreamAudit, 0, 1000, 1<<30)
	if err != nil {
		b.t.Fatal(err)
	}
	return rows
}

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

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (b *box) path() (string, error) { return b.s.Path(), nil }

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
