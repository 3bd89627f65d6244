package sip

import (
	"net/netip"
	"strconv"
	"sync/atomic"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"vestibule/agent/call"
	"vestibule/agent/media"
	"vestibule/agent/sip/sipstate"
	"vestibule/shared/crashpoint"
)

// send stores the leg, then sends its INVITE: what rings can be ended by the next run.
func (l *deviceLeg) send() (*clientTx, error) {
	d, s := l.d, l.d.s
	d.mu.Lock()
	d.seq++
	d.invite = d.seq
	req := d.build(sipgo.INVITE, d.seq)
	d.sent = l.first
	d.mu.Unlock()
	describeSelf(req, d)
	l.timing.ask(req, s.cfg.Timers.LeastSession)
	// A stage may ring as long as its landlines need; whatever becomes of the agent, no device rings longer than a call may.
	ring := s.cfg.Timers.Dial.Round(time.Second).Seconds()
	header(req, "Expires", strconv.Itoa(max(1, int(ring))))
	header(req, "Content-Type", "application/sdp")
	l.proof.write(req)
	req.SetBody(l.first)
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
	l.prack(res)
	early := res.Body()
	if len(early) > 0 {
		l.mu.Lock()
		l.got = early
		l.mu.Unlock()
	}
	l.post(call.LegRinging{Leg: l.index, Early: media.Readable(early)})
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
		if n := l.redirected(res); n != nil {
			n.run()
			return
		}
		why := strconv.Itoa(res.StatusCode)
		if declined, busy := declines(res.StatusCode); declined {
			l.post(call.LegDeclined{Leg: l.index, Why: why, Busy: busy})
		} else {
			l.post(call.LegFailed{Leg: l.index, Why: why})
		}
		return
	}
	body := res.Body()
	if l.mu.Lock(); len(body) == 0 { // the answer came with a reliable provisional answer (RFC 3262 section 5)
		body = l.got
	}
	l.mu.Unlock()
	l.up(res, body)
	l.sendAck()
	l.keep(sipstate.LegUp)
	l.d.retime(l.d.s.timingFrom(res))
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
	d.retarget(res)
	d.mu.Lock()
	defer d.mu.Unlock()
	if to := res.To(); to != nil {
		d.remoteTag = tagOf(to.Params)
	}
	d.route = takeRoute(res, true)
	d.got = body
	p := d.s.pack(d.build(sipgo.ACK, d.invite))
	l.ack.parcel.Store(&p)
	l.mu.Lock()
	l.got = body
	l.mu.Unlock()
}

// sendAck sends the ACK of the 2xx.
func (l *deviceLeg) sendAck() { l.ack.again() }

// ack is the ACK of a 2xx. It points to nothing else of its call: the transaction, which outlives the call by seconds, holds it.
type ack struct{ parcel atomic.Pointer[parcel] } // nil before the 2xx

// again sends it, once more for each repetition of the 2xx.
func (a *ack) again() {
	if p := a.parcel.Load(); p != nil {
		p.send()
	}
}

// sendCancel ends the ringing: the same branch and CSeq number as the INVITE (RFC 3261 section 9.1).
func (l *deviceLeg) sendCancel() {
	l.mu.Lock()
	kept := l.kept
	l.mu.Unlock()
	if req, ok := cancelOf(kept); ok {
		if why := l.call.settled(); why != "" {
			header(req, "Reason", why) // RFC 3326: a monitor need not show a call that was missed
		}
		l.d.s.prepare(req, l.d.transport, l.d.dest)
		l.d.s.fire(req, nil)
	}
}

// keep stores the leg in a state.
func (l *deviceLeg) keep(state string) {
	d := l.d
	d.mu.Lock()
	kept := sipstate.Leg{
		CallID: l.call.callID(), DeviceID: l.device.ID, SIPCallID: d.callID, LocalTag: d.localTag, RemoteTag: d.remoteTag,
		LocalURI: d.ours, RemoteURI: d.theirs, Target: d.target.String(), CSeqMethod: string(sipgo.INVITE), CSeq: d.invite,
		State: state, Route: d.route,
	}
	if state == sipstate.LegUp {
		kept.CSeq = d.seq
	}
	if l.device.ID.IsZero() {
		kept.Carrier, kept.Transport = d.dest.String(), d.transport
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
		d.s.keepLeg(kept)
	}
}

// forget deletes the stored leg; nothing is stored for it any more.
func (l *deviceLeg) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.gone {
		l.gone = true
		l.d.s.forgetLeg(l.d.callID)
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

// lost: the device does not answer any more.
func (l *deviceLeg) lost(why string) {
	l.d.hangUp(l.forget)
	l.post(call.LegFailed{Leg: l.index, Why: why})
}
