package remote_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"sync"
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

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (b *box) path() (string, error) { return b.s.Path(), nil }
