package sip

import (
	"strings"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"vestibule/agent/sip/txn"
)

// onChange takes a re-INVITE or UPDATE (RFC 3261 section 14.2, RFC 3311). A description that says nothing new is confirmed by the
// agent itself, which is what session refresh needs; a changed one goes to the other side of the call, and its answer comes back.
func (s *Server) onChange(req *sipgo.Request, tx *txn.Server) {
	d, ok := s.find(req)
	if !ok || !d.party.speaksFrom(addrPortOf(req.Source())) {
		if !s.tooMany(req) {
			s.reply(req, tx, 481, "Call/Transaction Does Not Exist")
		}
		return
	}
	if !d.inOrder(req) {
		s.reply(req, tx, 500, "Out Of Order")
		return
	}
	asked, tooShort := s.timingOf(req)
	if tooShort {
		s.tooBrief(req, tx)
		return
	}
	if d.isOver() {
		s.reply(req, tx, 481, "Call/Transaction Does Not Exist")
		return
	}
	d.retarget(req)
	body, said := s.exchange(d, req, tx)
	if said.code != 200 {
		s.reply(req, tx, said.code, said.text)
		return
	}
	res := respond(req, 200, "OK", d.localTag, body)
	describeSelf(res, d)
	asked.write(res)
	if len(body) > 0 {
		header(res, "Content-Type", "application/sdp")
	}
	d.retime(asked)
	if req.Method != sipgo.INVITE {
		s.send(tx, res)
		return
	}
	acked := d.awaitAck(req.CSeq().SeqNo)
	s.send(tx, res)
	s.spawn(func() {
		if !s.untilAcked(tx, res, acked) {
			d.lose("no_ack")
		}
	})
}

// exchange gives the description that answers a request inside the call.
func (s *Server) exchange(d *dialog, req *sipgo.Request, tx *txn.Server) ([]byte, answer) {
	offer := req.Body()
	d.mu.Lock()
	sent, same := d.sent, len(offer) == 0 || sameOffer(d.got, offer)
	d.mu.Unlock()
	switch {
	case len(offer) == 0 && req.Method == sipgo.UPDATE:
		return nil, inCall(200)
	case same && len(sent) == 0:
		return nil, inCall(488)
	case same:
		return sent, inCall(200)
	}
	if req.Method == sipgo.INVITE {
		s.reply(req, tx, 100, "Trying")
	}
	body, said := d.party.changed(req.Method, offer)
	if said.code == 200 {
		d.mu.Lock()
		d.got, d.sent = offer, body
		d.mu.Unlock()
	}
	return body, said
}

// describeSelf adds what every message that makes or refreshes a dialog says about us.
func describeSelf[M outgoing](m M, d *dialog) {
	header(m, "Contact", contact(d.local, d.transport))
	header(m, "Allow", allow)
	header(m, "Supported", supported)
}

// retarget takes the Contact and Allow of a message that refreshes the dialog (RFC 3261 section 12.2.2). Where requests go stays the same.
func (d *dialog) retarget(m interface {
	Contact() *sipgo.ContactHeader
	headed
},
) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c := m.Contact(); c != nil {
		if uri, ok := parseURI(c.Address.String()); ok {
			d.target = uri
		}
	}
	if methods := value(m, "allow"); methods != "" {
		d.knows = strings.ToUpper(methods)
	}
}

func (d *dialog) isOver() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.over
}

// offer sends a changed description to this side and gives its answer. An UPDATE goes as UPDATE when this side knows it, else as re-INVITE.
func (d *dialog) offer(method sipgo.RequestMethod, body []byte) ([]byte, answer) {
	if method == sipgo.UPDATE && !d.understands(sipgo.UPDATE) {
		method = sipgo.INVITE
	}
	res := d.ask(method, body)
	if res == nil {
		return nil, inCall(408)
	}
	if goneCode(res.StatusCode) {
		d.lose("dialog_lost")
	}
	if !res.IsSuccess() || len(res.Body()) == 0 {
		return nil, inCall(max(res.StatusCode, 300))
	}
	d.mu.Lock()
	d.sent, d.got = body, res.Body()
	d.mu.Unlock()
	return res.Body(), inCall(200)
}

