package sip

import (
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"vestibule/agent/call"
	"vestibule/agent/call/plan"
	"vestibule/agent/peer"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

// remoteLeg is a leg to a device of another agent of the site. That agent rings the device with a leg of its own and tells what happens; the
// media goes from agent to agent. A leg to an app is this leg with an app in the other agent's place.
type remoteLeg struct {
	call  *session
	index int
	to    plan.Leg

	settled chan struct{} // closed when it is certain that nothing rings, or that it was answered
	gone    chan struct{} // closed at the end of the leg

	mu       sync.Mutex
	w        *mediaWay
	talk     *peer.Talk
	found    []string // candidates that wait for the talk
	heard    bool     // the other agent has spoken
	rang     bool
	got      []byte // the device's answer
	pathUp   bool
	answered bool // told to the call
	leaving  bool // cancelled
	over     bool
	code     int
}

// remotes is the way to devices of other agents.
type remotes struct{ s *Server }

func (r remotes) ready(l plan.Leg) plan.Why {
	if l.Agent.IsZero() {
		return plan.WhyOtherAgent // nobody acts for its network group
	}
	return ""
}

func (r remotes) newLeg(c *session, index int, l plan.Leg) leg {
	return &remoteLeg{call: c, index: index, to: l, settled: make(chan struct{}), gone: make(chan struct{})}
}

// run offers the leg to the other agent and waits until nothing rings.
func (l *remoteLeg) run() {
	s := l.call.s
	if err := l.offer(); err != nil {
		s.log.Info("leg not offered", slog.String(logkey.Device, l.to.Device.ID.String()), slog.Any(logkey.Err, err))
		why := "transport"
		if !s.wan() {
			why = peer.WANDown
		}
		l.fail(why)
		return
	}
	silent := time.NewTimer(wire.OfferTTL)
	defer silent.Stop()
	for {
		select {
		case <-l.settled:
			return
		case <-silent.C:
			l.mu.Lock()
			heard := l.heard
			l.mu.Unlock()
			if !heard {
				l.tell(wire.SignalBody{Kind: wire.SignalCancel})
				l.fail("no_reply")
				return
			}
		case <-s.quit:
			l.end()
			return
		}
	}
}

func (l *remoteLeg) offer() error {
	c := l.call
	s := c.s
	w, err := s.newMediaWay(l.reachable, l.wayUp, l.wayDown)
	if err != nil {
		return err
	}
	s.spawn(func() {
		select {
		case <-l.gone:
		case <-s.quit:
		}
		w.close()
	})
	local, err := w.local()
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.w = w
	if l.leaving { // cancelled before it began
		return nil
	}
	local.Candidates = l.found
	l.talk, err = s.cfg.Peers.Call(l.to.Agent, wire.SignalBody{
		Call: c.id, Caller: c.caller.ID, Device: l.to.Device.ID, Dialled: c.dialled, Description: c.req.Body(), Path: local,
	}, l)
	return err
}

// reachable takes one more way to this end.
func (l *remoteLeg) reachable(m wire.MediaPath) {
	l.mu.Lock()
	early := l.talk == nil
	if early {
		l.found = append(l.found, m.Candidates...)
	}
	l.mu.Unlock()
	if !early {
		l.tell(wire.SignalBody{Kind: wire.SignalPath, Path: &m})
	}
}

// tell says something to the other agent; what cannot be said is noticed by the end of the way.
func (l *remoteLeg) tell(b wire.SignalBody) {
	l.mu.Lock()
	talk := l.talk
	l.mu.Unlock()
	if talk == nil {
		return
	}
	if err := talk.Say(b); err != nil {
		l.call.s.log.Warn("not said to the other agent", slog.String(logkey.Kind, string(b.Kind)), slog.Any(logkey.Err, err))
	}
}

// Heard implements peer.Listener.
func (l *remoteLeg) Heard(b wire.SignalBody) {
	l.mu.Lock()
	l.heard = true
	w, over := l.w, l.over
	l.mu.Unlock()
	if over {
		return
	}
	switch b.Kind {
	case wire.SignalPath:
		w.hear(b.Path, true)
	case wire.SignalRinging:
		l.mu.Lock()
		l.rang = true
		l.mu.Unlock()
		l.post(call.LegRinging{Leg: l.index})
	case wire.SignalAnswered:
		l.pickedUp(b.Description)
	case wire.SignalDeclined:
		l.noteCode(b.Why)
		l.post(call.LegDeclined{Leg: l.index, Why: word(b.Why), Busy: b.Busy})
		l.end()
	case wire.SignalFailed:
		l.noteCode(b.Why)
		l.fail(word(b.Why))
	case wire.SignalDigit:
		l.key(b)
	case wire.SignalBye:
		l.post(call.LegBye{Leg: l.index})
		l.end()
	default:
	}
}

// mostWord bounds words of another agent that go into the record.
const mostWord = 32

// word is a reason of another agent as the record takes it.
func word(why string) string {
	if len(why) > mostWord || strings.ContainsFunc(why, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
	}) {
		return "unknown"
	}
	return why
}

func (l *remoteLeg) noteCode(why string) {
	if code, err := strconv.Atoi(why); err == nil && code >= 300 && code < 700 {
		l.mu.Lock()
		l.code = code
		l.mu.Unlock()
	}
}

