package link_test

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vestibule/agent/enroll"
	"vestibule/agent/link"
	"vestibule/agent/outbox"
	"vestibule/agent/store"
	"vestibule/shared/clock"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// none is a box without configuration.
type none struct{}

func (none) Held() (uint64, desired.Hash, uint64) { return 0, desired.Hash{}, 0 }

// part notes what a job is told.
type part struct {
	mu       sync.Mutex
	sessions []link.Session
	received []wire.Envelope
	open     atomic.Bool
	closed   atomic.Int64
}

func (p *part) Opened(s link.Session, _ wire.Welcome) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sessions = append(p.sessions, s)
	p.open.Store(true)
}

func (p *part) Received(e wire.Envelope) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.received = append(p.received, e)
}

func (p *part) Closed() {
	p.open.Store(false)
	p.closed.Add(1)
}

func (p *part) last() link.Session {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sessions[len(p.sessions)-1]
}

func (p *part) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.sessions)
}

func (p *part) kinds(kind wire.Kind) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, e := range p.received {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// box is an agent that has a link, a store and an outbox.
type box struct {
	t    testing.TB
	id   enroll.Identity
	s    *store.Store
	o    *outbox.Outbox
	l    *link.Link
	part *part
	stop func()
}

var quick = link.Pace{DialWithin: 2 * time.Second, LeastBackoff: 10 * time.Millisecond, MostBackoff: 50 * time.Millisecond, Refused: 100 * time.Millisecond}

func newBox(t testing.TB, id enroll.Identity, more ...link.Part) *box {
	t.Helper()
	return newBoxWith(t, id, clock.System{}, nil, more...)
}

// newBoxWith makes a box with a clock of its own and a floor under it.
func newBoxWith(t testing.TB, id enroll.Identity, own clock.Clock, floor *clock.Floor, more ...link.Part) *box {
	t.Helper()
	b := &box{t: t, id: id, part: &part{}}
	var err error
	if b.s, err = store.Open(context.Background(), t.TempDir()); err != nil {
		t.Fatal(err)
	}
	if err := b.s.Adopt(context.Background(), id); err != nil {
		t.Fatal(err)
	}
	b.o = outbox.New(outbox.Config{Shelf: b.s, Agent: func() domain.AgentID { return id.Agent }, Clock: own})
	b.l = link.New(link.Config{
		Identity: b.s.Identity, Fence: b.s, Outbox: b.o, Document: none{}, Parts: append([]link.Part{b.part, b.o}, more...),
		Clock: own, Floor: floor, Boot: [16]byte{1}, Version: "test", Pace: quick, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	b.run()
	return b
}

func (b *box) run() {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = b.l.Run(ctx) })
	wg.Go(func() { _ = b.o.Run(ctx) })
	var once sync.Once
	b.stop = func() {
		once.Do(func() {
			cancel()
			wg.Wait()
			_ = b.s.Close()
		})
	}
	b.t.Cleanup(b.stop)
}

func (b *box) online() {
	b.t.Helper()
	until(b.t, "online", func() bool { return b.l.Online() && b.part.open.Load() })
}
