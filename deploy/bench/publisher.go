package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"vestibule/agent/enroll"
	"vestibule/agent/link"
	"vestibule/deploy/measure"
	"vestibule/deploy/stack"
	"vestibule/shared/clock"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// publisher is an agent of a site that does nothing but send batches of events: the product's own link, without a store and without the outbox's rest between
// two batches, so that what is measured is the cloud.
type publisher struct {
	id       enroll.Identity
	epoch    domain.EpochID
	sessions chan link.Session
	acks     chan wire.Ack
	session  link.Session
	work     sync.WaitGroup
}

// newPublisher makes a site and claims its agent.
func newPublisher(ctx context.Context, client *stack.Client, name string) (*publisher, error) {
	site, err := stack.NewSite(ctx, client, name)
	if err != nil {
		return nil, err
	}
	claim, err := site.Claim(ctx, client)
	if err != nil {
		return nil, err
	}
	p := &publisher{sessions: make(chan link.Session, 8), acks: make(chan wire.Ack, 8)}
	p.id, err = enroll.NewClaimer(enroll.Config{Vault: noVault{}, Version: "bench"}).Claim(ctx, enroll.Request{Link: claim})
	return p, err
}

// start lets the link live as long as life, and waits until the cloud welcomes it.
func (p *publisher) start(ctx, life context.Context, epoch domain.EpochID) error {
	p.epoch = epoch
	var boot [16]byte
	_, _ = rand.Read(boot[:]) // never fails
	l := link.New(link.Config{
		Identity: func(context.Context) (enroll.Identity, bool, error) { return p.id, true, nil },
		Fence:    &noFence{generation: p.id.Generation}, Outbox: p, Document: p, Parts: []link.Part{p}, Clock: clock.System{}, Boot: boot, Version: "bench",
	})
	p.work.Go(func() { _ = l.Run(life) })
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	select {
	case p.session = <-p.sessions:
		return nil
	case <-ctx.Done():
		return errors.New("the cloud does not welcome an agent")
	}
}

// slowest is how long an acknowledgement may take: an outbox would send the batch again.
const slowest = 30 * time.Second

// publish sends batches, each when the one before is acknowledged, and gives how long each took in milliseconds.
func (p *publisher) publish(ctx context.Context, batches []wire.Events) (took []float64, err error) {
	for _, b := range batches {
		began := time.Now()
		if err := p.session.Send(wire.KindEvents, b); err != nil {
			return took, err
		}
		late := time.NewTimer(slowest)
		select {
		case ack := <-p.acks:
			late.Stop()
			if last := b.Rows[len(b.Rows)-1].Seq; ack.Through != last || len(ack.Rejected) > 0 {
				return took, fmt.Errorf("rows up to %d of %d are acknowledged, %d rejected", ack.Through, last, len(ack.Rejected))
			}
			took = append(took, milliseconds(time.Since(began)))
			if ack.WaitMilli > 0 { // its turn among those with a backlog
				measure.Pause(ctx, time.Duration(ack.WaitMilli)*time.Millisecond)
			}
		case <-p.sessions:
			return took, errors.New("the connection broke")
		case <-late.C:
			return took, errors.New("a batch is not acknowledged")
		case <-ctx.Done():
			return took, ctx.Err()
		}
	}
	return took, nil
}

// Opened begins a session.
func (p *publisher) Opened(s link.Session, _ wire.Welcome) {
	select {
	case p.sessions <- s:
	default:
	}
}

// Received takes acknowledgements; there is nothing to configure.
func (p *publisher) Received(e wire.Envelope) {
	if e.Kind != wire.KindAck {
		return
	}
	ack, err := wire.Body[wire.Ack](e)
	if err != nil {
		return // the batch is then not acknowledged
	}
	select {
	case p.acks <- ack:
	default:
	}
}

// Closed ends a session.
func (p *publisher) Closed() {}

// Position tells the hello of the epoch.
func (p *publisher) Position(context.Context) (epoch domain.EpochID, audit, status uint64, err error) {
	return p.epoch, 0, 0, nil
}

// Depth has nothing that waits.
func (p *publisher) Depth(context.Context) (pending, dropped uint64, err error) { return 0, 0, nil }

// NewEpoch never happens: this agent has no disk that could be older.
func (p *publisher) NewEpoch(context.Context, string) error { return nil }

// Held is an empty document.
func (p *publisher) Held() (version uint64, hash desired.Hash, rejected uint64) {
	return 0, desired.New().Hash(), 0
}

// noFence numbers the connections of one run.
type noFence struct {
	mu         sync.Mutex
	generation uint32
	counter    uint64
}

func (f *noFence) NextCounter(context.Context) (generation uint32, counter uint64, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.counter++
	return f.generation, f.counter, nil
}

func (f *noFence) JumpFence(_ context.Context, generation uint32, fence uint64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.generation, f.counter = max(f.generation, generation), max(f.counter, fence)
	return nil
}

func (f *noFence) InTx(ctx context.Context, fn func(ctx context.Context) error) error { return fn(ctx) }

func (f *noFence) SaveTime(context.Context, time.Time) error { return nil }

// noVault takes an identity and keeps nothing.
type noVault struct{}

func (noVault) Identity(context.Context) (enroll.Identity, bool, error) {
	return enroll.Identity{}, false, nil
}
func (noVault) Adopt(context.Context, enroll.Identity) error        { return nil }
func (noVault) SaveIdentity(context.Context, enroll.Identity) error { return nil }
func (noVault) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return fn(ctx)
}
func (noVault) PendingKey(context.Context) ([]byte, error)   { return nil, nil }
func (noVault) SavePendingKey(context.Context, []byte) error { return nil }
func (noVault) ClearPendingKey(context.Context) error        { return nil }
