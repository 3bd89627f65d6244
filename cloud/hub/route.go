package hub

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

// Presence judges connections.
type Presence interface {
	Hello(ctx context.Context, agent domain.AgentID, conn domain.ConnID, h wire.Hello) (wire.Welcome, error)
	Beat(ctx context.Context, agent domain.AgentID, conn domain.ConnID, b wire.Beat) (ack wire.BeatAck, ok bool, err error)
	Gone(ctx context.Context, agent domain.AgentID, conn domain.ConnID) error
	InForce(ctx context.Context, agent domain.AgentID, conn domain.ConnID) (bool, error)
}

// Desired keeps documents.
type Desired interface {
	// Greet gives the head of the document for a welcome, and names the last report of the agent that is stored; zero: none.
	Greet(ctx context.Context, agent domain.AgentID) (version uint64, hash desired.Hash, told uint64, err error)
	HeadFor(ctx context.Context, agent domain.AgentID) (uint64, desired.Hash, error)
	Joined(ctx context.Context, agent domain.AgentID, conn domain.ConnID, h wire.Hello) error
	// Beat repairs after a heartbeat was answered with ack, which tells the head.
	Beat(ctx context.Context, agent domain.AgentID, conn domain.ConnID, b wire.Beat, ack wire.BeatAck) error
	Pull(ctx context.Context, agent domain.AgentID, conn domain.ConnID, p wire.Pull) (wire.Chunk, error)
	Report(ctx context.Context, agent domain.AgentID, conn domain.ConnID, r wire.Report) (wire.Reported, error)
}

// Events keeps the log.
type Events interface {
	Take(ctx context.Context, agent domain.AgentID, b wire.Events) (wire.Ack, error)
	Acked(ctx context.Context, agent domain.AgentID, epoch domain.EpochID) (audit, status uint64, err error)
}

// Commands hears results.
type Commands interface {
	Result(ctx context.Context, agent domain.AgentID, r wire.Result) error
}

// Certificates renews them.
type Certificates interface {
	Renew(ctx context.Context, agent domain.AgentID, r wire.Renew) wire.Renewed
}

// Signals go from agent to agent.
type Signals interface {
	Signal(ctx context.Context, agent domain.AgentID, conn domain.ConnID, m wire.Signal) error
	AskTurn(ctx context.Context, agent domain.AgentID) (wire.TurnLogin, error)
}

// Jobs are where messages go.
type Jobs struct {
	Presence     Presence
	Desired      Desired
	Events       Events
	Commands     Commands
	Certificates Certificates
	Signals      Signals
}

// Dropped counts messages that went nowhere, since the start.
type Dropped struct {
	Malformed int64 // not CBOR, unknown protocol, a body that is not its kind's
	Unknown   int64 // kinds that nobody knows
	NotHere   int64 // of a connection that is not in force
	Failed    int64 // a job could not do it; the agent sends it again
}

// Router opens envelopes. Take NewRouter, give Handle to the hub, then Connect.
type Router struct {
	jobs      Jobs
	hub       Hub
	logger    *slog.Logger
	malformed atomic.Int64
	unknown   atomic.Int64
	notHere   atomic.Int64
	failed    atomic.Int64
}

// NewRouter makes a router that is not connected yet.
func NewRouter(logger *slog.Logger) *Router {
	return &Router{logger: logger.With(logkey.Component, "hub")}
}

// Connect tells where messages go and how answers leave. Call it before the hub runs.
func (r *Router) Connect(h Hub, jobs Jobs) { r.hub, r.jobs = h, jobs }

// Dropped gives the totals.
func (r *Router) Dropped() Dropped {
	return Dropped{Malformed: r.malformed.Load(), Unknown: r.unknown.Load(), NotHere: r.notHere.Load(), Failed: r.failed.Load()}
}

// errMalformed marks a body that is not what its kind has.
var errMalformed = errors.New("malformed body")

// Handle is the Handler of every message up.
func (r *Router) Handle(ctx context.Context, agent domain.AgentID, data []byte) {
	e, err := wire.Open(data)
	if err != nil || e.Conn.IsZero() {
		r.malformed.Add(1)
		r.logger.WarnContext(ctx, "not a message", logkey.Agent, agent, logkey.Bytes, len(data), logkey.Err, err)
		return
	}
	err = r.route(ctx, agent, e)
	switch {
	case err == nil, errors.Is(err, context.Canceled):
	case errors.Is(err, errMalformed), fault.CodeOf(err) == fault.Invalid:
		r.malformed.Add(1)
		r.logger.WarnContext(ctx, "message dropped", logkey.Agent, agent, logkey.Kind, e.Kind, logkey.Err, err)
	case fault.CodeOf(err) == fault.NotFound, fault.CodeOf(err) == fault.Offline:
		r.logger.InfoContext(ctx, "message without effect", logkey.Agent, agent, logkey.Kind, e.Kind, logkey.Err, err)
	default:
		r.failed.Add(1)
		r.logger.ErrorContext(ctx, "message failed", logkey.Agent, agent, logkey.Kind, e.Kind, logkey.Err, err)
	}
}

