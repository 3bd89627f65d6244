package sip

import (
	"fmt"
	"testing"
	"time"

	"vestibule/shared/domain"
)

// neighbourFlat gives apartment 102 a monitor, so that there is a device that the call itself does not ring.
func (h *house) neighbourFlat() domain.Device {
	for _, a := range h.view.Apartments {
		if a.Number == "102" {
			d := h.mons[len(h.mons)-1]
			d.ApartmentID = a.ID
			h.view.Devices[d.ID] = d
			h.view.Index()
			h.mons[len(h.mons)-1] = d
			return d
		}
	}
	h.t.Fatal("no apartment 102")
	return domain.Device{}
}

func (a *talk) redirects(code int, contacts ...string) {
	extra := ""
	for _, c := range contacts {
		extra += "Contact: " + c + "\r\n"
	}
	a.replyContact(code, extra)
}

// A monitor that is forwarded to another monitor of the building: that one rings, answers and opens, by its own name.
func TestMoved_ToADeviceOfTheDocument(t *testing.T) {
	h := newHouse(t, 2, domain.DTMFInfo)
	other := h.neighbourFlat()
	h.start()
	door, mon, there := h.phone(h.door), h.signedIn(h.mons[0]), h.signedIn(other)
	d := door.invite("101", offer(door.addr()))
	a := mon.incoming()
	a.redirects(302, "<sip:"+other.SIPUser+"@"+h.server.Addr().Addr().String()+">")
	mon.expectRequest("ACK")
	b := there.incoming()
	b.reply(180, "Ringing", "")
	b.reply(200, "OK", offer(there.addr()))
	if res := d.result(); res.status() != 200 || res.body != offer(there.addr()) {
		t.Errorf("caller got %s", res.start)
	}
	b.info("#")
	if ask := h.doors.wait(t); ask.ByDevice != other.ID || ask.By != other.Name {
		t.Errorf("opened by %s", ask.By)
	}
	d.changes("INVITE", offer(door.addr())+"a=sendonly\r\n") // the changed description goes there too
	b.replyTo(there.expectRequest("INVITE"), 200, "OK", offer(there.addr()))
	d.answerTo("INVITE")
	finish(d, b)
	c := h.mem.call(t, 1)
	if c.AnsweredBy != other.ID {
		t.Errorf("answered by %v", c.AnsweredBy)
	}
	h.mem.until(t, "stored legs gone", func() bool { return len(h.mem.legs) == 0 })
}

// A redirection to anything else leads nowhere: no packet reaches the place it names.
// shows EDGE-09 by agent/sip/moved.go: "d, ok := s.deviceAt(uri)" => "d, ok := s.deviceAt(uri); if !ok { for _, d = range s.cfg.View().Devices { if d.Type == domain.Monitor && d.ID != l.device.ID { ok = true; break } } }"
func TestMoved_NeverElsewhere(t *testing.T) {
	h := newHouse(t, 2, domain.DTMFInfo)
	other := h.neighbourFlat()
	h.start()
	door, mon, there := h.phone(h.door), h.signedIn(h.mons[0]), h.signedIn(other)
	far := newPhone(t, h.server.Addr(), "elsewhere", "x")
	n := 0
	refused := func(name string, code int, contacts ...string) {
		t.Helper()
		d := door.invite("101", offer(door.addr()))
		a := mon.incoming()
		a.redirects(code, contacts...)
		mon.expectRequest("ACK")
		if res := d.result(); res.status() != 480 {
			t.Errorf("%s: caller got %s", name, res.start)
		}
		n++
		wantMarks(t, h.mem.call(t, n), h.mons[0].ID, "invited", fmt.Sprintf("failed:%d", code))
	}
	refused("another host", 302, "<sip:"+other.SIPUser+"@"+far.addr().String()+">")
	refused("a telephone number", 301, "<sip:+49301234567@"+h.server.Addr().String()+">", "<tel:+49301234567>")
	refused("nobody", 300)
	refused("a star", 302, "*")
	refused("itself", 302, "<sip:"+h.mons[0].SIPUser+"@"+h.server.Addr().String()+">")
	refused("the door phone", 302, "<sip:"+h.door.SIPUser+"@"+h.server.Addr().String()+">")
	refused("another service", 380, "<sip:"+other.SIPUser+"@"+h.server.Addr().String()+">")
	refused("the fifth of five", 302, "<sip:1@x>", "<sip:2@x>", "<sip:3@x>", "<sip:4@x>", "<sip:"+other.SIPUser+"@"+h.server.Addr().String()+">")
	there.register(0) // signed off, but its address is known
	at := there.addr()
	h.address.Store(&at)
	refused("a device that is not registered", 302, "<sip:"+other.SIPUser+"@"+h.server.Addr().String()+">")
	for _, p := range []*phone{far, there} {
		for _, m := range p.drain() {
			if m.method() == "INVITE" {
				t.Errorf("%s was rung", p.user)
			}
		}
	}
}

