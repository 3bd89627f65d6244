package sip

import (
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"vestibule/agent/call"
	"vestibule/agent/call/plan"
	"vestibule/agent/media"
	"vestibule/agent/peer"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

// guest is a call of another agent to one of our devices: a leg here whose inputs go to that agent, which decides about everything. It owns a
// deviceLeg as a session does, and no machine.
type guest struct {
	s      *Server
	offer  wire.SignalBody
	caller domain.Device
	talk   *peer.Talk
	w      *mediaWay
	half   *media.Half
	leg    *deviceLeg
	gone   chan struct{} // closed at its end

	mu      sync.Mutex
	up      bool // the device answered
	leaving bool // there is nobody for whom it could ring
	over    bool
}

// grace is how much longer than the caller's agent may take this one waits for it before it ends a leg on its own.
const grace = 5 * time.Second

// Offered takes an offer of another agent. Nothing rings unless the site's own document says that this caller rings this device.
func (s *Server) Offered(b wire.SignalBody, talk *peer.Talk) peer.Listener {
	refuse := func(why string) peer.Listener {
		s.log.Info("another agent's call refused", slog.String(logkey.Agent, b.From.String()), slog.String(logkey.Reason, why))
		if err := talk.Say(wire.SignalBody{Kind: wire.SignalFailed, Why: why}); err != nil {
			s.log.Debug("refusal not said", slog.Any(logkey.Err, err))
		}
		return nil
	}
	caller, to, why := s.mayRing(b)
	if why != "" {
		return refuse(why)
	}
	g := &guest{s: s, offer: b, caller: caller, talk: talk, gone: make(chan struct{})}
	if !s.welcome(g) {
		return refuse("busy")
	}
	if why := g.open(to); why != "" {
		g.end()
		s.spawn(g.close)
		return refuse(why)
	}
	s.legs.Add(1)
	s.spawn(func() {
		defer s.legs.Add(-1)
		g.leg.run()
	})
	s.spawn(g.watch)
	return g
}

// mayRing makes the caller's plan anew, from this agent's own document: the other agent is not believed when it says who rings whom.
func (s *Server) mayRing(b wire.SignalBody) (caller domain.Device, to plan.Leg, why string) {
	view := s.cfg.View()
	caller, known := view.Devices[b.Caller]
	if !known || !view.Serves(b.From, caller) {
		return caller, to, "unknown_caller"
	}
	yes := func(domain.DeviceID) bool { return true }
	p := plan.Make(view, caller, b.Dialled, plan.Facts{
		WAN: true, Agent: b.From, Registered: yes, Reachable: yes, Carries: func(plan.Leg) plan.Why { return "" },
	})
	for _, stage := range p.Stages {
		i := slices.IndexFunc(stage.Legs, func(l plan.Leg) bool {
			return l.Path == plan.ByRemote && l.Device.ID == b.Device && view.Serves(s.cfg.Agent, l.Device)
		})
		if i >= 0 {
			to = stage.Legs[i]
			to.Path = plan.BySIP // across groups (EDGE-R15): only a device that registered
			return caller, to, ""
		}
	}
	return caller, to, "not_in_plan"
}

// welcome gives the call a place among the others.
func (s *Server) welcome(g *guest) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	same := 0
	for other := range s.guests {
		if other.offer.Caller == g.offer.Caller && other.offer.Device == g.offer.Device {
			same++
		}
	}
	if s.stopping || same >= s.cfg.Limits.CallsPerCaller || len(s.guests) >= s.cfg.Limits.Calls || int(s.legs.Load()) >= s.cfg.Limits.Legs {
		return false
	}
	s.guests[g] = true
	return true
}

// open prepares media and leg and tells the other agent how media reaches this one; it says why not.
func (g *guest) open(to plan.Leg) (why string) {
	s := g.s
	var err error
	if g.half, err = s.cfg.Media.Half(g.offer.Description); err != nil {
		s.log.Info("another agent's offer cannot be carried", slog.Any(logkey.Err, err))
		return "bad_description"
	}
	if g.w, err = s.newMediaWay(func(m wire.MediaPath) { g.tell(wire.SignalBody{Kind: wire.SignalPath, Path: &m}) }, func() {}, g.wayDown); err != nil {
		return "no_media_path"
	}
	g.w.attach(g.half)
	local, err := g.w.local()
	if err != nil {
		return "no_media_path"
	}
	leg := s.newDeviceLeg(g, 0, to)
	g.mu.Lock()
	g.leg = leg
	stopped := g.leaving
	g.mu.Unlock()
	if stopped {
		return "stopped"
	}
	g.tell(wire.SignalBody{Kind: wire.SignalPath, Path: local})
	g.w.hear(g.offer.Path, false)
	return ""
}

// watch ends what the other agent forgot, and gives everything back at the end.
func (g *guest) watch() {
	s := g.s
	ring := time.NewTimer(s.cfg.Timers.Dial + grace) // a monitor rings on while landlines are tried
	defer ring.Stop()
	talk := time.NewTimer(s.cfg.Timers.Dial + s.cfg.Timers.Talk + 2*grace)
	defer talk.Stop()
	for live := true; live; {
		select {
		case <-ring.C:
			g.mu.Lock()
			up := g.up
			g.mu.Unlock()
			if !up {
				g.leg.cancel()
			}
		case <-talk.C:
			g.leave()
		case <-g.gone:
			live = false
		case <-s.quit:
			live = false
		}
	}
	g.end()
	g.close()
}

// close gives ports back. It waits.
func (g *guest) close() {
	switch {
	case g.w != nil:
		g.w.close()
	case g.half != nil:
		g.half.Close()
	}
}