// route hands the body to its job. Only a hello and a last will need no connection in force.
func (r *Router) route(ctx context.Context, agent domain.AgentID, e wire.Envelope) error {
	switch e.Kind {
	case wire.KindHello:
		return with(e, func(b wire.Hello) error { return r.hello(ctx, agent, e.Conn, b) })
	case wire.KindGone:
		return with(e, func(wire.Gone) error { return r.jobs.Presence.Gone(ctx, agent, e.Conn) })
	case wire.KindBeat, wire.KindReport, wire.KindEvents, wire.KindResult, wire.KindPull, wire.KindRenew, wire.KindSignal, wire.KindAskTurn:
	default:
		r.unknown.Add(1)
		return nil
	}
	ok, err := r.jobs.Presence.InForce(ctx, agent, e.Conn)
	if err != nil {
		return err
	}
	if !ok {
		r.notHere.Add(1)
		return nil
	}
	return r.inForce(ctx, agent, e)
}

func (r *Router) inForce(ctx context.Context, agent domain.AgentID, e wire.Envelope) error {
	switch e.Kind {
	case wire.KindBeat:
		return with(e, func(b wire.Beat) error { return r.beat(ctx, agent, e.Conn, b) })
	case wire.KindPull:
		return with(e, func(b wire.Pull) error {
			chunk, err := r.jobs.Desired.Pull(ctx, agent, e.Conn, b)
			return r.answer(agent, e.Conn, wire.KindChunk, chunk, err)
		})
	case wire.KindReport:
		return with(e, func(b wire.Report) error {
			reported, err := r.jobs.Desired.Report(ctx, agent, e.Conn, b)
			return r.answer(agent, e.Conn, wire.KindReported, reported, err)
		})
	case wire.KindEvents:
		return with(e, func(b wire.Events) error {
			ack, err := r.jobs.Events.Take(ctx, agent, b)
			return r.answer(agent, e.Conn, wire.KindAck, ack, err)
		})
	case wire.KindResult:
		return with(e, func(b wire.Result) error { return r.jobs.Commands.Result(ctx, agent, b) })
	case wire.KindRenew:
		return with(e, func(b wire.Renew) error {
			return r.answer(agent, e.Conn, wire.KindRenewed, r.jobs.Certificates.Renew(ctx, agent, b), nil)
		})
	case wire.KindSignal:
		return with(e, func(b wire.Signal) error { return r.jobs.Signals.Signal(ctx, agent, e.Conn, b) })
	case wire.KindAskTurn:
		return with(e, func(wire.AskTurn) error {
			login, err := r.jobs.Signals.AskTurn(ctx, agent)
			return r.answer(agent, e.Conn, wire.KindTurn, login, err)
		})
	}
	return nil
}

// with reads the body and goes on.
func with[T any](e wire.Envelope, next func(T) error) error {
	body, err := wire.Body[T](e)
	if err != nil {
		return errors.Join(errMalformed, err)
	}
	return next(body)
}

// answer publishes what a job gave; a job that failed gives no answer, so that the agent asks again.
func (r *Router) answer(agent domain.AgentID, conn domain.ConnID, kind wire.Kind, body any, err error) error {
	if err != nil {
		return err
	}
	data, err := wire.Seal(kind, conn, body)
	if err != nil {
		return err
	}
	return r.hub.Publish(agent, conn, data)
}

// helloPatience is how long a hello may have waited. When all wait longer, more is asked than can be done: whoever is sent away then costs next
// to nothing, and who is welcomed still hears it. After wire.WelcomeWithin nobody listens any more.
const helloPatience = 3 * time.Second

// hello welcomes a connection with everything it must compare, then lets the document job greet it.
func (r *Router) hello(ctx context.Context, agent domain.AgentID, conn domain.ConnID, h wire.Hello) error {
	switch waited := Waited(ctx); {
	case waited >= wire.WelcomeWithin:
		r.notHere.Add(1)
		return nil
	case waited >= helloPatience:
		return r.answer(agent, conn, wire.KindWelcome, wire.Welcome{Proto: wire.Proto, Refuse: wire.RefuseBusy, RetryMilli: 1000 + rand.Int64N(9000)}, nil)
	}
	w, err := r.jobs.Presence.Hello(ctx, agent, conn, h)
	if err != nil {
		return err
	}
	if w.Refuse != wire.RefuseNone {
		return r.answer(agent, conn, wire.KindWelcome, w, nil)
	}
	if w.Config, w.ConfigHash, w.Told, err = r.jobs.Desired.Greet(ctx, agent); err != nil {
		return err
	}
	if w.AckedAudit, w.AckedStatus, err = r.jobs.Events.Acked(ctx, agent, h.Epoch); err != nil {
		return err
	}
	if err := r.answer(agent, conn, wire.KindWelcome, w, nil); err != nil {
		return err
	}
	return r.jobs.Desired.Joined(ctx, agent, conn, h)
}

func (r *Router) beat(ctx context.Context, agent domain.AgentID, conn domain.ConnID, b wire.Beat) error {
	ack, ok, err := r.jobs.Presence.Beat(ctx, agent, conn, b)
	if err != nil || !ok {
		return err
	}
	if ack.Config, ack.ConfigHash, err = r.jobs.Desired.HeadFor(ctx, agent); err != nil {
		return err
	}
	if err := r.answer(agent, conn, wire.KindBeatAck, ack, nil); err != nil {
		return err
	}
	return r.jobs.Desired.Beat(ctx, agent, conn, b, ack)
}
