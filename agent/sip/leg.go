package sip

import (
	"context"
	"log/slog"
	"net/netip"
	"strconv"
	"sync"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"vestibule/agent/call"
	"vestibule/agent/call/plan"
	"vestibule/agent/media"
	"vestibule/agent/sip/sipstate"
	"vestibule/shared/crashpoint"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
)

// deviceLeg is the client side toward one device that speaks SIP with this agent. Its goroutine lives until the INVITE transaction has its final answer, longer
// than the call when the device is slow: only then is it certain that nothing rings.
type deviceLeg struct {
	d        *dialog
	call     owner
	index    int
	device   domain.Device
	bound    bool // invited at a registration
	anchored bool
	offer    []byte

	stop     chan struct{}
	stopOnce func() // closes stop

	mu     sync.Mutex
	got    []byte // the device's answer
	invite *sipgo.Request
	ack    *sipgo.Request
	kept   sipstate.Leg
	gone   bool // nothing more is stored
	code   int  // the final answer
}

// newDeviceLeg prepares a leg; it has no dialog when the device has no address now, although the plan found one.
func (s *Server) newDeviceLeg(o owner, index int, p plan.Leg) *deviceLeg {
	l := &deviceLeg{call: o, index: index, device: p.Device, stop: make(chan struct{})}
	l.stopOnce = sync.OnceFunc(func() { close(l.stop) })
	dest, transport, target := netip.AddrPort{}, "udp", ""
	if b, ok := s.Binding(p.Device.ID); ok {
		dest, transport, target, l.bound = addrPortOf(b.Source), b.Transport, b.Contact, true
	} else if at, ok := s.addressOf(p.Device); ok && p.Path == plan.ByIP {
		dest, target = at, uriOf(p.Device.SIPUser, at)
	}
	uri, ok := parseURI(target)
	if !ok || !dest.IsValid() {
		return l
	}
	local, caller := s.localToward(dest.Addr()), o.calling()
	l.d = &dialog{
		s: s, party: l, callID: token(16), localTag: token(8), local: local, dest: dest, transport: transport, target: uri,
		ours: nameAddr(caller.Name, uriOf(caller.SIPUser, local)), theirs: nameAddr("", uriOf(p.Device.SIPUser, local)),
	}
	l.anchored, l.offer = o.offerFor(p.Device, l.bound, local.Addr())
	return l
}

// addressOf is where a device that is not registered may be reached: the document's address, else where discovery saw it.
func (s *Server) addressOf(d domain.Device) (netip.AddrPort, bool) {
	if ap := addrPortOf(d.Address); ap.IsValid() {
		return ap, true
	}
	if a, err := netip.ParseAddr(d.Address); err == nil {
		return netip.AddrPortFrom(a, defaultPort), true
	}
	if s.cfg.Address == nil {
		return netip.AddrPort{}, false
	}
	at, ok := s.cfg.Address(d)
	if at.Port() == 0 {
		at = netip.AddrPortFrom(at.Addr(), defaultPort)
	}
	return at, ok && at.Addr().Is4()
}

// defaultPort is where SIP devices listen (RFC 3261 section 19.1.2).
const defaultPort = 5060

func (l *deviceLeg) post(in call.Input) { l.call.post(in) }

