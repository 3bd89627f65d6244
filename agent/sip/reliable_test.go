package sip

import (
	"strings"
	"testing"
	"time"

	"vestibule/shared/domain"
)

// pracks acknowledges a reliable provisional answer.
func (d *talk) pracks(res message, rack string) message {
	d.p.t.Helper()
	d.theirs, d.target = res.get("to"), strings.Trim(res.get("contact"), "<>")
	d.request("PRACK", "RAck: "+rack+"\r\n", "")
	return d.answerTo("PRACK")
}

// A caller that demands reliable ringing gets it, again until it says so; a number that was not sent is no acknowledgement.
func TestReliable_TheCaller(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFInfo)
	h.cfg = func(c *Config) { c.Timers.Resend = 50 * time.Millisecond }
	h.start()
	door, mon := h.phone(h.door), h.signedIn(h.mons[0])
	d := door.inviteWith("101", "Require: 100rel\r\n", offer(door.addr()))
	invite := d.seq
	first := door.expectStatus(180, "INVITE")
	again := door.expectStatus(180, "INVITE")
	if first.get("rseq") != "1" || again.get("rseq") != "1" || !strings.Contains(first.get("require"), "100rel") {
		t.Errorf("RSeq %q and %q, Require %q", first.get("rseq"), again.get("rseq"), first.get("require"))
	}
	if res := d.pracks(first, "7 "+itoa(invite)+" INVITE"); res.status() != 481 {
		t.Errorf("another number: %s", res.start)
	}
	if res := d.pracks(first, "1 "+itoa(invite)+" INVITE"); res.status() != 200 {
		t.Errorf("PRACK got %s", res.start)
	}
	door.drain()
	a := mon.incoming()
	a.reply(200, "OK", offer(mon.addr()))
	mon.expectRequest("ACK")
	res := door.expectStatus(200, "INVITE")
	for _, m := range door.drain() {
		if m.status() == 180 {
			t.Error("ringing was sent again after its PRACK")
		}
	}
	seq := d.seq
	d.seq = invite
	d.ackOf(res)
	d.seq = seq
	finish(d, a)
	if c := h.mem.call(t, 1); c.End != domain.EndAnswered {
		t.Errorf("ended with %s", c.End)
	}
}

// Without an acknowledgement the call is refused, and nobody is left ringing.
func TestReliable_NoAcknowledgementEndsTheCall(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFInfo)
	h.cfg = func(c *Config) { c.Timers.Resend, c.Timers.GiveUp = 20*time.Millisecond, 2*time.Second }
	h.start()
	door, mon := h.phone(h.door), h.signedIn(h.mons[0])
	d := door.inviteWith("101", "Supported: 100rel\r\n", offer(door.addr()))
	a := mon.incoming()
	a.reply(180, "Ringing", "")
	h.rings(1)
	if res := d.result(); res.status() != 504 {
		t.Errorf("caller got %s", res.start)
	}
	a.replyTo(mon.expectRequest("CANCEL"), 200, "OK", "")
	a.reply(487, "Request Terminated", "")
	wantMarks(t, h.mem.call(t, 1), domain.DeviceID{}, "invited", "ringing", "failed:no_prack", "ended:caller_gone")
}

// A device that rings reliably is acknowledged, once for each number; its final answer need not repeat the description.
func TestReliable_TheDevice(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFInfo).start()
	door, mon := h.phone(h.door), h.signedIn(h.mons[0])
	d := door.invite("101", offer(door.addr()))
	a := mon.incoming()
	if !strings.Contains(a.invite.get("supported"), "100rel") {
		t.Errorf("Supported %q", a.invite.get("supported"))
	}
	for range 3 {
		a.replyWith(a.invite, 183, "Session Progress", "Require: 100rel\r\nRSeq: 40\r\n", offer(mon.addr()))
	}
	prack := mon.expectRequest("PRACK")
	if prack.get("rack") != "40 "+itoa(a.invite.seq())+" INVITE" || paramOf(prack.get("to"), "tag") != a.localTag || prack.seq() != a.invite.seq()+1 {
		t.Errorf("PRACK %q to %q, %s", prack.get("rack"), prack.get("to"), prack.get("cseq"))
	}
	a.replyTo(prack, 200, "OK", "")
	if early := door.expectStatus(183, "INVITE"); early.body != offer(mon.addr()) {
		t.Errorf("the caller hears early\n%s", early.body)
	}
	a.reply(200, "OK", "")
	if ack := mon.expectRequest("ACK"); ack.seq() != a.invite.seq() {
		t.Errorf("ACK %s", ack.get("cseq"))
	}
	if res := d.result(); res.status() != 200 || res.body != offer(mon.addr()) {
		t.Errorf("caller got %s\n%s", res.start, res.body)
	}
	finish(d, a)
	wantMarks(t, h.mem.call(t, 1), h.mons[0].ID, "invited", "ringing", "early_media", "answered")
	for _, m := range mon.drain() {
		if m.method() == "PRACK" {
			t.Error("one number was acknowledged twice")
		}
	}
}

// With two monitors nobody knows whose voice it will be: the caller hears ringing and nothing else before one answers.
func TestEarly_OnlyFromTheOnlyOne(t *testing.T) {
	h := newHouse(t, 2, domain.DTMFInfo).start()
	door, one, two := h.phone(h.door), h.signedIn(h.mons[0]), h.signedIn(h.mons[1])
	d := door.invite("101", offer(door.addr()))
	a, b := one.incoming(), two.incoming()
	a.reply(183, "Session Progress", offer(one.addr()))
	b.reply(183, "Session Progress", offer(two.addr()))
	h.rings(2)
	b.reply(486, "Busy Here", "")
	two.expectRequest("ACK")
	a.reply(200, "OK", offer(one.addr()))
	if res := d.result(); res.body != offer(one.addr()) {
		t.Errorf("caller got %s", res.start)
	}
	for _, m := range door.drain() {
		if m.status() == 183 {
			t.Errorf("early media of one of two: %s", m.start)
		}
	}
	finish(d, a)
	h.mem.call(t, 1)
}

// Early media that runs over the agent: the sound is there before the answer, and a key of it opens nothing before the answer.
func TestEarly_AnchoredSoundBeforeTheAnswer(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFEvents).start()
	door, mon := h.phone(h.door), h.signedIn(h.mons[0])
	doorEar, monEar := newEar(t), newEar(t)
	d := door.invite("101", offer(doorEar.addr()))
	a := mon.incoming()
	a.reply(183, "Session Progress", offer(monEar.addr()))
	early := door.expectStatus(183, "INVITE")
	atDoor, atMon := heardAt(t, early.body), heardAt(t, a.invite.body)
	press(monEar, atMon, 101, 11, 1000)
	monEar.say(atMon, rtp(0, 1, 160, 'h', 'i'))
	if got := doorEar.hears(); string(got[12:]) != "hi" {
		t.Errorf("the door hears %q", got)
	}
	a.reply(200, "OK", offer(monEar.addr()))
	if res := d.result(); heardAt(t, res.body) != atDoor {
		t.Errorf("answered at %v, was %v", heardAt(t, res.body), atDoor)
	}
	if n := h.doors.count(); n != 0 {
		t.Errorf("%d openings before the answer", n)
	}
	press(monEar, atMon, 101, 11, 2000)
	h.doors.wait(t)
	finish(d, a)
	h.mem.call(t, 1)
	if n := h.media.InUse(); n != 0 {
		t.Errorf("%d port pairs still open", n)
	}
}
