package sip

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"vestibule/agent/call/plan"
	"vestibule/shared/callrecord"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
)

// attempt is the last registration that was refused to somebody who named himself as a device of the document.
type attempt struct {
	at     time.Time
	source netip.AddrPort
	ours   bool // the device is this agent's: only its password was wrong
}

// attempted notes a refused registration for the records of the calls that it makes fail. Only devices of the document are remembered.
func (s *Server) attempted(req *sipgo.Request) {
	device, ok := s.cfg.View().DeviceBySIPUser(req.To().Address.User)
	if !ok || value(req, "authorization") == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attempts[device.ID] = attempt{at: s.cfg.Now(), source: addrPortOf(req.Source()), ours: s.cfg.View().Serves(s.cfg.Agent, device)}
}

// attemptOf gives the last refused registration of a device that may still be the reason why it does not ring.
func (s *Server) attemptOf(device domain.DeviceID) (attempt, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.attempts[device]
	return a, ok && s.cfg.Now().Sub(a.at) < s.cfg.Timers.LongestBind
}

// restarted notes a registration from a new beginning in the calls that the device makes: so it is after a restart, when no visitor hears anything
// any more. It is called with mu held.
func (s *Server) restarted(device domain.DeviceID) {
	for _, c := range s.sessions {
		if c.caller.ID == device {
			c.anew.Store(true)
		}
	}
}

// pretender records a ring of somebody who named himself as a door phone and could not prove it: most likely it is that, with an old password.
func (s *Server) pretender(req *sipgo.Request) {
	if device, ok := s.cfg.View().DeviceBySIPUser(req.From().Address.User); ok && s.cfg.View().Serves(s.cfg.Agent, device) {
		s.turnedAway(req, device, domain.EndRefusedCaller, callrecord.WrongDigest)
	}
}

// signedIn tells how a device stands with the registrar.
func (s *Server) signedIn(device domain.DeviceID) domain.SignedIn {
	if s.Registered(device) {
		return domain.RegLive
	}
	if a, ok := s.attemptOf(device); ok && a.ours {
		return domain.RegRefused
	}
	return domain.RegNone
}

// facts completes the record of the call: what the network had to do with each leg, and the cause. legs are the numbers of the legs after the
// caller's line; those that were left out follow.
func (c *session) facts(b *domain.CallBody, legs []int) {
	b.Legs[0].Net = domain.LegNet{Address: c.source.String(), Transport: c.d.transport, SignedIn: c.s.signedIn(c.caller.ID), Code: int(c.code.Load()), Anew: c.anew.Load()}
	for i, number := range legs {
		b.Legs[1+i].Net = c.legs[number].net()
	}
	for i, out := range c.leftOut {
		b.Legs[1+len(legs)+i].Net = c.s.absent(out, c.caller, c.source.Addr())
	}
	callrecord.Fill(b)
}

// absent tells what is known of a device that could not be called.
func (s *Server) absent(out plan.LeftOut, caller domain.Device, from netip.Addr) domain.LegNet {
	if out.Kind != plan.ToDevice {
		return domain.LegNet{}
	}
	net := domain.LegNet{SignedIn: s.signedIn(out.Device.ID), OtherGroup: out.Device.GroupID != caller.GroupID}
	if at, ok := s.seen(out.Device); ok {
		net.Address, net.Beside = at.String(), oneNetwork(from, at.Addr())
	}
	return net
}

// seen is where a device showed itself: by discovery, or by a registration that was refused.
func (s *Server) seen(d domain.Device) (netip.AddrPort, bool) {
	if a, ok := s.attemptOf(d.ID); ok {
		return a.source, true
	}
	if s.cfg.Address == nil {
		return netip.AddrPort{}, false
	}
	return s.cfg.Address(d)
}

// oneNetwork tells whether two addresses belong to one network that this agent has a foot in.
func oneNetwork(a, b netip.Addr) bool {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	return slices.ContainsFunc(addrs, func(of net.Addr) bool {
		p, err := netip.ParsePrefix(of.String())
		return err == nil && p.Contains(a) && p.Contains(b)
	})
}

