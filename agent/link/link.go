package link

import (
	"context"
	"crypto/tls"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"vestibule/agent/enroll"
	"vestibule/shared/clock"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

// Session is an accepted connection. It is an alias so that every job names the same type without knowing the link.
type Session = interface {
	Conn() domain.ConnID
	// Send checks the size and queues a message; an error means that it did not leave.
	Send(kind wire.Kind, body any) error
	// Reconnect ends this connection.
	Reconnect(why string)
	// CloudTime estimates the cloud's clock with its error bound; false while it is not known.
	CloudTime() (at time.Time, bound time.Duration, ok bool)
}

// Part is a job that takes part in sessions. Its methods are called one after the other and must not wait.
type Part interface {
	Opened(s Session, w wire.Welcome)
	Received(e wire.Envelope)
	Closed()
}

// Fence gives each connection its number.
type Fence interface {
	NextCounter(ctx context.Context) (generation uint32, counter uint64, err error)
	JumpFence(ctx context.Context, generation uint32, fence uint64) error
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
	SaveTime(ctx context.Context, now time.Time) error
}

// Outbox is what the hello and the beats tell of it.
type Outbox interface {
	Position(ctx context.Context) (epoch domain.EpochID, audit, status uint64, err error)
	Depth(ctx context.Context) (pending, dropped uint64, err error)
	NewEpoch(ctx context.Context, why string) error
}

// Document is what the hello and the beats tell of the configuration.
type Document interface {
	Held() (version uint64, hash desired.Hash, rejected uint64)
}

// Config is what a Link needs. Everything but Pace, Dial, LANAddress, Files, Floor and Logger is required.
type Config struct {
	Identity   func(ctx context.Context) (enroll.Identity, bool, error)
	Fence      Fence
	Outbox     Outbox
	Document   Document
	Parts      []Part // in the order in which they may speak on a new session
	Clock      clock.Clock
	Floor      *clock.Floor // for certificates; raised by the cloud's time
	Boot       [16]byte     // random per start of the program
	Version    string       // of the agent
	LANAddress func() string
	Files      func() string // host:port of provisioning files as devices reach it
	Pace       Pace
	Dial       func(ctx context.Context, network, address string) (net.Conn, error)
	Changed    func(Status) // told of every change of Status; must not wait
	Logger     *slog.Logger
}

// Link is the agent's connection to the cloud.
type Link struct {
	cfg   Config
	log   *slog.Logger
	start time.Time

	inbox chan event
	wake  chan struct{}

	// Only the loop touches these.
	state   State
	current *attempt
	saved   time.Time // when the time was last stored

	status atomic.Pointer[Status]
	sure   atomic.Bool
	counts counters
}

// event is something that happened on one connection.
type event struct {
	conn domain.ConnID
	what any // *connection, failed, lost, doubted or []byte
}

type (
	failed  struct{ err error }
	lost    struct{}
	doubted struct{ why string }
)

// attempt is one connection from the dial to its end.
type attempt struct {
	id      domain.ConnID
	link    *Link
	cancel  context.CancelFunc
	timing  *Timing
	counter uint64
	gen     uint32
	leaf    time.Time // end of the certificate used
	opened  bool

	mu sync.Mutex
	k  *connection
}

// New makes the link.
func New(cfg Config) *Link {
	if cfg.Dial == nil {
		cfg.Dial = (&net.Dialer{KeepAlive: 15 * time.Second, Timeout: lineWithin}).DialContext
	}
	if cfg.Floor == nil {
		cfg.Floor = clock.NewFloor(cfg.Clock, time.Time{})
	}
	if cfg.LANAddress == nil {
		cfg.LANAddress = func() string { return "" }
	}
	if cfg.Files == nil {
		cfg.Files = func() string { return "" }
	}
	if cfg.Changed == nil {
		cfg.Changed = func(Status) {}
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	l := &Link{cfg: cfg, log: cfg.Logger, start: cfg.Clock.Now(), inbox: make(chan event, 256), wake: make(chan struct{}, 1)}
	l.status.Store(&Status{State: StateUnclaimed, Since: l.start})
	return l
}

// Wake ends a rest now: the agent was claimed, or the network is back.
func (l *Link) Wake() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Run keeps the connection until ctx ends, and says goodbye then.
func (l *Link) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	defer l.farewell()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
			l.take(ctx, Tick{})
		case <-l.wake:
			l.take(ctx, Woken{})
		case e := <-l.inbox:
			l.happened(ctx, e)
		}
		timer.Reset(max(time.Millisecond, l.state.Wake().Sub(l.cfg.Clock.Now())))
	}
}

func (l *Link) farewell() {
	if c := l.current; c != nil {
		l.current = nil
		c.cancel()
		if k := c.connection(); k != nil {
			k.leave()
		}
		l.closeParts(c)
	}
}

