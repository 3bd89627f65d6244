package sip

import (
	"net/netip"
	"strconv"
	"sync"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"vestibule/agent/call"
	"vestibule/agent/call/plan"
	"vestibule/agent/media"
	"vestibule/agent/sip/sipstate"
	"vestibule/agent/trunk"
	"vestibule/shared/domain"
)

// trunkLeg calls a landline over the carrier of the site. It is a leg like that to a device, with a proof where the carrier wants one, media over the
// agent, and the limits of the trunk. The landlines of one home are called one after the other (CALL-09): each waits until the
// carrier has ended the one before, so that two never count at once.
type trunkLeg struct {
	*deviceLeg
	person  domain.Person
	name    string
	number  string // as it is stored
	trunk   domain.Trunk
	after   *trunkLeg     // whose turn comes first; nil: nobody's
	passed  chan struct{} // closed when this one is over without an answer: the next may try
	ticket  *trunk.Call
	metered bool       // the meter runs; under mu
	source  netip.Addr // that the answer came from
	talking chan struct{}
	over    func() // closes talking, once
}

// ready implements way: a limit that is reached is told.
func (k *line) ready(l plan.Leg) plan.Why {
	_, why := k.rules.Check(l.Number, l.Person.Form.Country)
	k.rules.Refused(why)
	return plan.Why(why.Word())
}

// newLeg implements way.
func (k *line) newLeg(c *session, index int, l plan.Leg) leg { return c.newTrunkLeg(index, l) }

// newTrunkLeg prepares a leg; without a way to the carrier it has no dialog. Nothing is sent and no limit is touched before its turn.
func (c *session) newTrunkLeg(index int, p plan.Leg) *trunkLeg {
	l := &trunkLeg{
		deviceLeg: &deviceLeg{call: c, index: index, anchored: true, moved: true, stop: make(chan struct{}), ack: &ack{}},
		person:    p.Person, name: p.Name, number: p.Number, passed: make(chan struct{}), talking: make(chan struct{}),
	}
	l.stopOnce = sync.OnceFunc(func() { close(l.stop) })
	l.over = sync.OnceFunc(func() { close(l.talking) })
	l.timing = timing{every: c.s.cfg.Timers.Session, ours: true}
	for _, other := range c.legs {
		if earlier, ok := other.(*trunkLeg); ok {
			l.after = earlier
		}
	}
	if c.s.line == nil {
		return l
	}
	t, at, ok := c.s.line.reach()
	if !ok {
		return l
	}
	l.trunk = t
	l.d = c.s.line.dialog(t, at, "sip:"+t.Host, ownURI(t))
	l.d.party = l
	l.source = at.Addr()
	l.first = c.phoneOffer(l.d.local.Addr())
	return l
}

// phoneOffer is what a telephone is offered: speech alone, always over the agent; nil when the caller's description cannot be carried there.
func (c *session) phoneOffer(local netip.Addr) []byte {
	body := c.req.Body()
	if media.Secured(body) {
		return nil
	}
	if c.anchor == nil {
		a, err := c.s.cfg.Media.Anchor(body, c.source.Addr())
		if err != nil {
			return nil
		}
		c.anchor = a
	}
	offer, err := c.anchor.Offer(local)
	if err != nil {
		return nil
	}
	if offer, err = media.ForPhone(offer); err != nil {
		return nil
	}
	return offer
}

// run waits for the turn, takes a place within the limits and calls.
func (l *trunkLeg) run() {
	defer func() {
		if l.ticket != nil && !l.answered() {
			l.ticket.End()
		}
	}()
	if !l.turn() {
		l.fail("not_tried")
		return
	}
	switch {
	case l.d == nil:
		l.fail("no_trunk")
		return
	case l.first == nil:
		l.fail("bad_description")
		return
	}
	ticket, number, why := l.d.s.line.rules.Take(l.number, l.person.Form.Country)
	if why != trunk.LimitNone {
		l.fail(why.Word())
		return
	}
	l.ticket = ticket
	l.address(number)
	l.dial()
}

// turn waits until the landline before this one did not answer; false when this one is no longer wanted.
func (l *trunkLeg) turn() bool {
	if l.after != nil {
		select {
		case <-l.after.passed:
		case <-l.stop:
		}
	}
	return !l.stopped()
}

// address says whom the INVITE is for and who calls.
func (l *trunkLeg) address(number string) {
	d := l.d
	d.target, _ = parseURI(numberURI(number, l.trunk.Host))
	d.theirs = nameAddr("", numberURI(number, l.trunk.Host))
	if l.trunk.CallerID != "" {
		d.ours = nameAddr("", numberURI(l.trunk.CallerID, l.trunk.Host))
	}
}

