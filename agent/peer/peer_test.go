package peer

import (
	"context"
	"crypto/sha256"
	"sync"
	"testing"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

const patience = 5 * time.Second

// named signs with the agent's name and a word that both know; certificates have their own test (agent/enroll).
type named struct{ agent domain.AgentID }

func mac(agent, message []byte) []byte {
	s := sha256.Sum256(append(append([]byte{}, agent...), message...))
	return s[:]
}

func (n named) Prove(_ string, message []byte) ([]byte, [][]byte, error) {
	return mac(n.agent[:], message), [][]byte{n.agent[:]}, nil
}

func (n named) Proved(chain [][]byte, _ string, message, signature []byte) (domain.AgentID, error) {
	if len(chain) != 1 || len(chain[0]) != 16 || string(mac(chain[0], message)) != string(signature) {
		return domain.AgentID{}, fault.New(fault.Unauthenticated, "no")
	}
	return domain.AgentID(chain[0]), nil
}

// end is one agent with its link to the test's cloud.
type end struct {
	*Peer
	agent domain.AgentID
	t     *testing.T
	to    *end
	mu    sync.Mutex
	off   bool
	lose  func(b wire.SignalBody) bool
	sent  []wire.Signal
	ahead time.Duration // what it takes for the cloud's time
	unset bool          // it knows no time

	offers chan wire.SignalBody
	words  chan wire.SignalBody
	losses chan string
	talk   chan *Talk
}

func (e *end) Conn() domain.ConnID { return domain.ConnID{1} }
func (e *end) Reconnect(string)    {}
func (e *end) CloudTime() (time.Time, time.Duration, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return time.Now().Add(e.ahead), time.Millisecond, !e.unset
}

func (e *end) Send(kind wire.Kind, body any) error {
	m, ok := body.(wire.Signal)
	if kind != wire.KindSignal || !ok {
		return nil
	}
	var b wire.SignalBody
	if err := wire.Unmarshal(m.Body, &b); err != nil {
		e.t.Error(err)
	}
	m.Peer = e.agent // as the cloud does
	e.mu.Lock()
	off := e.off || e.lose != nil && e.lose(b)
	e.sent = append(e.sent, m)
	e.mu.Unlock()
	if !off {
		e.to.give(m)
	}
	return nil
}

func (e *end) give(m wire.Signal) {
	body, err := wire.Marshal(m)
	if err != nil {
		e.t.Error(err)
	}
	e.Received(wire.Envelope{Kind: wire.KindSignalled, Body: body})
}

func (e *end) Heard(b wire.SignalBody) { e.words <- b }
func (e *end) Lost(why string)         { e.losses <- why }

// said gives the last signal of a kind that the end sent.
func (e *end) said(kind wire.SignalKind) wire.Signal {
	e.t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := len(e.sent) - 1; i >= 0; i-- {
		var b wire.SignalBody
		if wire.Unmarshal(e.sent[i].Body, &b) == nil && b.Kind == kind {
			return e.sent[i]
		}
	}
	e.t.Fatalf("no %s was said", kind)
	return wire.Signal{}
}

func ends(t *testing.T) (a, b *end) {
	t.Helper()
	a, b = &end{t: t, agent: domain.AgentID{0xaa}}, &end{t: t, agent: domain.AgentID{0xbb}}
	a.to, b.to = b, a
	for _, e := range []*end{a, b} {
		e.offers, e.words, e.losses, e.talk = make(chan wire.SignalBody, 64), make(chan wire.SignalBody, 64), make(chan string, 64), make(chan *Talk, 64)
		e.Peer = New(Config{
			Agent: e.agent, Prover: named{e.agent}, Now: time.Now,
			Member:  func(id domain.AgentID) bool { return id == a.agent || id == b.agent },
			Offered: func(w wire.SignalBody, talk *Talk) Listener { e.offers <- w; e.talk <- talk; return e },
		})
		e.Opened(e, wire.Welcome{})
		ctx, cancel := context.WithCancel(t.Context())
		var work sync.WaitGroup
		work.Go(func() { _ = e.Run(ctx) })
		t.Cleanup(func() { cancel(); work.Wait() })
	}
	return a, b
}

func next[T any](t *testing.T, c chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("%s did not come", what)
		return *new(T)
	}
}

// none waits a little: nothing may come.
func none[T any](t *testing.T, c chan T, what string) {
	t.Helper()
	select {
	case v := <-c:
		t.Errorf("%s came: %+v", what, v)
	case <-time.After(300 * time.Millisecond):
	}
}

