package media

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
)

var loopback = netip.MustParseAddr("127.0.0.1")

const avOffer = "v=0\r\no=panel 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\n" +
	"m=audio 9000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=rtcp:9101 IN IP4 10.0.0.9\r\na=rtcp-mux\r\na=sendrecv\r\n" +
	"m=video 9002 RTP/AVP 104\r\nc=IN IP4 10.0.0.10\r\na=rtpmap:104 H264/90000\r\na=candidate:1 1 UDP 1 10.0.0.9 9002 typ host\r\n" +
	"m=application 0 UDP/BFCP *\r\n"

const avAnswer = "v=0\r\no=mon 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" +
	"m=audio 9100 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\nm=video 0 RTP/AVP 104\r\nm=application 0 UDP/BFCP *\r\n"

func testPool() *Pool { return NewPool(Config{First: 22000, Last: 22999}) }

func TestDescription_EachMediaLineIsAnchored(t *testing.T) {
	p := testPool()
	a, err := p.Anchor([]byte(avOffer), loopback)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if n := p.InUse(); n != 4 {
		t.Errorf("%d pairs for two lines, want 4", n)
	}
	local := netip.MustParseAddr("10.0.0.1")
	body, err := a.Offer(local)
	if err != nil {
		t.Fatal(err)
	}
	text := string(body)
	for _, gone := range []string{"10.0.0.9", "10.0.0.10", " 9000 ", " 9002 ", "a=rtcp", "candidate"} {
		if strings.Contains(text, gone) {
			t.Errorf("%s is still in\n%s", gone, text)
		}
	}
	for _, kept := range []string{"c=IN IP4 10.0.0.1", "RTP/AVP 0 8 101", "H264/90000", "m=application 0 ", "a=sendrecv"} {
		if !strings.Contains(text, kept) {
			t.Errorf("%s is not in\n%s", kept, text)
		}
	}
	back, err := a.Answer([]byte(avAnswer), loopback, local, func(byte) {})
	if err != nil {
		t.Fatal(err)
	}
	if s := string(back); !strings.Contains(s, "m=video 0 ") || strings.Contains(s, "9100") || !strings.Contains(s, "c=IN IP4 10.0.0.1") {
		t.Errorf("answer\n%s", s)
	}
}

// A panel that offers no keys: the monitor is offered them all the same, and the panel never hears of it.
func TestDescription_KeysAreOfferedForTheAgent(t *testing.T) {
	p := testPool()
	plain := strings.ReplaceAll(strings.Split(avOffer, "m=video")[0], " 101\r\na=rtpmap:101 telephone-event/8000", "")
	a, err := p.Anchor([]byte(plain), loopback)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	for range 2 { // for two legs
		body, err := a.Offer(loopback)
		if err != nil || strings.Count(string(body), "telephone-event") != 1 {
			t.Fatalf("%v\n%s", err, body)
		}
	}
	back, err := a.Answer([]byte(strings.Split(avAnswer, "m=video")[0]), loopback, loopback, func(byte) {})
	if err != nil || strings.Contains(string(back), "101") {
		t.Errorf("%v\n%s", err, back)
	}
}

func TestAnchor_RefusesWhatItCannotRead(t *testing.T) {
	p := testPool()
	for _, body := range []string{"", "x", "v=0\r\n", avOffer + strings.Repeat("m=audio 1 RTP/AVP 0\r\n", 20), strings.Repeat("a", 1<<20)} {
		if _, err := p.Anchor([]byte(body), loopback); err == nil {
			t.Errorf("taken: %.40q", body)
		}
	}
	if p.InUse() != 0 {
		t.Error("ports are held for nothing")
	}
}

func TestPool_GivesUpAndRests(t *testing.T) {
	now := time.Unix(0, 0)
	p := NewPool(Config{First: 23001, Last: 23005, Rest: time.Minute, Now: func() time.Time { return now }})
	audio := []byte(strings.Split(avOffer, "m=video")[0])
	a, err := p.Anchor(audio, loopback)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Anchor(audio, loopback); err == nil {
		t.Error("more calls than ports")
	}
	if n := p.InUse(); n != 2 {
		t.Errorf("%d pairs held, want 2", n)
	}
	a.Close()
	a.Close()
	if _, err := p.Anchor(audio, loopback); err == nil {
		t.Error("a port was used again before it rested")
	}
	now = now.Add(2 * time.Minute)
	b, err := p.Anchor(audio, loopback)
	if err != nil {
		t.Fatal(err)
	}
	b.Close()
}

func sideAt(announced string) *side {
	s := &side{}
	s.announce(netip.MustParseAddrPort(announced))
	return s
}

func TestSide_OnlyTheAnnouncedHost(t *testing.T) {
	at := netip.MustParseAddrPort
	s := sideAt("10.0.0.9:9000")
	if s.to() != at("10.0.0.9:9000") {
		t.Error("nothing to send to")
	}
	for _, c := range []struct {
		src  string
		want bool
		to   string
	}{
		{"10.0.0.8:9000", false, "10.0.0.9:9000"},
		{"10.0.0.9:40000", true, "10.0.0.9:40000"}, // symmetric: another port of the same host
		{"10.0.0.9:40001", false, "10.0.0.9:40000"},
		{"[::ffff:10.0.0.9]:40000", true, "10.0.0.9:40000"},
		{"10.0.0.9:9000", true, "10.0.0.9:9000"}, // what it announced always counts
	} {
		if got := s.admits(at(c.src)); got != c.want || s.to() != at(c.to) {
			t.Errorf("%s: admitted %v, sends to %v", c.src, got, s.to())
		}
	}
	two := sideAt("10.0.0.9:9000")
	two.signals = netip.MustParseAddr("10.0.0.7")
	if two.admits(at("10.0.0.8:1")) || !two.admits(at("10.0.0.7:5")) || two.to() != at("10.0.0.7:5") || two.admits(at("10.0.0.7:6")) {
		t.Errorf("a phone with two interfaces: sends to %v", two.to())
	}
	if (&side{}).admits(at("10.0.0.9:9000")) {
		t.Error("nothing was announced, something was admitted")
	}
}