// dial sends the INVITE, with a proof when the carrier asks for one, and follows it to its end.
func (l *trunkLeg) dial() {
	for range mostProofs {
		tx, err := l.send()
		if err != nil {
			l.forget()
			l.fail("transport")
			return
		}
		tx.OnAnew(l.ack.again)
		res, why := l.follow(tx)
		if res == nil {
			l.d.s.dropDialog(l.d)
			if !l.d.s.ended() {
				l.forget()
			}
			l.fail(why)
			return
		}
		next, ok := answerChallenge(res, l.invite, l.trunk)
		if !ok || l.stopped() || l.proof != nil && !next.stale {
			l.settle(res)
			return
		}
		l.proof = next
	}
	l.fail("401")
}

// settle takes the last answer to the INVITE. A redirection is a refusal: the carrier is asked for the stored number and for no other.
func (l *trunkLeg) settle(res *sipgo.Response) {
	l.mu.Lock()
	l.code = res.StatusCode
	l.mu.Unlock()
	if res.IsSuccess() {
		l.took(res)
		return
	}
	l.d.s.dropDialog(l.d)
	l.forget()
	switch code := res.StatusCode; {
	case code == 486 || code == 600:
		l.pass()
		l.post(call.LegDeclined{Leg: l.index, Why: strconv.Itoa(code), Busy: true})
	case code == 603 || code == 607 || code == 608:
		l.pass()
		l.post(call.LegDeclined{Leg: l.index, Why: strconv.Itoa(code)})
	default:
		l.fail(strconv.Itoa(code))
	}
}

// took makes the dialog of a 2xx and books the first minute before anybody talks.
func (l *trunkLeg) took(res *sipgo.Response) {
	body := res.Body()
	if l.mu.Lock(); len(body) == 0 {
		body = l.got
	}
	l.mu.Unlock()
	if at := addrPortOf(res.Source()); at.IsValid() {
		l.source = at.Addr()
	}
	l.up(res, body)
	l.sendAck()
	l.keep(sipstate.LegUp)
	why := l.ticket.Minute()
	switch {
	case why != trunk.LimitNone:
		l.hangUp()
		l.fail(why.Word())
		return
	case !media.Readable(body):
		l.hangUp()
		l.fail("bad_description")
		return
	}
	l.mu.Lock()
	l.metered = true
	l.mu.Unlock()
	l.d.retime(l.d.s.timingFrom(res))
	l.d.s.spawn(l.meter)
	l.post(call.LegAnswered{Leg: l.index, Anchored: true})
}

// meter books each further minute that begins, and hangs up when a limit says so.
func (l *trunkLeg) meter() {
	defer l.ticket.End()
	minute := time.NewTicker(l.d.s.cfg.Timers.Minute)
	defer minute.Stop()
	for {
		select {
		case <-l.talking:
			return
		case <-l.d.s.quit:
			return
		case <-minute.C:
		}
		if why := l.ticket.Minute(); why != trunk.LimitNone {
			l.hangUp()
			l.post(call.LegFailed{Leg: l.index, Why: why.Word()})
			return
		}
	}
}

// answered tells whether the leg was taken up; then the meter gives its place back.
func (l *trunkLeg) answered() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.metered
}

// pass lets the next landline try.
func (l *trunkLeg) pass() { close(l.passed) }

func (l *trunkLeg) fail(why string) {
	l.pass()
	l.post(call.LegFailed{Leg: l.index, Why: why})
}

// hangUp ends the answered leg; carriers may want a proof for that too.
func (l *trunkLeg) hangUp() {
	l.over()
	if l.d == nil || !l.d.end() {
		return
	}
	l.d.s.spawn(func() {
		if l.d.s.line.exchange(l.trunk, l.d, sipgo.BYE, nil) != nil || !l.d.s.ended() {
			l.forget()
		}
		l.d.s.dropDialog(l.d)
	})
}

// answer is the agent's description: what the telephone does not have stays refused.
func (l *trunkLeg) answer() ([]byte, error) {
	l.mu.Lock()
	body := l.got
	l.mu.Unlock()
	body, err := media.FromPhone(l.first, body)
	if err != nil {
		return nil, err
	}
	return l.call.anchorTo(body, l.source, func(key byte) {
		l.post(call.Digit{Leg: l.index, Key: string(key), How: "rfc4733"})
	})
}

func (l *trunkLeg) by() (string, domain.DeviceID) {
	return l.name, domain.DeviceID{}
}

// net is what the network had to do with the leg. The number is not in it: it is the resident's own.
func (l *trunkLeg) net() domain.LegNet {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := domain.LegNet{Code: l.code}
	if l.d != nil {
		out.Address, out.Transport = l.d.dest.String(), l.d.transport
	}
	return out
}

// speaksFrom: the carrier that was called, or where its answer came from. Carriers answer from more than one port.
func (l *trunkLeg) speaksFrom(source netip.AddrPort) bool {
	return source.Addr() == l.d.dest.Addr() || source.Addr() == l.source
}

func (l *trunkLeg) bye() {
	l.over()
	l.deviceLeg.bye()
}

// lost: the carrier does not answer any more.
func (l *trunkLeg) lost(why string) {
	l.hangUp()
	l.post(call.LegFailed{Leg: l.index, Why: why})
}
