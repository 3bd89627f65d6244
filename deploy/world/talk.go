package main

import (
	"context"
	"time"

	"vestibule/agent/door"
	"vestibule/agent/link"
	"vestibule/agent/remote"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

// session is what the jobs of an agent see of a connection.
type session struct {
	a *agent
	l *line
}

// Conn names the connection.
func (s session) Conn() domain.ConnID { return s.l.id }

// Send seals a message and sends it.
func (s session) Send(kind wire.Kind, body any) error {
	data, err := wire.Seal(kind, s.l.id, body)
	if err != nil {
		return err
	}
	if s.a.line != s.l {
		return fault.New(fault.Offline, "The connection has ended.")
	}
	return s.a.w.broker.up(s.l, s.a.w.now.Add(s.a.lag), data)
}

// Reconnect asks for another connection.
func (s session) Reconnect(string) {
	s.a.later(0, "doubted", func() {
		if s.a.line == s.l {
			s.a.step(link.Doubted{})
		}
	})
}

// CloudTime estimates the cloud's clock.
func (s session) CloudTime() (time.Time, time.Duration, bool) {
	at, bound, ok := s.l.timing.Remote(s.a.Now())
	if s.a.w.plant == ageless {
		return s.a.w.truth.newest, 0, ok
	}
	return at, bound, ok
}

// step runs one input of the link to its end.
func (a *agent) step(in link.Input) {
	var effects []link.Effect
	a.state, effects = link.Step(a.state, in, link.Pace{}, a.Now(), a.w.chance.Float64)
	for _, e := range effects {
		switch e := e.(type) {
		case link.Dial:
			a.dial()
		case link.Hello:
			a.hello()
		case link.Open:
			a.w.tell("agent %d has a session", a.number)
			a.line.opened = true
			s := session{a, a.line}
			a.sync.Opened(s, e.Welcome)
			a.remote.Opened(s, e.Welcome)
			a.out.Opened(s, e.Welcome)
		case link.Beat:
			a.beat()
		case link.Drop:
			a.hangUp()
		case link.Jump:
			a.leap(e)
		}
	}
}

func (a *agent) dial() {
	_, counter, err := a.disk.NextCounter()
	if err != nil {
		a.later(0, "no number", func() { a.step(link.Lost{}) })
		return
	}
	l := &line{id: newID[domain.ConnID](a.w)}
	will, err := wire.Seal(wire.KindGone, l.id, wire.Gone{Counter: counter})
	if err != nil {
		a.w.broke("no will: %v", err)
	}
	a.line = l
	a.w.broker.dial(a, l, will)
}

func (a *agent) connected(l *line) {
	if a.line == l {
		a.step(link.Dialled{})
	}
}

func (a *agent) lost(l *line) {
	if a.line == l {
		a.step(link.Lost{})
	}
}

// hangUp closes the connection; the broker notices after a while.
func (a *agent) hangUp() {
	l := a.line
	if l == nil {
		return
	}
	a.line = nil
	l.open = false
	a.w.in(a.w.between(0, time.Second), "closed", func() { a.w.broker.end(l, false) })
	if l.opened {
		a.sync.Closed()
		a.remote.Closed()
		a.out.Closed()
	}
}

// leap answers a fence above ours.
func (a *agent) leap(j link.Jump) {
	a.w.tell("agent %d jumps above the fence", a.number)
	_ = a.disk.InTx(ctx, func(ctx context.Context) error { // when it fails, the next refusal asks again
		if err := a.disk.JumpFence(j.Generation, j.Fence); err != nil {
			return err
		}
		return a.out.NewEpoch(ctx, "disk_rolled_back")
	})
}

func (a *agent) hello() {
	epoch, audit, status, _ := a.out.Position(ctx)
	number, hash, rejected := a.sync.Held()
	_ = session{a, a.line}.Send(wire.KindHello, wire.Hello{
		AgentVersion: "world", MinProto: wire.MinProto, Generation: a.disk.generation, Counter: a.disk.counter, Boot: a.boot, Epoch: epoch,
		LastAudit: audit, LastStatus: status, Config: number, ConfigHash: hash, Rejected: rejected,
		MonoMilli: a.line.timing.Stamp(a.Now()), WallMilli: a.wall().UnixMilli(), Packs: true,
	})
}

func (a *agent) beat() {
	number, hash, _ := a.sync.Held()
	pending, dropped, _ := a.out.Depth(ctx)
	_ = session{a, a.line}.Send(wire.KindBeat, wire.Beat{
		Config: number, ConfigHash: hash, Pending: pending, Dropped: dropped, MonoMilli: a.line.timing.Stamp(a.Now()),
	})
}

// heard takes one message, as the link does.
func (a *agent) heard(l *line, data []byte) {
	e, err := wire.Open(data)
	if a.line != l || err != nil || e.Conn != l.id {
		return
	}
	a.w.tell("agent %d hears %s, %d bytes", a.number, e.Kind, len(data))
	switch e.Kind {
	case wire.KindWelcome:
		w, err := wire.Body[wire.Welcome](e)
		if err == nil && (w.Refuse != wire.RefuseNone || a.sample(l, w.EchoMilli, w.ServerMilli, w.BoundMilli)) {
			a.step(link.Welcomed{Welcome: w})
		}
		return
	case wire.KindBeatAck:
		b, err := wire.Body[wire.BeatAck](e)
		if err != nil || !a.sample(l, b.EchoMilli, b.ServerMilli, b.BoundMilli) {
			return
		}
		a.step(link.Answered{})
	case wire.KindAck, wire.KindChunk, wire.KindReported, wire.KindRenewed:
		a.step(link.Answered{})
	}
	if a.line != l || !l.opened {
		return
	}
	a.sync.Received(e)
	if a.w.plant == forgetful {
		a.remember()
		a.remote.Opened(session{a, l}, wire.Welcome{})
	}
	a.remote.Received(e)
	a.out.Received(e)
}

// sample takes a sample of the cloud's clock; false when the answer is not to be used.
func (a *agent) sample(l *line, echo, server, bound int64) bool {
	known, sane := l.timing.Add(echo, server, bound, a.Now())
	if known && !sane {
		a.step(link.Doubted{})
	}
	return known && sane
}

// doors are the doors of an agent: they tell the truth what they did.
type doors struct{ a *agent }

// Turn has no board to move: no building of the world has one.
func (d doors) Turn(context.Context, door.Turn) door.Outcome {
	return door.Outcome{Result: domain.ActRefused, Reason: domain.ReasonRelayOff}
}

// Open moves a relay, or fails. The row follows in a transaction of its own, as with the real one.
func (d doors) Open(ctx context.Context, ask door.Ask) door.Outcome {
	a := d.a
	out := door.Outcome{Result: domain.ActDone}
	moves := true
	switch p := a.w.chance.Float64(); {
	case p < 0.05:
		moves, out = false, door.Outcome{Result: domain.ActFailed, Reason: domain.ReasonUnreachable}
	case p < 0.1:
		out = door.Outcome{Result: domain.ActUnknown, Reason: domain.ReasonTimeout}
	}
	if moves {
		a.w.truth.pulse(a, ask)
	}
	a.lag += a.w.between(5*time.Millisecond, 300*time.Millisecond)
	_ = a.out.Append(ctx, domain.EventDoor, domain.DoorBody{
		DeviceID: ask.DeviceID, Relay: ask.Relay, Means: ask.Means, Result: out.Result, Reason: out.Reason, By: ask.By, CommandID: ask.CommandID,
	})
	return out
}

// amnesia is a bug: a journal that remembers nothing.
type amnesia struct{ *disk }

func (amnesia) Entry(context.Context, domain.CommandID) (remote.Entry, bool, error) {
	return remote.Entry{}, false, nil
}
func (amnesia) Start(context.Context, remote.Entry) (bool, error)  { return true, nil }
func (amnesia) Open(context.Context) ([]remote.Entry, error)       { return nil, nil }
func (amnesia) Untold(context.Context) ([]remote.Entry, error)     { return nil, nil }
func (amnesia) Told(context.Context, domain.CommandID) error       { return nil }
func (amnesia) Finish(context.Context, remote.Entry) (bool, error) { return true, nil }
