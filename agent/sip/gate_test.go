package sip

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"vestibule/shared/domain"
)

// Tools that look for telephones to abuse hear nothing, whatever they ask; who names no tool hears only about registering and calling.
func TestStrangers_HearNothing(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFInfo).start()
	good := h.signedIn(h.mons[0])
	tool := newPhone(t, h.server.Addr(), "100", "x")
	for _, name := range []string{"friendly-scanner", "sipvicious", "SIPCLI/1.8", "sipsak 0.9"} {
		for _, method := range []string{"OPTIONS", "REGISTER", "INVITE", "CANCEL", "SUBSCRIBE"} {
			d := tool.newTalk("900442012345678")
			d.target = d.inviteURI
			d.raw(method, 1, "User-Agent: "+name+"\r\n", "")
		}
	}
	quiet := newPhone(t, h.server.Addr(), "100", "x")
	for _, method := range []string{"OPTIONS", "SUBSCRIBE", "MESSAGE", "REFER", "NOTIFY", "PUBLISH", "BYE", "UPDATE", "PRACK", "INFO", "FROBNICATE"} {
		d := quiet.newTalk("101")
		d.target = d.inviteURI
		d.raw(method, 1, "", "")
	}
	quiet.send("OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP " + quiet.addr().String() + ";branch=z9hG4bKnone;rport\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")
	if res := good.register(600); res.status() != 200 { // behind all of it in the same socket
		t.Fatal(res.start)
	}
	h.mem.untilNoted(t, noteScanner, 1)
	for _, p := range []*phone{tool, quiet} {
		for _, m := range p.drain() {
			t.Errorf("a stranger was answered: %s (%s)", m.start, m.get("cseq"))
		}
	}
	// A panel of the document that is not registered may ask whether the registrar is there.
	h.macs.Store(netip.MustParseAddr("127.0.0.1"), h.door.MAC)
	d := quiet.newTalk("101")
	d.target = d.inviteURI
	d.raw("OPTIONS", 1, "", "")
	quiet.expectStatus(200, "OPTIONS")
}

// A flood from one address is cut before it is parsed; the other addresses do not notice, and the flooder is heard again when it has calmed down.
func TestGate_OneAddressTakesNothingFromOthers(t *testing.T) {
	now := epoch
	g := newGate(Limits{PerSec: 100, StrangerPerSec: 10, StrangersPerSec: 40}, func() time.Time { return now })
	panel, hostile, other := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2"), netip.MustParseAddr("10.0.0.3")
	g.registered(netip.AddrPort{}, netip.AddrPortFrom(panel, 5060))
	taken := func(host netip.Addr, n int) int {
		k := 0
		for range n {
			if g.admits(host) {
				k++
			}
		}
		return k
	}
	if n := taken(hostile, 1000); n != 40 {
		t.Errorf("a stranger: %d of 1000", n)
	}
	if n := taken(panel, 1000); n != 200 {
		t.Errorf("a registered device: %d of 1000", n)
	}
	if n := taken(other, 5); n != 5 {
		t.Errorf("another stranger beside the flood: %d of 5", n)
	}
	now = now.Add(time.Second)
	if n := taken(panel, 1000); n != 100 {
		t.Errorf("a second later the device: %d", n)
	}
	if n := taken(hostile, 1000); n != 10 {
		t.Errorf("a second later the stranger: %d", n)
	}
	// Invented addresses share one bound; registered devices have their own.
	now = now.Add(time.Minute)
	total := 0
	for i := range 2000 {
		total += taken(netip.MustParseAddr(fmt.Sprintf("10.1.%d.%d", i/250, i%250)), 1)
	}
	if total != 80 {
		t.Errorf("2000 invented addresses: %d taken", total)
	}
	if n := taken(panel, 50); n != 50 {
		t.Errorf("the device beside them: %d of 50", n)
	}
	g.registered(netip.AddrPortFrom(panel, 5060), netip.AddrPort{})
	if len(g.hosts) != 0 || len(g.sources) != 0 {
		t.Errorf("left behind: %v %v", g.hosts, g.sources)
	}
}

// A device may ask for a short registration, but not for one that costs more than it tells.
func TestRegister_ShortestTime(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFInfo).start()
	p := h.phone(h.mons[0])
	if res := p.register(5); res.status() != 423 || res.get("min-expires") != "20" {
		t.Errorf("5 s: %s, Min-Expires %q", res.start, res.get("min-expires"))
	}
	if res := p.register(30); res.status() != 200 || !strings.Contains(res.get("contact"), "expires=30") {
		t.Errorf("30 s: %s, %s", res.start, res.get("contact"))
	}
	if !h.server.Registered(h.mons[0].ID) {
		t.Error("not registered")
	}
	if res := p.register(0); res.status() != 200 || h.server.Registered(h.mons[0].ID) {
		t.Errorf("signing off: %s", res.start)
	}
}