// write stores the record of a finished call; then its caller's leg is forgotten.
func (c *session) write(b domain.CallBody, legs []int) {
	c.awaitLate(&b)
	c.facts(&b, legs)
	c.s.keepRecord(b, func() { c.s.forgetLeg(c.d.callID) })
}

// keepRecord stores the record of a ring; what follows comes once it is on the disk.
func (s *Server) keepRecord(b domain.CallBody, then func()) {
	s.ledger.enter(entry{func(ctx context.Context) error {
		if err := s.cfg.Log.Append(ctx, domain.EventCall, b); err != nil {
			return err
		}
		if row, ok := s.visit(b); ok {
			return s.cfg.Log.Append(ctx, domain.EventDoor, row)
		}
		return nil
	}, then})
	s.log.Info("call ended", slog.String(logkey.Call, b.CallID.String()), slog.String(logkey.Reason, string(b.End)),
		slog.String(logkey.Cause, string(b.Cause)), slog.Int64(logkey.Took, b.LastsMilli))
}

// visit is the row of the door log for a visitor who rang at a home and did not come in, where the site wants it (LOG-01).
func (s *Server) visit(b domain.CallBody) (domain.DoorBody, bool) {
	view := s.cfg.View()
	caller := view.Devices[b.CallerID]
	door := caller.Type == domain.DoorPhone || caller.Type == domain.SingleDoorPhone
	opened := slices.ContainsFunc(b.Legs, func(l domain.LegBody) bool { _, ok := l.Has("opened"); return ok })
	if !door || caller.ID.IsZero() || b.ApartmentID.IsZero() || opened || b.End == domain.EndLoop || view.Site.Form.NoVisitorLog {
		return domain.DoorBody{}, false
	}
	return domain.DoorBody{
		DeviceID: b.CallerID, Means: domain.MeansVisit, Result: domain.ActNotOpened, ByDevice: b.AnsweredBy, ApartmentID: b.ApartmentID, CallID: b.CallID,
	}, true
}

// turnedAway records a ring that never became a call: the visitor pressed and heard an error. A broken panel makes a few records, not thousands.
func (s *Server) turnedAway(req *sipgo.Request, caller domain.Device, end domain.EndReason, why string) {
	source := addrPortOf(req.Source())
	if !s.notes.take("ring "+caller.ID.String()+" "+string(end), s.cfg.Now()) {
		return
	}
	now := s.cfg.Now()
	b := domain.CallBody{
		CallID: domain.NewID[domain.CallID](now), CallerID: caller.ID, Dialled: s.dialled(req), End: end, WAN: s.wan(),
		Legs: []domain.LegBody{{Name: caller.Name, Marks: []domain.LegMark{{What: "invited"}, {What: "failed", Why: why}, {What: "ended", Why: string(end)}}}},
	}
	b.Legs[0].Net = domain.LegNet{Address: source.String(), SignedIn: s.signedIn(caller.ID), Code: answers[end].code}
	if a, ok := s.cfg.View().Dial(caller, b.Dialled); ok {
		b.ApartmentID = a.ID
	}
	callrecord.Fill(&b)
	s.keepRecord(b, func() {})
}

// awaitLate waits a moment for a monitor that was answered just when its ringing ended, so that the record says so.
func (c *session) awaitLate(b *domain.CallBody) {
	if b.End != domain.EndNoAnswer && b.End != domain.EndCallerGone || !slices.ContainsFunc(b.Legs[1:], leaving) {
		return
	}
	timer := time.NewTimer(c.s.cfg.Timers.Late)
	defer timer.Stop()
	select {
	case <-c.run.Done():
		b.Legs = c.run.Record().Legs
	case <-timer.C:
	case <-c.s.quit:
	}
}

// leaving tells whether a leg rang and was cancelled.
func leaving(l domain.LegBody) bool {
	_, rang := l.Has("ringing")
	_, over := l.Has("cancelled")
	return rang && over
}
