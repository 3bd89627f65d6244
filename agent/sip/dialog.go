package sip

import (
	"net/netip"
	"slices"
	"sync"

	sipgo "github.com/emiago/sipgo/sip"

	"vestibule/agent/sip/txn"
)

// party is the side of a call that a dialog belongs to.
type party interface {
	// speaksFrom tells whether a request from source can be the device's own.
	speaksFrom(source netip.AddrPort) bool
	// bye: the device hung up.
	bye()
	// key: the device pressed a key, by INFO.
	key(key string)
	// changed: the device offers another description inside the call; the answer is the other side's, or a refusal.
	changed(method sipgo.RequestMethod, offer []byte) ([]byte, answer)
	// lost: the device does not answer any more; its dialog has been ended.
	lost(why string)
}

// dialog is one SIP dialog of a call (RFC 3261 section 12): the caller's, or a leg's.
type dialog struct {
	s                *Server
	party            party
	callID, localTag string
	local, dest      netip.AddrPort
	transport        string
	ours, theirs     string // From and To of our requests, without tags

	mu        sync.Mutex
	remoteTag string
	target    sipgo.Uri
	route     []string
	seq       uint32 // our last CSeq
	invite    uint32 // CSeq of our INVITE, for its ACK and its CANCEL
	theirSeq  uint32 // their last CSeq
	sent, got []byte // the last descriptions that went each way
	knows     string // methods that the other side says it understands (Allow)
	acked     map[uint32]chan struct{}
	timing    timing
	retimed   chan struct{} // a watch of the timing runs while this is set; it is told of changes here
	ended     chan struct{} // closed when over, while a watch runs
	over      bool
}

func (s *Server) addDialog(d *dialog) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dialogs[d.callID+" "+d.localTag] = d
}

func (s *Server) dropDialog(d *dialog) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.dialogs, d.callID+" "+d.localTag)
}

// find gives the dialog a request belongs to: Call-ID and both tags must match.
func (s *Server) find(req *sipgo.Request) (*dialog, bool) {
	from, to, id := req.From(), req.To(), req.CallID()
	if from == nil || to == nil || id == nil {
		return nil, false
	}
	s.mu.Lock()
	d := s.dialogs[id.Value()+" "+tagOf(to.Params)]
	s.mu.Unlock()
	if d == nil {
		return nil, false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d, d.remoteTag != "" && d.remoteTag == tagOf(from.Params)
}

// inOrder takes the request's CSeq; one that is not higher than the last is a repetition (RFC 3261 section 12.2.2).
func (d *dialog) inOrder(req *sipgo.Request) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	seq := req.CSeq().SeqNo
	if seq <= d.theirSeq {
		return false
	}
	d.theirSeq = seq
	return true
}

// request builds our next request in the dialog.
func (d *dialog) request(method sipgo.RequestMethod) *sipgo.Request {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seq++
	return d.build(method, d.seq)
}

// build is called with mu held.
func (d *dialog) build(method sipgo.RequestMethod, seq uint32) *sipgo.Request {
	req := sipgo.NewRequest(method, d.target)
	req.AppendHeader(via(d.transport, d.local, branchMark+token(12)))
	hops := sipgo.MaxForwardsHeader(70)
	req.AppendHeader(&hops)
	for _, r := range d.route {
		header(req, "Route", r)
	}
	header(req, "From", d.ours+";tag="+d.localTag)
	to := d.theirs
	if d.remoteTag != "" {
		to += ";tag=" + d.remoteTag
	}
	header(req, "To", to)
	id := sipgo.CallIDHeader(d.callID)
	req.AppendHeader(&id)
	req.AppendHeader(&sipgo.CSeqHeader{SeqNo: seq, MethodName: method})
	header(req, "User-Agent", agentName)
	d.s.prepare(req, d.transport, d.dest)
	return req
}

// hangUp sends BYE once; after is called when it was answered or given up.
func (d *dialog) hangUp(after func()) {
	if !d.end() {
		after()
		return
	}
	d.s.fire(d.request(sipgo.BYE), func() {
		d.s.dropDialog(d)
		after()
	})
}

// end notes that the other side hung up; false when it had ended already.
func (d *dialog) end() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	first := !d.over
	d.over = true
	if first && d.ended != nil {
		close(d.ended)
	}
	return first
}

// awaitAck says that a 2xx with this CSeq goes out.
func (d *dialog) awaitAck(seq uint32) <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.acked == nil {
		d.acked = map[uint32]chan struct{}{}
	}
	c := make(chan struct{})
	d.acked[seq] = c
	return c
}

func (d *dialog) ack(seq uint32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c := d.acked[seq]; c != nil {
		close(c)
		delete(d.acked, seq)
	}
}

// ackAll: whoever hangs up has heard our 2xx. sipgo may hand a BYE over before the ACK that came first.
func (d *dialog) ackAll() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for seq, c := range d.acked {
		close(c)
		delete(d.acked, seq)
	}
}

func (s *Server) onAck(req *sipgo.Request) {
	if d, ok := s.find(req); ok && req.CSeq() != nil {
		d.ack(req.CSeq().SeqNo)
	}
}

func (s *Server) onBye(req *sipgo.Request, tx *txn.Server) {
	d, ok := s.find(req)
	if !ok {
		if s.tooMany(req) {
			return
		}
		s.reply(req, tx, 481, "Call/Transaction Does Not Exist")
		return
	}
	if !d.party.speaksFrom(addrPortOf(req.Source())) {
		s.reply(req, tx, 481, "Call/Transaction Does Not Exist")
		s.note(noteSpoofedBye, addrPortOf(req.Source()), s.deviceOf(d))
		return
	}
	s.reply(req, tx, 200, "OK")
	d.ackAll()
	if d.end() {
		s.dropDialog(d)
		d.party.bye()
	}
}

// onInfo takes keys. Invariant: a key counts only in a dialog with matching tags, from the address the device is registered
// from, and with a CSeq that was not used before; anything else moves nothing (TestSpoof_InfoMovesNothing).
func (s *Server) onInfo(req *sipgo.Request, tx *txn.Server) {
	source := addrPortOf(req.Source())
	d, ok := s.find(req)
	if !ok || !d.party.speaksFrom(source) {
		if !s.tooMany(req) {
			s.reply(req, tx, 481, "Call/Transaction Does Not Exist")
			s.note(noteSpoofedInfo, source, s.deviceOf(d))
		}
		return
	}
	if !d.inOrder(req) {
		s.reply(req, tx, 500, "Out Of Order")
		return
	}
	key, known := keyOf(value(req, "content-type"), req.Body())
	switch {
	case !known && len(req.Body()) > 0:
		res := respond(req, 415, "Unsupported Media Type", "", nil)
		header(res, "Accept", typeRelay+", "+typePlain)
		s.send(tx, res)
		return
	case known && key == "":
		s.reply(req, tx, 400, "Bad Request")
		return
	}
	if key != "" {
		d.party.key(key) // before it is confirmed: who hangs up at the confirmation has pressed it all the same
	}
	s.reply(req, tx, 200, "OK")
}

// takeRoute reads the route set that a dialog-making message brings; a client takes it in reverse (RFC 3261 section 12.1.2).
func takeRoute(m headed, reverse bool) []string {
	var out []string
	for h := range named(m, "record-route") {
		if len(out) < 8 {
			out = append(out, h.Value())
		}
	}
	if reverse {
		slices.Reverse(out)
	}
	return out
}
