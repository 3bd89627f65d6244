package peer

import (
	"sync"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

// Talk is what two agents say to each other about one leg.
type Talk struct {
	p    *Peer
	leg  domain.LegID
	peer domain.AgentID

	say  sync.Mutex // words are numbered and leave in one order
	hear sync.Mutex // the listener hears one thing at a time

	listener Listener // under hear

	// Under the lock of p.
	order order
	over  bool
	until time.Time
}

// begin gives a talk that the other side began its listener; nil ends it.
func (t *Talk) begin(b wire.SignalBody) {
	t.hear.Lock()
	defer t.hear.Unlock()
	if t.listener = t.p.cfg.Offered(b, t); t.listener == nil {
		t.End()
	}
}

func (t *Talk) heard(b wire.SignalBody) {
	t.hear.Lock()
	defer t.hear.Unlock()
	if t.listener != nil {
		t.listener.Heard(b)
	}
}

func (t *Talk) lost(why string) {
	t.hear.Lock()
	defer t.hear.Unlock()
	if t.listener != nil {
		t.listener.Lost(why)
	}
}

// Peer is the other agent.
func (t *Talk) Peer() domain.AgentID { return t.peer }

// Say tells the other agent something. An error means that it is not even tried; a word without a way now is said when there is one.
func (t *Talk) Say(b wire.SignalBody) error {
	t.say.Lock()
	defer t.say.Unlock()
	t.p.mu.Lock()
	seq, ok := t.order.number()
	t.p.mu.Unlock()
	if !ok {
		return fault.New(fault.Limit, "The other agent does not listen.")
	}
	b.Seq = seq
	m, s, err := t.sign(b)
	if err != nil {
		t.p.mu.Lock()
		t.order.sent--
		t.p.mu.Unlock()
		return err
	}
	t.p.mu.Lock()
	t.order.said(seq, m, t.p.cfg.Now())
	t.p.mu.Unlock()
	if s != nil {
		_ = s.Send(wire.KindSignal, m) // said again until it is heard
	}
	return nil
}

// acknowledge tells the other agent what has arrived.
func (t *Talk) acknowledge() {
	m, s, err := t.sign(wire.SignalBody{Kind: wire.SignalAck})
	if err != nil {
		t.p.log.Error("a signal cannot be signed", logkey.Err, err)
		return
	}
	if s != nil {
		_ = s.Send(wire.KindSignal, m) // asked for again by the repeated word
	}
}

// sign makes the signal of a word. The instant is the cloud's, as far as it is known.
func (t *Talk) sign(b wire.SignalBody) (wire.Signal, Session, error) {
	p := t.p
	p.mu.Lock()
	s := p.session
	b.Ack = t.order.got
	p.mu.Unlock()
	b.Leg, b.From, b.To = t.leg, p.cfg.Agent, t.peer
	if s != nil {
		if at, bound, ok := s.CloudTime(); ok {
			b.IssuedMilli, b.BoundMilli = at.UnixMilli(), bound.Milliseconds()+1
		}
	}
	body, err := wire.Marshal(b)
	if err != nil {
		return wire.Signal{}, nil, err
	}
	signature, chain, err := p.cfg.Prover.Prove(wire.SignalContext, body)
	return wire.Signal{Peer: t.peer, Leg: t.leg, Body: body, Signature: signature, Chain: chain}, s, err
}

// End ends the talk here: nothing is heard any more; what was said is still repeated for a while.
func (t *Talk) End() {
	t.p.mu.Lock()
	defer t.p.mu.Unlock()
	if !t.over {
		t.over, t.until = true, t.p.cfg.Now().Add(lingers)
	}
}
