package sip

import (
	"context"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"

	sipgo "github.com/emiago/sipgo/sip"

	"vestibule/agent/call/plan"
	"vestibule/agent/sip/sipstate"
	"vestibule/shared/callrecord"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
)

// load takes the stored registrations: what was registered rings before any phone registers again.
func (s *Server) load(ctx context.Context) error {
	list, err := s.cfg.Bindings.Bindings(ctx)
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "The stored registrations cannot be read.")
	}
	now := s.cfg.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range list {
		if now.Before(b.ExpiresAt) && addrPortOf(b.Source).IsValid() {
			s.bindings[b.DeviceID] = b
			s.gate.registered(netip.AddrPort{}, addrPortOf(b.Source))
		}
	}
	return nil
}

// left reads what an earlier run left. It comes before anything is received: a call of this run must not be taken for one of those.
func (s *Server) left() []sipstate.Leg {
	legs, err := s.cfg.Legs.Legs()
	if err != nil {
		s.log.Error("stored legs not read", slog.Any(logkey.Err, err))
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range legs {
		s.dead[l.SIPCallID] = l.Carrier != ""
	}
	return legs
}

// clean ends what an earlier run left: monitors stop ringing, handsets are hung up, a waiting panel is told, and each such
// call leaves its event with the reason interrupted.
func (s *Server) clean(legs []sipstate.Leg) {
	calls := map[domain.CallID]*domain.CallBody{}
	for _, l := range legs {
		s.endStored(l)
		body := calls[l.CallID]
		if body == nil {
			body = &domain.CallBody{CallID: l.CallID, End: domain.EndInterrupted, Legs: []domain.LegBody{{}}}
			calls[l.CallID] = body
		}
		describe(body, l)
	}
	for id, body := range calls {
		if body.CallerID.IsZero() {
			continue // its event was written before the agent stopped; only a BYE was still to be confirmed
		}
		if s.recorded(id) {
			s.forgetCaller(legs, id)
			continue
		}
		s.name(body)
		callrecord.Fill(body)
		s.keepRecord(*body, func() { s.forgetCaller(legs, id) })
	}
}

// recorded tells whether the program ended between the record of a call and the end of its caller's leg.
func (s *Server) recorded(id domain.CallID) bool {
	if s.cfg.Recorded == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.Timers.Store)
	defer cancel()
	known, err := s.cfg.Recorded(ctx, id)
	if err != nil {
		s.log.Error("stored calls not read", slog.Any(logkey.Err, err))
	}
	return known
}

// forgetCaller forgets the caller's leg of a call: with it the event is written for good.
func (s *Server) forgetCaller(legs []sipstate.Leg, id domain.CallID) {
	for _, l := range legs {
		if l.CallID == id && isCaller(l) {
			s.forgetLeg(l.SIPCallID)
		}
	}
}

// isCaller tells the caller's row from a device's: a waiting caller is "offered", and an answered one has no INVITE of ours.
func isCaller(l sipstate.Leg) bool {
	return l.State == sipstate.LegOffered || l.State == sipstate.LegOfferedUp
}

// describe adds a stored leg to the event of its call.
func describe(body *domain.CallBody, l sipstate.Leg) {
	if isCaller(l) {
		body.CallerID = l.DeviceID
		if uri, ok := parseURI(between(l.LocalURI)); ok {
			body.Dialled, _ = url.PathUnescape(uri.User)
		}
		body.Legs[0].Marks = append(body.Legs[0].Marks, domain.LegMark{What: "ended", Why: string(domain.EndInterrupted)})
		return
	}
	what := "cancelled"
	if l.State == sipstate.LegUp {
		what, body.AnsweredBy = "ended", l.DeviceID
	}
	leg := domain.LegBody{DeviceID: l.DeviceID, Kind: domain.LegDevice, Marks: []domain.LegMark{{What: what, Why: string(domain.EndInterrupted)}}}
	if l.Carrier != "" {
		leg.Kind, leg.Path = domain.LegLandline, string(plan.ByTrunk)
	}
	body.Legs = append(body.Legs, leg)
}

