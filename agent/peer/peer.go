package peer

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
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

// Prover is the agent's identity.
type Prover interface {
	// Prove signs a message and gives the certificate that proves it.
	Prove(context string, message []byte) (signature []byte, chain [][]byte, err error)
	// Proved tells which agent of this cloud signed a message.
	Proved(chain [][]byte, context string, message, signature []byte) (domain.AgentID, error)
}

// Listener hears one talk. Its methods are called one after the other and must not wait.
type Listener interface {
	// Heard takes the next word of the other agent.
	Heard(b wire.SignalBody)
	// Lost says that no word gets through now, and why. What was said is said again when the way is back.
	Lost(why string)
}

// WANDown is the word of Lost for an agent without a session.
const WANDown = "wan_down"

// Config is what a Peer needs.
type Config struct {
	Agent  domain.AgentID
	Prover Prover
	// Member tells whether the site's document names an agent.
	Member func(domain.AgentID) bool
	// Offered takes an offer of another agent; it must not wait. Nil refuses the talk.
	Offered func(b wire.SignalBody, t *Talk) Listener
	Now     func() time.Time
	Logger  *slog.Logger
}

// Limits of the job.
const (
	mostTalks  = 256
	lingers    = 30 * time.Second // after its end a talk still says what was not heard, and knows its own repetitions
	inboxHolds = 256
	tickEvery  = 100 * time.Millisecond
)

// Peer is this agent's side of all talks.
type Peer struct {
	cfg   Config
	log   *slog.Logger
	inbox chan wire.Signal

	mu      sync.Mutex
	session Session
	talks   map[domain.LegID]*Talk
	turn    wire.TurnLogin
	turnAt  time.Time // when it was given
	asked   time.Time
}

// New makes the job. Nothing is heard before Run.
func New(cfg Config) *Peer {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Peer{cfg: cfg, log: cfg.Logger, inbox: make(chan wire.Signal, inboxHolds), talks: map[domain.LegID]*Talk{}}
}

// Opened begins a session and asks for a login at the TURN server.
func (p *Peer) Opened(s Session, _ wire.Welcome) {
	p.mu.Lock()
	p.session, p.asked = s, p.cfg.Now()
	p.mu.Unlock()
	if err := s.Send(wire.KindAskTurn, wire.AskTurn{}); err != nil {
		p.log.Debug("no login was asked for", logkey.Err, err)
	}
}

// Closed ends the session: every talk hears that nothing gets through.
func (p *Peer) Closed() {
	p.mu.Lock()
	p.session = nil
	live := p.live()
	p.mu.Unlock()
	for _, t := range live {
		t.lost(WANDown)
	}
}

// live lists the talks that have not ended. The caller holds the lock.
func (p *Peer) live() []*Talk {
	var out []*Talk
	for _, t := range p.talks {
		if !t.over {
			out = append(out, t)
		}
	}
	return out
}

// Received takes what the cloud passes on. When too much waits it is dropped: the other agent says it again.
func (p *Peer) Received(e wire.Envelope) {
	switch e.Kind {
	case wire.KindSignalled:
		if m, err := wire.Body[wire.Signal](e); err == nil {
			select {
			case p.inbox <- m:
			default:
			}
		}
	case wire.KindSignalRefused:
		if r, err := wire.Body[wire.SignalRefused](e); err == nil {
			p.refused(r)
		}
	case wire.KindTurn:
		if r, err := wire.Body[wire.TurnLogin](e); err == nil {
			p.mu.Lock()
			p.turn, p.turnAt = r, p.cfg.Now()
			p.mu.Unlock()
		}
	default:
	}
}

func (p *Peer) refused(r wire.SignalRefused) {
	p.mu.Lock()
	t := p.talks[r.Leg]
	if t != nil && t.over {
		t = nil
	}
	p.mu.Unlock()
	if t != nil {
		t.lost(r.Why)
	}
}

// Turn is the login at the TURN server; one without addresses when there is none.
func (p *Peer) Turn() wire.TurnLogin {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cfg.Now().Sub(p.turnAt) >= p.life() {
		return wire.TurnLogin{}
	}
	return p.turn
}

func (p *Peer) life() time.Duration { return time.Duration(p.turn.TTLMilli) * time.Millisecond }

// Run hears and repeats until ctx ends.
func (p *Peer) Run(ctx context.Context) error {
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case m := <-p.inbox:
			p.heard(m)
		case <-tick.C:
			p.repeat()
		}
	}
}

