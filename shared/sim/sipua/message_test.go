package sipua

import (
	"bytes"
	"strings"
	"testing"
)

const sampleInvite = "INVITE sip:101@192.0.2.1 SIP/2.0\r\n" +
	"v: SIP/2.0/UDP 192.0.2.9:5062;branch=z9hG4bKa;rport, SIP/2.0/UDP [2001:db8::1];branch=z9hG4bKb\r\n" +
	"Max-Forwards: 70\r\nf: \"Front, \\\"door\\\"\" <sip:panel@192.0.2.1>;tag=x\r\n" +
	"t: <sip:101@192.0.2.1>\r\ni: abc\r\nCSeq: 7 INVITE\r\nm: <sip:panel@192.0.2.9:5062>\r\n" +
	"Subject: folded\r\n  value\r\nl: 4\r\n\r\nabcdrest"

func TestParse_ReadsCompactFoldedAndListed(t *testing.T) {
	m, err := Parse([]byte(sampleInvite))
	if err != nil {
		t.Fatal(err)
	}
	if n, method := m.CSeq(); m.Method != "INVITE" || n != 7 || method != "INVITE" || string(m.Body) != "abcd" {
		t.Fatalf("%+v", m)
	}
	if vias := m.List("Via"); len(vias) != 2 || !strings.Contains(vias[1], "2001:db8::1") {
		t.Fatalf("vias %q", vias)
	}
	from, err := ParseAddress(m.Get("From"))
	if err != nil || from.Display != `Front, "door"` || from.Tag() != "x" || from.URI.User != "panel" {
		t.Fatalf("%+v %v", from, err)
	}
	if m.Get("Subject") != "folded value" {
		t.Fatalf("subject %q", m.Get("Subject"))
	}
}

func TestParse_RefusesBrokenMessages(t *testing.T) {
	for name, change := range map[string][2]string{
		"length beyond the datagram": {"l: 4", "l: 400"},
		"length not a number":        {"l: 4", "l: -1"},
		"no call id":                 {"i: abc\r\n", ""},
		"two from":                   {"i: abc", "i: abc\r\nFrom: <sip:a@b>"},
		"other method in cseq":       {"7 INVITE", "7 BYE"},
		"lone carriage return":       {"Max-Forwards: 70", "Max-Forwards: 70\rX: y"},
		"wrong version":              {"SIP/2.0\r\nv", "SIP/3.0\r\nv"},
		"bad port":                   {"192.0.2.9:5062;branch", "192.0.2.9:99999;branch"},
	} {
		s := strings.Replace(sampleInvite, change[0], change[1], 1)
		if s == sampleInvite {
			t.Fatalf("%s: nothing changed", name)
		}
		if _, err := Parse([]byte(s)); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestBytes_LeaksNoHeaderOutOfAValue(t *testing.T) {
	m, err := Parse([]byte(sampleInvite))
	if err != nil {
		t.Fatal(err)
	}
	m.Set("Subject", "a\r\nEvil: yes")
	again, err := Parse(m.Bytes())
	if err != nil || again.Get("Evil") != "" {
		t.Fatalf("%v %q", err, again.Get("Evil"))
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sampleInvite))
	f.Add([]byte("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z\r\nFrom: <sip:a@b>;tag=1\r\nTo: sip:c@d;tag=2\r\n" +
		"Call-ID: x\r\nCSeq: 1 REGISTER\r\nRecord-Route: <sip:p;lr>,<sip:q;lr>\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Parse(b)
		if err != nil {
			return
		}
		wire := m.Bytes()
		again, err := Parse(wire)
		if err != nil {
			t.Fatalf("own bytes refused: %v\n%q", err, wire)
		}
		if !bytes.Equal(again.Bytes(), wire) {
			t.Fatalf("not stable:\n%q\n%q", wire, again.Bytes())
		}
		for _, name := range []string{"Contact", "Record-Route", "Route"} {
			for _, v := range m.List(name) {
				_, _ = ParseAddress(v)
			}
		}
	})
}