// name fills in what the document knows about an interrupted call.
func (s *Server) name(body *domain.CallBody) {
	view := s.cfg.View()
	caller := view.Devices[body.CallerID]
	body.Legs[0].Name = caller.Name
	for i := range body.Legs[1:] {
		body.Legs[i+1].Name = view.Devices[body.Legs[i+1].DeviceID].Name
	}
	if a, ok := view.Dial(caller, body.Dialled); ok {
		body.ApartmentID = a.ID
	}
}

// between gives the URI of a name-addr.
func between(text string) string {
	_, after, _ := strings.Cut(text, "<")
	uri, _, _ := strings.Cut(after, ">")
	return uri
}

// endStored sends what ends a stored leg: CANCEL while it rings, BYE when it is up, a final answer to a waiting caller.
func (s *Server) endStored(l sipstate.Leg) {
	forget := func() {
		if !isCaller(l) {
			s.forgetLeg(l.SIPCallID)
		}
	}
	target, ok := parseURI(l.Target)
	dest, transport := s.wayOf(l, target)
	if !ok || !dest.IsValid() {
		forget()
		return
	}
	switch l.State {
	case sipstate.LegOffered:
		s.refuseStored(l, dest, transport)
	case sipstate.LegUp, sipstate.LegOfferedUp:
		d := &dialog{
			s: s, callID: l.SIPCallID, localTag: l.LocalTag, remoteTag: l.RemoteTag, local: s.localToward(dest.Addr()), dest: dest,
			transport: transport, ours: l.LocalURI, theirs: l.RemoteURI, target: target, route: l.Route, seq: l.CSeq,
		}
		if l.Carrier != "" {
			s.byeCarrier(d, forget)
		} else {
			s.fire(d.request(sipgo.BYE), forget)
		}
	default:
		if req, ok := cancelOf(l); ok {
			s.prepare(req, transport, dest)
			s.fire(req, forget)
		} else {
			forget()
		}
	}
}

// byeCarrier hangs up a landline of an earlier run; carriers may want a proof for that too. after is as in fire.
func (s *Server) byeCarrier(d *dialog, after func()) {
	t, on := domain.Trunk{}, false
	if s.line != nil {
		t, on = s.line.rules.Trunk()
	}
	if !on {
		s.fire(d.request(sipgo.BYE), after)
		return
	}
	s.spawn(func() {
		if (s.line.exchange(t, d, sipgo.BYE, nil) != nil || !s.ended()) && after != nil {
			after()
		}
	})
}

// wayOf is how a stored leg is reached: where the device is registered, else the host of its URI.
func (s *Server) wayOf(l sipstate.Leg, target sipgo.Uri) (netip.AddrPort, string) {
	if at := addrPortOf(l.Carrier); at.IsValid() {
		return at, l.Transport
	}
	s.mu.Lock()
	b, ok := s.bindings[l.DeviceID]
	s.mu.Unlock()
	if ok && !isCaller(l) {
		return addrPortOf(b.Source), b.Transport
	}
	port := target.Port
	if port == 0 {
		port = defaultPort
	}
	a, err := netip.ParseAddr(target.Host)
	if err != nil {
		return netip.AddrPort{}, ""
	}
	return netip.AddrPortFrom(a, uint16(port)), "udp"
}

// cancelOf builds the CANCEL of a leg's INVITE: same target, Via, From, To, Call-ID and number (RFC 3261 section 9.1).
func cancelOf(l sipstate.Leg) (*sipgo.Request, bool) {
	target, ok := parseURI(l.Target)
	v, fine := readVia(l.Via)
	if !ok || !fine {
		return nil, false
	}
	req := sipgo.NewRequest(sipgo.CANCEL, target)
	req.AppendHeader(v)
	hops := sipgo.MaxForwardsHeader(70)
	req.AppendHeader(&hops)
	header(req, "From", l.LocalURI+";tag="+l.LocalTag)
	header(req, "To", l.RemoteURI)
	id := sipgo.CallIDHeader(l.SIPCallID)
	req.AppendHeader(&id)
	req.AppendHeader(&sipgo.CSeqHeader{SeqNo: l.CSeq, MethodName: sipgo.CANCEL})
	return req, true
}

