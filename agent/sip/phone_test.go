package sip

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// patience is how long a test waits for what must come soon: no ceiling of any rule, only the end of hope on a machine with much else to do.
const patience = 10 * time.Second

// message is SIP as this test's own phone reads it; it shares no code with the agent, so that it can disagree.
type message struct {
	start   string
	headers map[string][]string
	body    string
	from    netip.AddrPort
	at      time.Time
}

func (m message) get(name string) string {
	if v := m.headers[strings.ToLower(name)]; len(v) > 0 {
		return v[0]
	}
	return ""
}

func (m message) method() string {
	word, _, _ := strings.Cut(m.start, " ")
	return word
}

func (m message) status() int {
	if !strings.HasPrefix(m.start, "SIP/2.0 ") {
		return 0
	}
	n, _ := strconv.Atoi(strings.Fields(m.start)[1])
	return n
}

// of is the method a message belongs to, by its CSeq.
func (m message) of() string {
	_, method, _ := strings.Cut(m.get("cseq"), " ")
	return method
}

func (m message) seq() int {
	n, _, _ := strings.Cut(m.get("cseq"), " ")
	v, _ := strconv.Atoi(n)
	return v
}

func (m message) uri() string { return strings.Fields(m.start)[1] }

// asked names what a message wants to be told once more when it comes again: a request its answer, a 2xx its ACK.
func (m message) asked() string {
	if m.status() >= 200 && m.status() < 300 && m.of() == "INVITE" {
		return "ACK " + m.get("call-id") + " " + itoa(m.seq())
	}
	return m.method() + " " + m.get("via")
}

func paramOf(value, name string) string {
	for _, part := range strings.Split(value, ";")[1:] {
		k, v, _ := strings.Cut(part, "=")
		if strings.TrimSpace(k) == name {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

func readMessage(data []byte) message {
	head, body, _ := strings.Cut(string(data), "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	m := message{start: lines[0], headers: map[string][]string{}, body: body, at: time.Now()}
	for _, line := range lines[1:] {
		k, v, _ := strings.Cut(line, ":")
		k = strings.ToLower(strings.TrimSpace(k))
		m.headers[k] = append(m.headers[k], strings.TrimSpace(v))
	}
	return m
}

// phone is a SIP phone on one UDP socket.
type phone struct {
	t              *testing.T
	conn           *net.UDPConn
	agent          netip.AddrPort
	user, password string
	seq            int
	callID         string
	in             chan message
	sha            bool
	count          int
	kept           []message
	polite         atomic.Bool            // answers every BYE at once
	stubborn       atomic.Bool            // sends again what is not answered and what is asked for again, as every phone does (RFC 3261 section 17)
	last           atomic.Pointer[string] // what was sent last
	said           sync.Map               // answers by Via and method, ACKs by Call-ID and number
}

var serial atomic.Int64

func newPhone(t *testing.T, agent netip.AddrPort, user, password string) *phone {
	t.Helper()
	return phoneAt(t, agent, "127.0.0.1:0", user, password)
}

func phoneAt(t *testing.T, agent netip.AddrPort, at, user, password string) *phone {
	t.Helper()
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(at)))
	if err != nil {
		t.Fatal(err)
	}
	p := &phone{t: t, conn: conn, agent: agent, user: user, password: password, in: make(chan message, 1024), callID: fmt.Sprintf("reg-%d", serial.Add(1))}
	done, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 65535)
		for {
			n, src, err := conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			m := readMessage(buf[:n])
			m.from = src
			if p.stubborn.Load() {
				if text, ok := p.said.Load(m.asked()); ok {
					_, _ = conn.WriteToUDPAddrPort([]byte(text.(string)), p.agent)
					continue
				}
			}
			if p.polite.Load() && m.method() == "BYE" {
				(&talk{p: p}).replyTo(m, 200, "OK", "")
			}
			select {
			case p.in <- m:
			case <-gone: // nobody listens any more
				return
			}
		}
	}()
	t.Cleanup(func() { close(gone); conn.Close(); <-done })
	return p
}

func (p *phone) addr() netip.AddrPort { return netip.MustParseAddrPort(p.conn.LocalAddr().String()) }

func (p *phone) send(text string) {
	p.t.Helper()
	p.last.Store(&text)
	if _, err := p.conn.WriteToUDPAddrPort([]byte(text), p.agent); err != nil {
		p.t.Fatal(err)
	}
}

// expect waits for a message that fits; others are kept for later calls.
func (p *phone) expect(what string, fits func(message) bool) message {
	p.t.Helper()
	return p.expectWithin(patience, what, fits)
}