// happened takes an event of a connection; those of an older one are over.
func (l *Link) happened(ctx context.Context, e event) {
	c := l.current
	if c == nil || c.id != e.conn {
		if k, ok := e.what.(*connection); ok {
			k.cut()
		}
		return
	}
	switch what := e.what.(type) {
	case *connection:
		c.mu.Lock()
		c.k = what
		c.mu.Unlock()
		l.take(ctx, Dialled{})
	case failed:
		l.log.Info("the cloud cannot be reached", logkey.Err, what.err)
		l.take(ctx, Lost{})
	case lost:
		l.log.Info("the connection broke", logkey.Conn, c.id)
		l.take(ctx, Lost{})
	case doubted:
		l.log.Warn("another connection is wanted", logkey.Conn, c.id, logkey.Reason, what.why)
		l.take(ctx, Doubted{})
	case []byte:
		l.heard(ctx, c, what)
	}
}

// take runs one input to its end.
func (l *Link) take(ctx context.Context, in Input) {
	var effects []Effect
	l.state, effects = Step(l.state, in, l.cfg.Pace, l.cfg.Clock.Now(), rand.Float64)
	for _, e := range effects {
		l.carry(ctx, e)
	}
	l.show()
}

func (l *Link) carry(ctx context.Context, e Effect) {
	switch e := e.(type) {
	case Dial:
		l.dial(ctx)
	case Hello:
		l.hello(ctx)
	case Beat:
		l.beat(ctx)
	case Open:
		l.log.Info("session", logkey.Conn, l.current.id, logkey.Version, e.Welcome.Config)
		l.current.opened = true
		for _, p := range l.cfg.Parts {
			p.Opened(l.current, e.Welcome)
		}
	case Drop:
		if c := l.current; c != nil {
			l.current = nil
			c.cancel()
			if k := c.connection(); k != nil {
				k.cut()
			}
			l.closeParts(c)
		}
	case Jump:
		l.jump(ctx, e)
	}
}

func (l *Link) closeParts(c *attempt) {
	if !c.opened {
		return
	}
	for _, p := range l.cfg.Parts {
		p.Closed()
	}
}

// dial starts a connection with a new random id in the background; its end comes as an event.
func (l *Link) dial(ctx context.Context) {
	id, claimed, err := l.cfg.Identity(ctx)
	if err != nil || !claimed {
		if err != nil {
			l.log.Error("the identity cannot be read", logkey.Err, err)
		}
		l.state.Phase, l.state.At = Resting, l.cfg.Clock.Now().Add(time.Minute)
		return
	}
	c := &attempt{id: domain.NewID[domain.ConnID](l.cfg.Clock.Now()), link: l, timing: NewTiming(l.start)}
	dialCtx, cancel := context.WithCancel(ctx)
	c.cancel = cancel
	l.current = c
	post := func(what any) {
		select {
		case l.inbox <- event{c.id, what}:
		case <-dialCtx.Done():
		}
	}
	go func() {
		k, err := l.connect(dialCtx, ctx, c, id)
		if err != nil {
			post(failed{err})
			return
		}
		select {
		case l.inbox <- event{c.id, k}:
		case <-dialCtx.Done():
			k.cut()
		}
	}()
}

// connect does everything of a dial that may wait.
func (l *Link) connect(dialCtx, ctx context.Context, c *attempt, id enroll.Identity) (*connection, error) {
	leaf, err := id.Leaf()
	if err != nil {
		return nil, err
	}
	var config *tls.Config
	if config, err = id.TLS(id.ServerName, l.cfg.Floor.Now); err != nil {
		return nil, err
	}
	generation, counter, err := l.cfg.Fence.NextCounter(ctx)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.gen, c.counter, c.leaf = generation, counter, leaf.NotAfter
	c.mu.Unlock()
	return dial(dialCtx, c.id, call{
		agent: id.Agent, broker: id.Broker, tls: config, counter: counter, dialer: l.cfg.Dial,
		message: func(data []byte) {
			select {
			case l.inbox <- event{c.id, data}:
			default:
				l.counts.overrun.Add(1) // every message has its own retry
			}
		},
		lost: func() {
			select {
			case l.inbox <- event{c.id, lost{}}:
			case <-dialCtx.Done():
			}
		},
	})
}

// jump answers a fence above ours: this disk is older than what the cloud has seen.
func (l *Link) jump(ctx context.Context, j Jump) {
	l.log.Warn("the disk is older than the cloud's memory: jumping above its fence", logkey.Seq, j.Fence)
	err := l.cfg.Fence.InTx(ctx, func(ctx context.Context) error {
		if err := l.cfg.Fence.JumpFence(ctx, j.Generation, j.Fence); err != nil {
			return err
		}
		return l.cfg.Outbox.NewEpoch(ctx, rolledBack)
	})
	if err != nil {
		l.log.Error("the fence cannot be stored", logkey.Err, err)
	}
}

// rolledBack is the word of the event that says: this disk was restored from an older copy.
const rolledBack = "disk_rolled_back"
