package sip

import (
	"fmt"
	"slices"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"vestibule/agent/call"
	"vestibule/agent/sip/txn"
)

// reliable is one provisional answer that is repeated until it is acknowledged by PRACK (RFC 3262).
type reliable struct {
	number uint32 // RSeq
	acked  chan struct{}
}

// provisional sends 180 or 183 to the caller. A caller that knows or demands 100rel gets it reliably; each waits for the one before it.
func (c *session) provisional(code int, text string, body []byte) {
	res := respond(c.req, code, text, c.d.localTag, body)
	describeSelf(res, c.d)
	if len(body) > 0 {
		header(res, "Content-Type", "application/sdp")
	}
	if !c.reliably {
		c.s.send(c.tx, res)
		return
	}
	c.mu.Lock()
	before := c.rel
	next := &reliable{number: 1, acked: make(chan struct{})}
	if before != nil {
		next.number = before.number + 1
	}
	c.rel = next
	c.mu.Unlock()
	header(res, "Require", reliableTag)
	header(res, "RSeq", fmt.Sprint(next.number))
	if before == nil {
		c.s.send(c.tx, res) // ringing is heard at once, whatever becomes of the acknowledgement
	}
	c.s.spawn(func() {
		if before != nil {
			if !c.waitFor(before.acked) {
				return
			}
			c.s.send(c.tx, res)
		}
		c.repeat(res, next.acked)
	})
}

// waitFor waits for an acknowledgement; false when the INVITE has its final answer before.
func (c *session) waitFor(acked <-chan struct{}) bool {
	select {
	case <-acked:
		return true
	case <-c.final:
	case <-c.s.quit:
	}
	return false
}

// repeat sends a provisional answer again until its PRACK comes. Without one the call is refused (RFC 3262 section 3).
func (c *session) repeat(res *reply, acked <-chan struct{}) {
	pause, left := c.s.cfg.Timers.Resend, c.s.cfg.Timers.GiveUp
	for left > 0 {
		timer := time.NewTimer(pause)
		select {
		case <-acked:
		case <-c.final:
		case <-c.s.quit:
		case <-timer.C:
			c.s.send(c.tx, res)
			left -= pause
			pause *= 2
			continue
		}
		timer.Stop()
		return
	}
	c.code.Store(504)
	c.s.reply(c.req, c.tx, 504, "Server Time-out")
	c.decided()
	c.run.Post(call.CallerLost{Why: "no_prack"})
}

// unacknowledged gives the acknowledgement that a 2xx has to wait for, nil when there is none: a description that went out in a
// provisional answer comes before the one in the final answer (RFC 3262 section 5).
func (c *session) unacknowledged() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rel == nil || !c.early {
		return nil
	}
	return c.rel.acked
}

// acknowledge takes a PRACK's number; false when nothing of that number waits.
func (c *session) acknowledge(number, invite uint32) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rel == nil || c.rel.number != number || c.req.CSeq().SeqNo != invite {
		return false
	}
	select {
	case <-c.rel.acked:
		return false
	default:
		close(c.rel.acked)
		return true
	}
}

// onPrack takes the acknowledgement of a provisional answer. It may carry no offer: the agent has none to answer it with.
func (s *Server) onPrack(req *sipgo.Request, tx *txn.Server) {
	d, ok := s.find(req)
	if !ok || !d.party.speaksFrom(addrPortOf(req.Source())) {
		if !s.tooMany(req) {
			s.reply(req, tx, 481, "Call/Transaction Does Not Exist")
		}
		return
	}
	c, caller := d.party.(*session)
	var number, invite uint32
	var method string
	n, err := fmt.Sscanf(value(req, "rack"), "%d %d %s", &number, &invite, &method)
	switch {
	case err != nil || n != 3 || method != string(sipgo.INVITE):
		s.reply(req, tx, 400, "Bad Request")
	case !d.inOrder(req) || !caller || !c.acknowledge(number, invite):
		s.reply(req, tx, 481, "Call/Transaction Does Not Exist")
	case len(req.Body()) > 0:
		s.reply(req, tx, 488, "Not Acceptable Here")
	default:
		s.reply(req, tx, 200, "OK")
	}
}

// prack acknowledges a provisional answer of a device that wants it, once for each number.
func (l *deviceLeg) prack(res *sipgo.Response) {
	number, ok := seconds(value(res, "rseq"))
	if !ok || number <= l.pracked || !slices.Contains(tags(res, "require"), reliableTag) {
		return
	}
	l.pracked = number
	d := l.d
	d.mu.Lock()
	early := &dialog{
		s: d.s, callID: d.callID, localTag: d.localTag, local: d.local, dest: d.dest, transport: d.transport, ours: d.ours, theirs: d.theirs,
		target: d.target, route: takeRoute(res, true),
	}
	invite := d.invite
	d.seq++
	seq := d.seq
	d.mu.Unlock()
	if to := res.To(); to != nil {
		early.remoteTag = tagOf(to.Params)
	}
	early.retarget(res)
	req := early.build(sipgo.PRACK, seq)
	header(req, "RAck", fmt.Sprintf("%d %d %s", number, invite, sipgo.INVITE))
	d.s.fire(req, nil)
}