// pickedUp: somebody holds the handset. The call hears of it when media can pass; one that was cancelled meanwhile hears it at once, and hangs up.
func (l *remoteLeg) pickedUp(description []byte) {
	l.mu.Lock()
	l.got = description
	l.mu.Unlock()
	l.ready()
}

func (l *remoteLeg) wayUp() {
	l.mu.Lock()
	l.pathUp = true
	l.mu.Unlock()
	l.ready()
}

func (l *remoteLeg) ready() {
	l.mu.Lock()
	now := !l.over && !l.answered && len(l.got) > 0 && (l.pathUp || l.leaving)
	if now {
		l.answered = true
		close(l.settled)
	}
	l.mu.Unlock()
	if now {
		l.post(call.LegAnswered{Leg: l.index, Anchored: true})
	}
}

// wayDown: there is no way for media, or none any more.
func (l *remoteLeg) wayDown(why string) {
	l.mu.Lock()
	over, answered, leaving := l.over, l.answered, l.leaving
	l.mu.Unlock()
	switch {
	case over || leaving && !answered: // what becomes of the ringing is still to be heard
	case answered && why == "peer_closed":
		l.post(call.LegBye{Leg: l.index})
		l.end()
	default:
		l.tell(wire.SignalBody{Kind: wire.SignalBye})
		l.fail(why)
	}
}

// Lost implements peer.Listener: a leg that rings fails at once, one that talks goes on as long as its media does.
func (l *remoteLeg) Lost(why string) {
	l.mu.Lock()
	over, answered := l.over, l.answered
	l.mu.Unlock()
	if over || answered {
		return
	}
	l.tell(wire.SignalBody{Kind: wire.SignalCancel}) // said when the way is back, if it is soon
	l.fail(why)
}

// key takes a key that the other agent vouches for: it authenticated the device, and it is the one that this leg called.
//
// Invariant: a key of any other device, or before the answer, is nothing (TestRemote_OnlyTheCalledDeviceOpens).
func (l *remoteLeg) key(b wire.SignalBody) {
	l.mu.Lock()
	answered := l.answered
	l.mu.Unlock()
	if !answered || b.Device != l.to.Device.ID || len(b.Key) != 1 || !strings.Contains("0123456789*#", b.Key) {
		return
	}
	how := "rfc4733"
	if b.How == "info" {
		how = "info"
	}
	l.post(call.Digit{Leg: l.index, Key: b.Key, How: how})
}

func (l *remoteLeg) post(in call.Input) { l.call.post(in) }

func (l *remoteLeg) fail(why string) {
	l.post(call.LegFailed{Leg: l.index, Why: why})
	l.end()
}

// end gives everything back.
func (l *remoteLeg) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return
	}
	l.over = true
	if !l.answered {
		close(l.settled)
	}
	close(l.gone)
	if l.talk != nil {
		l.talk.End()
	}
}

// cancel ends the ringing. The other agent confirms it; when it cannot, the end of the way tells it all the same.
func (l *remoteLeg) cancel() {
	l.mu.Lock()
	first, talk := !l.leaving && !l.over, l.talk
	l.leaving = true
	l.mu.Unlock()
	if !first {
		return
	}
	if talk == nil {
		l.fail("cancelled")
		return
	}
	s := l.call.s
	s.spawn(func() {
		l.tell(wire.SignalBody{Kind: wire.SignalCancel})
		confirm := time.NewTimer(wire.OfferTTL)
		defer confirm.Stop()
		select {
		case <-l.settled:
		case <-confirm.C:
			l.fail("cancel_unanswered")
		case <-s.quit:
			l.end()
		}
	})
}

// hangUp ends the answered leg.
func (l *remoteLeg) hangUp() {
	l.call.s.spawn(func() {
		l.tell(wire.SignalBody{Kind: wire.SignalBye})
		l.end()
	})
}

// answer joins the caller with the way and gives the device's description with the agent's address in it.
func (l *remoteLeg) answer() ([]byte, error) {
	c := l.call
	l.mu.Lock()
	body, w := l.got, l.w
	l.mu.Unlock()
	h, err := c.s.cfg.Media.Half(body)
	if err != nil {
		return nil, err
	}
	out, err := h.Describe(body, c.d.local.Addr(), false)
	if err == nil {
		err = h.Open(c.req.Body(), c.source.Addr(), w.send, nil)
	}
	if err != nil || !w.attach(h) {
		h.Close()
	}
	return out, err
}

// hold answers a change of the caller's description: the device at the other end has no part in it.
func (l *remoteLeg) hold(offer []byte) ([]byte, answer) {
	l.mu.Lock()
	w := l.w
	l.mu.Unlock()
	return w.hold(offer)
}

func (l *remoteLeg) relayed() bool { return false }

func (l *remoteLeg) by() (string, domain.DeviceID) { return l.to.Device.Name, l.to.Device.ID }

func (l *remoteLeg) net() domain.LegNet {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := domain.LegNet{Transport: "ice", OtherGroup: l.to.Device.GroupID != l.call.caller.GroupID, Code: l.code}
	if l.rang || len(l.got) > 0 {
		out.SignedIn = domain.RegLive
	}
	return out
}