// run invites the device and follows the transaction to its end.
func (l *deviceLeg) run() {
	if l.d == nil {
		l.post(call.LegFailed{Leg: l.index, Why: "unreachable"})
		return
	}
	s := l.d.s
	tx, err := l.send()
	if err != nil {
		s.log.Debug("leg not sent", slog.String(logkey.Device, l.device.ID.String()), slog.Any(logkey.Err, err))
		l.forget()
		l.post(call.LegFailed{Leg: l.index, Why: "transport"})
		return
	}
	tx.OnRetransmission(func(*sipgo.Response) { l.sendAck() })
	stop, giveUp := l.stop, (<-chan time.Time)(nil)
	wanted, heard, cancelled := false, false, false
	for {
		if wanted && heard && !cancelled { // CANCEL may follow a provisional answer only (RFC 3261 section 9.1)
			cancelled = true
			l.sendCancel()
		}
		select {
		case res := <-tx.Responses():
			heard = true
			if !res.IsProvisional() {
				l.final(res)
				return
			}
			if res.StatusCode > 100 {
				l.ringing(res)
			}
		case <-stop:
			timer := time.NewTimer(s.cfg.Timers.GiveUp)
			defer timer.Stop()
			stop, giveUp, wanted = nil, timer.C, true
		case <-giveUp:
			tx.Terminate()
			l.lost("cancel_unanswered")
			return
		case <-tx.Done():
			l.lost("no_reply")
			return
		case <-s.quit:
			l.lost("stopped")
			return
		}
	}
}

// lost ends a leg without a final answer. At the end of the server the stored leg stays: the next run ends it.
func (l *deviceLeg) lost(why string) {
	l.d.s.dropDialog(l.d)
	if !l.d.s.ended() {
		l.forget()
	}
	l.post(call.LegFailed{Leg: l.index, Why: why})
}

// send stores the leg, then sends its INVITE: what rings can be ended by the next run.
func (l *deviceLeg) send() (*sipgo.ClientTx, error) {
	d, s := l.d, l.d.s
	d.mu.Lock()
	d.seq = 1
	req := d.build(sipgo.INVITE, d.seq)
	d.sent = l.offer
	d.mu.Unlock()
	header(req, "Contact", contact(d.local, d.transport))
	header(req, "Allow", allow)
	ring := s.cfg.Timers.Ring.Round(time.Second).Seconds()
	header(req, "Expires", strconv.Itoa(max(1, int(ring))))
	header(req, "Content-Type", "application/sdp")
	req.SetBody(l.offer)
	l.mu.Lock()
	l.invite = req
	l.mu.Unlock()
	l.keep(sipstate.LegInviting)
	s.addDialog(d)
	tx, err := s.start(req)
	if err != nil {
		s.dropDialog(d)
	}
	return tx, err
}

func (l *deviceLeg) ringing(res *sipgo.Response) {
	l.post(call.LegRinging{Leg: l.index})
	l.keep(sipstate.LegRinging)
	crashpoint.Hit("call.ringing")
}

// final takes the last answer to the INVITE. A 2xx is acknowledged at once whatever becomes of it.
func (l *deviceLeg) final(res *sipgo.Response) {
	l.mu.Lock()
	l.code = res.StatusCode
	l.mu.Unlock()
	if !res.IsSuccess() {
		l.d.s.dropDialog(l.d)
		l.forget()
		why := strconv.Itoa(res.StatusCode)
		if declined, busy := declines(res.StatusCode); declined {
			l.post(call.LegDeclined{Leg: l.index, Why: why, Busy: busy})
		} else {
			l.post(call.LegFailed{Leg: l.index, Why: why})
		}
		return
	}
	body := res.Body()
	l.up(res, body)
	l.sendAck()
	l.keep(sipstate.LegUp)
	if !media.Readable(body) && (l.anchored || len(body) == 0) {
		l.hangUp()
		l.post(call.LegFailed{Leg: l.index, Why: "bad_description"})
		return
	}
	l.post(call.LegAnswered{Leg: l.index, Anchored: l.anchored})
}

// up makes the dialog of a 2xx and its ACK (RFC 3261 sections 12.1.2 and 13.2.2.4).
func (l *deviceLeg) up(res *sipgo.Response, body []byte) {
	d := l.d
	d.mu.Lock()
	defer d.mu.Unlock()
	if to := res.To(); to != nil {
		d.remoteTag = tagOf(to.Params)
	}
	if c := res.Contact(); c != nil {
		if uri, ok := parseURI(c.Address.String()); ok {
			d.target = uri
		}
	}
	d.route = takeRoute(res, true)
	d.got = body
	ack := d.build(sipgo.ACK, d.seq)
	l.mu.Lock()
	l.got, l.ack = body, ack
	l.mu.Unlock()
}

