package sipua

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// onInvite makes a call of an INVITE that starts a dialog (RFC 3261 section 12.1.1).
func (ua *UA) onInvite(tx *serverTx) {
	from, _ := ParseAddress(tx.req.Get("From"))
	to, _ := ParseAddress(tx.req.Get("To"))
	target := from.URI
	if contact, err := ParseAddress(first(tx.req.List("Contact"))); err == nil {
		target = contact.URI
	}
	uri, err := ParseURI(tx.req.URI)
	if err != nil {
		tx.respond(416, "Unsupported URI Scheme", nil, nil)
		return
	}
	seq, _ := tx.req.CSeq()
	c := &Call{
		ua: ua, id: tx.req.Get("Call-ID"), localTag: tx.tag, state: Calling, started: time.Now(),
		dialled: uri.User, remoteURI: Address{Display: from.Display, URI: from.URI}, remoteTag: from.Tag(),
		localURI: Address{URI: to.URI, Params: Params{{"tag", tx.tag}}}, target: target,
		routes: tx.req.List("Record-Route"), hop: tx.from, remoteSeq: seq, tx: tx,
	}
	if uri.User != "" {
		c.localURI.URI.User = uri.User
	}
	c.life, c.end = context.WithCancel(context.Background())
	c.note("INVITE", false, 0, "")
	tx.mu.Lock()
	tx.call = c
	tx.mu.Unlock()
	if !ua.keep(c) {
		return
	}
	tx.respond(100, "Trying", nil, nil)
	if n, err := strconv.Atoi(strings.TrimSpace(tx.req.Get("Expires"))); err == nil && n > 0 {
		c.mu.Lock()
		c.expiry = time.AfterFunc(time.Duration(min(n, 86400))*time.Second, func() { c.expire() })
		c.mu.Unlock()
	}
	ua.spawn(func() { ua.handler.Incoming(c) })
}

func (c *Call) expire() {
	switch c.State() {
	case Calling, Ringing:
		c.abandon("expired")
	default:
	}
}

// Offer is the session description of the INVITE; empty when the other end wants ours first.
func (c *Call) Offer() []byte {
	if c.tx == nil {
		return nil
	}
	return c.tx.req.Body
}

// Source is where the INVITE came from.
func (c *Call) Source() netip.AddrPort {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hop
}

// Ring sends 180.
func (c *Call) Ring() error {
	tx, err := c.step(Ringing, 180, "Ringing", Calling)
	if err != nil {
		return err
	}
	tx.respond(180, "Ringing", c.ownContact(), nil)
	c.changed()
	return nil
}

// Answer sends 200 with our session description: the answer to the offer, or an offer where there was none.
func (c *Call) Answer(description []byte) error {
	tx, err := c.step(Established, 200, "OK", Calling, Ringing)
	if err != nil {
		return err
	}
	offer := tx.req.Body
	c.mu.Lock()
	c.description = description
	c.lateOffer = len(offer) == 0
	if c.expiry != nil {
		c.expiry.Stop()
	}
	c.mu.Unlock()
	extra := append(c.ownContact(), Header{"Allow", allow}, Header{"Content-Type", "application/sdp"})
	tx.respond(200, "OK", extra, description)
	if len(offer) > 0 {
		c.ua.handler.Described(c, offer)
	}
	c.changed()
	return nil
}

// Reject refuses the call with a final status.
func (c *Call) Reject(status int, reason string) error {
	c.mu.Lock()
	tx, open := c.tx, c.state == Calling || c.state == Ringing
	if !open || tx == nil || status < 300 || status > 699 {
		state := c.state
		c.mu.Unlock()
		return fmt.Errorf("call is %s: no answer %d", state, status)
	}
	c.note("response", true, status, reason)
	c.mu.Unlock()
	c.finish("rejected:" + strconv.Itoa(status))
	tx.respond(status, reason, nil, nil)
	return nil
}

// step moves an incoming call on; only from one of the given states.
func (c *Call) step(to State, status int, reason string, from ...State) (*serverTx, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range from {
		if c.state == s && c.tx != nil && !c.outgoing {
			c.state = to
			c.note("response", true, status, reason)
			return c.tx, nil
		}
	}
	return nil, fmt.Errorf("call is %s: no answer %d", c.state, status)
}

func (c *Call) ownContact() []Header {
	return []Header{{"Contact", "<" + c.ua.contact(c.localURI.URI.User).String() + ">"}}
}

func (c *Call) onCancel() {
	c.mu.Lock()
	c.note("CANCEL", false, 0, "")
	open := c.state == Calling || c.state == Ringing
	c.mu.Unlock()
	if open {
		c.abandon("cancelled")
	}
}

func (c *Call) onAck(m *Message) {
	c.mu.Lock()
	tx := c.tx
	c.note("ACK", false, 0, "")
	describe := c.lateOffer && len(m.Body) > 0
	c.lateOffer = false
	c.mu.Unlock()
	if tx != nil {
		tx.ack()
	}
	if describe {
		c.ua.spawn(func() { c.ua.handler.Described(c, m.Body) })
	}
	c.changed()
}

// onNoAck ends a call whose answer was never acknowledged (RFC 3261 section 13.3.1.4).
func (c *Call) onNoAck() {
	if c.State() == Established {
		c.bye("no_ack")
	}
}
