package sip

import (
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"vestibule/agent/call"
	"vestibule/agent/call/plan"
	"vestibule/agent/sip/sipstate"
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
	first    []byte // what it is offered

	timing  timing                    // what the device is asked to agree to
	pracked uint32                    // highest number acknowledged; of run's goroutine alone
	moved   bool                      // a redirection led here
	heard   atomic.Bool               // a provisional answer came
	proof   *answered                 // that a carrier asked for; nil: nobody did
	next    atomic.Pointer[deviceLeg] // where a redirection of the device led to

	stop     chan struct{}
	stopOnce func() // closes stop
	ack      *ack

	mu     sync.Mutex
	got    []byte // the device's answer
	invite *sipgo.Request
	kept   sipstate.Leg
	gone   bool // nothing more is stored
	code   int  // the final answer
}

// newDeviceLeg prepares a leg; it has no dialog when the device has no address now, although the plan found one.
func (s *Server) newDeviceLeg(o owner, index int, p plan.Leg) *deviceLeg {
	l := s.reach(o, index, p)
	if l.d != nil {
		l.anchored, l.first = o.offerFor(p.Device, l.bound, l.d.local.Addr())
	}
	return l
}

// reach finds the way to a device: where it is registered, else, for a call by IP, where it is known to be.
func (s *Server) reach(o owner, index int, p plan.Leg) *deviceLeg {
	l := &deviceLeg{call: o, index: index, device: p.Device, stop: make(chan struct{}), ack: &ack{}}
	l.stopOnce = sync.OnceFunc(func() { close(l.stop) })
	l.timing = timing{every: s.cfg.Timers.Session, ours: true}
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
	local, caller := s.localFor(transport, dest.Addr()), o.calling()
	l.d = &dialog{
		s: s, party: l, callID: token(16), localTag: token(8), local: local, dest: dest, transport: transport, target: uri,
		ours: nameAddr(caller.Name, uriOf(caller.SIPUser, local)), theirs: nameAddr("", uriOf(p.Device.SIPUser, local)),
	}
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

// run invites the device and follows the transaction to its end. A device that wants fewer refreshes is asked once more.
func (l *deviceLeg) run() {
	if l.d == nil {
		l.post(call.LegFailed{Leg: l.index, Why: "unreachable"})
		return
	}
	for first := true; ; first = false {
		tx, err := l.send()
		if err != nil {
			l.d.s.log.Debug("leg not sent", slog.String(logkey.Device, l.device.ID.String()), slog.Any(logkey.Err, err))
			l.forget()
			l.post(call.LegFailed{Leg: l.index, Why: "transport"})
			return
		}
		tx.OnAnew(l.ack.again)
		res, why := l.follow(tx)
		switch {
		case res == nil:
			l.missed(why)
		case first && l.slower(res):
			continue
		default:
			l.final(res)
		}
		return
	}
}

// follow waits for the final answer of the INVITE, and cancels it when that is wanted; without one it says why.
func (l *deviceLeg) follow(tx *clientTx) (final *sipgo.Response, why string) {
	s := l.d.s
	stop, giveUp := l.stop, (<-chan time.Time)(nil)
	wanted, cancelled := false, false
	for {
		if wanted && l.heard.Load() && !cancelled { // CANCEL may follow a provisional answer only (RFC 3261 section 9.1)
			cancelled = true
			l.sendCancel()
		}
		select {
		case res := <-tx.Answers():
			if !res.IsProvisional() {
				return res, ""
			}
			if res.StatusCode > 100 {
				l.ringing(res)
			}
			l.heard.Store(true)
		case <-stop:
			timer := time.NewTimer(s.cfg.Timers.GiveUp)
			defer timer.Stop()
			stop, giveUp, wanted = nil, timer.C, true
		case <-giveUp:
			tx.End()
			return nil, "cancel_unanswered"
		case <-tx.Done():
			return nil, "no_reply"
		case <-s.quit:
			return nil, "stopped"
		}
	}
}

// slower takes a 422: the device wants to be refreshed less often (RFC 4028 section 7.4). False when there is nothing to ask again for.
func (l *deviceLeg) slower(res *sipgo.Response) bool {
	n, ok := seconds(value(res, "min-se"))
	if res.StatusCode != 422 || !ok || l.stopped() {
		return false
	}
	l.timing.every = max(l.timing.every, time.Duration(n)*time.Second)
	return true
}

func (l *deviceLeg) stopped() bool {
	select {
	case <-l.stop:
		return true
	default:
		return false
	}
}

// missed ends a leg without a final answer. At the end of the server the stored leg stays: the next run ends it.
func (l *deviceLeg) missed(why string) {
	l.d.s.dropDialog(l.d)
	if !l.d.s.ended() {
		l.forget()
	}
	l.post(call.LegFailed{Leg: l.index, Why: why})
}

// cancel ends the ringing, also where a redirection led to.
func (l *deviceLeg) cancel() {
	l.stopOnce()
	if n := l.next.Load(); n != nil {
		n.cancel()
	}
}

// hangUp ends the answered leg.
func (l *deviceLeg) hangUp() {
	if n := l.next.Load(); n != nil {
		n.hangUp()
		return
	}
	l.d.hangUp(l.forget)
}

// answer is the device's own description, or the agent's when the media goes over it.
func (l *deviceLeg) answer() ([]byte, error) {
	if n := l.next.Load(); n != nil {
		return n.answer()
	}
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

func (l *deviceLeg) by() (string, domain.DeviceID) {
	if n := l.next.Load(); n != nil {
		return n.by()
	}
	return l.device.Name, l.device.ID
}

// offer carries a changed description to the device.
func (l *deviceLeg) offer(method sipgo.RequestMethod, body []byte) ([]byte, answer) {
	return l.here().offer(method, body)
}

// here is the dialog with the device.
func (l *deviceLeg) here() *dialog {
	if n := l.next.Load(); n != nil {
		return n.here()
	}
	return l.d
}

// net is what the network had to do with the leg.
func (l *deviceLeg) net() domain.LegNet {
	if n := l.next.Load(); n != nil {
		return n.net()
	}
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