// Two monitors that are forwarded to each other, and one that is forwarded on and on: it ends.
func TestMoved_OnceOnly(t *testing.T) {
	h := newHouse(t, 2, domain.DTMFInfo)
	other := h.neighbourFlat()
	h.start()
	door, mon, there := h.phone(h.door), h.signedIn(h.mons[0]), h.signedIn(other)
	d := door.invite("101", offer(door.addr()))
	mon.incoming().redirects(302, "<sip:"+other.SIPUser+"@"+there.addr().String()+">")
	mon.expectRequest("ACK")
	there.incoming().redirects(302, "<sip:"+h.mons[0].SIPUser+"@"+mon.addr().String()+">")
	there.expectRequest("ACK")
	if res := d.result(); res.status() != 480 {
		t.Errorf("caller got %s", res.start)
	}
	h.mem.call(t, 1)
}

// A visitor who gives up while the call is on its way to the second device: that one is cancelled too.
func TestMoved_CancelFollows(t *testing.T) {
	h := newHouse(t, 2, domain.DTMFInfo)
	other := h.neighbourFlat()
	h.start()
	door, mon, there := h.phone(h.door), h.signedIn(h.mons[0]), h.signedIn(other)
	d := door.invite("101", offer(door.addr()))
	mon.incoming().redirects(302, "<sip:"+other.SIPUser+"@"+h.server.Addr().String()+">")
	mon.expectRequest("ACK")
	b := there.incoming()
	b.reply(180, "Ringing", "")
	h.rings(1)
	d.cancelCall()
	door.expectStatus(200, "CANCEL")
	d.result()
	b.replyTo(there.expectRequest("CANCEL"), 200, "OK", "")
	b.reply(487, "Request Terminated", "")
	there.expectRequest("ACK")
	h.mem.call(t, 1)
	h.mem.until(t, "stored legs gone", func() bool { return len(h.mem.legs) == 0 })
}

// The caller hears 180 within 100 ms, whatever the far legs do: here one that says nothing for five seconds and one whose connection hangs.
// shows BEY-06 by agent/call/step.go: "st.do(RingCaller{})"
func TestRinging_WithinTheCeilingWhateverFarLegsDo(t *testing.T) {
	const ceiling, delay = 100 * time.Millisecond, 5 * time.Second
	h := newHouse(t, 2, domain.DTMFInfo).start()
	door, slow, near := h.phone(h.door), h.signedIn(h.mons[0]), h.signedIn(h.mons[1])
	began := time.Now()
	d := door.invite("101", offer(door.addr()))
	ringing := door.expectStatus(180, "INVITE")
	if took := ringing.at.Sub(began); took > ceiling {
		t.Errorf("180 after %v, the ceiling is %v", took, ceiling)
	}
	far, b := slow.incoming(), near.incoming()
	if took := b.invite.at.Sub(began); took > 3*ceiling {
		t.Errorf("the near monitor rang after %v", took)
	}
	late := time.AfterFunc(delay, func() { far.reply(180, "Ringing", "") })
	defer late.Stop()
	b.reply(200, "OK", offer(near.addr()))
	if res := d.result(); res.status() != 200 {
		t.Fatalf("caller got %s", res.start)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("answered after %v", took)
	}
	// When the far monitor speaks up at last, it is told that the call is over.
	cancel := slow.expectWithin(delay+patience, "CANCEL", func(m message) bool { return m.method() == "CANCEL" })
	if got := cancel.get("reason"); got != `SIP;cause=200;text="Call completed elsewhere"` {
		t.Errorf("Reason %q", got)
	}
	far.replyTo(cancel, 200, "OK", "")
	far.reply(487, "Request Terminated", "")
	finish(d, b)
	h.mem.call(t, 1)
}
