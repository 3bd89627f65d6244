package sip

import (
	"log/slog"
	"time"

	"vestibule/agent/call"
	"vestibule/agent/sip/sipstate"
	"vestibule/agent/sip/txn"
	"vestibule/shared/logkey"
)

// answer gives the caller the winner's answer and repeats it until it is acknowledged.
func (c *session) answer(index int) {
	body, err := c.legs[index].answer()
	if err != nil {
		c.s.log.Warn("answer does not fit", slog.String(logkey.Call, c.id.String()), slog.Any(logkey.Err, err))
		c.code.Store(488)
		c.s.send(c.tx, respond(c.req, 488, "Not Acceptable Here", c.d.localTag, nil))
		c.decided()
		c.run.Post(call.CallerLost{Why: "bad_description"})
		return
	}
	c.winner.Store(int32(index)) //nolint:gosec // a call has a handful of legs
	c.d.mu.Lock()
	c.d.sent = body
	c.d.mu.Unlock()
	res := respond(c.req, 200, "OK", c.d.localTag, body)
	describeSelf(res, c.d)
	header(res, "Content-Type", "application/sdp")
	c.timing.write(res)
	if first := c.unacknowledged(); first != nil {
		c.s.spawn(func() {
			if c.waitFor(first) {
				c.accept(res)
			}
		})
		return
	}
	c.accept(res)
}

// accept sends the 2xx.
func (c *session) accept(res *reply) {
	c.code.Store(200)
	acked := c.d.awaitAck(c.req.CSeq().SeqNo)
	if c.d.isOver() { // hung up while a provisional answer waited for its acknowledgement
		c.code.Store(480)
		c.s.reply(c.req, c.tx, 480, "Temporarily Unavailable")
		c.decided()
		return
	}
	if err := c.tx.Respond(200, res.text()); err != nil { // a CANCEL was faster
		c.s.dropDialog(c.d)
		c.decided()
		c.run.Post(call.CallerCancel{})
		return
	}
	c.keep(sipstate.LegOfferedUp)
	c.s.spawn(func() {
		if !c.s.untilAcked(c.tx, res, acked) {
			c.lost("no_ack")
			return
		}
		c.d.retime(c.timing)
	})
	c.decided()
}

// preview lets the caller hear and see what the only device that rings sends before it is answered.
func (c *session) preview(index int) {
	body, err := c.legs[index].answer()
	if err != nil {
		return // the ringing is heard already
	}
	c.mu.Lock()
	c.early = true
	c.mu.Unlock()
	c.provisional(183, "Session Progress", body)
}

// lost: the caller does not answer any more.
func (c *session) lost(why string) {
	c.run.Post(call.CallerLost{Why: why})
	c.d.hangUp(func() {})
}

// untilAcked repeats a 2xx until its ACK comes (RFC 3261 section 13.3.1.4); false when none came.
func (s *Server) untilAcked(tx *txn.Server, res *reply, acked <-chan struct{}) bool {
	pause := s.cfg.Timers.Resend
	giveUp := time.NewTimer(s.cfg.Timers.GiveUp)
	defer giveUp.Stop()
	again := time.NewTimer(pause)
	defer again.Stop()
	for {
		select {
		case <-acked:
			return true
		case <-tx.Acks(): // from a phone that reuses the branch of its INVITE
			return true
		case <-again.C:
			if !tx.Reliable() {
				s.send(tx, res)
			}
			pause = min(2*pause, s.cfg.Timers.ResendMost)
			again.Reset(pause)
		case <-giveUp.C:
			return false
		case <-s.quit:
			return true
		}
	}
}
