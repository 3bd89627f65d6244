package remote

import (
	"context"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"vestibule/agent/door"
	"vestibule/shared/clock"
	"vestibule/shared/crashpoint"
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

// Doors opens doors: the agent's door package.
type Doors interface {
	Open(ctx context.Context, ask door.Ask) door.Outcome
	Turn(ctx context.Context, ask door.Turn) door.Outcome
}

// Acts carries out what is not about doors and may take long: restarts, resets, tunnels.
type Acts interface {
	Act(ctx context.Context, c wire.Command) (domain.ActResult, domain.Reason)
}

// Log takes events; the outbox is one.
type Log interface {
	Append(ctx context.Context, kind domain.EventKind, body any) error
}

// Limits of the job.
const (
	atOnce      = 16             // commands in work
	slowAtOnce  = 32             // of those that are not about doors
	keepJournal = 24 * time.Hour // far beyond any deadline
	storeAgain  = 10 * time.Second
	tellEvery   = time.Minute // security events about bad signatures
)

// Config is what a Remote needs. Everything but Acts, Wall, Beside and Logger is required; without Acts there are doors alone.
type Config struct {
	Journal Journal
	Log     Log
	Doors   Doors
	Acts    Acts
	Agent   func() domain.AgentID
	Keys    func() [][]byte // Ed25519 public keys that may sign commands
	Clock   clock.Clock
	Wall    func() time.Time // for the journal; nil: Clock.Now
	Beside  func(f func())   // runs f beside the link's loop; nil: in a goroutine
	Logger  *slog.Logger
}

// Remote carries out commands.
type Remote struct {
	cfg   Config
	log   *slog.Logger
	slots chan struct{}
	slow  chan struct{} // acts that take long: no door waits for them
	work  sync.WaitGroup

	// ctx is the life of the job: commands come from the link's loop, which has no context of theirs.
	ctx    context.Context
	cancel context.CancelFunc

	mu      sync.Mutex
	session Session
	doing   map[domain.CommandID]*Entry // promised here; also when the disk would not take the promise
	owed    []Entry                     // results that the disk would not take
	told    time.Time

	badSignatures atomic.Uint64
}

// New makes the job. Nothing is carried out before Run.
func New(cfg Config) *Remote {
	if cfg.Wall == nil {
		cfg.Wall = cfg.Clock.Now
	}
	if cfg.Beside == nil {
		cfg.Beside = func(f func()) { go f() }
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	r := &Remote{cfg: cfg, log: cfg.Logger, slots: make(chan struct{}, atOnce), slow: make(chan struct{}, slowAtOnce), doing: map[domain.CommandID]*Entry{}}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r
}

// Recover ends what an earlier start of the program promised and did not end: the result is unknown, and nobody runs it
// again. It is called once, before the link runs.
func (r *Remote) Recover(ctx context.Context) error {
	open, err := r.cfg.Journal.Open(ctx)
	if err != nil {
		return err
	}
	for _, e := range open {
		r.log.Warn("a command was interrupted", logkey.Command, e.ID)
		e.Result, e.Reason = domain.ActUnknown, domain.ReasonInterrupted
		if err := r.finish(ctx, e); err != nil {
			return err
		}
	}
	return r.cfg.Journal.Forget(ctx, r.cfg.Wall().Add(-keepJournal))
}

// Run lives until ctx ends and then waits for the acts that have begun.
func (r *Remote) Run(ctx context.Context) error {
	tick, again := time.NewTicker(time.Hour), time.NewTicker(storeAgain)
	defer tick.Stop()
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			r.mu.Lock()
			r.cancel() // under the lock: nothing begins after it
			r.mu.Unlock()
			r.work.Wait()
			return ctx.Err()
		case <-again.C:
			r.Repay(ctx)
		case <-tick.C:
			if err := r.cfg.Journal.Forget(ctx, r.cfg.Wall().Add(-keepJournal)); err != nil {
				r.log.Warn("the journal cannot be trimmed", logkey.Err, err)
			}
		}
	}
}

// BadSignatures counts messages that claimed to be commands and were not signed by the cloud.
func (r *Remote) BadSignatures() uint64 { return r.badSignatures.Load() }

// Opened begins a session: results that were never told are told now.
func (r *Remote) Opened(s Session, _ wire.Welcome) {
	r.mu.Lock()
	r.session = s
	r.mu.Unlock()
	r.begin(r.slots, func() { r.tellUntold(s) })
}