func (g *guest) tell(b wire.SignalBody) {
	if err := g.talk.Say(b); err != nil {
		g.s.log.Warn("not said to the other agent", slog.String(logkey.Kind, string(b.Kind)), slog.Any(logkey.Err, err))
	}
}

// Heard implements peer.Listener.
func (g *guest) Heard(b wire.SignalBody) {
	switch b.Kind {
	case wire.SignalPath:
		g.w.hear(b.Path, false)
	case wire.SignalCancel: // an answer that crosses it is told all the same: the caller's agent decides about it
		g.mu.Lock()
		up := g.up
		g.mu.Unlock()
		if !up {
			g.leg.cancel()
		}
	case wire.SignalBye:
		g.leave()
	default:
	}
}

// Lost implements peer.Listener: without a word to the other agent nobody can take the call here any more.
func (g *guest) Lost(string) {
	g.mu.Lock()
	up := g.up
	g.mu.Unlock()
	if !up {
		g.leave()
	}
}

// wayDown: the caller's agent hung up, or is out of reach.
func (g *guest) wayDown(string) { g.leave() }

// leave ends the leg, whatever it does; its own end is heard by post.
func (g *guest) leave() {
	g.mu.Lock()
	up, over, leg := g.up, g.over, g.leg
	g.leaving = true
	g.mu.Unlock()
	switch {
	case over || leg == nil: // open looks at leaving
	case up:
		leg.hangUp()
		g.tell(wire.SignalBody{Kind: wire.SignalBye})
		g.end()
	default:
		leg.cancel()
	}
}

// post passes what happens on the leg to the caller's agent.
func (g *guest) post(in call.Input) {
	switch in := in.(type) {
	case call.LegRinging:
		g.tell(wire.SignalBody{Kind: wire.SignalRinging})
	case call.LegAnswered:
		g.answered()
	case call.LegDeclined:
		g.tell(wire.SignalBody{Kind: wire.SignalDeclined, Why: in.Why, Busy: in.Busy})
		g.end()
	case call.LegFailed:
		why := in.Why
		if why == "unreachable" {
			why = "not_registered" // across groups nothing else counts
		}
		g.tell(wire.SignalBody{Kind: wire.SignalFailed, Why: why})
		g.end()
	case call.LegBye:
		g.tell(wire.SignalBody{Kind: wire.SignalBye})
		g.end()
	case call.Digit:
		g.key(in)
	}
}

// answered joins the device with the way and tells the caller's agent. One that nobody can take any more is hung up.
func (g *guest) answered() {
	body, err := g.leg.answer()
	g.mu.Lock()
	late := g.over || g.leaving
	g.up = true
	g.mu.Unlock()
	switch {
	case late:
		g.leg.hangUp()
		g.tell(wire.SignalBody{Kind: wire.SignalFailed, Why: "cancelled"})
		g.end()
	case err != nil:
		g.s.log.Warn("answer does not fit", slog.String(logkey.Call, g.offer.Call.String()), slog.Any(logkey.Err, err))
		g.leg.hangUp()
		g.tell(wire.SignalBody{Kind: wire.SignalFailed, Why: "bad_description"})
		g.end()
	default:
		g.tell(wire.SignalBody{Kind: wire.SignalAnswered, Description: body})
	}
}

// key passes a key on when this agent knows whose it is.
//
// Invariant: only a device that was registered when it was invited is vouched for (TestRemote_OnlyTheCalledDeviceOpens).
func (g *guest) key(in call.Digit) {
	g.mu.Lock()
	up := g.up && !g.over
	g.mu.Unlock()
	_, device := g.leg.by()
	if !up || !g.leg.bound || device != g.offer.Device {
		return
	}
	g.tell(wire.SignalBody{Kind: wire.SignalDigit, Device: device, Key: in.Key, How: in.How})
}

// end is the last word on the call.
func (g *guest) end() {
	g.mu.Lock()
	first := !g.over
	g.over = true
	g.mu.Unlock()
	if !first {
		return
	}
	close(g.gone)
	g.talk.End()
	g.s.mu.Lock()
	delete(g.s.guests, g)
	g.s.mu.Unlock()
}

func (g *guest) callID() domain.CallID { return g.offer.Call }

func (g *guest) calling() domain.Device { return g.caller }

// offerFor: the device is always offered the agent's own address.
func (g *guest) offerFor(_ domain.Device, bound bool, local netip.Addr) (bool, []byte) {
	body, err := g.half.Describe(g.offer.Description, local, bound && opensDoors(g.caller))
	if err != nil {
		g.s.log.Warn("offer does not fit", slog.Any(logkey.Err, err))
	}
	return true, body
}

// anchorTo starts the media toward the device. Keys end here when a door hangs on them.
func (g *guest) anchorTo(answer []byte, from netip.Addr, onKey func(key byte)) ([]byte, error) {
	if !opensDoors(g.caller) {
		onKey = nil
	}
	if err := g.half.Open(answer, from, g.w.send, onKey); err != nil {
		return nil, err
	}
	return g.half.Hidden(answer)
}

// passFrom implements passer: what the device changes for itself is answered here.
func (g *guest) passFrom(_ int, _ sipgo.RequestMethod, offer []byte) ([]byte, answer) {
	g.mu.Lock()
	up := g.up && !g.over
	g.mu.Unlock()
	if !up {
		return nil, inCall(491)
	}
	return g.w.hold(offer)
}

func (g *guest) settled() string { return "" }

// tries: what else the caller rings is not known here, so a redirection is not followed.
func (g *guest) tries(domain.DeviceID) bool { return true }