// readVia reads a stored Via value.
func readVia(text string) (*sipgo.ViaHeader, bool) {
	m := sipgo.NewRequest(sipgo.OPTIONS, sipgo.Uri{Scheme: "sip", Host: "stored"})
	header(m, "Via", text)
	v := m.Via()
	return v, v != nil && strings.HasPrefix(v.Params.GetOr("branch", ""), branchMark)
}

// refuseStored answers the INVITE of a caller that waits for an agent that is no more. The transaction is gone; the answer is
// built from what was stored.
func (s *Server) refuseStored(l sipstate.Leg, dest netip.AddrPort, transport string) {
	a := answers[domain.EndInterrupted]
	res := sipgo.NewResponse(a.code, a.text)
	header(res, "Via", l.Via)
	header(res, "From", l.RemoteURI+";tag="+l.RemoteTag)
	header(res, "To", l.LocalURI+";tag="+l.LocalTag)
	id := sipgo.CallIDHeader(l.SIPCallID)
	res.AppendHeader(&id)
	res.AppendHeader(&sipgo.CSeqHeader{SeqNo: l.CSeq, MethodName: sipgo.INVITE})
	res.SetBody(nil)
	if transport == "udp" {
		s.write(res.String(), dest)
	}
}

// write sends text from our UDP socket.
func (s *Server) write(text string, dest netip.AddrPort) {
	if _, err := s.udp.WriteToUDPAddrPort([]byte(text), dest); err != nil {
		s.log.Debug("not sent", slog.String(logkey.Addr, dest.String()), slog.Any(logkey.Err, err))
	}
}

// strayResponse takes answers that fit no transaction: a 2xx of a call is acknowledged again, answers to INVITEs of an earlier run are acknowledged,
// and a handset that was lifted meanwhile is hung up. Everything else is dropped.
func (s *Server) strayResponse(res *sipgo.Response) {
	id, seq := res.CallID(), res.CSeq()
	if id == nil || seq == nil || seq.MethodName != sipgo.INVITE || res.IsProvisional() {
		return
	}
	s.mu.Lock()
	carrier, ours := s.dead[id.Value()]
	s.mu.Unlock()
	from, to, v := res.From(), res.To(), res.Via()
	if from == nil || to == nil || v == nil {
		return
	}
	if !ours {
		s.mu.Lock()
		d := s.dialogs[id.Value()+" "+tagOf(from.Params)]
		s.mu.Unlock()
		if d != nil && res.IsSuccess() {
			if l, ok := d.party.(interface{ sendAck() }); ok {
				l.sendAck()
			}
		}
		return
	}
	dest := addrPortOf(res.Source())
	target, _ := parseURI(uriOf("", dest))
	if c := res.Contact(); c != nil {
		if uri, ok := parseURI(c.Address.String()); ok {
			target = uri
		}
	}
	d := &dialog{
		s: s, callID: id.Value(), localTag: tagOf(from.Params), remoteTag: tagOf(to.Params), local: s.localToward(dest.Addr()), dest: dest,
		transport: strings.ToLower(res.Transport()), ours: nameAddr("", from.Address.String()), theirs: nameAddr("", to.Address.String()),
		target: target, route: takeRoute(res, true), seq: seq.SeqNo,
	}
	ack := d.build(sipgo.ACK, seq.SeqNo)
	if !res.IsSuccess() {
		ack.ReplaceHeader(v.Clone()) // the ACK of a refusal belongs to the INVITE's transaction (RFC 3261 section 17.1.1.3)
	}
	s.pack(ack).send()
	switch {
	case !res.IsSuccess():
	case carrier:
		s.byeCarrier(d, nil)
	default:
		s.fire(d.request(sipgo.BYE), nil)
	}
}

// deviceOf names the device of a dialog for a note; none is fine.
func (s *Server) deviceOf(d *dialog) domain.DeviceID {
	if d == nil {
		return domain.DeviceID{}
	}
	switch p := d.party.(type) {
	case *deviceLeg:
		return p.device.ID
	case *session:
		return p.caller.ID
	}
	return domain.DeviceID{}
}