// A description that names a port of ours would send one packet in a circle for ever.
func TestAnchor_NeverSendsToItself(t *testing.T) {
	p := testPool()
	a, err := p.Anchor([]byte(strings.Split(avOffer, "m=video")[0]), loopback)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	for _, port := range []int{a.lines[0].caller.port, a.lines[0].callee.port + 1} {
		d, err := parse([]byte(strings.Replace(strings.Split(avAnswer, "m=video")[0], "9100", itoa(port), 1)))
		if err != nil {
			t.Fatal(err)
		}
		if to, _ := a.endpoint(d, 0); to.IsValid() {
			t.Errorf("port %d would be sent to", port)
		}
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

func event(t testing.TB, kind uint8, seq uint16, stamp uint32, code byte, end bool) []byte {
	t.Helper()
	flags := byte(10)
	if end {
		flags |= 0x80
	}
	p := rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: kind, SequenceNumber: seq, Timestamp: stamp, SSRC: 7}, Payload: []byte{code, flags, 1, 64}}
	raw, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestKeys_EachPressOnce(t *testing.T) {
	var heard []byte
	k := &keys{}
	k.listen([]uint8{101})
	tell := func(key byte) { heard = append(heard, key) }
	say := func(stamp uint32, code byte, ends ...bool) {
		for i, end := range ends {
			if !k.hear(event(t, 101, uint16(i), stamp, code, end), tell) {
				t.Error("a key was not swallowed")
			}
		}
	}
	say(100, 11, false, false, true, true, true) // #, as it should be
	say(900, 11, true, true, true)               // # again, only its ends arrived
	say(1800, 10, false, false)                  // *, all ends lost
	say(2700, 5, false, true)                    // 5: tells * as well
	say(2700, 5, true)                           // late copy
	say(3600, 16, true)                          // flash is no key
	if string(heard) != "##*5" {
		t.Errorf("heard %q, want %q", heard, "##*5")
	}
	if k.hear(event(t, 0, 1, 1, 11, true), tell) {
		t.Error("speech was taken for a key")
	}
}

func FuzzKeys(f *testing.F) {
	f.Add(event(f, 101, 1, 1, 11, true))
	f.Add([]byte{0x80, 101})
	f.Fuzz(func(t *testing.T, packet []byte) {
		k := &keys{}
		k.listen([]uint8{101})
		k.hear(packet, func(key byte) {
			if !strings.ContainsRune(keyNames, rune(key)) {
				t.Errorf("heard %q", key)
			}
		})
	})
}

func FuzzDescription(f *testing.F) {
	f.Add([]byte(avOffer))
	f.Add([]byte(avAnswer))
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := parse(body)
		if err != nil {
			return
		}
		ports := make([]int, len(d.MediaDescriptions))
		for i, m := range d.MediaDescriptions {
			endpoint(d, m)
			if live(m) {
				ports[i] = 22000
				addEvents(m)
				dropEvents(m)
			}
		}
		rewrite(d, loopback, ports)
		if _, err := d.Marshal(); err != nil {
			t.Errorf("read but not written: %v", err)
		}
	})
}

// The relay allocates nothing for a packet.
func TestForward_AllocatesNothing(t *testing.T) {
	k := &keys{}
	k.listen([]uint8{101})
	s := sideAt("127.0.0.1:9")
	src := netip.MustParseAddrPort("127.0.0.1:9")
	packet := event(t, 0, 1, 1, 0, false)
	tell := func(byte) {}
	s.admits(src)
	if n := testing.AllocsPerRun(1000, func() {
		if s.admits(src) && !k.hear(packet, tell) {
			_ = s.to()
		}
	}); n != 0 {
		t.Errorf("%v allocations for a packet", n)
	}
}

func BenchmarkRelay(b *testing.B) {
	p := testPool()
	in, out := listen(b), listen(b)
	describe := func(c *net.UDPConn) []byte {
		port := c.LocalAddr().(*net.UDPAddr).Port
		return []byte("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio " + itoa(port) + " RTP/AVP 0\r\n")
	}
	a, err := p.Anchor(describe(in), loopback)
	if err != nil {
		b.Fatal(err)
	}
	defer a.Close()
	if _, err := a.Offer(loopback); err != nil {
		b.Fatal(err)
	}
	if _, err := a.Answer(describe(out), loopback, loopback, func(byte) {}); err != nil {
		b.Fatal(err)
	}
	to := netip.AddrPortFrom(loopback, uint16(a.lines[0].caller.port))
	packet, buf := event(b, 0, 1, 1, 0, false), make([]byte, 2048)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := in.WriteToUDPAddrPort(packet, to); err != nil {
			b.Fatal(err)
		}
		if _, _, err := out.ReadFromUDPAddrPort(buf); err != nil {
			b.Fatal(err)
		}
	}
}

func listen(tb testing.TB) *net.UDPConn {
	tb.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { c.Close() })
	return c
}
