package sip

import (
	_ "embed"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"vestibule/agent/proof"
	"vestibule/shared/domain"
)

//go:embed testdata/rfc4475.txt
var rfc4475 string

// sample is one message of RFC 4475.
type sample struct {
	section, name string
	data          []byte
}

// torture reads the messages; the file's head says how they are written.
func torture(tb testing.TB) []sample {
	tb.Helper()
	var out []sample
	for _, block := range strings.Split("\n"+rfc4475, "\n== ")[1:] {
		head, text, _ := strings.Cut(block, "\n")
		section, name, _ := strings.Cut(head, " ")
		lines := strings.Split(text, "\n")
		for i, line := range lines {
			if at, ok := strings.CutPrefix(line, "@sdp "); ok {
				lines[i] = "v=0\r\no=mhandley 29739 7272939 IN IP4 " + at + "\r\ns=-\r\nc=IN IP4 " + at +
					"\r\nt=0 0\r\nm=audio 49217 RTP/AVP 0 12\r\nm=video 3227 RTP/AVP 31\r\na=rtpmap:31 LPC"
				continue
			}
			plain, err := strconv.Unquote(`"` + strings.ReplaceAll(line, `"`, `\"`) + `"`)
			if err != nil {
				tb.Fatalf("%s: %q: %v", name, line, err)
			}
			lines[i] = plain
		}
		out = append(out, sample{section, name, []byte(strings.Join(lines, "\r\n"))})
	}
	if len(out) != 49 {
		tb.Fatalf("%d messages, RFC 4475 has 49", len(out))
	}
	return out
}

// wholeCall rings, answers, opens and ends; it fails when the answer takes longer than most.
func wholeCall(t *testing.T, h *house, door, mon *phone, most time.Duration) {
	t.Helper()
	began := time.Now()
	d := door.invite("101", offer(door.addr()))
	a := mon.incoming()
	a.reply(200, "OK", offer(mon.addr()))
	if res := d.result(); res.status() != 200 {
		t.Fatalf("caller got %s", res.start)
	}
	if took := time.Since(began); took > most {
		t.Errorf("the call was set up after %v", took)
	}
	mon.expectRequest("ACK")
	a.info("#")
	mon.expectStatus(200, "INFO")
	h.doors.wait(t)
	finish(d, a)
}

// Every message of RFC 4475, over UDP from a stranger and from a registered device's own socket, and over a connection each: nothing
// rings that should not, nobody else hears anything, and a visitor's call works in the middle of it.
func TestTorture_EveryMessageOfRFC4475(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFInfo)
	h.cfg = func(c *Config) { c.Timers.Resend, c.Limits.FromOneHost = 100*time.Millisecond, 64 }
	h.start()
	door, mon := h.signedIn(h.door), h.signedIn(h.mons[0])
	stranger, hostile := newPhone(t, h.server.Addr(), "x", "x"), h.signedIn(h.door)
	list := torture(t)
	for i, m := range list {
		stranger.send(string(m.data))
		hostile.send(string(m.data))
		c, err := net.Dial("tcp4", h.server.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Write(m.data); err != nil {
			t.Fatal(err)
		}
		if i == len(list)/2 {
			wholeCall(t, h, door, mon, time.Second)
		}
	}
	wholeCall(t, h, door, mon, time.Second)
	for _, m := range stranger.drain() {
		if m.status() < 400 {
			t.Errorf("a stranger got %s", m.start)
		}
	}
	for _, m := range mon.drain() {
		if m.method() == "INVITE" {
			t.Error("a message of RFC 4475 rang a monitor")
		}
	}
	if !within(patience, func() bool { return h.server.legs.Load() == 0 }) { // the visitor's own ends in its own time
		t.Errorf("%d legs are under way", h.server.legs.Load())
	}
}

// What a stranger sends goes through sipgo's parser and then through everything that looks at a request before a person is known.
func FuzzRequest(f *testing.F) {
	for _, m := range torture(f) {
		f.Add(m.data)
	}
	f.Add([]byte("INVITE sip:2%23123@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK1;rport\r\nFrom: \"P\" <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nContact: <sip:a@10.0.0.9>\r\n" +
		"Supported: timer, 100rel\r\nSession-Expires: 90;refresher=uac\r\nMin-SE: 90\r\nRSeq: 1\r\nRAck: 1 1 INVITE\r\nExpires: 3600\r\nAuthorization: Digest username=\"a\", realm=\"vestibule\", nonce=\"x\", uri=\"y\", response=\"z\"\r\nContent-Length: 0\r\n\r\n"))
	f.Add([]byte("REGISTER sip:h SIP/2.0\r\nv: SIP/2.0/TCP h\r\nf: <sip:1@h>;tag=1\r\nt: *\r\ni: a\r\nCSeq: 1 REGISTER\r\nm: *\r\n\r\n"))
	s := &Server{cfg: Config{}}
	s.cfg.defaults()
	parser := sipgo.NewParser()
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := parser.ParseSIP(data)
		if err != nil {
			return
		}
		switch m := m.(type) {
		case *sipgo.Request:
			m.SetSource("10.0.0.9:5060")
			if _, ok := requestKey(m, m.Method); ok {
				stamp(m)
				s.wayBack(m)
			}
			readRequest(t, s, m)
		case *sipgo.Response:
			answerKey(m)
			takeRoute(m, true)
			readTiming(m)
			tags(m, "require")
			(&dialog{}).retarget(m)
		}
	})
}

// readRequest reads of a request all that a server reads.
func readRequest(t *testing.T, s *Server, req *sipgo.Request) {
	if !sane(req) {
		return
	}
	unsupported(req)
	s.timingOf(req)
	if n := s.dialled(req); len(n) > maxDialled {
		t.Errorf("dialled %q", n)
	}
	takeRoute(req, false)
	keyOf(value(req, "content-type"), req.Body())
	sameOffer(req.Body(), req.Body())
	(&dialog{}).retarget(req)
	if p, ok := proof.Read(value(req, "authorization")); ok {
		p.Matches(string(req.Method), "secret")
	}
	if c := req.Contact(); c != nil {
		expiry(req, c, time.Hour)
		if uri, ok := parseURI(c.Address.String()); ok && strings.ContainsAny(uri.String(), "\r\n") {
			t.Errorf("contact %q", uri.String())
		}
		s.isOurs(c.Address)
	}
	for _, line := range []string{nameAddr(req.From().DisplayName, req.From().Address.String()), nameAddr("", req.To().Address.String())} {
		if strings.ContainsAny(line, "\r\n") {
			t.Errorf("a line of its own: %q", line)
		}
	}
	if v := req.Via(); v != nil {
		readVia(v.Value())
	}
	var number, invite uint32
	var method string
	_, _ = fmt.Sscanf(value(req, "rack"), "%d %d %s", &number, &invite, &method)
	if text := string(respond(req, 200, "OK", "tag", nil).text()); strings.Count(text, "\r\n\r\n") != 1 {
		t.Errorf("an answer with a body of its own: %q", text)
	}
}
