package rtpstream

import (
	"bytes"
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"
)

var loopback = netip.MustParseAddr("127.0.0.1")

func open(t *testing.T, onDigit func(string)) *Stream {
	t.Helper()
	s, err := Open(loopback, onDigit, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return s
}

func TestStream_SoundAndDigitsBothWays(t *testing.T) {
	digits := make(chan string, 8)
	a, b := open(t, nil), open(t, func(d string) { digits <- d })
	offer := Describe(a.Addr())
	answer, remote, err := Answer(offer, b.Addr())
	if err != nil {
		t.Fatal(err)
	}
	b.SetRemote(remote, true)
	back, err := Read(answer)
	if err != nil || back.Addr != b.Addr() || back.Events != 101 {
		t.Fatalf("%+v %v", back, err)
	}
	a.SetRemote(back, false)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for _, s := range []*Stream{a, b} {
		if err := s.Wait(ctx, func(s Stats) bool { return s.Received >= 3 }); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range []string{"#", "#", "5"} {
		if err := a.Digit(ctx, d); err != nil {
			t.Fatal(err)
		}
		if got := <-digits; got != d {
			t.Fatalf("heard %q, sent %q", got, d)
		}
	}
	if err := b.Wait(ctx, func(s Stats) bool { return s.Digits == "##5" }); err != nil {
		t.Fatalf("%+v", b.Stats())
	}
}

func TestStream_EachDigitCountsOnce(t *testing.T) {
	s, err := Open(loopback, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.conn.Close() }()
	p := packet{payloadType: 101, timestamp: 7, ssrc: 9, payload: event{code: 11, end: true}.bytes()}
	for range 3 { // only the end packets arrived
		p.sequence++
		s.take(p.bytes(), s.at)
	}
	p.payloadType = 96
	p.timestamp++
	s.take(p.bytes(), s.at)
	s.take([]byte("x"), s.at)
	if got := s.Stats(); got.Digits != "#" || got.Received != 4 || got.Refused != 1 {
		t.Fatalf("%+v", got)
	}
}

func TestAnswer_RefusesVideoKeepsOrderAndNumbers(t *testing.T) {
	offer := "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nm=video 4000 RTP/AVP 99\r\nc=IN IP4 192.0.2.3\r\n" +
		"m=audio 4002 RTP/AVP 8 0 97\r\nc=IN IP4 192.0.2.2\r\na=rtpmap:97 telephone-event/8000\r\na=sendonly\r\n"
	answer, remote, err := Answer([]byte(offer), netip.MustParseAddrPort("127.0.0.1:9"))
	if err != nil {
		t.Fatal(err)
	}
	if remote.Addr.String() != "192.0.2.2:4002" || remote.Events != 97 || remote.Takes {
		t.Fatalf("%+v", remote)
	}
	if s := string(answer); !strings.Contains(s, "m=video 0 RTP/AVP 99\r\nm=audio 9 RTP/AVP 0 97\r\n") {
		t.Fatalf("answer %q", s)
	}
	for _, bad := range []string{"", "v=0\r\n", strings.Replace(offer, " 8 0 97", " 8", 1), strings.Replace(offer, "192.0.2.2", "host.example", 1)} {
		if _, _, err := Answer([]byte(bad), netip.MustParseAddrPort("127.0.0.1:9")); err == nil {
			t.Errorf("taken: %q", bad)
		}
	}
}

func TestMulaw_MatchesKnownCodes(t *testing.T) {
	for in, want := range map[int16]byte{0: 0xff, 32767: 0x80, -32768: 0x00, 1000: 0xce, -1000: 0x4e} {
		if got := mulaw(in); got != want {
			t.Errorf("%d: %#x, want %#x", in, got, want)
		}
	}
}

func FuzzParsePacket(f *testing.F) {
	f.Add(packet{payloadType: 101, marker: true, payload: event{code: 11}.bytes()}.bytes())
	f.Add(append([]byte{0xb1}, make([]byte, 30)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := parsePacket(b)
		if err != nil {
			return
		}
		_, _ = parseEvent(p.payload)
		again, err := parsePacket(p.bytes())
		if err != nil || !bytes.Equal(again.payload, p.payload) || again.ssrc != p.ssrc {
			t.Fatalf("%+v %+v %v", p, again, err)
		}
	})
}

func FuzzAnswer(f *testing.F) {
	f.Add("v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 9 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\nm=video 0 a b\r\n")
	f.Fuzz(func(t *testing.T, s string) {
		answer, _, err := Answer([]byte(s), netip.MustParseAddrPort("127.0.0.1:9"))
		if err != nil {
			return
		}
		if _, err := Read(answer); err != nil {
			t.Fatalf("own answer refused: %v\n%q\n%q", err, s, answer)
		}
	})
}
