package sipua

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"vestibule/shared/sim/digestauth"
)

// Target says whom to call and as whom.
type Target struct {
	URI     URI
	Account *Account // identity and route; nil = a direct IP call
	User    string   // From user of a direct call
	Display string
	Limit   time.Duration // give up ringing after this; 0 = 60 s
}

// Invite places a call with an offer. It returns as soon as the INVITE has left.
func (ua *UA) Invite(to Target, offer []byte) (*Call, error) {
	hostport := to.URI.HostPort()
	from := Address{Display: to.Display, URI: ua.contact(to.User)}
	if to.Account != nil {
		hostport = to.Account.Server
		from.URI = to.Account.aor()
	}
	hop, err := resolve(hostport)
	if err != nil {
		return nil, fmt.Errorf("call %s: %w", to.URI, err)
	}
	c := &Call{
		ua: ua, outgoing: true, id: newTag() + "@" + ua.local.Addr().String(), localTag: newTag(),
		account: to.Account, state: Calling, started: time.Now(), dialled: to.URI.User,
		remoteURI: Address{URI: to.URI}, target: to.URI, hop: hop, description: offer, cancel: make(chan struct{}),
	}
	from.Params = Params{{"tag", c.localTag}}
	c.localURI = from
	c.life, c.end = context.WithCancel(context.Background())
	if to.Limit <= 0 {
		to.Limit = time.Minute
	}
	if !ua.keep(c) {
		return nil, ErrClosed
	}
	if !ua.spawn(func() { c.runInvite(to.Limit) }) {
		return nil, ErrClosed
	}
	return c, nil
}

// runInvite lives until the INVITE has its final response.
func (c *Call) runInvite(limit time.Duration) {
	ring := time.AfterFunc(limit, c.giveUp)
	defer ring.Stop()
	authorization := Header{}
	var asked []string
	for {
		final, tx, err := c.attempt(authorization)
		if err != nil {
			c.finish(endWord(err))
			return
		}
		if final.Status >= 200 && final.Status < 300 {
			c.accepted(tx, final)
			return
		}
		tx.refuseAck(final)
		c.mu.Lock()
		c.note("response", false, final.Status, final.Reason)
		given := c.cancelled
		c.mu.Unlock()
		next, nonce, err := c.answerChallenge(final, "INVITE", c.target.String())
		if given || err != nil || slices.Contains(asked, nonce) || len(asked) > 2 {
			word := "rejected:" + strconv.Itoa(final.Status)
			if given {
				word = "cancelled"
			}
			c.finish(word)
			return
		}
		asked = append(asked, nonce)
		authorization = next
	}
}

func endWord(err error) string {
	switch {
	case errors.Is(err, ErrTimeout):
		return "timeout"
	case errors.Is(err, ErrClosed):
		return "power"
	default:
		return "cancelled"
	}
}

// attempt sends one INVITE and waits for its final response, cancelling it when told.
func (c *Call) attempt(authorization Header) (*Message, *clientTx, error) {
	req, _ := c.request("INVITE", c.nextSeq())
	if authorization.Name != "" {
		req.Add(authorization.Name, authorization.Value)
	}
	req.Add("Allow", allow)
	req.Add("Content-Type", "application/sdp")
	req.Body = c.description
	c.mu.Lock()
	c.note("INVITE", true, 0, "")
	hop := c.hop
	c.mu.Unlock()
	tx := c.ua.open(req, hop)
	c.changed()
	ctx, stop := context.WithCancel(c.life)
	defer stop()
	heard := make(chan struct{})
	first := true
	c.ua.spawn(func() { c.cancelWhenTold(ctx, stop, tx, heard) })
	final, err := tx.await(ctx, func(m *Message) {
		if first {
			close(heard)
			first = false
		}
		c.progress(m)
	})
	return final, tx, err
}

// cancelWhenTold sends CANCEL after the caller gave up, but not before a provisional response (RFC 3261 section 9.1),
// and stops waiting when even that brings no final response.
func (c *Call) cancelWhenTold(ctx context.Context, stop func(), tx *clientTx, heard <-chan struct{}) {
	select {
	case <-ctx.Done():
		return
	case <-c.ua.done:
		return
	case <-c.cancel:
	}
	patience := time.NewTimer(64 * c.ua.t1)
	defer patience.Stop()
	select {
	case <-heard:
	case <-ctx.Done():
		return
	case <-patience.C:
		stop()
		return
	}
	n, _ := tx.req.CSeq()
	m := &Message{Method: "CANCEL", URI: tx.req.URI}
	for _, name := range []string{"Via", "Route", "From", "To", "Call-ID"} {
		for _, v := range tx.req.Lines(name) {
			m.Add(name, v)
		}
	}
	m.Add("Max-Forwards", "70")
	m.Add("CSeq", itoa(n)+" CANCEL")
	c.mu.Lock()
	c.note("CANCEL", true, 0, "")
	c.mu.Unlock()
	cancelTx := &clientTx{
		ua: c.ua, key: tx.branch() + " CANCEL", req: m, wire: m.Bytes(), to: tx.to,
		inbox: make(chan *Message, 4),
	}
	c.ua.mu.Lock()
	c.ua.clients[cancelTx.key] = cancelTx
	c.ua.mu.Unlock()
	cancelTx.send()
	_, _ = cancelTx.await(ctx, nil)
	select {
	case <-ctx.Done():
	case <-c.ua.done:
	case <-patience.C:
		stop()
	}
}