// sendAck sends the ACK of the 2xx, again for each repetition of it.
func (l *deviceLeg) sendAck() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ack != nil && !l.d.s.ended() {
		_ = l.d.s.tpl.WriteMsg(l.ack) // a lost ACK is asked for again by the repeated 2xx
	}
}

// sendCancel ends the ringing: the same branch and CSeq number as the INVITE (RFC 3261 section 9.1).
func (l *deviceLeg) sendCancel() {
	l.mu.Lock()
	kept := l.kept
	l.mu.Unlock()
	if req, ok := cancelOf(kept); ok {
		l.d.s.prepare(req, l.d.transport, l.d.dest)
		l.d.s.fire(req, nil)
	}
}

func (l *deviceLeg) cancel() { l.stopOnce() }

// hangUp ends the answered leg.
func (l *deviceLeg) hangUp() { l.d.hangUp(l.forget) }

// answer is the device's own description, or the agent's when the media goes over it.
func (l *deviceLeg) answer() ([]byte, error) {
	l.mu.Lock()
	body := l.got
	l.mu.Unlock()
	if !l.anchored {
		return body, nil
	}
	return l.call.anchorTo(body, l.d.dest.Addr(), func(key byte) {
		l.post(call.Digit{Leg: l.index, Key: string(key), How: "rfc4733"})
	})
}

func (l *deviceLeg) relayed() bool { return l.anchored }

func (l *deviceLeg) by() (string, domain.DeviceID) { return l.device.Name, l.device.ID }

// keep stores the leg in a state.
func (l *deviceLeg) keep(state string) {
	d := l.d
	d.mu.Lock()
	kept := sipstate.Leg{
		CallID: l.call.callID(), DeviceID: l.device.ID, SIPCallID: d.callID, LocalTag: d.localTag, RemoteTag: d.remoteTag,
		LocalURI: d.ours, RemoteURI: d.theirs, Target: d.target.String(), CSeqMethod: string(sipgo.INVITE), CSeq: d.seq,
		State: state, Route: d.route,
	}
	d.mu.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	kept.Via = l.invite.Via().Value()
	if state != sipstate.LegUp {
		kept.Target = l.invite.Recipient.String()
	}
	l.kept = kept
	if !l.gone {
		d.s.store("leg", func(ctx context.Context) error { return d.s.cfg.Legs.PutLeg(ctx, kept) })
	}
}

// forget deletes the stored leg; nothing is stored for it any more.
func (l *deviceLeg) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.gone {
		l.gone = true
		l.d.s.store("leg", func(ctx context.Context) error { return l.d.s.cfg.Legs.DeleteLeg(ctx, l.d.callID) })
	}
}

// speaksFrom: the address that was invited, or the one the device has registered from since.
func (l *deviceLeg) speaksFrom(source netip.AddrPort) bool {
	if source == l.d.dest {
		return true
	}
	b, ok := l.d.s.Binding(l.device.ID)
	return ok && addrPortOf(b.Source) == source
}

func (l *deviceLeg) bye() {
	l.forget()
	l.post(call.LegBye{Leg: l.index})
}

func (l *deviceLeg) key(key string) { l.post(call.Digit{Leg: l.index, Key: key, How: "info"}) }

// net is what the network had to do with the leg.
func (l *deviceLeg) net() domain.LegNet {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := domain.LegNet{SignedIn: domain.RegNone, OtherGroup: l.device.GroupID != l.call.calling().GroupID, Code: l.code}
	if l.bound {
		out.SignedIn = domain.RegLive
	}
	if l.d != nil {
		out.Address, out.Transport = l.d.dest.String(), l.d.transport
	}
	return out
}
