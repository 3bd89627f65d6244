package sip

import (
	"fmt"
	"strings"
	"testing"

	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

func TestRegister_BothDigestsAndNewestWins(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFInfo).start()
	first := h.phone(h.mons[0])
	res := first.register(7200)
	if res.status() != 200 || !strings.HasSuffix(res.get("contact"), ";expires=3600") {
		t.Errorf("MD5: %s, contact %q", res.start, res.get("contact"))
	}
	second := h.phone(h.mons[0])
	second.sha = true
	if res := second.register(60); res.status() != 200 || !strings.Contains(res.get("contact"), second.addr().String()) || !strings.HasSuffix(res.get("contact"), ";expires=60") || len(res.headers["contact"]) != 1 {
		t.Errorf("SHA-256: %s, contact %v", res.start, res.headers["contact"])
	}
	door := h.phone(h.door)
	d := door.invite("101", offer(door.addr()))
	a := second.incoming() // the newest binding rings
	a.reply(180, "Ringing", "")
	d.cancelCall()
	cancel := second.expectRequest("CANCEL")
	a.replyTo(cancel, 200, "OK", "")
	a.reply(487, "Request Terminated", "")
	h.mem.call(t, 1)
	for _, m := range first.drain() {
		if m.method() == "INVITE" {
			t.Error("the older binding rang too")
		}
	}
	if res := second.register(0); res.status() != 200 || res.get("contact") != "" {
		t.Errorf("sign-out: %s %q", res.start, res.get("contact"))
	}
	if h.server.Registered(h.mons[0].ID) {
		t.Error("still registered")
	}
	h.mem.until(t, "stored binding gone", func() bool { return len(h.mem.bindings) == 0 })
}

func TestRegister_ComingAndGoingIsTold(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFInfo)
	told := make(chan bool, 8)
	h.cfg = func(c *Config) {
		c.Changed = func(id domain.DeviceID) { told <- id == h.mons[0].ID && h.server.Registered(id) }
	}
	h.start()
	phone := h.phone(h.mons[0])
	phone.register(60)
	phone.register(60) // a renewal is no news
	phone.register(0)
	if came, left := <-told, <-told; !came || left || len(told) != 0 {
		t.Errorf("came %t, left %t, %d more", came, left, len(told))
	}
}

// An unknown user, another agent's user and a wrong password look the same.
func TestRegister_WrongDigest(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFInfo)
	other := h.mons[0]
	other.ID, other.SIPUser, other.MAC = domain.NewID[domain.DeviceID](epoch), "5926199999", "0C110500FFFF"
	foreign := domain.NetworkGroup{ID: domain.NewID[domain.GroupID](epoch), Name: "Network 2", Agents: []domain.AgentID{domain.NewID[domain.AgentID](epoch)}}
	other.GroupID = foreign.ID
	h.view = withMore(t, h.view, foreign, other)
	h.start()
	var starts []string
	for _, c := range []struct{ user, password string }{
		{h.mons[0].SIPUser, "wrong"}, {"0000000000", "wrong"}, {"0000000000", ""}, {other.SIPUser, "pw-" + other.SIPUser},
	} {
		p := newPhone(t, h.server.Addr(), c.user, c.password)
		starts = append(starts, p.register(60).start)
	}
	for _, s := range starts {
		if s != "SIP/2.0 403 Forbidden" {
			t.Errorf("answers %v", starts)
		}
	}
	h.mem.untilNoted(t, noteWrongDigest, 1)
	h.mem.untilNoted(t, noteUnknownUser, 1)
	if len(h.mem.bindings) != 0 {
		t.Error("something was registered")
	}
}

func withMore(t *testing.T, v *desired.View, group domain.NetworkGroup, d domain.Device) *desired.View {
	t.Helper()
	doc := desired.New()
	for id, one := range v.Groups {
		put(t, doc, desired.SectionGroups, desired.Key(id), one)
	}
	for id, one := range v.Buildings {
		put(t, doc, desired.SectionBuildings, desired.Key(id), one)
	}
	for id, one := range v.Apartments {
		put(t, doc, desired.SectionApartments, desired.Key(id), one)
	}
	for id, one := range v.Devices {
		put(t, doc, desired.SectionDevices, desired.Key(id), one)
	}
	for id, one := range v.Credentials {
		put(t, doc, desired.SectionCredentials, desired.Key(id), one)
	}
	put(t, doc, desired.SectionGroups, desired.Key(group.ID), group)
	put(t, doc, desired.SectionDevices, desired.Key(d.ID), d)
	put(t, doc, desired.SectionCredentials, desired.Key(d.ID), domain.Credential{DeviceID: d.ID, SIPPassword: secret.New("pw-" + d.SIPUser)})
	out, err := desired.Read(doc, 2)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A count that was used, a nonce of another source and an invented nonce are challenged again and change nothing.
func TestRegister_ReplayIsChallengedAgain(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFInfo).start()
	p := h.phone(h.mons[0])
	uri := "sip:" + p.agent.String()
	p.send(p.registerText(60, ""))
	res := p.expectStatus(401, "REGISTER")
	nonce := quoted(res.headers["www-authenticate"][0], "nonce")
	try := func(nonce string, count int) message {
		p.send(p.registerText(60, "Authorization: "+p.authorize("vestibule", nonce, "MD5", "REGISTER", uri, count)+"\r\n"))
		return p.expect("answer", func(m message) bool { return m.of() == "REGISTER" && m.seq() == p.seq })
	}
	for _, c := range []struct {
		nonce string
		count int
		want  int
	}{{nonce, 1, 200}, {nonce, 1, 401}, {nonce, 3, 200}, {nonce, 2, 401}, {nonce, 4, 200}, {"invented", 1, 401}} {
		got := try(c.nonce, c.count)
		if got.status() != c.want {
			t.Errorf("count %d: %s, want %d", c.count, got.start, c.want)
		}
		if c.want == 401 && !strings.Contains(got.get("www-authenticate"), "stale=true") {
			t.Errorf("count %d: not called stale: %q", c.count, got.get("www-authenticate"))
		}
	}
}

