package main

import (
	"net/netip"
	"sync"
	"time"
)

// monitor is a device that rings. It answers every request by itself, whoever sends it.
type monitor struct {
	*phone
	takes bool // it takes each call at once; else it only rings

	mu      sync.Mutex
	slow    time.Duration // how long it says nothing
	ringing map[string]time.Time
}

func newMonitor(p *phone, takes bool) *monitor {
	return &monitor{phone: p, takes: takes, ringing: map[string]time.Time{}}
}

// serve answers until the socket is closed.
func (m *monitor) serve() {
	buf := make([]byte, 8192)
	for {
		n, from, err := m.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		m.take(readMessage(buf[:n]), from)
	}
}

func (m *monitor) take(req message, from netip.AddrPort) {
	switch method := req.method(); {
	case req.status() != 0 || method == "ACK":
	case method == "INVITE":
		m.rings(req, from)
	case method == "CANCEL":
		m.mu.Lock()
		delete(m.ringing, req.get("Call-ID"))
		m.mu.Unlock()
		m.say(req, from, "200 OK", "")
		invite := message{lines: append([]string(nil), req.lines...)}
		for i, line := range invite.lines {
			if headed(line, "CSeq") {
				invite.lines[i] = line[:len(line)-len("CANCEL")] + "INVITE"
			}
		}
		m.say(invite, from, "487 Request Terminated", "")
	default:
		m.say(req, from, "200 OK", "")
	}
}

// rings begins to ring, or takes the call; a repeated INVITE changes nothing.
func (m *monitor) rings(req message, from netip.AddrPort) {
	id := req.get("Call-ID")
	m.mu.Lock()
	slow := m.slow
	_, again := m.ringing[id]
	if !m.takes && !again {
		m.ringing[id] = time.Now()
	}
	m.mu.Unlock()
	answer := func() {
		if m.takes {
			m.say(req, from, "200 OK", description)
		} else {
			m.say(req, from, "180 Ringing", "")
		}
	}
	if slow > 0 {
		time.AfterFunc(slow, answer)
		return
	}
	answer()
}

func (m *monitor) say(req message, to netip.AddrPort, status, body string) {
	_, _ = m.conn.WriteToUDPAddrPort(req.reply(status, "m"+m.user, m.address(), body), to)
}

// left counts the calls that it still rings for, and forgets them.
func (m *monitor) left() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := len(m.ringing)
	clear(m.ringing)
	return n
}

// wait sets how long it says nothing.
func (m *monitor) wait(slow time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.slow = slow
}