// Closed ends the session. Acts that have begun go on.
func (r *Remote) Closed() {
	r.mu.Lock()
	r.session = nil
	r.mu.Unlock()
}

// Received takes a command. When too many are in work it is dropped: the cloud repeats it until its deadline.
func (r *Remote) Received(e wire.Envelope) {
	if e.Kind != wire.KindCommand {
		return
	}
	r.mu.Lock()
	s := r.session
	r.mu.Unlock()
	if s == nil {
		return
	}
	r.begin(r.slots, func() { r.take(s, e) })
}

// begin runs f beside the link's loop, if there is room and the job lives.
func (r *Remote) begin(room chan struct{}, f func()) {
	select {
	case room <- struct{}{}:
	default:
		return
	}
	r.mu.Lock()
	alive := r.ctx.Err() == nil
	if alive {
		r.work.Add(1) // under the lock: Run waits for what began before the end
	}
	r.mu.Unlock()
	if !alive {
		<-room
		return
	}
	r.cfg.Beside(func() {
		defer r.work.Done()
		defer func() { <-room }()
		f()
	})
}

func (r *Remote) take(s Session, e wire.Envelope) {
	signed, err := wire.Body[wire.SignedCommand](e)
	if err != nil {
		return
	}
	c, err := verify(signed.Sign1, r.cfg.Keys())
	if err != nil {
		r.suspicious()
		return
	}
	v, err := r.judge(c, s)
	if err != nil {
		r.log.Error("the journal cannot be read", logkey.Command, c.ID, logkey.Err, err)
		return // nothing was done; the cloud asks again
	}
	switch v.Act {
	case Repeat:
		r.answer(s, c.ID, v.Result, v.Reason)
	case Refuse:
		r.refuse(s, c, v)
	case Do:
		if c.Kind.Moves() {
			r.do(s, c)
		} else {
			r.begin(r.slow, func() { r.do(s, c) })
		}
	}
}

// suspicious says at most once a minute that somebody sends unsigned orders. It gets no answer: an answer would let the
// sender speak for the agent about an id of his choice.
func (r *Remote) suspicious() {
	n := r.badSignatures.Add(1)
	r.mu.Lock()
	now := r.cfg.Clock.Now()
	due := r.told.IsZero() || now.Sub(r.told) >= tellEvery
	if due {
		r.told = now
	}
	r.mu.Unlock()
	if !due {
		return
	}
	r.log.Warn("a command without the cloud's signature", logkey.Count, n)
	if err := r.cfg.Log.Append(r.ctx, domain.EventSecurity, domain.NoteBody{What: string(domain.ReasonBadSignature)}); err != nil {
		r.log.Error("the event cannot be stored", logkey.Err, err)
	}
}

// judge asks the gate with what is known now.
func (r *Remote) judge(c wire.Command, s Session) (Verdict, error) {
	f := Facts{Agent: r.cfg.Agent(), Conn: s.Conn()}
	f.Now, f.Bound, f.Timed = s.CloudTime()
	r.mu.Lock()
	if mine := r.doing[c.ID]; mine != nil {
		before := *mine
		f.Before = &before
	}
	r.mu.Unlock()
	if f.Before == nil {
		before, ok, err := r.cfg.Journal.Entry(r.ctx, c.ID)
		if err != nil {
			return Verdict{}, err
		}
		if ok {
			f.Before = &before
		}
	}
	return Judge(c, f), nil
}

func (r *Remote) refuse(s Session, c wire.Command, v Verdict) {
	e := Entry{ID: c.ID, Kind: c.Kind, Started: r.cfg.Wall(), Result: v.Result, Reason: v.Reason}
	if err := r.finish(r.ctx, e); err != nil {
		r.log.Error("the refusal cannot be stored", logkey.Command, c.ID, logkey.Err, err)
	}
	r.log.Info("command", logkey.Command, c.ID, logkey.Result, string(v.Result), logkey.Reason, string(v.Reason))
	r.answer(s, c.ID, v.Result, v.Reason)
}

