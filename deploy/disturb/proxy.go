package disturb

import (
	"context"
	"crypto/tls"
	"errors"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Odds say what happens to a message, each as a part of one. The zero value leaves everything alone.
type Odds struct {
	Twice float64 // it goes on at once and once more later
	Later float64 // it goes on later, and others overtake it
	Stall float64 // its direction stands still before it, and everything behind it waits
	Cut   float64 // its line ends

	Wait  time.Duration // the longest that later means
	Still time.Duration // the longest standstill
}

// Counts is what was done to messages so far.
type Counts struct{ Messages, Twice, Later, Overtaken, Stalls, Cuts int64 }

// Config says where a proxy stands.
type Config struct {
	TLS    *tls.Config // of the side of the agents: the broker's certificate
	Broker string      // host:port of a listener without TLS; may be given later with Lead
	Seed   uint64
}

// Proxy is the network. Run it once.
type Proxy struct {
	listener net.Listener

	mu     sync.Mutex
	tls    *tls.Config
	broker string
	random *rand.Rand
	odds   Odds
	lines  map[*line]struct{}

	messages, twice, later, overtaken, stalls, cuts atomic.Int64
}

// New listens on a free port of loopback.
func New(cfg Config) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return &Proxy{
		listener: l, tls: cfg.TLS, broker: cfg.Broker, lines: map[*line]struct{}{},
		random: rand.New(rand.NewPCG(cfg.Seed, cfg.Seed)), //nolint:gosec // the same faults every time
	}, nil
}

// Addr is where agents connect to.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Lead says where new lines go, and with which certificate they come in.
func (p *Proxy) Lead(broker string, config *tls.Config) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broker, p.tls = broker, config
}

// SetOdds changes what happens to messages from now on.
func (p *Proxy) SetOdds(o Odds) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.odds = o
}

// StallDown lets every line stand still towards the agent, without a reset.
func (p *Proxy) StallDown(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.lines {
		l.down.stand(d)
		p.stalls.Add(1)
	}
}

// Cut ends every line.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.lines {
		l.end()
		p.cuts.Add(1)
	}
}

// Counts gives the totals.
func (p *Proxy) Counts() Counts {
	return Counts{
		Messages: p.messages.Load(), Twice: p.twice.Load(), Later: p.later.Load(), Overtaken: p.overtaken.Load(), Stalls: p.stalls.Load(), Cuts: p.cuts.Load(),
	}
}

// Run carries lines until ctx ends.
func (p *Proxy) Run(ctx context.Context) error {
	var work sync.WaitGroup
	stop := context.AfterFunc(ctx, func() { _ = p.listener.Close(); p.Cut() })
	defer stop()
	for {
		near, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			break
		}
		if err != nil {
			return err
		}
		work.Go(func() { p.carry(ctx, near) })
	}
	work.Wait()
	return nil
}

// carry joins an agent to the broker until one of them leaves.
func (p *Proxy) carry(ctx context.Context, near net.Conn) {
	p.mu.Lock()
	broker, config := p.broker, p.tls
	p.mu.Unlock()
	if config != nil {
		near = tls.Server(near, config)
	}
	far, err := net.Dial("tcp", broker)
	if err != nil {
		_ = near.Close()
		return
	}
	l := &line{proxy: p, up: newLane(near, far), down: newLane(far, near), ended: make(chan struct{})}
	p.mu.Lock()
	p.lines[l] = struct{}{}
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		delete(p.lines, l)
		p.mu.Unlock()
	}()
	if ctx.Err() != nil {
		l.end()
	}
	l.run()
}

// fate is what happens to one message.
type fate struct {
	later, again, stall time.Duration // zero: not at all
	cut                 bool
}

// draw decides about a message and counts it.
func (p *Proxy) draw() fate {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.messages.Add(1)
	var f fate
	if p.random.Float64() < p.odds.Cut {
		p.cuts.Add(1)
		f.cut = true
	}
	if p.random.Float64() < p.odds.Stall {
		p.stalls.Add(1)
		f.stall = p.part(p.odds.Still)
	}
	if p.random.Float64() < p.odds.Twice {
		p.twice.Add(1)
		f.again = p.part(p.odds.Wait)
	}
	if p.random.Float64() < p.odds.Later {
		p.later.Add(1)
		f.later = p.part(p.odds.Wait)
	}
	return f
}

// part gives a random part of d, and never nothing. The caller holds the lock.
func (p *Proxy) part(d time.Duration) time.Duration {
	return time.Duration(p.random.Float64()*float64(d)) + time.Millisecond
}
