package sipua

import (
	"context"
	"fmt"
	"net/netip"
)

// Bye hangs up an established call and waits for the answer.
func (c *Call) Bye(ctx context.Context) error {
	if c.State() != Established {
		return fmt.Errorf("call is %s", c.State())
	}
	req, dest := c.request("BYE", c.nextSeq())
	c.noteNow("BYE", true)
	if !c.finish("local_bye") {
		return nil
	}
	return c.within(ctx, req, dest)
}

// bye hangs up without waiting.
func (c *Call) bye(reason string) {
	req, dest := c.request("BYE", c.nextSeq())
	c.noteNow("BYE", true)
	c.finish(reason)
	c.ua.spawn(func() { _, _ = c.ua.roundTrip(context.Background(), req, dest) })
}

// Info sends an INFO inside the established call. An answer that is not 2xx is an error.
func (c *Call) Info(ctx context.Context, contentType string, body []byte) error {
	if c.State() != Established {
		return fmt.Errorf("call is %s", c.State())
	}
	req, dest := c.request("INFO", c.nextSeq())
	req.Add("Content-Type", contentType)
	req.Body = body
	c.noteNow("INFO", true)
	return c.within(ctx, req, dest)
}

// Hangup ends the call whatever its state: CANCEL, a decline or BYE. It returns when the call is over.
func (c *Call) Hangup(ctx context.Context) error {
	switch {
	case c.State() == Established:
		return c.Bye(ctx)
	case c.outgoing:
		c.giveUp()
		return c.Wait(ctx, Ended)
	default:
		return c.Reject(603, "Decline")
	}
}

// Wait returns once the call has come as far as state. One that ended before is an error.
func (c *Call) Wait(ctx context.Context, state State) error {
	err := c.point.Wait(ctx, func() bool { return c.State().rank() >= state.rank() })
	if err != nil {
		return fmt.Errorf("call is %s, wanted %s: %w", c.State(), state, err)
	}
	if s := c.Snapshot(); s.State == Ended && state != Ended {
		return fmt.Errorf("call ended: %s", s.Reason)
	}
	return nil
}

// within sends a request inside the dialog, answering one challenge.
func (c *Call) within(ctx context.Context, req *Message, dest netip.AddrPort) error {
	resp, err := c.ua.roundTrip(ctx, req, dest)
	if err != nil {
		return fmt.Errorf("%s: %w", req.Method, err)
	}
	if resp.Status == 401 || resp.Status == 407 {
		header, _, authErr := c.answerChallenge(resp, req.Method, req.URI)
		if authErr != nil {
			return fmt.Errorf("%s: status %d", req.Method, resp.Status)
		}
		again, dest := c.request(req.Method, c.nextSeq())
		again.Headers = append(again.Headers, header)
		if t := req.Get("Content-Type"); t != "" {
			again.Add("Content-Type", t)
		}
		again.Body = req.Body
		if resp, err = c.ua.roundTrip(ctx, again, dest); err != nil {
			return fmt.Errorf("%s: %w", req.Method, err)
		}
	}
	if resp.Status >= 300 {
		return fmt.Errorf("%s: status %d %s", req.Method, resp.Status, resp.Reason)
	}
	return nil
}

func (c *Call) noteNow(what string, sent bool) {
	c.mu.Lock()
	c.note(what, sent, 0, "")
	c.mu.Unlock()
}

// onRequest serves a request inside the dialog.
func (c *Call) onRequest(tx *serverTx) {
	seq, _ := tx.req.CSeq()
	c.mu.Lock()
	old := seq <= c.remoteSeq
	if !old {
		c.remoteSeq = seq
	}
	c.mu.Unlock()
	if old { // RFC 3261 section 12.2.2
		tx.respond(500, "Old Sequence Number", nil, nil)
		return
	}
	switch tx.req.Method {
	case "BYE":
		c.noteNow("BYE", false)
		tx.respond(200, "OK", nil, nil)
		c.abandon("remote_bye")
	case "INFO":
		c.noteNow("INFO", false)
		c.ua.spawn(func() {
			status := c.ua.handler.Informed(c, tx.req.Get("Content-Type"), tx.req.Body)
			tx.respond(status, reasonOf(status), nil, nil)
		})
	case "OPTIONS":
		tx.respond(200, "OK", []Header{{"Allow", allow}}, nil)
	case "INVITE":
		c.ua.spawn(func() { c.reinvite(tx) })
	default:
		tx.respond(405, "Method Not Allowed", []Header{{"Allow", allow}}, nil)
	}
}

// abandon ends the call; a ringing one also answers its INVITE (RFC 3261 section 15.1.2).
func (c *Call) abandon(reason string) {
	c.mu.Lock()
	tx, open := c.tx, c.state == Calling || c.state == Ringing
	if open && tx != nil {
		c.note("response", true, 487, "Request Terminated")
	}
	c.mu.Unlock()
	if !c.finish(reason) {
		return
	}
	if open && tx != nil {
		tx.respond(487, "Request Terminated", nil, nil)
	}
}

// reinvite answers an offer inside the call; without one it repeats our own description.
func (c *Call) reinvite(tx *serverTx) {
	if c.State() != Established {
		tx.respond(491, "Request Pending", nil, nil)
		return
	}
	c.mu.Lock()
	answer := c.description
	c.mu.Unlock()
	if len(tx.req.Body) > 0 {
		if answer = c.ua.handler.Offered(c, tx.req.Body); answer == nil {
			tx.respond(488, "Not Acceptable Here", nil, nil)
			return
		}
	}
	c.mu.Lock()
	if contact, err := ParseAddress(first(tx.req.List("Contact"))); err == nil {
		c.target = contact.URI
	}
	c.description = answer
	c.lateOffer = len(tx.req.Body) == 0
	user := c.localURI.URI.User
	c.mu.Unlock()
	tx.mu.Lock()
	tx.call = c
	tx.mu.Unlock()
	c.mu.Lock()
	c.tx = tx
	c.mu.Unlock()
	tx.respond(200, "OK", []Header{
		{"Contact", "<" + c.ua.contact(user).String() + ">"},
		{"Allow", allow},
		{"Content-Type", "application/sdp"},
	}, answer)
}

func reasonOf(status int) string {
	switch status {
	case 200:
		return "OK"
	case 415:
		return "Unsupported Media Type"
	default:
		return "Answer"
	}
}
