package outbox

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"vestibule/shared/clock"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

// Session is an accepted connection to the cloud. It is an alias so that every job names the same type without knowing the link.
type Session = interface {
	Conn() domain.ConnID
	// Send checks the size and queues a message; an error means that it did not leave.
	Send(kind wire.Kind, body any) error
	// Reconnect ends this connection.
	Reconnect(why string)
	// CloudTime estimates the cloud's clock with its error bound; false while it is not known.
	CloudTime() (at time.Time, bound time.Duration, ok bool)
}

// Limits of the outbox when Config leaves them zero: a large building for years without the cloud. A disk that is full before makes room itself.
const (
	DefaultMaxRows  = 2_000_000
	DefaultMaxBytes = 512 << 20
)

// Config is what an Outbox needs. Shelf, Agent and Clock are required.
type Config struct {
	Shelf       Shelf
	Agent       func() domain.AgentID // of the identity; asked when rows leave
	Clock       clock.Clock           // wall and monotonic time
	Boot        [16]byte              // random per start of the program
	Sure        func() bool           // whether the wall clock is right; nil: never sure
	MaxRows     int64
	MaxBytes    int64
	Quarantined func(rows int) // told when the cloud could not read rows
	// Sign signs with the key of the agent's certificate and gives that; nil: nothing is signed.
	Sign   func(ctx context.Context, purpose string, message []byte) (signature, leaf []byte, err error)
	Logger *slog.Logger
}

// Outbox is the queue to the cloud. Append may be called by any goroutine; Run drives the upload.
type Outbox struct {
	shelf       Shelf
	agent       func() domain.AgentID
	clock       clock.Clock
	boot        [16]byte
	sure        func() bool
	maxRows     int64
	maxBytes    int64
	quarantined func(int)
	sign        func(ctx context.Context, purpose string, message []byte) (signature, leaf []byte, err error)
	log         *slog.Logger
	started     time.Time

	grew  chan struct{} // rows came, or a session came or went
	rows  atomic.Bool   // rows came and grew will say so soon
	inbox chan Acked

	mu      sync.Mutex // held while one input is carried out
	state   State
	session Session
	flights map[domain.Stream]flight // what left last

	changeMu sync.Mutex
	change   *change
}

// change is the newest beginning or end of a session that the loop has not taken yet; session nil: the end.
type change struct {
	session Session
	welcome wire.Welcome
}

// New makes the outbox.
func New(cfg Config) *Outbox {
	o := &Outbox{
		shelf: cfg.Shelf, agent: cfg.Agent, clock: cfg.Clock, boot: cfg.Boot, sure: cfg.Sure,
		maxRows: cfg.MaxRows, maxBytes: cfg.MaxBytes, quarantined: cfg.Quarantined, sign: cfg.Sign, log: cfg.Logger,
		started: cfg.Clock.Now(), grew: make(chan struct{}, 1), inbox: make(chan Acked, 64), flights: map[domain.Stream]flight{},
	}
	if o.sure == nil {
		o.sure = func() bool { return false }
	}
	if o.maxRows == 0 {
		o.maxRows = DefaultMaxRows
	}
	if o.maxBytes == 0 {
		o.maxBytes = DefaultMaxBytes
	}
	if o.quarantined == nil {
		o.quarantined = func(int) {}
	}
	if o.log == nil {
		o.log = slog.New(slog.DiscardHandler)
	}
	return o
}

// gather is how long the first new row waits for others: each batch costs the disk a commit when it leaves and one when it is acknowledged.
const gather = 250 * time.Millisecond

// added says soon that rows came.
func (o *Outbox) added() {
	if o.rows.CompareAndSwap(false, true) {
		time.AfterFunc(gather, func() {
			o.rows.Store(false)
			o.nudge()
		})
	}
}

func (o *Outbox) nudge() {
	select {
	case o.grew <- struct{}{}:
	default:
	}
}

// Opened begins a session; the link calls it after the present state was reported. It never waits.
func (o *Outbox) Opened(s Session, w wire.Welcome) { o.set(&change{s, w}) }

// Closed ends the session. It never waits.
func (o *Outbox) Closed() { o.set(&change{}) }

func (o *Outbox) set(c *change) {
	o.changeMu.Lock()
	o.change = c
	o.changeMu.Unlock()
	o.nudge()
}

