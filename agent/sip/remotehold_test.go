package sip

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"vestibule/shared/domain"
)

// speech is one direction of the speech: its numbers go on, or the cipher between the agents would take it for a repetition.
type speech struct {
	n    uint16
	from *ear
	to   netip.AddrPort
}

func (s *speech) say(text string) {
	s.n++
	s.from.say(s.to, rtp(0, s.n, 160*uint32(s.n), []byte(text)...))
}

// heard tells whether a text comes to an ear while it is said for a while.
func (s *speech) heard(at *ear, text string, tries int) bool {
	at.t.Helper()
	buf := make([]byte, 2048)
	for range tries {
		s.say(text)
		for end := time.Now().Add(25 * time.Millisecond); ; {
			if err := at.conn.SetReadDeadline(end); err != nil {
				at.t.Fatal(err)
			}
			n, _, err := at.conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				break
			}
			if n > 12 && string(buf[12:n]) == text {
				return true
			}
		}
	}
	return false
}

// Two devices of two agents talk, and the link to the cloud falls. Each holds the call and takes it up again, and the door phone moves its sound to
// another port: its own agent answers. What the other one would have to agree to is refused, and they talk on.
//
// shows EDGE-07/R15 by agent/sip/reoffer.go: "if r, ok := l.(*remoteLeg); ok {" => "	if r, ok := l.(*remoteLeg); ok && false {"
// shows EDGE-07/R15 by agent/sip/guest.go: "return g.w.hold(offer)" => "	return nil, inCall(488)"
// shows EDGE-07/R15 by agent/media/half.go: "held := l.held && !rtcp" => "	held := false"
func TestRemote_HeldTakenUpAgainAndRefused(t *testing.T) {
	w := newTwo(t, 0, domain.DTMFInfo)
	d, a, doorEar, monEar := w.talks(t)
	res := d.result()
	atDoor, atMon := heardAt(t, res.body), heardAt(t, a.invite.body)
	w.cloud.down()
	w.sideHolds(t, d, doorEar, &speech{from: monEar, to: atMon})
	w.sideHolds(t, a, monEar, &speech{n: 500, from: doorEar, to: atDoor})
	d.request("BYE", "", "")
	a.hungUp()
	if c := w.mem.call(t, 1); c.End != domain.EndAnswered {
		t.Errorf("%+v", c)
	}
	w.quiet(t)
}

// sideHolds lets one side do all of it; in is what the other one says to it.
func (w *two) sideHolds(t *testing.T, who *talk, at *ear, in *speech) {
	t.Helper()
	change := func(body string, want int) string {
		t.Helper()
		who.changes("INVITE", body)
		res := who.answerTo("INVITE")
		if res.status() != want {
			t.Fatalf("%s to\n%s", res.start, body)
		}
		return res.body
	}
	if !in.heard(at, "before", 200) {
		t.Fatal("nothing is heard")
	}
	for hold, want := range map[string]string{"sendonly": "a=recvonly", "inactive": "a=inactive"} {
		if got := change(offer(at.addr())+"a="+hold+"\r\n", 200); !strings.Contains(got, want) {
			t.Errorf("%s is answered\n%s", hold, got)
		}
		if in.heard(at, hold, 8) {
			t.Errorf("heard while it holds by %s", hold)
		}
	}
	change(strings.Replace(offer(at.addr()), "RTP/AVP 0 101", "RTP/AVP 9 101", 1), 488)
	next := newEar(t)
	if got := change(offer(next.addr()), 200); strings.Contains(got, "a=inactive") {
		t.Errorf("still held:\n%s", got)
	}
	if !in.heard(next, "again", 200) {
		t.Error("after the hold nothing is heard")
	}
}

// A monitor rings on while the landlines of its home are tried: the callee's agent does not end it with the first stage.
//
// shows EDGE-09/R20 by agent/sip/guest.go: "ring := time.NewTimer(s.cfg.Timers.Dial + grace)" => "	ring := time.NewTimer(s.cfg.Timers.Ring + grace)"
func TestRemote_RingsAsLongAsTheCallMay(t *testing.T) {
	w := newTwo(t, 0, domain.DTMFInfo, func(c *Config) { c.Timers.Ring = 2 * (patience + grace) })
	w.far.stop()
	w.far.cfg = func(inner func(*Config)) func(*Config) {
		return func(c *Config) { inner(c); c.Timers.Ring = time.Millisecond }
	}(w.far.cfg)
	w.far.start()
	d, mon := w.phone(w.door), w.far.signedIn(w.mon)
	call := d.invite("101", offer(d.addr()))
	a := mon.incoming()
	a.reply(180, "Ringing", "")
	<-time.After(grace + 300*time.Millisecond)
	for _, m := range mon.drain() {
		if m.method() == "CANCEL" {
			t.Fatal("it stopped ringing while the call still rings")
		}
	}
	a.reply(200, "OK", offer(mon.addr()))
	if res := call.result(); res.status() != 200 {
		t.Fatal(res.start)
	}
	call.request("BYE", "", "")
	a.hungUp()
	w.quiet(t)
}
