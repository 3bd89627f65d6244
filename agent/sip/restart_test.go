package sip

import (
	"maps"
	"testing"
	"time"

	"vestibule/agent/sip/sipstate"
	"vestibule/shared/domain"
)

// crash ends the server as a power cut would: what it would still write or send is lost.
func (h *house) crash() {
	h.t.Helper()
	h.mem.mu.Lock()
	bindings, legs, events := maps.Clone(h.mem.bindings), maps.Clone(h.mem.legs), len(h.mem.events)
	h.mem.mu.Unlock()
	s := h.server
	s.mu.Lock()
	s.closed, s.stopping = true, true
	for _, c := range s.sessions {
		if c.anchor != nil {
			h.t.Cleanup(c.anchor.Close) // the sockets of a killed process are closed for it
		}
	}
	s.sessions = map[domain.CallID]*session{}
	s.mu.Unlock()
	h.stop()
	h.mem.change(func() { h.mem.bindings, h.mem.legs, h.mem.events = bindings, legs, h.mem.events[:events] })
}

type rows = Legs

// slowLegs is a disk that takes its time to say what an earlier run left.
type slowLegs struct{ rows }

func (s slowLegs) Legs() ([]sipstate.Leg, error) {
	<-time.After(300 * time.Millisecond)
	return s.rows.Legs()
}

// A visitor who presses while the agent starts is served; his call is none of an earlier run.
func TestRestart_ACallOfTheFirstMomentIsNoOldOne(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFInfo)
	h.cfg = func(c *Config) { c.Legs = slowLegs{c.Legs} }
	h.start()
	door, mon := h.phone(h.door), h.signedIn(h.mons[0])
	d := door.invite("101", offer(door.addr()))
	a := mon.incoming()
	a.reply(180, "Ringing", "")
	<-time.After(400 * time.Millisecond) // longer than the disk takes
	a.reply(200, "OK", offer(mon.addr()))
	if res := d.result(); res.status() != 200 {
		t.Fatalf("caller got %s", res.start)
	}
	finish(d, a)
	if c := h.mem.call(t, 1); c.End != domain.EndAnswered {
		t.Errorf("ended with %s", c.End)
	}
}

// shows EDGE-31 by agent/sip/restart.go: "s.endStored(l)"
func TestRestart_EndsWhatRangAndRingsAgain(t *testing.T) {
	h := newHouse(t, 2, domain.DTMFInfo).start()
	door, one, two := h.phone(h.door), h.signedIn(h.mons[0]), h.signedIn(h.mons[1])
	door.invite("101", offer(door.addr()))
	a, b := one.incoming(), two.incoming()
	a.reply(180, "Ringing", "")
	b.reply(180, "Ringing", "")
	h.mem.until(t, "legs stored as ringing", func() bool {
		n := 0
		for _, l := range h.mem.legs {
			if l.State == sipstate.LegInviting || l.State == sipstate.LegOffered {
				n++
			}
		}
		return n == 3
	})
	h.crash()
	one.drain()
	two.drain()
	began := time.Now()
	h.start()
	for i, x := range []*talk{a, b} {
		cancel := x.p.expectRequest("CANCEL")
		if cancel.get("via") != x.invite.get("via") || cancel.get("call-id") != x.callID || cancel.seq() != x.invite.seq() || cancel.uri() != x.invite.uri() || cancel.get("from") != x.invite.get("from") {
			t.Errorf("monitor %d: CANCEL %v for INVITE %v", i+1, cancel, x.invite)
		}
		x.replyTo(cancel, 200, "OK", "")
		x.reply(487, "Request Terminated", "")
		ack := x.p.expectRequest("ACK")
		if ack.get("via") != x.invite.get("via") {
			t.Errorf("ACK of the 487: %q", ack.get("via"))
		}
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("monitors rang %v too long", took)
	}
	door.expectStatus(503, "INVITE") // the panel that waited
	c := h.mem.call(t, 1)
	if c.End != domain.EndInterrupted || c.CallerID != h.door.ID || c.Dialled != "101" || c.ApartmentID.IsZero() || len(c.Legs) != 3 {
		t.Errorf("event %+v", c)
	}
	h.mem.until(t, "stored legs gone", func() bool { return len(h.mem.legs) == 0 })

	// Nobody registers again, and it rings.
	d := door.invite("101", offer(door.addr()))
	a = one.incoming()
	b = two.incoming()
	a.reply(200, "OK", offer(one.addr()))
	d.result()
	b.reply(486, "Busy Here", "")
	finish(d, a)
	if c := h.mem.call(t, 2); c.End != domain.EndAnswered {
		t.Errorf("second call ended with %s", c.End)
	}
}

func TestRestart_HangsUpWhatTalked(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFInfo).start()
	d, a, mon := talking(t, h)
	h.mem.until(t, "both sides stored as up", func() bool {
		n := 0
		for _, l := range h.mem.legs {
			if l.State == sipstate.LegUp || l.State == sipstate.LegOfferedUp {
				n++
			}
		}
		return n == 2
	})
	h.crash()
	h.start()
	bye := mon.expectRequest("BYE")
	if paramOf(bye.get("to"), "tag") != a.localTag || bye.get("call-id") != a.callID || bye.seq() <= a.invite.seq() {
		t.Errorf("BYE to the monitor %v", bye)
	}
	a.replyTo(bye, 200, "OK", "")
	bye = d.p.expectRequest("BYE")
	if bye.get("call-id") != d.callID || bye.get("from") != d.theirs || bye.get("to") != d.ours {
		t.Errorf("BYE to the caller %v", bye)
	}
	d.replyTo(bye, 200, "OK", "")
	c := h.mem.call(t, 1)
	if c.End != domain.EndInterrupted || c.AnsweredBy != h.mons[0].ID {
		t.Errorf("event %+v", c)
	}
	h.mem.until(t, "stored legs gone", func() bool { return len(h.mem.legs) == 0 })
}

// A handset that was lifted while the agent was away is hung up.
func TestRestart_AnswerWhileAway(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFInfo).start()
	door, mon := h.phone(h.door), h.signedIn(h.mons[0])
	door.invite("101", offer(door.addr()))
	a := mon.incoming()
	a.reply(180, "Ringing", "")
	h.mem.until(t, "leg stored", func() bool { return len(h.mem.legs) == 2 })
	h.crash()
	h.start()
	cancel := mon.expectRequest("CANCEL")
	a.replyTo(cancel, 481, "Call/Transaction Does Not Exist", "")
	a.reply(200, "OK", offer(mon.addr()))
	mon.expectRequest("ACK")
	bye := mon.expectRequest("BYE")
	a.replyTo(bye, 200, "OK", "")
	if paramOf(bye.get("to"), "tag") != a.localTag {
		t.Errorf("BYE %v", bye)
	}
}

// An agent that is told to stop leaves nobody ringing and logs the call.
func TestStop_ReleasesEverybody(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFInfo).start()
	door, mon := h.phone(h.door), h.signedIn(h.mons[0])
	d := door.invite("101", offer(door.addr()))
	a := mon.incoming()
	a.reply(180, "Ringing", "")
	h.rings(1)
	h.stop()
	mon.expectRequest("CANCEL")
	if res := d.result(); res.status() != 503 {
		t.Errorf("caller got %s", res.start)
	}
	if c := h.mem.call(t, 1); c.End != domain.EndInterrupted {
		t.Errorf("ended with %s", c.End)
	}
}
