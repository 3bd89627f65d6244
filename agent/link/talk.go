package link

import (
	"context"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

var _ Session = (*attempt)(nil)

// Conn names the connection.
func (c *attempt) Conn() domain.ConnID { return c.id }

func (c *attempt) connection() *connection {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.k
}

// Send queues a message; one over the limit never leaves.
func (c *attempt) Send(kind wire.Kind, body any) error {
	data, err := wire.Seal(kind, c.id, body)
	if err != nil {
		c.link.counts.oversize.Add(1)
		return err
	}
	return c.connection().put(kind, data)
}

// Reconnect asks for another connection. It never waits.
func (c *attempt) Reconnect(why string) {
	select {
	case c.link.inbox <- event{c.id, doubted{why}}:
	default:
	}
}

// CloudTime estimates the cloud's clock.
func (c *attempt) CloudTime() (time.Time, time.Duration, bool) {
	return c.timing.Remote(c.link.cfg.Clock.Now())
}

func (l *Link) hello(ctx context.Context) {
	c := l.current
	epoch, audit, status, err := l.cfg.Outbox.Position(ctx)
	if err != nil {
		l.log.Error("the outbox cannot be read", logkey.Err, err)
		return // no welcome will come, and the next connection tries again
	}
	version, hash, rejected := l.cfg.Document.Held()
	now := l.cfg.Clock.Now()
	c.mu.Lock()
	generation, counter := c.gen, c.counter
	c.mu.Unlock()
	err = c.Send(wire.KindHello, wire.Hello{
		AgentVersion: l.cfg.Version, MinProto: wire.MinProto, Generation: generation, Counter: counter, Boot: l.cfg.Boot,
		Epoch: epoch, LastAudit: audit, LastStatus: status, Config: version, ConfigHash: hash, Rejected: rejected,
		MonoMilli: c.timing.Stamp(now), WallMilli: l.cfg.Floor.Now().UnixMilli(), ClockSure: l.ClockSure(), LANAddress: l.cfg.LANAddress(),
		FilesAddress: l.cfg.Files(), Packs: true,
	})
	if err != nil {
		l.log.Warn("the hello did not leave", logkey.Err, err)
	}
}

func (l *Link) beat(ctx context.Context) {
	version, hash, _ := l.cfg.Document.Held()
	pending, dropped, err := l.cfg.Outbox.Depth(ctx)
	if err != nil {
		l.log.Error("the outbox cannot be read", logkey.Err, err)
	}
	beat := wire.Beat{Config: version, ConfigHash: hash, Pending: pending, Dropped: dropped, MonoMilli: l.current.timing.Stamp(l.cfg.Clock.Now())}
	if err := l.current.Send(wire.KindBeat, beat); err != nil {
		l.log.Warn("a beat did not leave", logkey.Err, err)
	}
}

// heard takes the bytes of one message. What cannot be read, is of another protocol or of another connection is dropped and counted.
func (l *Link) heard(ctx context.Context, c *attempt, data []byte) {
	e, err := wire.Open(data)
	if err != nil {
		l.counts.malformed.Add(1)
		return
	}
	if e.Conn != c.id {
		l.counts.foreign.Add(1)
		return
	}
	switch e.Kind {
	case wire.KindWelcome:
		l.welcome(ctx, c, e)
		return
	case wire.KindBeatAck:
		b, err := wire.Body[wire.BeatAck](e)
		if err != nil {
			l.counts.malformed.Add(1)
			return
		}
		if !l.sample(ctx, c, b.EchoMilli, b.ServerMilli, b.BoundMilli) {
			return
		}
		l.take(ctx, Answered{})
	case wire.KindAck, wire.KindChunk, wire.KindReported, wire.KindRenewed:
		l.take(ctx, Answered{})
	case wire.KindAnnounce, wire.KindCommand, wire.KindSignalled, wire.KindSignalRefused, wire.KindTurn:
	default:
		l.counts.unknown.Add(1)
		return
	}
	if l.current != c || !c.opened {
		l.counts.early.Add(1)
		return
	}
	for _, p := range l.cfg.Parts {
		p.Received(e)
	}
}

func (l *Link) welcome(ctx context.Context, c *attempt, e wire.Envelope) {
	w, err := wire.Body[wire.Welcome](e)
	if err != nil {
		l.counts.malformed.Add(1)
		return
	}
	if w.Refuse != wire.RefuseNone {
		l.log.Warn("the cloud refuses the session", logkey.Reason, string(w.Refuse))
	} else if !l.sample(ctx, c, w.EchoMilli, w.ServerMilli, w.BoundMilli) {
		return
	}
	l.take(ctx, Welcomed{w})
}

// saveTimeEvery bounds how often the believed time goes to the disk.
const saveTimeEvery = time.Hour

// sample takes a clock sample; false when the answer is not to be used.
func (l *Link) sample(ctx context.Context, c *attempt, echo, server, bound int64) bool {
	now := l.cfg.Clock.Now()
	known, sane := c.timing.Add(echo, server, bound, now)
	if !known {
		l.counts.foreign.Add(1)
		return false
	}
	if !sane {
		l.log.Warn("the cloud's clock contradicts itself", logkey.Conn, c.id)
		l.take(ctx, Doubted{})
		return false
	}
	at, margin, _ := c.timing.Remote(now)
	drift := at.Sub(now).Abs()
	l.sure.Store(drift <= 2*time.Second+margin)
	// A time after the end of our own certificate is not believed: raising the floor to it would lock us out.
	if at.Before(c.leaf) {
		l.cfg.Floor.Raise(at.UTC())
		if now.Sub(l.saved) >= saveTimeEvery || l.saved.IsZero() {
			l.saved = now
			if err := l.cfg.Fence.SaveTime(ctx, at); err != nil {
				l.log.Warn("the time cannot be stored", logkey.Err, err)
			}
		}
	}
	return true
}
