package media

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// hears waits for one packet and gives its payload; empty when none comes.
func hears(t *testing.T, c *net.UDPConn) string {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 2048)
	n, _, err := c.ReadFromUDPAddrPort(buf)
	if err != nil || n < 12 {
		return ""
	}
	return string(buf[12:n])
}

func speech(text string) []byte {
	return append([]byte{0x80, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1}, text...)
}

func audioAt(c *net.UDPConn, more string) string {
	port := c.LocalAddr().(*net.UDPAddr).Port
	return "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio " + itoa(port) + " RTP/AVP 0\r\n" + more
}

func say(t *testing.T, from *net.UDPConn, port int, text string) {
	t.Helper()
	if _, err := from.WriteToUDPAddrPort(speech(text), netip.AddrPortFrom(loopback, uint16(port))); err != nil {
		t.Fatal(err)
	}
}

// answered gives an anchor whose two sides talk.
func answered(t *testing.T, caller, callee *net.UDPConn) *Anchor {
	t.Helper()
	a, err := testPool().Anchor([]byte(audioAt(caller, "")), loopback)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	if _, err := a.Offer(loopback); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Answer([]byte(audioAt(callee, "")), loopback, loopback, func(byte) {}); err != nil {
		t.Fatal(err)
	}
	return a
}

// A monitor that moves its sound to another port in the middle of a call is heard from there and only from there, and a
// line for pictures that comes later gets ports of its own.
func TestAnchor_AChangedOfferMovesTheSound(t *testing.T) {
	caller, callee, later, picture := listen(t), listen(t), listen(t), listen(t)
	a := answered(t, caller, callee)
	video := "m=video " + itoa(picture.LocalAddr().(*net.UDPAddr).Port) + " RTP/AVP 104\r\na=sendonly\r\n"
	offer, err := a.Reoffer(false, []byte(audioAt(later, video)), loopback)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(offer); !strings.Contains(text, "m=audio "+itoa(a.lines[0].caller.port)+" ") || !strings.Contains(text, "m=video "+itoa(a.lines[1].caller.port)+" ") || !strings.Contains(text, "sendonly") {
		t.Fatalf("the caller is offered\n%s", text)
	}
	say(t, callee, a.lines[0].callee.port, "before the answer")
	if got := hears(t, caller); got != "before the answer" {
		t.Errorf("before the answer the caller hears %q", got)
	}
	if _, err := a.Reanswer([]byte(audioAt(caller, "m=video 9 RTP/AVP 104\r\n")), loopback); err != nil {
		t.Fatal(err)
	}
	say(t, later, a.lines[0].callee.port, "from the new port")
	if got := hears(t, caller); got != "from the new port" {
		t.Errorf("the caller hears %q", got)
	}
	say(t, caller, a.lines[0].caller.port, "back")
	if got := hears(t, later); got != "back" {
		t.Errorf("the new port hears %q", got)
	}
	say(t, callee, a.lines[0].callee.port, "from the old port")
	say(t, later, a.lines[0].callee.port, "behind it")
	if got := hears(t, caller); got != "behind it" {
		t.Errorf("the old port is still heard: %q", got)
	}
	if n := a.pool.InUse(); n != 4 {
		t.Errorf("%d pairs, want 4", n)
	}
	if _, err := a.Reoffer(true, []byte(audioAt(caller, "")), loopback); err == nil {
		t.Error("an offer that forgot a line was taken")
	}
	if _, err := a.Reanswer([]byte(audioAt(caller, "")), loopback); err == nil {
		t.Error("an answer without an offer was taken")
	}
}

// Ciphered speech passes as it is: what looks like a key in it is none, and nothing is added to its description.
func TestAnchor_CipheredSpeechIsOpaque(t *testing.T) {
	caller, callee := listen(t), listen(t)
	const crypto = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n"
	const events = "a=rtpmap:101 telephone-event/8000\r\n"
	offer := strings.Replace(audioAt(caller, crypto+events), "RTP/AVP 0", "RTP/SAVP 0 101", 1)
	if !Secured([]byte(offer)) || Secured([]byte(audioAt(caller, ""))) || !Secured([]byte(strings.Replace(audioAt(caller, ""), "t=0 0", "t=0 0\r\na=fingerprint:sha-256 AA", 1))) {
		t.Error("ciphered speech is not told from plain")
	}
	a, err := testPool().Anchor([]byte(offer), loopback)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	body, err := a.Offer(loopback)
	if err != nil || !strings.Contains(string(body), crypto) || !strings.Contains(string(body), "RTP/SAVP 0 101") {
		t.Fatalf("%v\n%s", err, body)
	}
	keys := make(chan byte, 8)
	answer := strings.Replace(audioAt(callee, crypto+events), "RTP/AVP 0", "RTP/SAVP 0 101", 1)
	if _, err := a.Answer([]byte(answer), loopback, loopback, func(key byte) { keys <- key }); err != nil {
		t.Fatal(err)
	}
	packet := event(t, 101, 1, 1, 11, true)
	if _, err := callee.WriteToUDPAddrPort(packet, netip.AddrPortFrom(loopback, uint16(a.lines[0].callee.port))); err != nil {
		t.Fatal(err)
	}
	if got := hears(t, caller); got != string(packet[12:]) {
		t.Errorf("the caller hears %q", got)
	}
	select {
	case key := <-keys:
		t.Errorf("a key %q in ciphered speech", key)
	default:
	}
}