// repeat says again what was not heard, and forgets talks that ended long ago.
func (p *Peer) repeat() {
	now := p.cfg.Now()
	p.mu.Lock()
	s := p.session
	var due []any
	for leg, t := range p.talks {
		if t.over && now.After(t.until) {
			delete(p.talks, leg)
			continue
		}
		if s != nil {
			due = append(due, t.order.due(now)...)
		}
	}
	// A fresh login in good time; while there is no server, the next session asks again.
	fresh := s != nil && p.life() > 0 && now.Sub(p.turnAt) > p.life()/2 && now.Sub(p.asked) > time.Minute
	if fresh {
		p.asked = now
	}
	p.mu.Unlock()
	for _, m := range due {
		_ = s.Send(wire.KindSignal, m) // said again until it is heard
	}
	if fresh {
		_ = s.Send(wire.KindAskTurn, wire.AskTurn{})
	}
}

// heard judges one word and hands it on.
func (p *Peer) heard(m wire.Signal) {
	var b wire.SignalBody
	if err := wire.Unmarshal(m.Body, &b); err != nil {
		return
	}
	from, err := p.cfg.Prover.Proved(m.Chain, wire.SignalContext, m.Body, m.Signature)
	if err != nil || from != b.From || from != m.Peer || b.To != p.cfg.Agent || b.Leg.IsZero() || !p.cfg.Member(from) {
		p.log.Warn("a signal that its sender does not prove", logkey.Agent, m.Peer)
		return
	}
	t, fresh := p.talkOf(b)
	if t == nil {
		return
	}
	p.mu.Lock()
	t.order.acked(b.Ack)
	next := b.Kind != wire.SignalAck && t.order.take(b.Seq)
	over, late := t.over, b.Kind == wire.SignalDigit && !p.timely(b, wire.DigitTTL)
	p.mu.Unlock()
	if b.Kind == wire.SignalAck {
		return
	}
	t.acknowledge()
	switch {
	case !next || over:
	case late:
		p.log.Warn("a key came too late", logkey.Leg, b.Leg)
	case fresh:
		t.begin(b)
	default:
		t.heard(b)
	}
}

// talkOf finds the talk of a word, or begins one with a timely offer.
//
// Invariant: an offer older than wire.OfferTTL begins nothing, whenever and however often it comes (TestPeer_ALateOfferRingsNowhere).
func (p *Peer) talkOf(b wire.SignalBody) (t *Talk, fresh bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := p.talks[b.Leg]; t != nil {
		if t.peer != b.From {
			return nil, false
		}
		return t, false
	}
	if b.Kind != wire.SignalOffer || b.Seq != 1 || p.cfg.Offered == nil || len(p.talks) >= mostTalks || !p.timely(b, wire.OfferTTL) {
		return nil, false
	}
	t = &Talk{p: p, leg: b.Leg, peer: b.From}
	p.talks[b.Leg] = t
	return t, true
}

// timely judges the age of a word at worst, error bounds included; in doubt it is late. The caller holds the lock.
func (p *Peer) timely(b wire.SignalBody, ttl time.Duration) bool {
	if p.session == nil || b.BoundMilli < 0 || b.BoundMilli > ttl.Milliseconds() {
		return false
	}
	now, bound, ok := p.session.CloudTime()
	if !ok {
		return false
	}
	bound += time.Duration(b.BoundMilli) * time.Millisecond
	age := now.Sub(time.UnixMilli(b.IssuedMilli))
	return bound <= ttl/2 && age >= -bound && age+bound < ttl
}

// Call begins a talk with another agent by an offer.
func (p *Peer) Call(to domain.AgentID, offer wire.SignalBody, l Listener) (*Talk, error) {
	p.mu.Lock()
	if p.session == nil {
		p.mu.Unlock()
		return nil, fault.New(fault.Offline, "There is no way to the cloud.")
	}
	if len(p.talks) >= mostTalks {
		p.mu.Unlock()
		return nil, fault.New(fault.Limit, "Too many legs to other agents.")
	}
	t := &Talk{p: p, leg: domain.NewID[domain.LegID](p.cfg.Now()), peer: to, listener: l}
	p.talks[t.leg] = t
	p.mu.Unlock()
	offer.Kind = wire.SignalOffer
	if err := t.Say(offer); err != nil {
		t.End()
		return nil, err
	}
	return t, nil
}
