package sip

import (
	"strings"
	"testing"
	"time"

	"vestibule/shared/domain"
)

// brisk makes sessions of four seconds.
func brisk(c *Config) {
	c.Timers.Session, c.Timers.LeastSession, c.Timers.GiveUp = 4*time.Second, 4*time.Second, 3*time.Second
}

func (d *talk) sessionTerms(t *testing.T, m message, want string) {
	t.Helper()
	if got := m.get("session-expires"); got != want {
		t.Errorf("%s says Session-Expires %q, want %q", m.start, got, want)
	}
}

// The agent refreshes both sides: the one that has it do so, by the method it knows, and by re-INVITE with the same description.
// shows CALL-06 by agent/sip/timing.go: "if t.every > 0 && (!t.ours || !d.refresh()) {" => "if t.every > 0 && !t.ours {"
func TestTiming_TheAgentRefreshesBothSides(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFInfo)
	h.cfg = brisk
	h.start()
	door, mon := h.phone(h.door), h.signedIn(h.mons[0])
	d := door.inviteWith("101", "Supported: timer\r\nSession-Expires: 4\r\n", offer(door.addr()))
	a := mon.incoming()
	a.sessionTerms(t, a.invite, "4;refresher=uac")
	if !strings.Contains(a.invite.get("supported"), "timer") || a.invite.get("min-se") != "4" {
		t.Errorf("Supported %q, Min-SE %q", a.invite.get("supported"), a.invite.get("min-se"))
	}
	a.replyWith(a.invite, 200, "OK", "Session-Expires: 4;refresher=uac\r\nRequire: timer\r\nAllow: INVITE, UPDATE\r\n", offer(mon.addr()))
	d.sessionTerms(t, d.result(), "4;refresher=uas")
	for range 2 {
		update := mon.expectRequest("UPDATE")
		if update.body != "" {
			t.Errorf("a refresh by UPDATE offers\n%s", update.body)
		}
		a.replyWith(update, 200, "OK", "Session-Expires: 4;refresher=uac\r\n", "")
		again := door.expectRequest("INVITE")
		if again.body != offer(mon.addr()) {
			t.Errorf("a refresh by re-INVITE offers\n%s", again.body)
		}
		d.sessionTerms(t, again, "4;refresher=uac")
		d.replyWith(again, 200, "OK", "Session-Expires: 4;refresher=uac\r\n", offer(door.addr()))
		door.expectRequest("ACK")
	}
	finish(d, a)
	if c := h.mem.call(t, 1); c.End != domain.EndAnswered {
		t.Errorf("ended with %s", c.End)
	}
}

// A device that said it would refresh and does not has fallen off the wall: the call ends instead of lasting for ever.
func TestTiming_ASideThatFallsSilentEndsTheCall(t *testing.T) {
	for _, c := range []struct{ caller, callee, why string }{
		{"Supported: timer\r\nSession-Expires: 4;refresher=uac\r\n", "", "caller"},
		{"", "Session-Expires: 4;refresher=uas\r\nRequire: timer\r\n", "device"},
		{"", "Session-Expires: 4;refresher=uac\r\nRequire: timer\r\n", "device that does not answer our refresh"},
	} {
		h := newHouse(t, 1, domain.DTMFInfo)
		h.cfg = brisk
		h.start()
		d, a := talkingTo(t, h, c.caller, c.callee)
		if c.why == "device that does not answer our refresh" {
			a.p.expectRequest("INVITE")
		}
		d.replyTo(d.p.expectRequest("BYE"), 200, "OK", "")
		a.replyTo(a.p.expectRequest("BYE"), 200, "OK", "")
		body := h.mem.call(t, 1)
		lost := domain.DeviceID{}
		if c.why != "caller" {
			lost = h.mons[0].ID
		}
		if got := strings.Join(marks(body, lost), " "); !strings.Contains(got, "failed:session_expired") {
			t.Errorf("%s: %s", c.why, got)
		}
		h.stop()
	}
}

// Who wants to be refreshed more often than we like is told; a device that wants it more seldom is asked again.
func TestTiming_TooShort(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFInfo).start()
	door, mon := h.phone(h.door), h.signedIn(h.mons[0])
	d := door.inviteWith("101", "Supported: timer\r\nSession-Expires: 30\r\n", offer(door.addr()))
	if res := d.result(); res.status() != 422 || res.get("min-se") != "90" {
		t.Errorf("caller got %s, Min-SE %q", res.start, res.get("min-se"))
	}
	d = door.invite("101", offer(door.addr()))
	a := mon.incoming()
	a.replyWith(a.invite, 422, "Session Interval Too Small", "Min-SE: 3600\r\n", "")
	mon.expectRequest("ACK")
	again := mon.incoming()
	if again.callID != a.callID || again.invite.seq() != a.invite.seq()+1 || again.invite.get("session-expires") != "3600;refresher=uac" {
		t.Errorf("asked again by %s %s, %s", again.callID, again.invite.get("cseq"), again.invite.get("session-expires"))
	}
	again.reply(200, "OK", offer(mon.addr()))
	if res := d.result(); res.status() != 200 {
		t.Fatalf("caller got %s", res.start)
	}
	if ack := mon.expectRequest("ACK"); ack.seq() != again.invite.seq() {
		t.Errorf("ACK %s", ack.get("cseq"))
	}
	finish(d, again)
	h.mem.call(t, 1)
}