// shows EDGE-07/R15 by agent/peer/peer.go: "due = append(due, t.order.due(now)...)" => "_ = t.order.due(now)"
func TestPeer_WordsArriveInOrderAlsoWhenSomeAreLost(t *testing.T) {
	a, b := ends(t)
	lost := map[uint32]bool{}
	a.lose = func(w wire.SignalBody) bool { // every word once
		again := lost[w.Seq]
		lost[w.Seq] = true
		return w.Kind != wire.SignalAck && !again
	}
	talk, err := a.Call(b.agent, wire.SignalBody{Dialled: "101"}, a)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"1", "2", "3"} {
		if err := talk.Say(wire.SignalBody{Kind: wire.SignalPath, Key: key}); err != nil {
			t.Fatal(err)
		}
	}
	if o := next(t, b.offers, "the offer"); o.Dialled != "101" || o.From != a.agent || o.Kind != wire.SignalOffer {
		t.Errorf("%+v", o)
	}
	for _, key := range []string{"1", "2", "3"} {
		if w := next(t, b.words, "word "+key); w.Key != key {
			t.Errorf("%q instead of %q", w.Key, key)
		}
	}
	if err := next(t, b.talk, "the talk").Say(wire.SignalBody{Kind: wire.SignalRinging}); err != nil {
		t.Fatal(err)
	}
	if w := next(t, a.words, "the answer"); w.Kind != wire.SignalRinging {
		t.Errorf("%+v", w)
	}
	none(t, b.words, "a second copy")
}

// shows EDGE-32/R03 by agent/peer/peer.go: "if err != nil || from != b.From || from != m.Peer || b.To != p.cfg.Agent || b.Leg.IsZero() || !p.cfg.Member(from) {" => "if err != nil && from == b.From {"
func TestPeer_WhatIsNotProvedIsNothing(t *testing.T) {
	a, b := ends(t)
	foreign := domain.AgentID{0xcc}
	signal := func(signer, peer domain.AgentID, change func(*wire.SignalBody)) wire.Signal {
		w := wire.SignalBody{
			Leg: domain.LegID{1}, From: a.agent, To: b.agent, Seq: 1, IssuedMilli: time.Now().UnixMilli(), BoundMilli: 1, Kind: wire.SignalOffer,
		}
		change(&w)
		body, err := wire.Marshal(w)
		if err != nil {
			t.Fatal(err)
		}
		signature, chain, _ := named{signer}.Prove("", body)
		return wire.Signal{Peer: peer, Leg: w.Leg, Body: body, Signature: signature, Chain: chain}
	}
	same := func(*wire.SignalBody) {}
	mine := func(change func(*wire.SignalBody)) func() wire.Signal {
		return func() wire.Signal { return signal(a.agent, a.agent, change) }
	}
	for name, m := range map[string]func() wire.Signal{ // made when they are said: age alone would refuse an older one
		"altered": func() wire.Signal {
			m := signal(a.agent, a.agent, same)
			m.Body = signal(a.agent, a.agent, func(w *wire.SignalBody) { w.Dialled = "102" }).Body
			return m
		},
		"signed by another":        func() wire.Signal { return signal(foreign, a.agent, same) },
		"in another's name":        mine(func(w *wire.SignalBody) { w.From = foreign }),
		"passed on as another's":   func() wire.Signal { return signal(a.agent, foreign, same) },
		"for another agent":        mine(func(w *wire.SignalBody) { w.To = foreign }),
		"of no leg":                mine(func(w *wire.SignalBody) { w.Leg = domain.LegID{} }),
		"of an agent of no site":   func() wire.Signal { return signal(foreign, foreign, func(w *wire.SignalBody) { w.From = foreign }) },
		"not the beginning":        mine(func(w *wire.SignalBody) { w.Seq = 2 }),
		"a key without a leg":      mine(func(w *wire.SignalBody) { w.Kind, w.Key = wire.SignalDigit, "#" }),
		"no CBOR":                  func() wire.Signal { return wire.Signal{Peer: a.agent, Body: []byte{0xff}} },
		"from the future":          mine(func(w *wire.SignalBody) { w.IssuedMilli += 60_000 }),
		"with a bound without end": mine(func(w *wire.SignalBody) { w.BoundMilli = 1 << 62 }),
		"with a bound below zero":  mine(func(w *wire.SignalBody) { w.BoundMilli = -5000 }),
		"six seconds old":          mine(func(w *wire.SignalBody) { w.IssuedMilli -= 6000 }),
	} {
		t.Run(name, func(t *testing.T) {
			b.give(m())
			none(t, b.offers, "an offer")
		})
	}
	b.give(signal(a.agent, a.agent, same))
	next(t, b.offers, "the good one")
}

// shows EDGE-13/R36 by agent/peer/peer.go: "|| !p.timely(b, wire.OfferTTL) {" => "{"
func TestPeer_ALateOfferRingsNowhere(t *testing.T) {
	a, b := ends(t)
	a.ahead = -wire.OfferTTL // said five seconds ago
	if _, err := a.Call(b.agent, wire.SignalBody{}, a); err != nil {
		t.Fatal(err)
	}
	none(t, b.offers, "a late offer")
	b.mu.Lock()
	b.unset = true
	b.mu.Unlock()
	a.mu.Lock()
	a.ahead = 0
	a.mu.Unlock()
	if _, err := a.Call(b.agent, wire.SignalBody{}, a); err != nil {
		t.Fatal(err)
	}
	none(t, b.offers, "an offer whose age nobody can tell")
}

