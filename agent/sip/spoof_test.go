package sip

import (
	"net/netip"
	"strings"
	"testing"

	"vestibule/shared/domain"
)

// talking brings up a call between the door phone and the first monitor.
func talking(t *testing.T, h *house) (d, a *talk, one *phone) {
	t.Helper()
	door, mon := h.phone(h.door), h.signedIn(h.mons[0])
	d = door.invite("101", offer(door.addr()))
	a = mon.incoming()
	a.reply(200, "OK", offer(mon.addr()))
	mon.expectRequest("ACK")
	if res := d.result(); res.status() != 200 {
		t.Fatalf("call: %s", res.start)
	}
	return d, a, mon
}

// finish hangs up from the caller's side.
func finish(d, a *talk) {
	d.request("BYE", "", "")
	d.p.expectStatus(200, "BYE")
	a.replyTo(a.p.expectRequest("BYE"), 200, "OK", "")
}

// A key counts only in the dialog with the device, with its tags, from its address, once a number.
func TestSpoof_InfoMovesNothing(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFInfo).start()
	d, a, _ := talking(t, h)
	thief := newPhone(t, h.server.Addr(), "666", "x")
	relay := "Content-Type: application/dtmf-relay\r\n"
	body := "Signal=#\r\nDuration=160\r\n"
	for name, c := range map[string]func() *talk{
		"everything right but the address": func() *talk { s := *a; s.p = thief; return &s },
		"the caller's dialog":              func() *talk { s := *d; s.p = thief; return &s },
		"a tag that is wrong":              func() *talk { s := *a; s.ours = "<sip:x@y>;tag=nope"; return &s },
		"our tag that is wrong":            func() *talk { s := *a; s.theirs = "<sip:x@y>;tag=nope"; return &s },
		"another Call-ID":                  func() *talk { s := *a; s.callID = "nope"; return &s },
	} {
		s := c()
		s.seq += 50
		s.request("INFO", relay, body)
		res := s.p.expect("answer to INFO", func(m message) bool { return m.of() == "INFO" && m.seq() == s.seq })
		if res.status() != 481 {
			t.Errorf("%s: %s, want 481", name, res.start)
		}
	}
	outside := thief.newTalk("101") // no tag at all and no call of ours: no answer either
	outside.target = outside.inviteURI
	outside.request("INFO", relay, body)
	// The visitor's own keys are heard and open nothing.
	d.info("#")
	if res := d.p.expect("answer", func(m message) bool { return m.of() == "INFO" }); res.status() != 200 {
		t.Errorf("the caller's INFO: %s", res.start)
	}
	// A real key, sent again with the same number: once.
	a.info("#")
	a.p.expectStatus(200, "INFO")
	h.doors.wait(t)
	a.raw("INFO", a.seq, relay, body)
	if res := a.p.expect("answer", func(m message) bool { return m.of() == "INFO" }); res.status() != 500 {
		t.Errorf("a repeated number: %s", res.start)
	}
	finish(d, a)
	h.mem.call(t, 1)
	if n := h.doors.count(); n != 1 {
		t.Errorf("%d openings, want 1", n)
	}
	h.mem.untilNoted(t, noteSpoofedInfo, 1)
	for _, m := range thief.drain() {
		if m.get("call-id") == outside.callID {
			t.Errorf("a stranger was answered: %s", m.start)
		}
	}
}

func TestSpoof_ByeFromAStranger(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFInfo).start()
	d, a, _ := talking(t, h)
	thief := newPhone(t, h.server.Addr(), "666", "x")
	s := *a
	s.p = thief
	s.request("BYE", "", "")
	thief.expectStatus(481, "BYE")
	a.info("#") // the call lives
	h.doors.wait(t)
	finish(d, a)
	if c := h.mem.call(t, 1); c.End != domain.EndOpened {
		t.Errorf("ended with %s", c.End)
	}
}

// A stranger's INVITE rings nobody, whatever it says it is; a panel's address without its hardware address neither.
func TestSpoof_InviteRingsNobody(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFInfo).start()
	mon := h.signedIn(h.mons[0])
	thief := newPhone(t, h.server.Addr(), "666", "x")
	d := thief.newTalk("101")
	thief.send(thief.inviteText(d, "", offer(thief.addr())))
	if res := d.result(); res.status() != 403 {
		t.Errorf("stranger: %s", res.start)
	}
	panel := newPhone(t, h.server.Addr(), h.door.SIPUser, "guessed")
	if res := panel.invite("101", offer(panel.addr())).result(); res.status() != 403 {
		t.Errorf("wrong password: %s", res.start)
	}
	h.macs.Store(netip.MustParseAddr("127.0.0.1"), domain.MAC("AABBCCDDEEFF"))
	d = thief.newTalk("101")
	thief.send(thief.inviteText(d, "", offer(thief.addr())))
	if res := d.result(); res.status() != 403 {
		t.Errorf("wrong hardware address: %s", res.start)
	}
	for _, m := range mon.drain() {
		if m.method() == "INVITE" {
			t.Error("a monitor rang")
		}
	}
	h.mem.untilNoted(t, noteUnknownCaller, 2)
	h.mem.untilNoted(t, noteWrongDigest, 1)
}

// A panel that dials the agent's address without an account is known by its hardware address.
func TestDirectIPCall(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFInfo)
	h.macs.Store(netip.MustParseAddr("127.0.0.1"), h.door.MAC)
	h.start()
	mon := h.signedIn(h.mons[0])
	panel := newPhone(t, h.server.Addr(), "192.168.1.9", "")
	d := panel.newTalk("101")
	panel.send(panel.inviteText(d, "", offer(panel.addr())))
	a := mon.incoming()
	a.reply(200, "OK", offer(mon.addr()))
	if res := d.result(); res.status() != 200 {
		t.Fatal(res.start)
	}
	finish(d, a)
	if c := h.mem.call(t, 1); c.CallerID != h.door.ID || c.End != domain.EndAnswered {
		t.Errorf("event %+v", c)
	}
}

// A monitor that is not registered but stands at a known address rings by IP; its keys open nothing.
func TestDirectIPLegOpensNothing(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFUnknown).start()
	mon := h.phone(h.mons[0])
	at := mon.addr()
	h.address.Store(&at)
	door := h.phone(h.door)
	body := offer(door.addr())
	d := door.invite("101", body)
	a := mon.incoming()
	if a.invite.body != body || !strings.HasPrefix(a.invite.uri(), "sip:"+mon.user+"@127.0.0.1:") {
		t.Errorf("%s with\n%s", a.invite.start, a.invite.body)
	}
	a.reply(200, "OK", offer(mon.addr()))
	d.result()
	a.info("#")
	mon.expectStatus(200, "INFO")
	finish(d, a)
	wantMarks(t, h.mem.call(t, 1), h.mons[0].ID, "invited", "answered", "digit:not_registered")
	if h.doors.count() != 0 {
		t.Error("a door was asked for")
	}
}
