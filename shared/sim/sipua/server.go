package sipua

import (
	"net/netip"
	"strconv"
	"sync"
	"time"
)

// serverTx is a server transaction (RFC 3261 section 17.2).
type serverTx struct {
	ua   *UA
	req  *Message
	from netip.AddrPort // where responses go
	tag  string         // To tag of our responses

	mu       sync.Mutex
	last     []byte
	finished time.Time
	acked    chan struct{} // closed by the ACK
	isAcked  bool
	call     *Call // of an INVITE
}

// transactionKey tells transactions apart, also for peers without the magic cookie (RFC 3261 section 17.2.3).
func transactionKey(m *Message, method string) string {
	v, err := parseVia(m.List("Via")[0])
	if err != nil {
		return ""
	}
	branch, _ := v.params.Get("branch")
	n, _ := m.CSeq()
	return branch + " " + v.sentBy() + " " + m.Get("Call-ID") + " " + itoa(n) + " " + method
}

func (ua *UA) receiveRequest(m *Message, from netip.AddrPort) {
	method := m.Method
	if method == "ACK" {
		method = "INVITE"
	}
	key := transactionKey(m, method)
	ua.mu.Lock()
	tx, known := ua.servers[key]
	if !known && m.Method != "ACK" && !ua.closed && len(ua.servers) < maxOpen {
		tx = &serverTx{ua: ua, req: m, from: responseAddr(m, from), tag: newTag(), acked: make(chan struct{})}
		ua.servers[key] = tx
	}
	ua.mu.Unlock()
	switch {
	case m.Method == "ACK":
		if known {
			tx.ack()
		}
		if c := ua.find(m); c != nil {
			c.onAck(m)
		}
	case known:
		tx.repeat()
	case tx != nil:
		ua.dispatch(tx)
	}
}

// responseAddr notes the source in the top Via and tells where responses go (RFC 3261 section 18.2.2, RFC 3581).
func responseAddr(m *Message, from netip.AddrPort) netip.AddrPort {
	v, err := parseVia(m.List("Via")[0])
	if err != nil {
		return from
	}
	port := v.port
	if port == 0 {
		port = 5060
	}
	_, wantsPort := v.params.Get("rport")
	if wantsPort {
		v.params = v.params.Set("rport", strconv.Itoa(int(from.Port())))
		port = int(from.Port())
	}
	if wantsPort || v.host != from.Addr().String() {
		v.params = v.params.Set("received", from.Addr().String())
	}
	var vias []Header
	for i, value := range m.List("Via") {
		if i == 0 {
			value = v.String()
		}
		vias = append(vias, Header{"Via", value})
	}
	rest := m.Headers
	m.Headers = vias
	for _, h := range rest {
		if h.Name != "Via" {
			m.Headers = append(m.Headers, h)
		}
	}
	return netip.AddrPortFrom(from.Addr(), uint16(port))
}

func (ua *UA) dispatch(tx *serverTx) {
	if tx.req.Get("Require") != "" && tx.req.Method != "CANCEL" {
		tx.respond(420, "Bad Extension", []Header{{"Unsupported", tx.req.Get("Require")}}, nil)
		return
	}
	to, _ := ParseAddress(tx.req.Get("To"))
	switch method := tx.req.Method; {
	case method == "CANCEL":
		ua.onCancel(tx)
	case method == "OPTIONS" && to.Tag() == "":
		tx.respond(200, "OK", []Header{{"Allow", allow}, {"Accept", "application/sdp"}}, nil)
	case method == "INVITE" && to.Tag() == "":
		ua.onInvite(tx)
	case to.Tag() != "":
		c := ua.find(tx.req)
		if c == nil {
			tx.respond(481, "Call Does Not Exist", nil, nil)
			return
		}
		tx.tag = to.Tag()
		c.onRequest(tx)
	default:
		tx.respond(405, "Method Not Allowed", []Header{{"Allow", allow}}, nil)
	}
}

func (ua *UA) onCancel(tx *serverTx) {
	ua.mu.Lock()
	target := ua.servers[transactionKey(tx.req, "INVITE")]
	ua.mu.Unlock()
	if target == nil {
		tx.respond(481, "Transaction Does Not Exist", nil, nil)
		return
	}
	tx.tag = target.tag
	tx.respond(200, "OK", nil, nil)
	if c := target.owner(); c != nil {
		c.onCancel()
	}
}

func (tx *serverTx) owner() *Call {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	return tx.call
}

func (tx *serverTx) finishedAt() time.Time {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	return tx.finished
}

func (tx *serverTx) repeat() {
	tx.mu.Lock()
	b := tx.last
	tx.mu.Unlock()
	if b != nil {
		tx.ua.write(b, tx.from)
	}
}

func (tx *serverTx) ack() {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if !tx.isAcked {
		tx.isAcked = true
		close(tx.acked)
	}
}

// respond sends a response. A final response to INVITE is repeated until its ACK.
func (tx *serverTx) respond(status int, reason string, extra []Header, body []byte) {
	m := &Message{Status: status, Reason: reason, Body: body}
	for _, v := range tx.req.Lines("Via") {
		m.Add("Via", v)
	}
	if tx.req.Method == "INVITE" && status > 100 && status < 300 {
		for _, rr := range tx.req.Lines("Record-Route") {
			m.Add("Record-Route", rr)
		}
	}
	to, _ := ParseAddress(tx.req.Get("To"))
	line := tx.req.Get("To")
	if to.Tag() == "" && status > 100 {
		line += ";tag=" + tx.tag
	}
	m.Add("From", tx.req.Get("From"))
	m.Add("To", line)
	m.Add("Call-ID", tx.req.Get("Call-ID"))
	m.Add("CSeq", tx.req.Get("CSeq"))
	m.Headers = append(m.Headers, extra...)
	if tx.ua.product != "" {
		m.Add("User-Agent", tx.ua.product)
	}
	wire := m.Bytes()
	tx.mu.Lock()
	if !tx.finished.IsZero() { // one final response only
		tx.mu.Unlock()
		return
	}
	tx.last = wire
	if status >= 200 {
		tx.finished = time.Now()
	}
	tx.mu.Unlock()
	tx.ua.write(wire, tx.from)
	if status >= 200 && tx.req.Method == "INVITE" {
		tx.ua.spawn(func() { tx.untilAcked(wire) })
	}
}

// untilAcked repeats a final response to INVITE (RFC 3261 sections 13.3.1.4 and 17.2.1) and ends the call when nobody
// acknowledges it.
func (tx *serverTx) untilAcked(wire []byte) {
	pause := tx.ua.t1
	again := time.NewTimer(pause)
	defer again.Stop()
	limit := time.NewTimer(64 * tx.ua.t1)
	defer limit.Stop()
	for {
		select {
		case <-tx.acked:
			return
		case <-tx.ua.done:
			return
		case <-again.C:
			tx.ua.write(wire, tx.from)
			pause = min(2*pause, tx.ua.t2)
			again.Reset(pause)
		case <-limit.C:
			if c := tx.owner(); c != nil {
				c.onNoAck()
			}
			return
		}
	}
}
