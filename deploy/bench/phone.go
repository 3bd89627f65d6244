package main

import (
	"crypto/rand"
	"fmt"
	"net"
	"strings"
	"time"

	"vestibule/shared/sim/digestauth"
	"vestibule/shared/sim/sipua"
)

// phone is a caller on one UDP socket that times what it hears to the microsecond; SIPp's own clock is a millisecond. It has one thing
// under way at a time and sends a request again after 500 ms, as RFC 3261 section 17 says.
type phone struct {
	conn *net.UDPConn
	user string
	pass string
}

// setup is how long one call took until it was answered.
type setup struct {
	whole  time.Duration // since the first INVITE, with the challenge if there was one
	proven time.Duration // since the INVITE that carried the proof
}

const description = "v=0\r\no=panel 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0 101\r\n" +
	"a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"

func newPhone(user, pass string) (*phone, error) {
	return newPhoneAt(net.IPv4(127, 0, 0, 1), user, pass)
}

// newPhoneAt makes a phone with an address of its own.
func newPhoneAt(ip net.IP, user, pass string) (*phone, error) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: ip})
	return &phone{conn: conn, user: user, pass: pass}, err
}

func (p *phone) address() string { return p.conn.LocalAddr().String() }

// request makes a request outside or inside a dialog; to is the whole To value.
func (p *phone) request(method, uri, callID string, cseq int, to string) *sipua.Message {
	m := &sipua.Message{Method: method, URI: uri}
	m.Add("Via", "SIP/2.0/UDP "+p.address()+";branch=z9hG4bK"+rand.Text()+";rport")
	m.Add("Max-Forwards", "70")
	m.Add("From", "<sip:"+p.user+"@127.0.0.1>;tag="+callID[:8])
	m.Add("To", to)
	m.Add("Call-ID", callID)
	m.Add("CSeq", fmt.Sprintf("%d %s", cseq, method))
	m.Add("Contact", "<sip:"+p.user+"@"+p.address()+">")
	return m
}

// ask sends a request and gives its final answer.
func (p *phone) ask(server string, m *sipua.Message) (*sipua.Message, error) {
	to, err := net.ResolveUDPAddr("udp4", server)
	if err != nil {
		return nil, err
	}
	buf := make([]byte, 65_536)
	wanted, _ := m.CSeq()
	for range 6 {
		if _, err := p.conn.WriteToUDP(m.Bytes(), to); err != nil {
			return nil, err
		}
		if err := p.conn.SetReadDeadline(time.Now().Add(500 * time.Millisecond)); err != nil {
			return nil, err
		}
		for {
			n, err := p.conn.Read(buf)
			if err != nil {
				break // nothing in time: again
			}
			res, err := sipua.Parse(buf[:n])
			if err != nil || res.IsRequest() || res.Status < 200 || res.Get("Call-ID") != m.Get("Call-ID") {
				continue
			}
			if cseq, method := res.CSeq(); cseq == wanted && method == m.Method {
				return res, nil
			}
		}
	}
	return nil, fmt.Errorf("%s to %s: no answer", m.Method, server)
}

// prove puts the answer to a challenge into a request.
func (p *phone) prove(m, challenged *sipua.Message) error {
	var failed error
	for _, line := range challenged.Lines("WWW-Authenticate") {
		c, err := digestauth.ParseChallenge(line)
		if err == nil {
			var value string
			if value, err = digestauth.Answer(c, digestauth.Credentials{User: p.user, Password: p.pass}, digestauth.Request{Method: m.Method, URI: m.URI}, 1); err == nil {
				m.Add("Authorization", value)
				return nil
			}
		}
		failed = err
	}
	return fmt.Errorf("a challenge that cannot be answered: %w", failed)
}

// register signs in at a registrar.
func (p *phone) register(server string) error {
	callID, uri := rand.Text(), "sip:"+server
	to := "<sip:" + p.user + "@127.0.0.1>"
	res, err := p.ask(server, p.request("REGISTER", uri, callID, 1, to))
	if err != nil {
		return err
	}
	if res.Status == 401 {
		again := p.request("REGISTER", uri, callID, 2, to)
		if err := p.prove(again, res); err != nil {
			return err
		}
		if res, err = p.ask(server, again); err != nil {
			return err
		}
	}
	if res.Status != 200 {
		return fmt.Errorf("REGISTER: %d %s", res.Status, res.Reason)
	}
	return nil
}

// call dials a number, is answered and hangs up at once.
func (p *phone) call(server, number string) (setup, error) {
	callID, uri := rand.Text(), "sip:"+number+"@"+server
	invite := func(cseq int) *sipua.Message {
		m := p.request("INVITE", uri, callID, cseq, "<"+uri+">")
		m.Add("Content-Type", "application/sdp")
		m.Body = []byte(description)
		return m
	}
	m := invite(1)
	began := time.Now()
	proven := began
	res, err := p.ask(server, m)
	if err != nil {
		return setup{}, err
	}
	if res.Status == 401 {
		p.refused(server, m, res)
		m = invite(2)
		if err := p.prove(m, res); err != nil {
			return setup{}, err
		}
		proven = time.Now()
		if res, err = p.ask(server, m); err != nil {
			return setup{}, err
		}
	}
	took := setup{whole: time.Since(began), proven: time.Since(proven)}
	if res.Status != 200 {
		p.refused(server, m, res)
		return took, fmt.Errorf("INVITE: %d %s", res.Status, res.Reason)
	}
	return took, p.hangUp(server, m, res)
}

// refused ends the transaction of a refusal (RFC 3261 section 17.1.1.3).
func (p *phone) refused(server string, invite, res *sipua.Message) {
	cseq, _ := invite.CSeq()
	ack := p.request("ACK", invite.URI, invite.Get("Call-ID"), int(cseq), res.Get("To"))
	ack.Set("Via", invite.Get("Via"))
	p.send(server, ack)
}

func (p *phone) send(server string, m *sipua.Message) {
	if to, err := net.ResolveUDPAddr("udp4", server); err == nil {
		_, _ = p.conn.WriteToUDP(m.Bytes(), to)
	}
}

// hangUp confirms an answered call and ends it.
func (p *phone) hangUp(server string, invite, res *sipua.Message) error {
	contact, err := sipua.ParseAddress(res.Get("Contact"))
	if err != nil {
		return err
	}
	cseq, _ := invite.CSeq()
	target := strings.TrimSuffix(strings.TrimPrefix(contact.URI.String(), "<"), ">")
	p.send(server, p.request("ACK", target, invite.Get("Call-ID"), int(cseq), res.Get("To")))
	bye, err := p.ask(server, p.request("BYE", target, invite.Get("Call-ID"), int(cseq)+1, res.Get("To")))
	if err == nil && bye.Status != 200 {
		err = fmt.Errorf("BYE: %d %s", bye.Status, bye.Reason)
	}
	return err
}