// do promises the act on the disk, acts, and stores the result with its event. Only one caller gets past the promise.
func (r *Remote) do(s Session, c wire.Command) {
	e := Entry{ID: c.ID, Kind: c.Kind, Started: r.cfg.Wall()}
	if !r.promise(e) {
		r.answer(s, c.ID, "", "")
		return
	}
	r.answer(s, c.ID, "", "")
	// The disk took its time: the deadline is judged once more, without the journal, which now has the command.
	f := Facts{Agent: r.cfg.Agent(), Conn: s.Conn()}
	f.Now, f.Bound, f.Timed = s.CloudTime()
	v := Judge(c, f)
	e.Result, e.Reason = v.Result, v.Reason
	if v.Act == Do {
		e.Result, e.Reason = r.act(c, v.Left)
	}
	crashpoint.Hit("remote.acted")
	err := r.finish(r.ctx, e)
	r.mu.Lock()
	r.doing[c.ID] = &e
	if err != nil {
		r.owed = append(r.owed, e)
	}
	r.mu.Unlock()
	r.log.Info("command", logkey.Command, c.ID, logkey.Result, string(e.Result), logkey.Reason, string(e.Reason))
	if err != nil {
		r.log.Error("the result cannot be stored; it will be", logkey.Command, c.ID, logkey.Err, err)
		_ = r.send(s, c.ID, e.Result, e.Reason)
		return
	}
	r.answer(s, c.ID, e.Result, e.Reason)
}

// promise notes the command before the act; false when somebody did already. A disk that is full or broken does not keep
// the door shut: the promise then stands in memory, and after a restart the command is refused for its old connection.
func (r *Remote) promise(e Entry) bool {
	r.mu.Lock()
	_, mine := r.doing[e.ID]
	if !mine {
		r.forgetOld()
		r.doing[e.ID] = &e
	}
	r.mu.Unlock()
	if mine {
		return false
	}
	fresh, err := r.cfg.Journal.Start(r.ctx, e)
	if err != nil {
		r.log.Error("the promise cannot be stored; the door is opened all the same", logkey.Command, e.ID, logkey.Err, err)
		return true
	}
	if !fresh {
		r.mu.Lock()
		delete(r.doing, e.ID) // the journal knows more
		r.mu.Unlock()
	}
	return fresh
}

// forgetOld bounds the memory: what has ended lies in the journal. The caller holds the lock.
func (r *Remote) forgetOld() {
	if len(r.doing) < 4*atOnce {
		return
	}
	for id, e := range r.doing {
		if e.Result != "" && r.cfg.Wall().Sub(e.Started) > 2*max(wire.MaxDoorTTL, wire.CareWithin) {
			delete(r.doing, id)
		}
	}
}

// act asks the door, or who does the rest. A panic below becomes an honest "unknown": the relay may have moved.
func (r *Remote) act(c wire.Command, left time.Duration) (result domain.ActResult, reason domain.Reason) {
	defer func() {
		if p := recover(); p != nil {
			r.log.Error("a command ended in a bug", logkey.Command, c.ID, logkey.Reason, p, logkey.State, string(debug.Stack()))
			result, reason = domain.ActUnknown, domain.ReasonInterrupted
		}
	}()
	ctx, cancel := context.WithTimeout(r.ctx, max(left, c.Kind.Within()))
	defer cancel()
	if c.Kind == wire.CommandRelaySet {
		out := r.cfg.Doors.Turn(ctx, door.Turn{DeviceID: c.DeviceID, Channel: c.Relay, On: c.On, Means: domain.MeansRemote, By: c.Actor, CommandID: c.ID})
		return out.Result, out.Reason
	}
	if !c.Kind.Moves() {
		if r.cfg.Acts == nil {
			return domain.ActRefused, domain.ReasonUnknownKind
		}
		return r.cfg.Acts.Act(ctx, c)
	}
	out := r.cfg.Doors.Open(ctx, door.Ask{DeviceID: c.DeviceID, Relay: c.Relay, Means: domain.MeansRemote, By: c.Actor, CommandID: c.ID})
	return out.Result, out.Reason
}

// finish ends a command in the journal and says so in the log, in one transaction. Two copies that are refused at the same moment have one row.
func (r *Remote) finish(ctx context.Context, e Entry) error {
	return r.cfg.Journal.InTx(ctx, func(ctx context.Context) error {
		first, err := r.cfg.Journal.Finish(ctx, e)
		if err != nil || !first {
			return err
		}
		return r.cfg.Log.Append(ctx, domain.EventCommand, domain.CommandBody{CommandID: e.ID, Kind: string(e.Kind), Result: e.Result, Reason: e.Reason})
	})
}
