package media

import (
	"strings"
	"testing"
)

// heldHalf is the half of a device that agreed to speech by PCMU and to a picture that it sends alone; keys of its speech where crypto is given.
func heldHalf(t *testing.T, crypto string) (h *Half, device func(change ...string) []byte) {
	t.Helper()
	const sound, picture = "m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n", "m=video 4002 RTP/AVP 104\r\na=rtpmap:104 H264/90000\r\na=sendonly\r\n"
	device = func(change ...string) []byte {
		body := "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" + sound + crypto + picture
		return []byte(strings.NewReplacer(change...).Replace(body))
	}
	other := "v=0\r\no=- 7 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\nm=audio 5000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=rtpmap:8 PCMA/8000\r\n" +
		crypto + "m=video 5002 RTP/AVP 104\r\na=rtpmap:104 H264/90000\r\na=recvonly\r\n"
	h, err := testPool().Half([]byte(other))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	if _, err := h.Describe([]byte(other), loopback, false); err != nil {
		t.Fatal(err)
	}
	if err := h.Open(device(), loopback, func(bool, []byte) {}, nil); err != nil {
		t.Fatal(err)
	}
	return h, device
}

// A hold turns each line as far as both sides let it run, names only what both had agreed to, and is a newer description each time.
//
// shows EDGE-07/R15 by agent/media/hold.go: "setWay(other, way{sends: far.sends && device.takes, takes: far.takes && device.sends})" => "	_ = far"
func TestHalf_HoldTurnsEachLine(t *testing.T) {
	h, device := heldHalf(t, "")
	held, err := h.Hold(device("t=0 0", "t=0 0\r\na=inactive"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(held)
	if strings.Count(text, "a=inactive") != 1 || strings.Count(text, "a=recvonly") != 1 || !strings.Contains(text, "RTP/AVP 0 101\r\n") || strings.Contains(text, "PCMA") {
		t.Errorf("held:\n%s", text)
	}
	again, err := h.Hold(device())
	if text := string(again); err != nil || strings.Count(text, "a=sendrecv") != 1 || strings.Count(text, "a=recvonly") != 1 {
		t.Errorf("%v\n%s", err, text)
	}
	if !strings.Contains(string(held), "o=- 7 2 ") || !strings.Contains(string(again), "o=- 7 3 ") {
		t.Errorf("versions:\n%s\n%s", held, again)
	}
	// 0.0.0.0 was the way to hold before there were directions.
	if old, err := h.Hold(device("c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0")); err != nil || strings.Count(string(old), "a=recvonly") != 2 {
		t.Errorf("%v\n%s", err, old)
	}
}

// What the other side would have to agree to is not answered here.
//
// shows EDGE-07/R15 by agent/media/hold.go: "!slices.Equal(secrets(now, m), secrets(had, old)) {" => "		false {"
func TestHalf_HoldChangesNothingElse(t *testing.T) {
	const crypto = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n"
	h, device := heldHalf(t, crypto)
	if _, err := h.Hold(device()); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][]string{
		"another codec":            {"RTP/AVP 0 101", "RTP/AVP 9 101"},
		"a number of another one":  {"rtpmap:101 telephone-event/8000", "rtpmap:101 opus/48000/2"},
		"other keys":               {"WVNf", "XXXX"},
		"ciphered":                 {"4000 RTP/AVP", "4000 RTP/SAVP"},
		"a line less":              {"m=video 4002", "m=video 0"},
		"a line more":              {"m=video 4002", "m=video 4004 RTP/AVP 104\r\nm=video 4002"},
		"a picture that is speech": {"m=video", "m=audio"},
		"nothing":                  {"m=audio", "x=audio"},
	} {
		if out, err := h.Hold(device(change...)); err == nil {
			t.Errorf("%s is answered\n%s", name, out)
		}
	}
	if _, err := h.Hold(device()); err != nil {
		t.Errorf("after that nothing goes any more: %v", err)
	}
	h.Close()
	if _, err := h.Hold(device()); err == nil {
		t.Error("answered after its end")
	}
}

// A line that one side refused stays refused, whatever the device says of it now.
func TestHalf_HoldLeavesRefusedLines(t *testing.T) {
	h, device := heldHalf(t, "")
	h.told = []byte(strings.Replace(string(h.told), "m=video "+itoa(h.lines[1].pair.port), "m=video 0", 1))
	out, err := h.Hold(device())
	if err != nil || !strings.Contains(string(out), "m=video 0 ") {
		t.Errorf("%v\n%s", err, out)
	}
}