// shows EDGE-13/R36 by agent/peer/peer.go: "over, late := t.over, b.Kind == wire.SignalDigit && !p.timely(b, wire.DigitTTL)" => "over, late := t.over, false"
func TestPeer_ALateKeyIsNothing(t *testing.T) {
	a, b := ends(t)
	if _, err := a.Call(b.agent, wire.SignalBody{}, a); err != nil {
		t.Fatal(err)
	}
	talk := next(t, b.talk, "the talk")
	for _, late := range []bool{false, true, false} {
		b.mu.Lock()
		b.ahead = 0
		if late {
			b.ahead = -wire.DigitTTL
		}
		b.mu.Unlock()
		if err := talk.Say(wire.SignalBody{Kind: wire.SignalDigit, Key: "#"}); err != nil {
			t.Fatal(err)
		}
		if late {
			none(t, a.words, "a late key")
		} else {
			next(t, a.words, "a key")
		}
	}
}

// shows EDGE-13/R36 by agent/peer/peer.go: "next := b.Kind != wire.SignalAck && t.order.take(b.Seq)" => "next := b.Kind != wire.SignalAck"
func TestPeer_WhatComesAgainCountsOnce(t *testing.T) {
	a, b := ends(t)
	talk, err := a.Call(b.agent, wire.SignalBody{}, a)
	if err != nil {
		t.Fatal(err)
	}
	next(t, b.offers, "the offer")
	theirs := next(t, b.talk, "the talk")
	if err := theirs.Say(wire.SignalBody{Kind: wire.SignalDigit, Key: "#"}); err != nil {
		t.Fatal(err)
	}
	next(t, a.words, "the key")
	offer, key := a.said(wire.SignalOffer), b.said(wire.SignalDigit)
	for range 3 {
		b.give(offer)
		a.give(key)
	}
	none(t, b.offers, "the offer again")
	none(t, a.words, "the key again")
	talk.End()
	theirs.End()
	b.give(offer)
	a.give(key)
	none(t, b.offers, "the offer after the end")
	none(t, a.words, "the key after the end")
}

// shows EDGE-13/R33 by agent/peer/peer.go: "t.lost(WANDown)" => "_ = t"
func TestPeer_TheEndOfTheLinkIsToldAtOnceAndWordsWaitForItsReturn(t *testing.T) {
	a, b := ends(t)
	talk, err := a.Call(b.agent, wire.SignalBody{}, a)
	if err != nil {
		t.Fatal(err)
	}
	next(t, b.offers, "the offer")
	a.Closed()
	if why := next(t, a.losses, "the loss"); why != WANDown {
		t.Error(why)
	}
	if _, err := a.Call(b.agent, wire.SignalBody{}, a); fault.CodeOf(err) != fault.Offline {
		t.Errorf("a call without a link: %v", err)
	}
	if err := talk.Say(wire.SignalBody{Kind: wire.SignalBye}); err != nil {
		t.Fatal(err)
	}
	talk.End()
	none(t, b.words, "a word without a link")
	a.Opened(a, wire.Welcome{})
	if w := next(t, b.words, "the word"); w.Kind != wire.SignalBye {
		t.Errorf("%+v", w)
	}
}

func TestPeer_TheCloudsRefusalEndsTheLegItNames(t *testing.T) {
	a, b := ends(t)
	talk, err := a.Call(b.agent, wire.SignalBody{}, a)
	if err != nil {
		t.Fatal(err)
	}
	refuse := func(leg domain.LegID) {
		body, _ := wire.Marshal(wire.SignalRefused{Leg: leg, Why: wire.RefusedAgentOffline})
		a.Received(wire.Envelope{Kind: wire.KindSignalRefused, Body: body})
	}
	refuse(domain.LegID{9})
	none(t, a.losses, "another leg's refusal")
	refuse(talk.leg)
	if why := next(t, a.losses, "the refusal"); why != wire.RefusedAgentOffline {
		t.Error(why)
	}
}

func TestPeer_TheLoginAtTheTurnServerEnds(t *testing.T) {
	now := time.Now()
	p := New(Config{Now: func() time.Time { return now }})
	body, _ := wire.Marshal(wire.TurnLogin{URLs: []string{"turn:192.0.2.1:3478"}, User: "u", Password: "p", TTLMilli: 60_000})
	p.Received(wire.Envelope{Kind: wire.KindTurn, Body: body})
	if p.Turn().User != "u" {
		t.Error("no login")
	}
	now = now.Add(time.Minute)
	if len(p.Turn().URLs) != 0 {
		t.Error("it outlived its end")
	}
}