func (tx *clientTx) branch() string {
	v, _ := parseVia(tx.req.Lines("Via")[0])
	b, _ := v.params.Get("branch")
	return b
}

// giveUp cancels a call that nobody has answered.
func (c *Call) giveUp() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.cancelled && (c.state == Calling || c.state == Ringing) {
		c.cancelled = true
		close(c.cancel)
	}
}

func (c *Call) progress(m *Message) {
	c.mu.Lock()
	c.note("response", false, m.Status, m.Reason)
	if m.Status > 100 && c.state == Calling {
		c.state = Ringing
	}
	c.mu.Unlock()
	if len(m.Body) > 0 {
		c.ua.handler.Described(c, m.Body)
	}
	c.changed()
}

// accepted makes the dialog of a 2xx (RFC 3261 section 12.1.2), acknowledges it, and hangs up if the caller had given
// up meanwhile.
func (c *Call) accepted(tx *clientTx, m *Message) {
	c.adopt(m)
	c.mu.Lock()
	c.note("response", false, m.Status, m.Reason)
	given := c.cancelled
	over := c.state == Ended // switched off meanwhile
	if !given && !over {
		c.state = Established
	}
	tag := c.remoteTag
	c.mu.Unlock()
	if over {
		return
	}
	n, _ := tx.req.CSeq()
	ack, dest := c.request("ACK", n)
	tx.acknowledge(tag, c.finishAck(ack), dest)
	tx.mu.Lock()
	tx.strays = func(other *Message) { c.hangUpStray(tx, other) }
	tx.mu.Unlock()
	if given {
		c.bye("cancelled")
		return
	}
	c.ua.handler.Described(c, m.Body)
	c.changed()
}

// finishAck gives an ACK a Via of its own: for a 2xx it is a transaction by itself (RFC 3261 section 13.2.2.4).
func (c *Call) finishAck(ack *Message) []byte {
	hop := via{
		host: c.ua.local.Addr().String(), port: int(c.ua.local.Port()),
		params: Params{{"branch", "z9hG4bK" + newTag()}, {"rport", ""}},
	}
	ack.Headers = append([]Header{{"Via", hop.String()}}, ack.Headers...)
	return ack.Bytes()
}

func (c *Call) adopt(m *Message) {
	to, _ := ParseAddress(m.Get("To"))
	routes := m.List("Record-Route")
	slices.Reverse(routes)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remoteTag = to.Tag()
	c.routes = routes
	if contact, err := ParseAddress(first(m.List("Contact"))); err == nil {
		c.target = contact.URI
	}
}

// hangUpStray ends the second of two forks that both answered.
func (c *Call) hangUpStray(tx *clientTx, m *Message) {
	c.mu.Lock()
	other := &Call{
		ua: c.ua, outgoing: true, id: c.id, localTag: c.localTag, state: Established, localURI: c.localURI,
		remoteURI: c.remoteURI, target: c.target, hop: c.hop, localSeq: c.localSeq + 1,
	}
	c.mu.Unlock()
	other.adopt(m)
	n, _ := tx.req.CSeq()
	ack, dest := other.request("ACK", n)
	tx.acknowledge(other.remoteTag, other.finishAck(ack), dest)
	req, dest := other.request("BYE", other.nextSeq())
	_, _ = c.ua.roundTrip(context.Background(), req, dest)
}

// answerChallenge makes the header that answers a 401 or 407, and names the nonce.
func (c *Call) answerChallenge(m *Message, method, uri string) (Header, string, error) {
	if c.account == nil {
		return Header{}, "", errors.New("no account")
	}
	return c.account.answer(m, method, uri, nil)
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// answer picks the topmost challenge it understands (RFC 8760 section 2.4).
func (a *Account) answer(m *Message, method, uri string, body []byte) (Header, string, error) {
	ask, reply := "WWW-Authenticate", "Authorization"
	switch m.Status {
	case 401:
	case 407:
		ask, reply = "Proxy-Authenticate", "Proxy-Authorization"
	default:
		return Header{}, "", fmt.Errorf("status %d", m.Status)
	}
	for _, line := range m.Lines(ask) {
		challenge, err := digestauth.ParseChallenge(line)
		if err != nil {
			continue
		}
		value, err := digestauth.Answer(challenge, digestauth.Credentials{User: a.authUser(), Password: a.Password},
			digestauth.Request{Method: method, URI: uri, Body: body}, 1)
		return Header{reply, value}, challenge.Nonce, err
	}
	return Header{}, "", errors.New("no challenge that can be answered")
}