func (d *dialog) understands(method sipgo.RequestMethod) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Contains(d.knows, string(method))
}

// ask sends a re-INVITE or UPDATE, waits for its final answer and acknowledges it; nil when none came.
func (d *dialog) ask(method sipgo.RequestMethod, body []byte) *sipgo.Response {
	s := d.s
	d.mu.Lock()
	if d.over {
		d.mu.Unlock()
		return nil
	}
	d.seq++
	seq := d.seq
	req := d.build(method, seq)
	d.timing.ask(req, s.cfg.Timers.LeastSession)
	d.mu.Unlock()
	describeSelf(req, d)
	if len(body) > 0 {
		header(req, "Content-Type", "application/sdp")
		req.SetBody(body)
	}
	tx, err := s.start(req)
	if err != nil {
		return nil
	}
	res := s.finalOf(tx, s.cfg.Timers.GiveUp)
	if res == nil || !res.IsSuccess() {
		tx.End()
		return res
	}
	d.retarget(res)
	if method == sipgo.INVITE {
		d.mu.Lock()
		ack := s.pack(d.build(sipgo.ACK, seq))
		d.mu.Unlock()
		tx.OnAnew(ack.send)
		ack.send()
	}
	d.retime(s.timingFrom(res))
	return res
}

// finalOf waits so long for the final answer of a transaction; nil when none came in time.
func (s *Server) finalOf(tx *clientTx, within time.Duration) *sipgo.Response {
	giveUp := time.NewTimer(within)
	defer giveUp.Stop()
	for {
		select {
		case res := <-tx.Answers():
			if !res.IsProvisional() {
				return res
			}
		case <-tx.Done():
			return nil
		case <-giveUp.C:
			return nil
		case <-s.quit:
			return nil
		}
	}
}

// lose ends a dialog whose other side does not answer any more.
func (d *dialog) lose(why string) {
	if !d.isOver() {
		d.party.lost(why)
	}
}

// carrier is a leg that can take a changed description to its side and bring the answer back.
type carrier interface {
	offer(method sipgo.RequestMethod, body []byte) ([]byte, answer)
	// here is our address on the way to that side.
	here() *dialog
}

// pass carries a changed description of one side of the conversation to the other side. One at a time: a second one meets 491, as two
// that cross on the wire do (RFC 3261 section 14.1).
func (c *session) pass(byCaller bool, method sipgo.RequestMethod, offer []byte) ([]byte, answer) {
	index := int(c.winner.Load())
	if index < 0 || !c.changing.CompareAndSwap(false, true) {
		return nil, inCall(491)
	}
	defer c.changing.Store(false)
	l := c.legs[index]
	if r, ok := l.(*remoteLeg); ok {
		return r.hold(offer)
	}
	far, ok := l.(carrier)
	anchor := c.anchor
	if !ok || l.relayed() && anchor == nil {
		return nil, inCall(488)
	}
	to, from := far.here(), c.d
	if !byCaller {
		to, from = c.d, far.here()
	}
	var err error
	if l.relayed() {
		if offer, err = anchor.Reoffer(byCaller, offer, to.local.Addr()); err != nil {
			return nil, inCall(488)
		}
	}
	body, said := to.offer(method, offer)
	if said.code == 200 && l.relayed() {
		if body, err = anchor.Reanswer(body, from.local.Addr()); err != nil {
			return nil, inCall(488)
		}
	}
	return body, said
}

func (c *session) changed(method sipgo.RequestMethod, offer []byte) ([]byte, answer) {
	return c.pass(true, method, offer)
}

// passer is a call that carries changed descriptions between its sides.
type passer interface {
	passFrom(index int, method sipgo.RequestMethod, offer []byte) ([]byte, answer)
}

// passFrom: only the leg that talks may change anything.
func (c *session) passFrom(index int, method sipgo.RequestMethod, offer []byte) ([]byte, answer) {
	if index != int(c.winner.Load()) {
		return nil, inCall(488)
	}
	return c.pass(false, method, offer)
}

func (l *deviceLeg) changed(method sipgo.RequestMethod, offer []byte) ([]byte, answer) {
	if p, ok := l.call.(passer); ok {
		return p.passFrom(l.index, method, offer)
	}
	return nil, inCall(488)
}
