package sip

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// talk is one dialog as the phone sees it.
type talk struct {
	p               *phone
	callID          string
	localTag        string
	ours, theirs    string // From and To with their tags
	target          string
	seq             int
	branch, viaText string
	inviteURI       string
	invite          message // of an incoming call
	answered        bool
}

func offer(at netip.AddrPort) string {
	return fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %d RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n",
		at.Addr(), at.Addr(), at.Port())
}

func withBody(head, body string) string {
	if body != "" {
		head += "Content-Type: application/sdp\r\n"
	}
	return head + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
}

func (p *phone) inviteText(d *talk, extra, body string) string {
	d.branch = fmt.Sprintf("z9hG4bKi%d", serial.Add(1))
	d.viaText = fmt.Sprintf("SIP/2.0/UDP %s;branch=%s;rport", p.addr(), d.branch)
	head := fmt.Sprintf("INVITE %s SIP/2.0\r\nVia: %s\r\nMax-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d INVITE\r\nContact: <sip:%s@%s>\r\n%s",
		d.inviteURI, d.viaText, d.ours, d.theirs, d.callID, d.seq, p.user, p.addr(), extra)
	return withBody(head, body)
}

// newTalk prepares a call to a number.
func (p *phone) newTalk(number string) *talk {
	uri := fmt.Sprintf("sip:%s@%s", number, p.agent)
	n := serial.Add(1)
	return &talk{p: p, callID: fmt.Sprintf("call-%d", n), seq: 1, inviteURI: uri, ours: fmt.Sprintf("<sip:%s@%s>;tag=c%d", p.user, p.agent.Addr(), n), theirs: "<" + uri + ">"}
}

// invite calls a number with digest and stops after the INVITE that was let in went out.
func (p *phone) invite(number, body string) *talk {
	p.t.Helper()
	return p.inviteWith(number, "", body)
}

// inviteWith does it with further header lines.
func (p *phone) inviteWith(number, extra, body string) *talk {
	p.t.Helper()
	d := p.newTalk(number)
	p.send(p.inviteText(d, "", body))
	res := p.expect("challenge", func(m message) bool { return m.of() == "INVITE" && m.get("call-id") == d.callID && m.status() >= 200 })
	if res.status() != 401 {
		p.t.Fatalf("INVITE without digest got %q", res.start)
	}
	p.send(fmt.Sprintf("ACK %s SIP/2.0\r\nVia: %s\r\nMax-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d ACK\r\nContent-Length: 0\r\n\r\n",
		d.inviteURI, d.viaText, d.ours, res.get("to"), d.callID, d.seq))
	d.seq++
	p.send(p.inviteText(d, "Authorization: "+p.authorization(res, "INVITE", d.inviteURI)+"\r\n"+extra, body))
	return d
}

// result waits for the final answer of an INVITE and acknowledges it.
func (d *talk) result() message {
	d.p.t.Helper()
	res := d.p.expect("final answer to INVITE", func(m message) bool {
		return m.of() == "INVITE" && m.get("call-id") == d.callID && m.seq() == d.seq && m.status() >= 200
	})
	d.ackOf(res)
	return res
}

func (d *talk) ackOf(res message) {
	d.theirs = res.get("to")
	uri, viaText := d.inviteURI, d.viaText
	if res.status() < 300 {
		d.target = strings.Trim(res.get("contact"), "<>")
		uri, viaText = d.target, fmt.Sprintf("SIP/2.0/UDP %s;branch=z9hG4bKa%d;rport", d.p.addr(), serial.Add(1))
		d.answered = true
	}
	text := fmt.Sprintf("ACK %s SIP/2.0\r\nVia: %s\r\nMax-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d ACK\r\nContent-Length: 0\r\n\r\n",
		uri, viaText, d.ours, d.theirs, d.callID, d.seq)
	if res.status() < 300 {
		d.p.said.Store(res.asked(), text)
	}
	d.p.send(text)
}

func (d *talk) cancelCall() {
	d.p.send(fmt.Sprintf("CANCEL %s SIP/2.0\r\nVia: %s\r\nMax-Forwards: 70\r\nFrom: %s\r\nTo: <%s>\r\nCall-ID: %s\r\nCSeq: %d CANCEL\r\nContent-Length: 0\r\n\r\n",
		d.inviteURI, d.viaText, d.ours, d.inviteURI, d.callID, d.seq))
}

// request sends a request inside the dialog.
func (d *talk) request(method, extra, body string) {
	d.seq++
	d.raw(method, d.seq, extra, body)
}

func (d *talk) raw(method string, seq int, extra, body string) {
	d.p.send(d.text(method, seq, extra, body))
}

func (d *talk) text(method string, seq int, extra, body string) string {
	return fmt.Sprintf("%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKd%d;rport\r\nMax-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n%sContent-Length: %d\r\n\r\n%s",
		method, d.target, d.p.addr(), serial.Add(1), d.ours, d.theirs, d.callID, seq, method, extra, len(body), body)
}

func (d *talk) info(key string) {
	d.request("INFO", "Content-Type: application/dtmf-relay\r\n", "Signal="+key+"\r\nDuration=160\r\n")
}

// incoming takes an INVITE that came to the phone.
func (p *phone) incoming() *talk {
	p.t.Helper()
	m := p.expectRequest("INVITE")
	tag := fmt.Sprintf("p%d", serial.Add(1))
	return &talk{
		p: p, callID: m.get("call-id"), localTag: tag, ours: m.get("to") + ";tag=" + tag, theirs: m.get("from"),
		target: strings.Trim(m.get("contact"), "<>"), seq: 100, invite: m,
	}
}

// reply answers the incoming INVITE, or another request of its dialog.
func (d *talk) reply(code int, text, body string) { d.replyTo(d.invite, code, text, body) }

func (d *talk) replyTo(m message, code int, text, body string) { d.replyWith(m, code, text, "", body) }

// replyWith answers with further header lines.
func (d *talk) replyWith(m message, code int, text, extra, body string) {
	contact := fmt.Sprintf("Contact: <sip:%s@%s>\r\n", d.p.user, d.p.addr())
	all := withBody(d.replyHead(m, code, text)+contact+extra, body)
	if code >= 200 {
		d.p.said.Store(m.asked(), all)
	}
	d.p.send(all)
}

// replyContact answers the incoming INVITE with contacts of the test's own.
func (d *talk) replyContact(code int, contacts string) {
	d.p.send(withBody(d.replyHead(d.invite, code, "Moved")+contacts, ""))
}

func (d *talk) replyHead(m message, code int, text string) string {
	to := m.get("to")
	if paramOf(to, "tag") == "" {
		to += ";tag=" + d.localTag
	}
	head := fmt.Sprintf("SIP/2.0 %d %s\r\n", code, text)
	for _, v := range m.headers["via"] {
		head += "Via: " + v + "\r\n"
	}
	return head + fmt.Sprintf("From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\n", m.get("from"), to, m.get("call-id"), m.get("cseq"))
}

func itoa(n int) string { return strconv.Itoa(n) }
