package sip

import (
	"strings"
	"testing"
	"time"

	"vestibule/shared/domain"
)

// The whole call while the link to the cloud is down.
// shows EDGE-13 by agent/sip/session.go: "c.answer(e.Leg)"
func TestCall_RingsAnswersOpensAndEnds(t *testing.T) {
	h := newHouse(t, 2, domain.DTMFInfo).start()
	door, one, two := h.phone(h.door), h.signedIn(h.mons[0]), h.signedIn(h.mons[1])
	body := offer(door.addr())
	began := time.Now()
	d := door.invite("101", body)
	ringing := door.expectStatus(180, "INVITE")
	if took := ringing.at.Sub(began); took > 100*time.Millisecond {
		t.Errorf("180 after %v, the ceiling is 100 ms", took)
	}
	a, b := one.incoming(), two.incoming()
	if a.invite.body != body {
		t.Errorf("description changed on the way:\n%s", a.invite.body)
	}
	if a.invite.get("expires") != "120" {
		t.Errorf("Expires %q, want 120", a.invite.get("expires"))
	}
	a.reply(180, "Ringing", "")
	b.reply(180, "Ringing", "")
	h.rings(2)
	a.reply(200, "OK", offer(one.addr()))
	one.expectRequest("ACK")
	res := d.result()
	if res.status() != 200 || res.body != offer(one.addr()) {
		t.Fatalf("caller got %q with\n%s", res.start, res.body)
	}
	cancel := two.expectRequest("CANCEL")
	b.replyTo(cancel, 200, "OK", "")
	b.reply(487, "Request Terminated", "")
	two.expectRequest("ACK")

	a.info("#")
	if got := one.expect("answer to INFO", func(m message) bool { return m.of() == "INFO" }); got.status() != 200 {
		t.Fatalf("INFO got %s", got.start)
	}
	ask := h.doors.wait(t)
	want := Ask{DeviceID: h.door.ID, Relay: 1, Means: domain.MeansDTMF, By: "Monitor 1", ByDevice: h.mons[0].ID, ApartmentID: ask.ApartmentID, CallID: ask.CallID}
	if ask != want || ask.ApartmentID.IsZero() || ask.CallID.IsZero() {
		t.Errorf("ask %+v", ask)
	}
	// The call goes on after the door; the parties end it.
	d.request("BYE", "", "")
	door.expectStatus(200, "BYE")
	bye := one.expectRequest("BYE")
	a.replyTo(bye, 200, "OK", "")
	c := h.mem.call(t, 1)
	if c.End != domain.EndOpened || c.AnsweredBy != h.mons[0].ID || c.CallerID != h.door.ID || c.Dialled != "101" || c.Anchored {
		t.Errorf("event %+v", c)
	}
	wantMarks(t, c, domain.DeviceID{}, "invited", "ringing", "answered", "ended:hung_up", "ended:opened")
	wantMarks(t, c, h.mons[0].ID, "invited", "ringing", "answered", "digit:info", "opened")
	wantMarks(t, c, h.mons[1].ID, "invited", "ringing", "cancelled:answered_elsewhere")
	h.mem.until(t, "stored legs gone", func() bool { return len(h.mem.legs) == 0 })
	if h.doors.count() != 1 {
		t.Errorf("%d openings, want 1", h.doors.count())
	}
}

func TestCall_UnknownApartmentAndNobodyThere(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFInfo).start()
	door := h.phone(h.door)
	for i, c := range []struct {
		number string
		status int
		end    domain.EndReason
	}{
		{"999", 404, domain.EndUnknownApartment},
		{"102", 480, domain.EndNoTargets},
		{"101", 480, domain.EndUnreachable},
	} {
		if res := door.invite(c.number, offer(door.addr())).result(); res.status() != c.status {
			t.Errorf("%s: %s, want %d", c.number, res.start, c.status)
		}
		if got := h.mem.call(t, i+1); got.End != c.end || got.Dialled != c.number {
			t.Errorf("%s: event %+v, want %s", c.number, got, c.end)
		}
	}
}

func TestCall_DeclinesAndBusy(t *testing.T) {
	h := newHouse(t, 2, domain.DTMFInfo).start()
	door, one, two := h.phone(h.door), h.signedIn(h.mons[0]), h.signedIn(h.mons[1])
	for i, c := range []struct {
		first, second, want int
		end                 domain.EndReason
	}{
		{603, 486, 603, domain.EndDeclined},
		{486, 486, 486, domain.EndBusy},
		{500, 486, 486, domain.EndBusy},
		{500, 503, 480, domain.EndUnreachable},
	} {
		d := door.invite("101", offer(door.addr()))
		a, b := one.incoming(), two.incoming()
		a.reply(c.first, "No", "")
		one.expectRequest("ACK")
		b.reply(180, "Ringing", "") // the other one goes on ringing
		b.reply(c.second, "No", "")
		two.expectRequest("ACK")
		if res := d.result(); res.status() != c.want {
			t.Errorf("%d and %d: caller got %s, want %d", c.first, c.second, res.start, c.want)
		}
		if got := h.mem.call(t, i+1); got.End != c.end {
			t.Errorf("%d and %d: %s, want %s", c.first, c.second, got.End, c.end)
		}
	}
}

