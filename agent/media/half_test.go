package media

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// socket is one port of a device.
type socket struct {
	t *testing.T
	*net.UDPConn
}

func newSocket(t *testing.T) socket {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return socket{t, c}
}

func (s socket) port() string {
	_, port, _ := net.SplitHostPort(s.LocalAddr().String())
	return port
}

func (s socket) gets(want []byte) {
	s.t.Helper()
	buf := make([]byte, 2048)
	if err := s.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		s.t.Fatal(err)
	}
	n, err := s.Read(buf)
	if err != nil || !bytes.Equal(buf[:n], want) {
		s.t.Errorf("%x instead of %x (%v)", buf[:n], want, err)
	}
}

func packetOf(kind byte, source uint32, text string) []byte {
	p := []byte{0x80, kind, 0, 1, 0, 0, 0, 160, 0, 0, 0, 0}
	binary.BigEndian.PutUint32(p[8:], source)
	return append(p, text...)
}

// reportOf is RTCP of a kind: who speaks, and of whom.
func reportOf(kind byte, from, about uint32) []byte {
	p := []byte{0x81, kind, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0}
	binary.BigEndian.PutUint32(p[4:], from)
	binary.BigEndian.PutUint32(p[8:], about)
	return p
}

// A device with sound and picture, RTCP on ports that it names: packets of the other side find their line and kind, its own are handed over.
//
// shows EDGE-07/R15 by agent/media/lanes.go: "line, ok := l.ours[binary.BigEndian.Uint32(packet[8:])]" => "line, ok := 0, false"
func TestHalf_EachPacketFindsItsLine(t *testing.T) {
	pool := testPool()
	audio, audioRTCP, video, videoRTCP := newSocket(t), newSocket(t), newSocket(t), newSocket(t)
	device := []byte("v=0\r\no=m 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" +
		"m=audio " + audio.port() + " RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=rtcp:" + audioRTCP.port() + "\r\n" +
		"m=video " + video.port() + " RTP/AVP 104\r\na=rtpmap:104 H264/90000\r\na=rtcp:" + videoRTCP.port() + "\r\nm=application 0 UDP/BFCP *\r\n")
	h, err := pool.Half([]byte(avOffer))
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	told, err := h.Describe([]byte(avOffer), loopback, true)
	if err != nil || strings.Contains(string(told), "10.0.0.9") || strings.Count(string(told), "telephone-event") != 1 {
		t.Fatalf("%v\n%s", err, told)
	}
	d, err := parse(told)
	if err != nil {
		t.Fatal(err)
	}
	type sent struct {
		rtcp   bool
		packet []byte
	}
	out, keys := make(chan sent, 16), make(chan byte, 16)
	err = h.Open(device, loopback, func(rtcp bool, p []byte) { out <- sent{rtcp, bytes.Clone(p)} }, func(key byte) { keys <- key })
	if err != nil {
		t.Fatal(err)
	}
	h.Take(false, packetOf(0, 0xa, "sound"))
	audio.gets(packetOf(0, 0xa, "sound"))
	h.Take(false, packetOf(104, 0xb, "picture"))
	video.gets(packetOf(104, 0xb, "picture"))
	h.Take(true, reportOf(200, 0xb, 0)) // who speaks is known
	videoRTCP.gets(reportOf(200, 0xb, 0))
	h.Take(false, packetOf(33, 0xa, "another codec")) // of no line
	h.Take(false, []byte{0x80})

	say := func(s socket, line int, packet []byte) {
		t.Helper()
		to := netip.AddrPortFrom(loopback, uint16(d.MediaDescriptions[line].MediaName.Port.Value))
		if _, err := s.WriteToUDPAddrPort(packet, to); err != nil {
			t.Fatal(err)
		}
	}
	say(video, 1, packetOf(104, 0xc, "mine"))
	if got := <-out; got.rtcp || !bytes.Equal(got.packet, packetOf(104, 0xc, "mine")) {
		t.Errorf("%+v", got)
	}
	h.Take(true, reportOf(206, 0xd, 0xc)) // a wish for a whole picture: it speaks of the device's own source
	videoRTCP.gets(reportOf(206, 0xd, 0xc))
	h.Take(true, reportOf(206, 0xd, 0xee)) // of nobody
	say(audio, 0, append(packetOf(101, 0xf, ""), 11, 0x8a, 1, 64))
	if key := <-keys; key != '#' {
		t.Errorf("key %c", key)
	}
	say(audio, 0, packetOf(0, 0xf, "after the key"))
	if got := <-out; string(got.packet[12:]) != "after the key" {
		t.Errorf("the key was passed on: %x", got.packet)
	}
}

func TestHalf_GivesItsPortsBackAlsoWhenItDoesNotFit(t *testing.T) {
	pool := testPool()
	h, err := pool.Half([]byte(avOffer))
	if err != nil || pool.InUse() != 2 {
		t.Fatalf("%v, %d pairs", err, pool.InUse())
	}
	short := []byte(strings.Split(avOffer, "m=video")[0])
	if err := h.Open(short, loopback, nil, nil); err == nil {
		t.Error("fewer lines were taken")
	}
	if _, err := h.Describe(short, loopback, false); err == nil {
		t.Error("fewer lines were described")
	}
	h.Close()
	h.Close()
	h.Take(false, packetOf(0, 1, "late"))
	if n := pool.InUse(); n != 0 {
		t.Errorf("%d pairs are open", n)
	}
	if _, err := pool.Half([]byte("v=0")); err == nil {
		t.Error("no description was taken")
	}
	small := NewPool(Config{First: 23000, Last: 23001})
	if _, err := small.Half([]byte(avOffer)); err == nil || small.InUse() != 0 {
		t.Errorf("%v, %d pairs", err, small.InUse())
	}
}

// A caller without keys and a door to open: they are offered for the agent, and the caller never hears of them.
func TestHalf_KeysThatOnlyTheAgentOffersStayHidden(t *testing.T) {
	plain := strings.ReplaceAll(strings.Split(avOffer, "m=video")[0], " 101\r\na=rtpmap:101 telephone-event/8000", "")
	h, err := testPool().Half([]byte(plain))
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	body, err := h.Describe([]byte(plain), loopback, true)
	if err != nil || strings.Count(string(body), "telephone-event") != 1 {
		t.Fatalf("%v\n%s", err, body)
	}
	back, err := h.Hidden([]byte(strings.Split(avAnswer, "m=video")[0]))
	if err != nil || strings.Contains(string(back), "101") {
		t.Errorf("%v\n%s", err, back)
	}
}
