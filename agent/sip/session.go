package sip

import (
	"bytes"
	"context"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"vestibule/agent/call"
	"vestibule/agent/call/plan"
	"vestibule/agent/media"
	"vestibule/agent/sip/sipstate"
	"vestibule/agent/sip/txn"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
)

// session carries out the effects of one call: the caller's dialog, the legs, the media. Its effects come from the call's
// goroutine, one at a time.
type session struct {
	s       *Server
	id      domain.CallID
	began   time.Time
	caller  domain.Device
	dialled string
	source  netip.AddrPort
	req     *sipgo.Request
	tx      *txn.Server
	d       *dialog // the caller's
	legs    []leg
	leftOut []plan.LeftOut
	anchor  *media.Anchor
	place   domain.ApartmentID
	run     *call.Runner
	final   chan struct{} // closed when the INVITE has its final answer
	decided func()

	code atomic.Int32 // the final answer to the caller
	anew atomic.Bool  // the caller registered anew during the call

	timing   timing       // what was agreed with the caller
	reliably bool         // the caller acknowledges provisional answers
	winner   atomic.Int32 // the leg that talks, -1 before
	changing atomic.Bool  // a changed description is on its way

	mu    sync.Mutex
	rel   *reliable // the last provisional answer that went out reliably
	early bool      // a provisional answer carried a description
	up    bool      // the stored row says so
	gone  bool      // the stored row is deleted
}

// offerFor gives what a leg is offered: the caller's own description, or the agent's when the agent moves the caller's door
// and the device may open it (bound: it is registered) and is not known to send its keys by INFO; its RFC 4733 keys would otherwise pass the agent by.
// Ciphered speech goes direct: its keys could not be heard.
func (c *session) offerFor(d domain.Device, bound bool, local netip.Addr) (anchored bool, offer []byte) {
	body := c.req.Body()
	if !bound || d.DTMF == domain.DTMFInfo || !opensDoors(c.caller) || media.Secured(body) {
		return false, body
	}
	if c.anchor == nil {
		a, err := c.s.cfg.Media.Anchor(body, c.source.Addr())
		if err != nil {
			// The call matters more than the key: media goes direct, and INFO still opens.
			c.s.log.Warn("media not anchored", slog.String(logkey.Call, c.id.String()), slog.Any(logkey.Err, err))
			return false, body
		}
		c.anchor = a
	}
	offer, err := c.anchor.Offer(local)
	if err != nil {
		return false, body
	}
	return true, offer
}

// anchorTo implements owner.
func (c *session) anchorTo(answer []byte, from netip.Addr, onKey func(key byte)) ([]byte, error) {
	return c.anchor.Answer(answer, from, c.d.local.Addr(), onKey)
}

func (c *session) callID() domain.CallID { return c.id }

func (c *session) calling() domain.Device { return c.caller }

func (c *session) post(in call.Input) { c.run.Post(in) }

func (c *session) settled() string {
	if c.winner.Load() < 0 {
		return ""
	}
	return `SIP;cause=200;text="Call completed elsewhere"`
}

func (c *session) tries(d domain.DeviceID) bool {
	return slices.ContainsFunc(c.legs, func(l leg) bool { _, id := l.by(); return id == d })
}

func opensDoors(d domain.Device) bool {
	for _, r := range d.Doors() {
		if r.Enabled {
			return true
		}
	}
	return false
}

// perform carries out one effect.
func (c *session) perform(e call.Effect) {
	switch e := e.(type) {
	case call.RingCaller:
		c.provisional(180, "Ringing", nil)
		c.keep(sipstate.LegOffered)
	case call.Ring:
		c.ring(e.Leg)
	case call.EarlyMedia:
		c.preview(e.Leg)
	case call.CancelLeg:
		c.legs[e.Leg].cancel()
	case call.HangupLeg:
		c.legs[e.Leg].hangUp()
	case call.AnswerCaller:
		c.answer(e.Leg)
	case call.Bridge:
		if !c.legs[e.Leg].relayed() {
			c.closeMedia()
		}
	case call.Reject:
		a := answers[e.Reason]
		c.code.Store(int32(a.code)) //nolint:gosec // a status of three digits
		c.s.send(c.tx, respond(c.req, a.code, a.text, c.d.localTag, nil))
		c.decided()
	case call.HangupCaller:
		c.d.hangUp(func() {})
	case call.OpenDoor:
		c.open(e)
	case call.Finish:
		c.finish(e.Body, e.Legs)
	}
}