func TestCall_CallerGivesUp(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFInfo).start()
	door, one := h.phone(h.door), h.signedIn(h.mons[0])
	d := door.invite("101", offer(door.addr()))
	a := one.incoming()
	a.reply(180, "Ringing", "")
	door.expectStatus(180, "INVITE")
	h.rings(1)
	d.cancelCall()
	door.expectStatus(200, "CANCEL")
	if res := d.result(); res.status() != 487 {
		t.Errorf("caller got %s", res.start)
	}
	cancel := one.expectRequest("CANCEL")
	if cancel.get("via") != a.invite.get("via") || cancel.seq() != a.invite.seq() || cancel.uri() != a.invite.uri() {
		t.Errorf("CANCEL does not belong to its INVITE: %v", cancel)
	}
	a.replyTo(cancel, 200, "OK", "")
	a.reply(487, "Request Terminated", "")
	one.expectRequest("ACK")
	if c := h.mem.call(t, 1); c.End != domain.EndCallerGone {
		t.Errorf("ended with %s", c.End)
	}
}

// A 2xx that crosses our CANCEL: nobody may be left on the line.
func TestCall_GlareIsHungUp(t *testing.T) {
	h := newHouse(t, 2, domain.DTMFInfo).start()
	door, one, two := h.phone(h.door), h.signedIn(h.mons[0]), h.signedIn(h.mons[1])
	d := door.invite("101", offer(door.addr()))
	a, b := one.incoming(), two.incoming()
	a.reply(180, "Ringing", "")
	b.reply(180, "Ringing", "")
	h.rings(2)
	a.reply(200, "OK", offer(one.addr()))
	cancel := two.expectRequest("CANCEL")
	b.reply(200, "OK", offer(two.addr())) // before the answer to CANCEL
	b.replyTo(cancel, 200, "OK", "")
	two.expectRequest("ACK")
	bye := two.expectRequest("BYE")
	b.replyTo(bye, 200, "OK", "")
	if res := d.result(); res.status() != 200 || res.body != offer(one.addr()) {
		t.Errorf("caller got %s", res.start)
	}
	bye = func() message { a.request("BYE", "", ""); return door.expectRequest("BYE") }()
	d.replyTo(bye, 200, "OK", "")
	if c := h.mem.call(t, 1); c.End != domain.EndAnswered || c.AnsweredBy != h.mons[0].ID {
		t.Errorf("event %+v", c)
	}
}

// One dead monitor: the live one rings and answers without delay.
func TestCall_DeadLegDelaysNobody(t *testing.T) {
	h := newHouse(t, 2, domain.DTMFInfo).start()
	door, dead, live := h.phone(h.door), h.signedIn(h.mons[0]), h.signedIn(h.mons[1])
	dead.conn.Close()
	began := time.Now()
	d := door.invite("101", offer(door.addr()))
	b := live.incoming()
	if took := b.invite.at.Sub(began); took > 300*time.Millisecond {
		t.Errorf("the live monitor rang after %v", took)
	}
	b.reply(180, "Ringing", "")
	b.reply(200, "OK", offer(live.addr()))
	live.expectRequest("ACK")
	if res := d.result(); res.status() != 200 {
		t.Fatalf("caller got %s", res.start)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("answered after %v", took)
	}
	d.request("BYE", "", "")
	bye := live.expectRequest("BYE")
	b.replyTo(bye, 200, "OK", "")
	if c := h.mem.call(t, 1); c.End != domain.EndAnswered {
		t.Errorf("ended with %s", c.End)
	}
}

func TestCall_RepeatedAnswerIsAcknowledgedAgain(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFInfo).start()
	door, one := h.phone(h.door), h.signedIn(h.mons[0])
	d := door.invite("101", offer(door.addr()))
	a := one.incoming()
	for range 12 { // a phone that repeats 180: no limit to that
		a.reply(180, "Ringing", "")
	}
	a.reply(200, "OK", offer(one.addr()))
	first := one.expectRequest("ACK")
	a.reply(200, "OK", offer(one.addr()))
	again := one.expectRequest("ACK")
	if first.get("cseq") != again.get("cseq") || first.uri() != "sip:"+one.user+"@"+one.addr().String() {
		t.Errorf("ACK %q and %q", first.start, again.start)
	}
	// And ours: without an ACK the caller's 200 comes again.
	door.expectStatus(200, "INVITE")
	res := door.expectStatus(200, "INVITE")
	d.ackOf(res)
	d.request("BYE", "", "")
	bye := one.expectRequest("BYE")
	a.replyTo(bye, 200, "OK", "")
	h.mem.call(t, 1)
}

func TestCall_LargeDescriptionPasses(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFInfo).start()
	door, one := h.phone(h.door), h.signedIn(h.mons[0])
	body := offer(door.addr()) + "m=video 9000 RTP/AVP 104\r\na=rtpmap:104 H264/90000\r\na=fmtp:104 sprop=" + strings.Repeat("A", 3000) + "\r\n"
	d := door.invite("101", body)
	a := one.incoming()
	if a.invite.body != body {
		t.Fatal("the offer was cut")
	}
	answer := offer(one.addr()) + "m=video 9002 RTP/AVP 104\r\na=rtpmap:104 H264/90000\r\na=fmtp:104 sprop=" + strings.Repeat("B", 3000) + "\r\n"
	a.reply(200, "OK", answer)
	if res := d.result(); res.body != answer {
		t.Fatal("the answer was cut")
	}
	d.request("BYE", "", "")
	bye := one.expectRequest("BYE")
	a.replyTo(bye, 200, "OK", "")
	h.mem.call(t, 1)
}