func TestRegister_OlderRequestChangesNothing(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFInfo).start()
	p := h.signedIn(h.mons[0])
	p.seq = 0
	if res := p.register(0); res.status() != 200 && res.status() != 500 {
		t.Fatal(res.start)
	}
	if !h.server.Registered(h.mons[0].ID) {
		t.Error("an older request ended the registration")
	}
}

func TestOptionsAndUnknownMethods(t *testing.T) {
	h := newHouse(t, 0, domain.DTMFInfo).start()
	p := h.signedIn(h.door)
	for i, c := range []struct {
		method, extra string
		want          int
	}{
		{"OPTIONS", "", 200},
		{"SUBSCRIBE", "", 405},
		{"REFER", "Refer-To: <sip:+4930123@x>\r\n", 405},
		{"MESSAGE", "", 405},
		{"FROBNICATE", "", 405},
		{"INVITE", "Require: 100rel, answermode\r\n", 420},
		{"BYE", "", 481},
		{"INFO", "", 481},
		{"CANCEL", "", 481},
	} {
		d := p.newTalk("101")
		d.target = d.inviteURI
		d.raw(c.method, i+1, c.extra, "")
		res := p.expect("answer", func(m message) bool { return m.get("call-id") == d.callID && m.status() >= 200 })
		if res.status() != c.want {
			t.Errorf("%s: %s, want %d", c.method, res.start, c.want)
		}
		if c.want == 420 && res.get("unsupported") != "answermode" {
			t.Errorf("Unsupported: %q", res.get("unsupported"))
		}
		if (c.want == 405 || c.want == 200) && !strings.Contains(res.get("allow"), "INVITE") {
			t.Errorf("%s: Allow %q", c.method, res.get("allow"))
		}
	}
}

// A stranger that asks and asks gets no answer after a while; a registered device still does.
func TestScannerFallsSilent(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFInfo)
	h.cfg = func(c *Config) { c.Limits.RefusalsBurst, c.Limits.RefusalsPerSec = 5, 1 }
	h.start()
	good := h.signedIn(h.mons[0])
	p := newPhone(t, h.server.Addr(), "1000", "x")
	for range 50 {
		d := p.newTalk("101")
		p.send(p.inviteText(d, "", offer(p.addr())))
	}
	p.expectStatus(403, "INVITE")
	if res := good.register(600); res.status() != 200 {
		t.Errorf("the registered monitor got %s", res.start)
	}
	refusals := 1
	for _, m := range p.drain() {
		if m.status() == 403 {
			refusals++
		}
	}
	if refusals > 8 {
		t.Errorf("the scanner got %d answers", refusals)
	}
	h.mem.untilNoted(t, noteUnknownCaller, 1)
	if n := h.mem.notes(noteUnknownCaller); n > 3 {
		t.Errorf("%d events for one scanner", n)
	}
}

func TestGarbageChangesNothing(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFInfo).start()
	p := h.phone(h.mons[0])
	for _, text := range []string{
		"", "\r\n\r\n", "\x00\x00\x00\x00\x00", "INVITE", "INVITE sip:101@x SIP/2.0\r\n\r\n", strings.Repeat("A", 60000),
		"SIP/2.0 200 OK\r\n\r\n", "REGISTER sip:x SIP/2.0\r\nContent-Length: 999999999\r\n\r\n",
		"ACK sip:x SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:1;branch=z9hG4bK1\r\nCSeq: 1 ACK\r\n\r\n",
		"INVITE sip:%zz@x SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:1;branch=z9hG4bK1\r\nFrom: <sip:a@b>\r\nTo: <sip:a@b>\r\nCall-ID: \r\nCSeq: 1 INVITE\r\n\r\n",
		fmt.Sprintf("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n\r\n", h.server.Addr()),
	} {
		p.send(text)
	}
	if res := p.register(60); res.status() != 200 {
		t.Errorf("after garbage: %s", res.start)
	}
}

func TestLoopsAreCut(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFInfo).start()
	p := h.phone(h.door)
	d := p.newTalk("101")
	p.send(strings.Replace(p.inviteText(d, "", offer(p.addr())), "Max-Forwards: 70", "Max-Forwards: 0", 1))
	if res := d.result(); res.status() != 483 {
		t.Errorf("got %s", res.start)
	}
}