func (p *phone) expectWithin(within time.Duration, what string, fits func(message) bool) message {
	p.t.Helper()
	for i, m := range p.kept {
		if fits(m) {
			p.kept = append(p.kept[:i], p.kept[i+1:]...)
			return m
		}
	}
	deadline := time.After(within)
	var again <-chan time.Time
	if p.stubborn.Load() {
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		again = tick.C
	}
	for {
		select {
		case <-again:
			p.send(*p.last.Load())
		case m := <-p.in:
			if fits(m) {
				return m
			}
			p.kept = append(p.kept, m)
		case <-deadline:
			var seen []string
			for _, m := range p.kept {
				seen = append(seen, m.start+" ("+m.get("cseq")+")")
			}
			p.t.Fatalf("%s: %s did not come; seen: %s", p.user, what, strings.Join(seen, "; "))
		}
	}
}

func (p *phone) expectRequest(method string) message {
	p.t.Helper()
	return p.expect(method, func(m message) bool { return m.method() == method })
}

func (p *phone) expectStatus(code int, of string) message {
	p.t.Helper()
	return p.expect(fmt.Sprintf("%d to %s", code, of), func(m message) bool { return m.status() == code && m.of() == of })
}

// drain gives everything that has come so far.
func (p *phone) drain() []message {
	out := p.kept
	p.kept = nil
	for {
		select {
		case m := <-p.in:
			out = append(out, m)
		default:
			return out
		}
	}
}

func digestOf(sha bool, parts ...string) string {
	h := md5.New()
	if sha {
		h = sha256.New()
	}
	h.Write([]byte(strings.Join(parts, ":")))
	return hex.EncodeToString(h.Sum(nil))
}

func quoted(challenge, name string) string {
	_, rest, ok := strings.Cut(challenge, name+`="`)
	if !ok {
		return ""
	}
	v, _, _ := strings.Cut(rest, `"`)
	return v
}

// authorization answers a challenge by hand (RFC 7616 section 3.4).
func (p *phone) authorization(res message, method, uri string) string {
	p.t.Helper()
	name := "MD5"
	if p.sha {
		name = "SHA-256"
	}
	for _, c := range res.headers["www-authenticate"] {
		if !strings.Contains(c, "algorithm="+name) {
			continue
		}
		p.count = 1
		return p.authorize(quoted(c, "realm"), quoted(c, "nonce"), name, method, uri, p.count)
	}
	p.t.Fatalf("no %s challenge in %v", name, res.headers["www-authenticate"])
	return ""
}

func (p *phone) authorize(realm, nonce, algorithm, method, uri string, count int) string {
	nc := fmt.Sprintf("%08x", count)
	ha1 := digestOf(p.sha, p.user, realm, p.password)
	ha2 := digestOf(p.sha, method, uri)
	response := digestOf(p.sha, ha1, nonce, nc, "c0ffee", "auth", ha2)
	return fmt.Sprintf(`Digest username="%s", realm="%s", nonce="%s", uri="%s", algorithm=%s, qop=auth, nc=%s, cnonce="c0ffee", response="%s"`,
		p.user, realm, nonce, uri, algorithm, nc, response)
}

func (p *phone) registerText(expires int, extra string) string {
	p.seq++
	uri := "sip:" + p.agent.String()
	return fmt.Sprintf("REGISTER %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKr%d;rport\r\nMax-Forwards: 70\r\nFrom: <sip:%s@%s>;tag=r%s\r\nTo: <sip:%s@%s>\r\nCall-ID: %s\r\nCSeq: %d REGISTER\r\nContact: <sip:%s@%s>\r\nExpires: %d\r\n%sContent-Length: 0\r\n\r\n",
		uri, p.addr(), serial.Add(1), p.user, p.agent.Addr(), p.callID, p.user, p.agent.Addr(), p.callID, p.seq, p.user, p.addr(), expires, extra)
}

// register signs the phone in and gives the last answer.
func (p *phone) register(expires int) message {
	p.t.Helper()
	p.send(p.registerText(expires, ""))
	res := p.expect("answer to REGISTER", func(m message) bool { return m.of() == "REGISTER" })
	if res.status() == 401 && p.sha && len(res.headers["www-authenticate"]) == 1 { // it cannot answer that one
		p.send(p.registerText(expires, ""))
		res = p.expect("answer to REGISTER", func(m message) bool { return m.of() == "REGISTER" && m.seq() == p.seq })
	}
	if res.status() != 401 {
		return res
	}
	p.send(p.registerText(expires, "Authorization: "+p.authorization(res, "REGISTER", "sip:"+p.agent.String())+"\r\n"))
	return p.expect("answer to REGISTER", func(m message) bool { return m.of() == "REGISTER" && m.seq() == p.seq })
}
