package sip

import (
	"strings"
	"testing"

	"vestibule/shared/domain"
)

// talkingTo starts a call whose caller and device are known to understand the given methods.
func talkingTo(t *testing.T, h *house, callerExtra, calleeExtra string) (d, a *talk) {
	t.Helper()
	door, mon := h.phone(h.door), h.signedIn(h.mons[0])
	d = door.inviteWith("101", callerExtra, offer(door.addr()))
	a = mon.incoming()
	a.replyWith(a.invite, 200, "OK", calleeExtra, offer(mon.addr()))
	if res := d.result(); res.status() != 200 {
		t.Fatalf("caller got %s", res.start)
	}
	mon.expectRequest("ACK")
	return d, a
}

// changes sends a re-INVITE or UPDATE with a description.
func (d *talk) changes(method, body string) {
	extra := "Contact: <sip:" + d.p.user + "@" + d.p.addr().String() + ">\r\n"
	if body != "" {
		extra += "Content-Type: application/sdp\r\n"
	}
	d.request(method, extra, body)
}

// answered waits for the final answer to the talk's last request.
func (d *talk) answerTo(method string) message {
	d.p.t.Helper()
	res := d.p.expect("answer to "+method, func(m message) bool { return m.of() == method && m.seq() == d.seq && m.status() >= 200 })
	if method == "INVITE" && res.status() < 300 {
		d.raw("ACK", d.seq, "", "")
	}
	return res
}

// A refresh is confirmed by the agent alone; hold, and any other change, goes to the other side and its answer comes back, both ways and
// by both methods.
// shows CALL-06 by agent/sip/reoffer.go: "to, from := far.here(), c.d" => "to, from := c.d, c.d; _ = far"
func TestChange_GoesToTheOtherSide(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFInfo).start()
	d, a := talkingTo(t, h, "", "Allow: INVITE, ACK, BYE, UPDATE\r\n")
	d.changes("INVITE", strings.Replace(offer(d.p.addr()), "o=- 1 1", "o=- 1 2", 1))
	if res := d.answerTo("INVITE"); res.status() != 200 || res.body != offer(a.p.addr()) {
		t.Errorf("refresh got %s\n%s", res.start, res.body)
	}
	if got := a.p.drain(); len(got) != 0 {
		t.Errorf("a refresh reached the other side: %s", got[0].start)
	}

	hold := offer(d.p.addr()) + "a=sendonly\r\n"
	d.changes("INVITE", hold)
	there := a.p.expectRequest("INVITE")
	if there.body != hold || paramOf(there.get("to"), "tag") == "" {
		t.Errorf("the monitor is offered\n%s", there.body)
	}
	held := offer(a.p.addr()) + "a=recvonly\r\n"
	a.replyTo(there, 200, "OK", held)
	if res := d.answerTo("INVITE"); res.status() != 200 || res.body != held {
		t.Errorf("hold got %s\n%s", res.start, res.body)
	}
	if ack := a.p.expectRequest("ACK"); ack.seq() != there.seq() {
		t.Errorf("ACK %s for INVITE %s", ack.get("cseq"), there.get("cseq"))
	}

	// The other way, by UPDATE: the door phone did not say that it knows UPDATE, so it is asked by re-INVITE.
	video := offer(a.p.addr()) + "m=video 9000 RTP/AVP 104\r\n"
	a.changes("UPDATE", video)
	there = d.p.expectRequest("INVITE")
	if there.body != video {
		t.Errorf("the door phone is offered\n%s", there.body)
	}
	d.replyTo(there, 200, "OK", offer(d.p.addr())+"m=video 9002 RTP/AVP 104\r\n")
	if res := a.answerTo("UPDATE"); res.status() != 200 || !strings.Contains(res.body, "m=video 9002") {
		t.Errorf("UPDATE got %s\n%s", res.start, res.body)
	}
	// And to who knows it, as UPDATE.
	d.changes("UPDATE", hold)
	there = a.p.expectRequest("UPDATE")
	a.replyTo(there, 488, "Not Acceptable Here", "")
	if res := d.answerTo("UPDATE"); res.status() != 488 {
		t.Errorf("a refused change got %s", res.start)
	}
	d.changes("UPDATE", "")
	if res := d.answerTo("UPDATE"); res.status() != 200 || res.body != "" {
		t.Errorf("an empty UPDATE got %s", res.start)
	}
	finish(d, a)
	if c := h.mem.call(t, 1); c.End != domain.EndAnswered {
		t.Errorf("ended with %s", c.End)
	}
}

