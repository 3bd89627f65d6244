package main

import (
	"crypto/rand"
	"fmt"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"vestibule/shared/sim/digestauth"
)

// line is a panel and the two monitors that it rings: the first takes each call at once, the second must be told to be silent.
type line struct {
	panel         *phone
	first, second *monitor
	number        string // of the apartment
	at            string // of the panel
	pending       *atomic.Int64

	mu        sync.Mutex
	open      map[string]*ring
	challenge digestauth.Challenge // the last one; a proof is good for many calls (RFC 7616 section 3.4)
	used      int
}

// ring is one call; times that have not come are zero.
type ring struct {
	id, uri                      string
	server                       netip.AddrPort
	seq                          int
	began, rang, answered, ended time.Time
	refused                      string
	bye                          []byte
	sent                         time.Time // when the BYE last went
}

// way is where calls go: to the agent, to a peer, or to the first monitor itself.
type way struct {
	name string
	to   func(l *line) (server netip.AddrPort, user string)
}

func newLine(panel *phone, first, second *monitor, number string, pending *atomic.Int64) *line {
	return &line{panel: panel, first: first, second: second, number: number, at: panel.address(), pending: pending, open: map[string]*ring{}}
}

// start rings.
func (l *line) start(by way) *ring {
	server, user := by.to(l)
	r := &ring{id: rand.Text(), uri: "sip:" + user + "@" + server.String(), server: server, seq: 1}
	l.pending.Add(1)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open[r.id] = r
	text := l.invite(r)
	r.began = time.Now()
	_, _ = l.panel.conn.WriteToUDPAddrPort(text, server)
	return r
}

// invite writes the INVITE, with a proof when a challenge came before.
func (l *line) invite(r *ring) []byte {
	proof := ""
	if l.challenge.Nonce != "" {
		l.used++
		text, err := digestauth.Answer(l.challenge, digestauth.Credentials{User: l.panel.user, Password: l.panel.pass},
			digestauth.Request{Method: "INVITE", URI: r.uri}, l.used)
		if err == nil {
			proof = "Authorization: " + text + "\r\n"
		}
	}
	return l.write(r, request{method: "INVITE", branch: "INVITE", uri: r.uri, to: "<" + r.uri + ">", seq: r.seq, extra: proof, body: description})
}

// request is what differs between the requests of a call.
type request struct {
	method, branch, uri, to, extra, body string
	seq                                  int
}

func (l *line) write(r *ring, q request) []byte {
	seq := strconv.Itoa(q.seq)
	return []byte(q.method + " " + q.uri + " SIP/2.0\r\nVia: SIP/2.0/UDP " + l.at + ";branch=z9hG4bK" + r.id + seq + q.branch + ";rport\r\nMax-Forwards: 70\r\n" +
		"From: <sip:" + l.panel.user + "@127.0.0.1>;tag=" + r.id[:8] + "\r\nTo: " + q.to + "\r\nCall-ID: " + r.id + "\r\nCSeq: " + seq + " " + q.method +
		"\r\nContact: <sip:" + l.panel.user + "@" + l.at + ">\r\n" + q.extra + ending(q.body))
}

// serve takes what comes to the panel until its socket is closed.
func (l *line) serve() {
	buf := make([]byte, 8192)
	for {
		n, from, err := l.panel.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		now := time.Now()
		m := readMessage(buf[:n])
		if m.status() == 0 {
			if m.method() != "ACK" {
				_, _ = l.panel.conn.WriteToUDPAddrPort(m.reply("200 OK", "p", l.at, ""), from)
			}
			continue
		}
		l.take(m, now)
	}
}

func (l *line) take(m message, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.open[m.get("Call-ID")]
	if r == nil {
		return
	}
	switch status, invited := m.status(), m.method() == "INVITE"; {
	case status == 100:
	case status < 200:
		if r.rang.IsZero() {
			r.rang = now
		}
	case !invited:
		r.ended = now
		l.close(r)
	case status == 200:
		l.answered(r, m, now)
	default:
		// The ACK of a refusal has the branch of its INVITE (RFC 3261 section 17.1.1.3).
		l.send(r, l.write(r, request{method: "ACK", branch: "INVITE", uri: r.uri, to: m.get("To"), seq: r.seq}))
		c, err := digestauth.ParseChallenge(m.get("WWW-Authenticate"))
		if status != 401 || err != nil || r.seq > 3 {
			r.refused = m.first
			l.close(r)
			return
		}
		l.challenge, l.used = c, 0
		r.seq++
		l.send(r, l.invite(r))
	}
}

// answered confirms the answer, each time that it comes, and hangs up.
func (l *line) answered(r *ring, m message, now time.Time) {
	route, target, to := m.route(), m.target(), m.get("To")
	l.send(r, l.write(r, request{method: "ACK", branch: "ACK", uri: target, to: to, seq: r.seq, extra: route}))
	if r.bye == nil {
		r.answered, r.sent = now, now
		r.bye = l.write(r, request{method: "BYE", branch: "BYE", uri: target, to: to, seq: r.seq + 1, extra: route})
		l.send(r, r.bye)
	}
}

func (l *line) close(r *ring) {
	delete(l.open, r.id)
	l.pending.Add(-1)
}

func (l *line) send(r *ring, text []byte) { _, _ = l.panel.conn.WriteToUDPAddrPort(text, r.server) }

// again repeats each BYE that was not answered in time.
func (l *line) again(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.open {
		if r.bye != nil && now.Sub(r.sent) > 500*time.Millisecond {
			r.sent = now
			l.send(r, r.bye)
		}
	}
}

// forget gives up what is open.
func (l *line) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.open {
		if r.refused == "" {
			r.refused = fmt.Sprintf("no end: answered %v", !r.answered.IsZero())
		}
		l.close(r)
	}
}