func (c *session) ring(index int) {
	l := c.legs[index]
	c.s.legs.Add(1)
	c.s.spawn(func() {
		defer c.s.legs.Add(-1)
		l.run()
	})
}

// open asks for the relay; the answer comes back as an input.
func (c *session) open(e call.OpenDoor) {
	name, device := c.legs[e.Leg].by()
	ask := Ask{
		DeviceID: c.caller.ID, Relay: e.Relay, Means: domain.MeansDTMF, By: name, ByDevice: device,
		ApartmentID: c.place, CallID: c.id,
	}
	if l, ok := c.legs[e.Leg].(*trunkLeg); ok {
		ask.ByPerson = l.person.ID
	}
	c.s.spawn(func() {
		// An opening that began is brought to its end, also when the agent is told to stop: it has time-outs of its own.
		out := c.s.cfg.Open(context.Background(), ask)
		c.run.Post(call.DoorResult{Relay: e.Relay, Result: out.Result, Reason: out.Reason})
	})
}

func (c *session) closeMedia() {
	if c.anchor != nil {
		c.anchor.Close()
	}
}

// finish gives back what the call held and writes its record.
func (c *session) finish(body domain.CallBody, legs []int) {
	c.decided()
	c.closeMedia()
	c.s.release(c)
	c.mu.Lock()
	c.gone = true
	c.mu.Unlock()
	if !c.s.spawn(func() { c.write(body, legs) }) {
		c.write(body, legs)
	}
}

// keep stores the caller's side, so that the next run can release a panel that waits or talks.
func (c *session) keep(state string) {
	c.d.mu.Lock()
	kept := sipstate.Leg{
		CallID: c.id, DeviceID: c.caller.ID, SIPCallID: c.d.callID, LocalTag: c.d.localTag, RemoteTag: c.d.remoteTag,
		LocalURI: c.d.ours, RemoteURI: c.d.theirs, Target: c.d.target.String(), Via: c.req.Via().Value(),
		CSeqMethod: string(sipgo.INVITE), CSeq: c.req.CSeq().SeqNo, State: state, Route: c.d.route,
	}
	if state == sipstate.LegOfferedUp {
		kept.CSeq = c.d.seq
	} else {
		kept.Target = uriOf("", c.source)
	}
	c.d.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone || c.up && state == sipstate.LegOffered {
		return
	}
	c.up = state == sipstate.LegOfferedUp
	c.s.keepLeg(kept)
}

// speaksFrom: the address that called or that the device has registered from since; a new TCP connection has another port.
func (c *session) speaksFrom(source netip.AddrPort) bool {
	if source == c.source || c.d.transport == "tcp" && source.Addr() == c.source.Addr() {
		return true
	}
	b, ok := c.s.Binding(c.caller.ID)
	return ok && addrPortOf(b.Source) == source
}

func (c *session) bye() { c.run.Post(call.CallerBye{}) }

// key: what a visitor presses at the door opens nothing.
func (c *session) key(string) {}

// sameOffer compares two descriptions; the origin line counts versions and says nothing about media (RFC 3264 section 8).
func sameOffer(a, b []byte) bool { return bytes.Equal(withoutOrigin(a), withoutOrigin(b)) }

func withoutOrigin(body []byte) []byte {
	var out []byte
	for line := range bytes.Lines(body) {
		if line = bytes.TrimSpace(line); len(line) > 0 && !bytes.HasPrefix(line, []byte("o=")) {
			out = append(append(out, line...), '\n')
		}
	}
	return out
}