// Two changes at the same time: one is carried, the other is asked to try again; before the call is answered nothing can be changed.
func TestChange_OneAtATime(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFInfo).start()
	door, mon := h.phone(h.door), h.signedIn(h.mons[0])
	d := door.invite("101", offer(door.addr()))
	a := mon.incoming()
	ringing := door.expectStatus(180, "INVITE")
	early := *d
	early.theirs, early.target = ringing.get("to"), strings.Trim(ringing.get("contact"), "<>")
	early.changes("UPDATE", offer(door.addr())+"a=sendonly\r\n")
	if res := early.answerTo("UPDATE"); res.status() != 491 {
		t.Errorf("before the answer: %s", res.start)
	}
	a.reply(200, "OK", offer(mon.addr()))
	if res := d.result(); res.status() != 200 {
		t.Fatal(res.start)
	}
	d.seq = early.seq
	d.changes("INVITE", offer(door.addr())+"a=sendonly\r\n")
	there := mon.expectRequest("INVITE")
	a.changes("INVITE", offer(mon.addr())+"a=sendonly\r\n")
	if res := a.answerTo("INVITE"); res.status() != 491 {
		t.Errorf("the second change got %s", res.start)
	}
	a.replyTo(there, 491, "Request Pending", "")
	if res := d.answerTo("INVITE"); res.status() != 491 {
		t.Errorf("the first change got %s", res.start)
	}
	finish(d, a)
	h.mem.call(t, 1)
}

// A device that no longer knows the dialog has lost the call: both sides are hung up and the record says why.
func TestChange_ADeviceThatForgotTheCall(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFInfo).start()
	d, a := talkingTo(t, h, "", "")
	d.changes("INVITE", offer(d.p.addr())+"a=sendonly\r\n")
	a.replyTo(a.p.expectRequest("INVITE"), 481, "Call/Transaction Does Not Exist", "")
	if res := d.answerTo("INVITE"); res.status() != 488 {
		t.Errorf("the caller got %s", res.start)
	}
	d.replyTo(d.p.expectRequest("BYE"), 200, "OK", "")
	a.replyTo(a.p.expectRequest("BYE"), 481, "Gone", "")
	wantMarks(t, h.mem.call(t, 1), h.mons[0].ID, "invited", "answered", "failed:dialog_lost")
	h.mem.until(t, "stored legs gone", func() bool { return len(h.mem.legs) == 0 })
}

// When the sound runs over the agent, a change keeps it there: both sides are told ports of the agent, and the sound follows.
func TestChange_AnchoredSoundFollows(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFEvents).start()
	door, mon := h.phone(h.door), h.signedIn(h.mons[0])
	doorEar, monEar, later := newEar(t), newEar(t), newEar(t)
	d := door.invite("101", offer(doorEar.addr()))
	a := mon.incoming()
	a.reply(200, "OK", offer(monEar.addr()))
	atDoor := heardAt(t, d.result().body)
	a.changes("INVITE", offer(later.addr()))
	there := door.expectRequest("INVITE")
	if got := heardAt(t, there.body); got != atDoor {
		t.Errorf("the door phone is told %v, was told %v", got, atDoor)
	}
	d.replyTo(there, 200, "OK", offer(doorEar.addr()))
	res := a.answerTo("INVITE")
	atMon := heardAt(t, res.body)
	if atMon != heardAt(t, a.invite.body) {
		t.Errorf("the monitor is told %v now, was told %v", atMon, heardAt(t, a.invite.body))
	}
	doorEar.say(atDoor, rtp(0, 1, 160, 'n', 'e', 'w'))
	if got := later.hears(); string(got[12:]) != "new" {
		t.Errorf("the new port hears %q", got)
	}
	press(later, atMon, 101, 11, 7000)
	if ask := h.doors.wait(t); ask.Relay != 1 {
		t.Errorf("the key opened relay %d", ask.Relay)
	}
	finish(d, a)
	h.mem.call(t, 1)
	if n := h.media.InUse(); n != 0 {
		t.Errorf("%d port pairs still open", n)
	}
}

// Ciphered speech passes byte for byte, keys and fingerprints with it, and never over the agent: its keys could not be heard there.
func TestChange_CipheredSpeechPassesAsItIs(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFEvents).start()
	door, mon := h.phone(h.door), h.signedIn(h.mons[0])
	sdes := strings.Replace(offer(door.addr()), "RTP/AVP", "RTP/SAVP", 1) + "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4\r\n"
	dtls := strings.Replace(offer(mon.addr()), "RTP/AVP", "RTP/SAVP", 1) + "a=fingerprint:SHA-256 4A:AD:B9\r\na=setup:active\r\n"
	d := door.invite("101", sdes)
	a := mon.incoming()
	if a.invite.body != sdes {
		t.Errorf("the monitor is offered\n%s", a.invite.body)
	}
	a.reply(200, "OK", dtls)
	if res := d.result(); res.body != dtls {
		t.Errorf("the door phone is answered\n%s", res.body)
	}
	finish(d, a)
	if c := h.mem.call(t, 1); c.Anchored {
		t.Error("ciphered speech runs over the agent")
	}
}
