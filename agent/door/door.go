package door

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"vestibule/agent/access"
	"vestibule/agent/health"
	"vestibule/agent/relay"
	"vestibule/shared/clock"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
)

// Ask is who wants which relay opened, and how.
type Ask struct {
	DeviceID    domain.DeviceID
	Relay       int
	Means       domain.Means
	By          string             // display words for the log
	ByDevice    domain.DeviceID    // the station whose digit it was
	ByPerson    domain.PersonID    // whose landline it was, in its place
	ApartmentID domain.ApartmentID // the home that was called
	CallID      domain.CallID
	CommandID   domain.CommandID
}

// Outcome is what is known after an ask.
type Outcome struct {
	Result domain.ActResult
	Reason domain.Reason
	Took   time.Duration // from the ask to the answer of the relay
}

// Log takes the row of an ask.
type Log interface {
	Append(ctx context.Context, kind domain.EventKind, body any) error
}

// Journal remembers acts between their begin and their row, so that a power cut leaves no opening without a row.
type Journal interface {
	Begin(ctx context.Context, body domain.DoorBody) (done func(), err error)
	Interrupted(ctx context.Context) ([]Act, error)
}

// Act is an act that had begun when the agent stopped.
type Act struct {
	Body domain.DoorBody
	Done func()
}

// Conditions takes what is wrong with relays.
type Conditions interface {
	Raise(ctx context.Context, code health.Code, about health.About, detail string)
	Clear(ctx context.Context, code health.Code, about health.About)
}

// Config is what Doors work with. All fields but Journal are needed.
type Config struct {
	Agent      domain.AgentID
	View       func() *desired.View
	Boards     Boards
	Devices    func(device domain.DeviceID) relay.Timer // a driver for a device's own relays; used by one goroutine
	Log        Log
	Journal    Journal
	Conditions Conditions
	Clock      clock.Clock
	Logger     *slog.Logger
}

// Boards gives the driver of a line, used by one goroutine. layout tells how a unit of it is built, and is asked in that goroutine alone.
type Boards func(line domain.Line, layout func(unit int) (relay.Board, bool)) relay.Switch

// Doors moves relays.
type Doors struct {
	cfg    Config
	stop   chan struct{}
	owners sync.WaitGroup

	mu      sync.Mutex
	stopped bool
	boards  map[domain.Line]*board
	devices map[domain.DeviceID]*station
	rested  map[restKey]bool
	contact map[restKey]rest // momentary contacts of the document
}

// restKey is a contact on a line.
type restKey struct {
	line    domain.Line
	channel relay.Channel
}

// New makes Doors; nothing moves before Run or Open.
func New(cfg Config) *Doors {
	return &Doors{
		cfg: cfg, stop: make(chan struct{}), boards: map[domain.Line]*board{}, devices: map[domain.DeviceID]*station{}, rested: map[restKey]bool{},
	}
}

// Run brings momentary contacts to rest, tells of acts that a stop interrupted, and keeps the owners until ctx ends. It returns when every held
// contact has been let go or could not be within a few seconds.
func (d *Doors) Run(ctx context.Context) error {
	d.tellInterrupted(ctx)
	d.Refresh()
	<-ctx.Done()
	d.mu.Lock()
	d.stopped = true
	close(d.stop)
	d.mu.Unlock()
	d.owners.Wait()
	return nil
}

// Open is the only way to a relay. It answers when the relay has answered or cannot be asked any more; when ctx ends before anything was sent,
// the act is dropped and the result is expired. Every ask leaves one EventDoor row.
func (d *Doors) Open(ctx context.Context, ask Ask) Outcome {
	began := d.cfg.Clock.Now()
	body := domain.DoorBody{
		DeviceID: ask.DeviceID, Relay: ask.Relay, Means: ask.Means, By: ask.By, ByDevice: ask.ByDevice,
		ApartmentID: ask.ApartmentID, CallID: ask.CallID, CommandID: ask.CommandID,
	}
	grant, reason := access.Decide(d.cfg.View(), d.cfg.Agent, access.Ask{
		DeviceID: ask.DeviceID, Relay: ask.Relay, Means: ask.Means, ByDevice: ask.ByDevice, ByPerson: ask.ByPerson, ApartmentID: ask.ApartmentID,
	})
	if reason != domain.ReasonNone {
		out := Outcome{Result: domain.ActRefused, Reason: reason, Took: d.cfg.Clock.Now().Sub(began)}
		d.record(ctx, body, out)
		return out
	}
	done := d.begin(ctx, body)
	out := d.act(&job{ctx: ctx, grant: grant, board: grant.Board})
	out.Took = d.cfg.Clock.Now().Sub(began)
	d.record(ctx, body, out)
	done()
	return out
}

// act hands the job to the owner of its wire and waits for what comes of it.
func (d *Doors) act(j *job) Outcome {
	j.done = make(chan Outcome, 1)
	if !d.enqueue(j) {
		return Outcome{Result: domain.ActFailed, Reason: domain.ReasonUnreachable}
	}
	select {
	case out := <-j.done:
		return out
	case <-j.ctx.Done():
		if j.claim() {
			return Outcome{Result: domain.ActExpired, Reason: domain.ReasonLate}
		}
		return <-j.done // begun: only the owner knows
	}
}

// begin notes the act. A journal that cannot be written keeps nobody out of his house.
func (d *Doors) begin(ctx context.Context, body domain.DoorBody) func() {
	if d.cfg.Journal == nil {
		return func() {}
	}
	done, err := d.cfg.Journal.Begin(context.WithoutCancel(ctx), body)
	if err != nil {
		d.cfg.Logger.LogAttrs(ctx, slog.LevelError, "journal of doors not written", slog.Any(logkey.Err, err))
		return func() {}
	}
	return done
}

func (d *Doors) record(ctx context.Context, body domain.DoorBody, out Outcome) {
	body.Result, body.Reason, body.TookMilli = out.Result, out.Reason, out.Took.Milliseconds()
	d.cfg.Logger.LogAttrs(ctx, slog.LevelInfo, "door", slog.String(logkey.Device, body.DeviceID.String()), slog.Int(logkey.Relay, body.Relay),
		slog.String(logkey.Method, string(body.Means)), slog.String(logkey.Result, string(out.Result)), slog.String(logkey.Reason, string(out.Reason)),
		slog.Duration(logkey.Took, out.Took))
	if err := d.cfg.Log.Append(context.WithoutCancel(ctx), domain.EventDoor, body); err != nil {
		d.cfg.Logger.LogAttrs(ctx, slog.LevelError, "door row not written", slog.String(logkey.Device, body.DeviceID.String()), slog.Any(logkey.Err, err))
	}
}

// tellInterrupted writes the rows of acts that had begun when the process died: nobody knows whether the contact moved.
func (d *Doors) tellInterrupted(ctx context.Context) {
	if d.cfg.Journal == nil {
		return
	}
	acts, err := d.cfg.Journal.Interrupted(ctx)
	if err != nil {
		d.cfg.Logger.LogAttrs(ctx, slog.LevelError, "journal of doors not read", slog.Any(logkey.Err, err))
	}
	for _, act := range acts {
		d.record(ctx, act.Body, Outcome{Result: domain.ActUnknown, Reason: domain.ReasonInterrupted})
		act.Done()
	}
}
