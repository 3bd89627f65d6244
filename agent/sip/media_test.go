package sip

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"vestibule/shared/domain"
)

// ear is one RTP socket of a phone.
type ear struct {
	t    *testing.T
	conn *net.UDPConn
}

func newEar(t *testing.T) *ear {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &ear{t, conn}
}

func (e *ear) addr() netip.AddrPort { return netip.MustParseAddrPort(e.conn.LocalAddr().String()) }

func (e *ear) say(to netip.AddrPort, packet []byte) {
	e.t.Helper()
	if _, err := e.conn.WriteToUDPAddrPort(packet, to); err != nil {
		e.t.Fatal(err)
	}
}

// hears waits for one packet.
func (e *ear) hears() []byte {
	e.t.Helper()
	buf := make([]byte, 2048)
	if err := e.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		e.t.Fatal(err)
	}
	n, _, err := e.conn.ReadFromUDPAddrPort(buf)
	if err != nil {
		e.t.Fatalf("no packet: %v", err)
	}
	return buf[:n]
}

// rtp builds a packet by hand (RFC 3550 section 5.1).
func rtp(kind byte, seq uint16, stamp uint32, payload ...byte) []byte {
	p := []byte{0x80, kind, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}
	binary.BigEndian.PutUint16(p[2:], seq)
	binary.BigEndian.PutUint32(p[4:], stamp)
	return append(p, payload...)
}

// press is a key as RFC 4733 sends it: begin, more, and three ends under one timestamp.
func press(e *ear, to netip.AddrPort, kind, event byte, stamp uint32) {
	for i, p := range [][]byte{{event, 10, 0, 160}, {event, 10, 1, 64}, {event, 0x8a, 1, 64}, {event, 0x8a, 1, 64}, {event, 0x8a, 1, 64}} {
		e.say(to, rtp(kind, uint16(100+i), stamp, p...))
	}
}

// heardAt reads where a description wants its audio.
func heardAt(t *testing.T, body string) netip.AddrPort {
	t.Helper()
	var host, port string
	for _, line := range strings.Split(body, "\r\n") {
		if rest, ok := strings.CutPrefix(line, "c=IN IP4 "); ok {
			host = rest
		}
		if rest, ok := strings.CutPrefix(line, "m=audio "); ok {
			port, _, _ = strings.Cut(rest, " ")
		}
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		t.Fatalf("no audio in %q", body)
	}
	return netip.AddrPortFrom(netip.MustParseAddr(host), uint16(n))
}

// A monitor that sends its keys in the media: the media runs over the agent, and the key opens.
// Each relay opens on its own key.
// shows DEV-16 by agent/call/close.go: "if !r.Enabled || r.DTMF != in.Key {" => "if r.Number != 1 {"
func TestAnchored_KeyInTheMediaOpens(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFEvents).start()
	door, mon := h.phone(h.door), h.signedIn(h.mons[0])
	doorEar, monEar, thief := newEar(t), newEar(t), newEar(t)
	d := door.invite("101", offer(doorEar.addr()))
	a := mon.incoming()
	if strings.Contains(a.invite.body, "m=audio "+strconv.Itoa(int(doorEar.addr().Port()))) {
		t.Fatal("the monitor was offered the panel's own port")
	}
	a.reply(200, "OK", offer(monEar.addr()))
	res := d.result()
	atDoor, atMon := heardAt(t, res.body), heardAt(t, a.invite.body)
	if atDoor == monEar.addr() || atDoor.Port()%2 != 0 || atMon.Port()%2 != 0 {
		t.Fatalf("ports %v and %v", atDoor, atMon)
	}
	doorEar.say(atDoor, rtp(0, 1, 160, 'h', 'i'))
	if got := monEar.hears(); string(got[12:]) != "hi" {
		t.Errorf("monitor heard %q", got)
	}
	monEar.say(atMon, rtp(0, 1, 160, 'y', 'o'))
	if got := doorEar.hears(); string(got[12:]) != "yo" {
		t.Errorf("door heard %q", got)
	}
	// Keys from the door's side, and from a stranger, are no keys.
	press(doorEar, atDoor, 101, 11, 5000)
	press(thief, atMon, 101, 11, 6000)
	press(monEar, atMon, 101, 11, 7000)
	ask := h.doors.wait(t)
	if ask.Relay != 1 || ask.Means != domain.MeansDTMF || ask.ByDevice != h.mons[0].ID {
		t.Errorf("ask %+v", ask)
	}
	press(monEar, atMon, 101, 5, 9000)
	if ask = h.doors.wait(t); ask.Relay != 2 {
		t.Errorf("second key opened relay %d", ask.Relay)
	}
	finish(d, a)
	c := h.mem.call(t, 1)
	if !c.Anchored || c.End != domain.EndOpened || h.doors.count() != 2 {
		t.Errorf("event %+v, %d openings", c, h.doors.count())
	}
	if n := h.media.InUse(); n != 0 {
		t.Errorf("%d port pairs still open", n)
	}
}

// Who answers is unknown when the legs are made: each gets its own offer, and the panel the winner's way.
func TestAnchored_EachLegItsOwnOffer(t *testing.T) {
	h := newHouse(t, 2, domain.DTMFUnknown)
	info := h.mons[1]
	info.DTMF = domain.DTMFInfo
	h.view.Devices[info.ID] = info
	h.start()
	door, one, two := h.phone(h.door), h.signedIn(h.mons[0]), h.signedIn(h.mons[1])
	body := offer(door.addr())
	d := door.invite("101", body)
	a, b := one.incoming(), two.incoming()
	if a.invite.body == body || b.invite.body != body {
		t.Errorf("offers: unknown method\n%sINFO\n%s", a.invite.body, b.invite.body)
	}
	a.reply(180, "Ringing", "")
	h.rings(1)
	b.reply(200, "OK", offer(two.addr()))
	if res := d.result(); res.body != offer(two.addr()) {
		t.Errorf("the panel got\n%s", res.body)
	}
	a.replyTo(one.expectRequest("CANCEL"), 200, "OK", "")
	a.reply(487, "Request Terminated", "")
	finish(d, b)
	if c := h.mem.call(t, 1); c.Anchored {
		t.Error("called anchored")
	}
	if n := h.media.InUse(); n != 0 {
		t.Errorf("%d port pairs still open", n)
	}
}
