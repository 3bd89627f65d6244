package sip

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	link "vestibule/shared/wire"

	"vestibule/shared/domain"
)

// secureTelco plays the carrier over TLS.
type secureTelco struct {
	*stream
	listener net.Listener
}

func (c *secureTelco) accept() {
	c.t.Helper()
	conn, err := c.listener.Accept()
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { conn.Close() })
	c.stream = &stream{t: c.t, c: conn, r: bufio.NewReader(conn)}
}

func (c *secureTelco) reply(m message, code int, text, extra, body string) {
	head := fmt.Sprintf("SIP/2.0 %d %s\r\n", code, text)
	for _, v := range m.headers["via"] {
		head += "Via: " + v + "\r\n"
	}
	to := m.get("to")
	if paramOf(to, "tag") == "" {
		to += ";tag=carrier"
	}
	head += fmt.Sprintf("From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\nContact: <sip:carrier@%s;transport=tls>\r\n%s",
		m.get("from"), to, m.get("call-id"), m.get("cseq"), c.listener.Addr(), extra)
	if _, err := c.c.Write([]byte(withBody(head, body))); err != nil {
		c.t.Fatal(err)
	}
}

func newSecureTelco(t *testing.T, host string) (*house, *secureTelco, *shelf) {
	t.Helper()
	cert, pool := certificate(t)
	l, err := tls.Listen("tcp4", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	h, _, s := newLineHouse(t, func(h *house, k *domain.Trunk) {
		k.Host, k.Port, k.Transport = host, l.Addr().(*net.TCPAddr).Port, domain.TrunkTLS
		h.cfg = func(cfg *Config) { cfg.Roots, cfg.Timers.Ring = pool, 2*time.Second }
	}, "030 1234567")
	return h, &secureTelco{listener: l, stream: &stream{t: t}}, s
}

// Over TLS the agent keeps one connection to the carrier, for its registration and for calls.
//
// shows CALL-09 by agent/sip/server.go: "s.towardCarrier()" => "	s.tpl = sipgo.NewTransportLayer(net.DefaultResolver, sipgo.NewParser(), nil, sipgo.WithTransportLayerLogger(discard))"
func TestTrunkTLS_RegistersAndCallsOverOneConnection(t *testing.T) {
	h, c, s := newSecureTelco(t, "127.0.0.1")
	c.accept()
	register := c.next("REGISTER", func(m message) bool { return m.method() == "REGISTER" })
	if !strings.Contains(register.get("contact"), "transport=tls") {
		t.Errorf("contact %s", register.get("contact"))
	}
	c.reply(register, 200, "OK", "Expires: 600\r\n", "")
	s.until(t, "registered", func(r link.TrunkReport) bool { return r.State == link.TrunkRegistered })
	door := h.signedIn(h.door)
	visitor := door.invite("101", offer(door.addr()))
	invite := c.next("INVITE", func(m message) bool { return m.method() == "INVITE" })
	c.reply(invite, 200, "OK", "", offer(door.addr()))
	c.next("ACK", func(m message) bool { return m.method() == "ACK" })
	if res := visitor.result(); res.status() != 200 {
		t.Errorf("the visitor hears %s", res.start)
	}
	visitor.request("BYE", "", "")
	c.reply(c.next("BYE", func(m message) bool { return m.method() == "BYE" }), 200, "OK", "", "")
}

// A certificate that is good for another name is none: the password goes nowhere, and that is told.
//
// shows CALL-09 by agent/sip/carrier.go: "DNSName: host, Intermediates: between," => "			_, err := cs.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: s.cfg.Roots, Intermediates: between, CurrentTime: s.cfg.Now()})"
func TestTrunkTLS_AnotherNameIsRefused(t *testing.T) {
	_, c, s := newSecureTelco(t, "localhost")
	conn, err := c.listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if n, err := conn.Read(make([]byte, 1)); err == nil {
		t.Errorf("%d bytes came", n)
	}
	s.until(t, "unreachable", func(r link.TrunkReport) bool { return r.State == link.TrunkUnreachable })
}