// Received takes a message of the session; anything but an acknowledgement is for others. When the loop is behind, the
// message is dropped: rows are sent again.
func (o *Outbox) Received(e wire.Envelope) {
	if e.Kind != wire.KindAck {
		return
	}
	ack, err := wire.Body[wire.Ack](e)
	if err != nil {
		o.log.Warn("an acknowledgement cannot be read", logkey.Err, err)
		return
	}
	select {
	case o.inbox <- Acked{ack}:
	default:
	}
}

// Depth gives the rows waiting and the rows ever given up.
func (o *Outbox) Depth(ctx context.Context) (pending, dropped uint64, err error) {
	m, err := o.shelf.Marks(ctx)
	return uint64(m.Audit.Count + m.Status.Count), m.Audit.Dropped + m.Status.Dropped, err
}

// Position gives the epoch and the highest number of each stream, for the hello.
func (o *Outbox) Position(ctx context.Context) (epoch domain.EpochID, audit, status uint64, err error) {
	m, err := o.shelf.Marks(ctx)
	return m.Epoch, m.Audit.Last, m.Status.Last, err
}

// Run uploads until ctx ends.
func (o *Outbox) Run(ctx context.Context) error {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		if at := o.Turn(ctx); at.IsZero() {
			timer.Stop()
		} else {
			timer.Reset(max(time.Millisecond, at.Sub(o.clock.Now())))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-o.grew:
		case <-timer.C:
		case in := <-o.inbox:
			o.takeChange(ctx)
			o.take(ctx, in)
		}
	}
}

// Turn does everything that is due and tells when to come again; zero when only news is worth another turn. Run is a loop
// over it; nobody calls it beside Run.
func (o *Outbox) Turn(ctx context.Context) time.Time {
	o.takeChange(ctx)
	for {
		select {
		case in := <-o.inbox:
			o.take(ctx, in)
			continue
		default:
		}
		o.take(ctx, Tick{})
		return o.wake()
	}
}

func (o *Outbox) takeChange(ctx context.Context) {
	o.changeMu.Lock()
	c := o.change
	o.change = nil
	o.changeMu.Unlock()
	switch {
	case c == nil:
	case c.session == nil:
		o.take(ctx, Closed{})
	default:
		o.mu.Lock()
		o.session = c.session
		o.mu.Unlock()
		o.take(ctx, Closed{})
		o.take(ctx, Opened{Audit: c.welcome.AckedAudit, Status: c.welcome.AckedStatus})
	}
}

func (o *Outbox) wake() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.state.Wake()
}

// take runs one input to its end. The shelf is read first, so that Step knows every row; a failing shelf is logged, and
// everything stays to be sent later.
func (o *Outbox) take(ctx context.Context, in Input) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.drive(ctx, in); err != nil && ctx.Err() == nil {
		o.log.Error("the outbox cannot go on now", logkey.Err, err)
	}
}

func (o *Outbox) drive(ctx context.Context, in Input) error {
	m, err := o.shelf.Marks(ctx)
	if err != nil {
		return err
	}
	o.state, _ = Step(o.state, Known{m}, o.clock.Now())
	var effects []Effect
	o.state, effects = Step(o.state, in, o.clock.Now())
	for _, e := range effects {
		if err := o.carry(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// carry does one effect.
func (o *Outbox) carry(ctx context.Context, e Effect) error {
	switch e := e.(type) {
	case Send:
		ev, err := o.batch(ctx, e.Stream, e.Bytes)
		if err != nil || len(ev.Rows) == 0 {
			return err
		}
		if err := o.session.Send(wire.KindEvents, ev); err != nil {
			o.log.Debug("a batch did not leave", logkey.Err, err)
		}
		o.state, _ = Step(o.state, Sent{Stream: e.Stream, First: first(ev.Rows[0]), Through: ev.Rows[len(ev.Rows)-1].Seq}, o.clock.Now())
		return nil
	case Settle:
		if len(e.Rejected) > 0 {
			o.log.Warn("the cloud could not read rows", logkey.Stream, int(e.Stream), logkey.Count, len(e.Rejected))
			o.quarantined(len(e.Rejected))
		}
		return o.settle(ctx, e)
	case Mend:
		o.log.Warn("the cloud misses rows that it had acknowledged", logkey.Stream, int(e.Stream), logkey.Seq, e.From)
		return o.mend(ctx, e)
	case Anew:
		o.log.Warn("the disk is older than what the cloud has: a new epoch begins")
		return o.NewEpoch(ctx, RolledBack)
	case Reconnect:
		o.session.Reconnect(e.Why)
	}
	return nil
}

// RolledBack is the word of the event that says: this disk was restored from an older copy.
const RolledBack = "disk_rolled_back"
