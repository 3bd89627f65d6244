package sip

import (
	"net/netip"
	"testing"
	"time"

	"vestibule/agent/peer"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// talks lets the door ring and the far monitor answer, and gives both sides with their ears.
func (w *two) talks(t *testing.T) (d, a *talk, doorEar, monEar *ear) {
	t.Helper()
	door, mon := w.phone(w.door), w.far.signedIn(w.mon)
	doorEar, monEar = newEar(t), newEar(t)
	d = door.invite("101", offer(doorEar.addr()))
	door.expectStatus(180, "INVITE")
	a = mon.incoming()
	a.reply(180, "Ringing", "")
	w.hearsRinging(t)
	a.reply(200, "OK", offer(monEar.addr()))
	mon.expectRequest("ACK")
	return d, a, doorEar, monEar
}

// shows EDGE-07/R15 by agent/sip/server.go: "s.ways[plan.ByRemote] = remotes{s}" => ""
func TestRemote_MonitorOfAnotherAgentAnswersAndSpeechPassesBothWays(t *testing.T) {
	w := newTwo(t, 1, domain.DTMFInfo)
	near := w.signedIn(w.mons[0])
	d, a, doorEar, monEar := w.talks(t)
	n := near.incoming()
	n.reply(180, "Ringing", "") // CANCEL follows a provisional answer
	res := d.result()
	if res.status() != 200 {
		t.Fatal(res.start)
	}
	n.released()
	atDoor, atMon := heardAt(t, res.body), heardAt(t, a.invite.body)
	if atDoor == monEar.addr() || atMon == doorEar.addr() {
		t.Fatal("media would go direct, between two networks")
	}
	reaches(t, doorEar, atDoor, monEar, "hi")
	reaches(t, monEar, atMon, doorEar, "yo")
	a.info("#")
	ask := w.doors.wait(t)
	if ask.Relay != 1 || ask.ByDevice != w.mon.ID || ask.By != w.mon.Name || w.far.doors.count() != 0 {
		t.Errorf("ask %+v, %d at the other agent", ask, w.far.doors.count())
	}
	a.request("BYE", "", "")
	d.hungUp()
	c := w.mem.call(t, 1)
	if c.End != domain.EndOpened || c.AnsweredBy != w.mon.ID || !c.Anchored {
		t.Errorf("event %+v", c)
	}
	wantMarks(t, c, w.mon.ID, "invited", "ringing", "answered", "digit:info", "opened", "ended:hung_up")
	w.quiet(t)
}

// reaches says something until it is heard: of the first words some may come before the other end is ready.
func reaches(t *testing.T, from *ear, to netip.AddrPort, at *ear, text string) {
	t.Helper()
	buf := make([]byte, 2048)
	for n := range 200 {
		from.say(to, rtp(0, uint16(n+1), uint32(160*(n+1)), []byte(text)...))
		if err := at.conn.SetReadDeadline(time.Now().Add(25 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if size, _, err := at.conn.ReadFromUDPAddrPort(buf); err == nil {
			if string(buf[12:size]) != text {
				t.Errorf("heard %q", buf[:size])
			}
			return
		}
	}
	t.Fatalf("%q was not heard", text)
}

// released answers the CANCEL of a leg that somebody else took.
func (d *talk) released() {
	d.replyTo(d.p.expectRequest("CANCEL"), 200, "OK", "")
	d.reply(487, "Request Terminated", "")
	d.p.expectRequest("ACK")
}

// hungUp answers the BYE of the other side.
func (d *talk) hungUp() { d.replyTo(d.p.expectRequest("BYE"), 200, "OK", "") }

// quiet waits until nothing is held at either agent.
func (w *two) quiet(t *testing.T) {
	t.Helper()
	for _, h := range []*house{w.house, w.far} {
		h.mem.until(t, "stored legs gone", func() bool { return len(h.mem.legs) == 0 })
		late := time.Now().Add(patience)
		for h.media.InUse() > 0 && time.Now().Before(late) {
			<-time.After(5 * time.Millisecond)
		}
		if n := h.media.InUse(); n > 0 {
			t.Errorf("%d ports are still open", n)
		}
	}
	w.far.mem.mu.Lock()
	defer w.far.mem.mu.Unlock()
	if len(w.far.mem.events) > 0 {
		t.Errorf("the callee's agent wrote its own record: %+v", w.far.mem.events)
	}
}

// A key in the media ends at the callee's agent, which tells the caller's agent of it; the door phone hears nothing.
//
// shows EDGE-07/R15 by agent/sip/guest.go: "g.tell(wire.SignalBody{Kind: wire.SignalDigit, Device: device, Key: in.Key, How: in.How})" => "_ = device"
func TestRemote_KeyInTheMediaOpensAndStopsAtTheCalleesAgent(t *testing.T) {
	w := newTwo(t, 0, domain.DTMFEvents)
	d, a, doorEar, monEar := w.talks(t)
	res := d.result()
	atMon := heardAt(t, a.invite.body)
	reaches(t, doorEar, heardAt(t, res.body), monEar, "hi")
	reaches(t, monEar, atMon, doorEar, "yo")
	press(monEar, atMon, 101, 11, 7000)
	if ask := w.doors.wait(t); ask.Relay != 1 || ask.ByDevice != w.mon.ID {
		t.Errorf("ask %+v", ask)
	}
	monEar.say(atMon, rtp(0, 9, 160, 'n', 'o'))
	for got := "yo"; got != "no"; { // what was said before may still come
		packet := doorEar.hears()
		if got = string(packet[12:]); packet[1] != 0 {
			t.Errorf("door heard %x", packet)
		}
	}
	// What a visitor presses at the door is carried on and opens nothing.
	press(doorEar, heardAt(t, res.body), 101, 11, 8000)
	for kind := byte(0); kind == 0; { // what was said before may still come
		if kind = monEar.hears()[1]; kind != 0 && kind != 101 {
			t.Errorf("monitor heard %d", kind)
		}
	}
	d.request("BYE", "", "")
	a.hungUp()
	c := w.mem.call(t, 1)
	wantMarks(t, c, w.mon.ID, "invited", "ringing", "answered", "digit:rfc4733", "opened")
	if w.doors.count() != 1 {
		t.Errorf("%d openings", w.doors.count())
	}
	w.quiet(t)
}

// shows EDGE-09/R19 by agent/sip/guest.go: "case wire.SignalCancel: // an answer that crosses it" => "case wire.SignalAck: // an answer that crosses it"
func TestRemote_WhoIsNearAnswersAndTheFarMonitorStopsRinging(t *testing.T) {
	w := newTwo(t, 1, domain.DTMFInfo)
	near, mon := w.signedIn(w.mons[0]), w.far.signedIn(w.mon)
	d := w.phone(w.door).invite("101", offer(near.addr()))
	a, n := mon.incoming(), near.incoming()
	a.reply(180, "Ringing", "")
	w.hearsRinging(t)
	n.reply(200, "OK", offer(near.addr()))
	began := time.Now()
	if res := d.result(); res.status() != 200 {
		t.Fatal(res.start)
	}
	a.released()
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it rang %v longer", took)
	}
	d.request("BYE", "", "")
	n.hungUp()
	c := w.mem.call(t, 1)
	wantMarks(t, c, w.mon.ID, "invited", "ringing", "cancelled:answered_elsewhere")
	w.quiet(t)
}

// shows EDGE-09/R19 by agent/sip/remote.go: "l.post(call.LegDeclined{Leg: l.index, Why: word(b.Why), Busy: b.Busy})" => "_ = b"
func TestRemote_DecliningAndNotRegisteredAreTold(t *testing.T) {
	for code, want := range map[int]domain.EndReason{486: domain.EndBusy, 603: domain.EndDeclined, 500: domain.EndUnreachable} {
		w := newTwo(t, 0, domain.DTMFInfo)
		mon := w.far.signedIn(w.mon)
		d := w.phone(w.door).invite("101", offer(mon.addr()))
		a := mon.incoming()
		a.reply(code, "No", "")
		d.result()
		if c := w.mem.call(t, 1); c.End != want || c.Legs[1].Net.Code != code {
			t.Errorf("%d: %+v", code, c)
		}
		w.quiet(t)
	}
	w := newTwo(t, 0, domain.DTMFInfo)
	d := w.phone(w.door).invite("101", offer(w.phone(w.door).addr()))
	d.result()
	c := w.mem.call(t, 1)
	wantMarks(t, c, w.mon.ID, "invited", "failed:not_registered")
	w.quiet(t)
}

// shows EDGE-13/R33 CALL-01 by agent/sip/remote.go: "if over || answered {" => "if true || over || answered {"
func TestRemote_CutWhileItRingsFailsAtOnceAndTheNearOneGoesOn(t *testing.T) {
	w := newTwo(t, 1, domain.DTMFInfo)
	near, mon := w.signedIn(w.mons[0]), w.far.signedIn(w.mon)
	d := w.phone(w.door).invite("101", offer(near.addr()))
	a, n := mon.incoming(), near.incoming()
	a.reply(180, "Ringing", "")
	n.reply(180, "Ringing", "")
	w.rings(1)
	w.hearsRinging(t)
	w.cloud.down()
	began := time.Now()
	a.released() // nobody may pick up a call that has no way back
	if took := time.Since(began); took > time.Second {
		t.Errorf("it rang %v longer", took)
	}
	n.reply(200, "OK", offer(near.addr()))
	if res := d.result(); res.status() != 200 {
		t.Fatal(res.start)
	}
	d.request("BYE", "", "")
	n.hungUp()
	c := w.mem.call(t, 1)
	wantMarks(t, c, w.mon.ID, "invited", "ringing", "failed:wan_down")
	w.quiet(t)
}

// shows EDGE-13/R33 by agent/sip/invite.go: "WAN: wan, Agent: s.cfg.Agent, Registered: s.Registered," => "WAN: true, Agent: s.cfg.Agent, Registered: s.Registered,"
func TestRemote_WithoutTheCloudOnlyTheNearOneRings(t *testing.T) {
	w := newTwo(t, 1, domain.DTMFInfo)
	near, mon := w.signedIn(w.mons[0]), w.far.signedIn(w.mon)
	w.cloud.down()
	d := w.phone(w.door).invite("101", offer(near.addr()))
	n := near.incoming()
	n.reply(200, "OK", offer(near.addr()))
	d.result()
	d.request("BYE", "", "")
	n.hungUp()
	c := w.mem.call(t, 1)
	wantMarks(t, c, w.mon.ID, "left_out:wan_down")
	for _, m := range mon.drain() {
		if m.method() == "INVITE" {
			t.Error("the far monitor rang")
		}
	}
}

// The link may fall while two people talk: media goes on from agent to agent, and hanging up is heard over its way.
func TestRemote_CutWhileTheyTalkLeavesThemTalking(t *testing.T) {
	for name, hang := range map[string]func(d, a *talk){
		"the door hangs up":    func(d, a *talk) { d.request("BYE", "", ""); a.hungUp() },
		"the monitor hangs up": func(d, a *talk) { a.request("BYE", "", ""); d.hungUp() },
	} {
		t.Run(name, func(t *testing.T) {
			w := newTwo(t, 0, domain.DTMFInfo)
			d, a, doorEar, monEar := w.talks(t)
			res := d.result()
			w.cloud.down()
			reaches(t, doorEar, heardAt(t, res.body), monEar, "hi")
			hang(d, a)
			if c := w.mem.call(t, 1); c.End != domain.EndAnswered {
				t.Errorf("%+v", c)
			}
			w.quiet(t)
		})
	}
}

// shows EDGE-09/R19 by agent/sip/remote.go: "first, talk := !l.leaving && !l.over, l.talk" => "first, talk := false, l.talk"
func TestRemote_VisitorGivesUpAndTheFarMonitorStopsRinging(t *testing.T) {
	w := newTwo(t, 0, domain.DTMFInfo)
	mon := w.far.signedIn(w.mon)
	d := w.phone(w.door).invite("101", offer(mon.addr()))
	a := mon.incoming()
	a.reply(180, "Ringing", "")
	w.hearsRinging(t)
	d.cancelCall()
	a.released()
	if c := w.mem.call(t, 1); c.End != domain.EndCallerGone {
		t.Errorf("%+v", c)
	}
	w.quiet(t)
}

// shows EDGE-07/R18 by agent/sip/guest.go: "caller, to, why := s.mayRing(b)" => "caller, to, why := s.cfg.View().Devices[b.Caller], plan.Leg{Device: s.cfg.View().Devices[b.Device], Path: plan.BySIP}, \"\""
func TestRemote_TheCalleesAgentBelievesItsOwnDocumentAlone(t *testing.T) {
	for name, change := range map[string]func(w *two, v *desired.View){
		"a caller that it does not know":         func(w *two, v *desired.View) { delete(v.Devices, w.door.ID) },
		"a caller that another agent speaks for": func(w *two, v *desired.View) { v.Groups[w.door.GroupID] = domain.NetworkGroup{ID: w.door.GroupID} },
		"a device of another home": func(w *two, v *desired.View) {
			m := w.mon
			m.ApartmentID = domain.ApartmentID{9}
			v.Devices[m.ID] = m
			v.Index()
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTwo(t, 0, domain.DTMFInfo)
			mon, changed := w.far.signedIn(w.mon), viewOf(w.view)
			change(w, changed)
			w.far.shown.Store(changed)
			d := w.phone(w.door).invite("101", offer(mon.addr()))
			d.result()
			for _, m := range mon.drain() {
				if m.method() == "INVITE" {
					t.Error("it rang")
				}
			}
			if c := w.mem.call(t, 1); c.End != domain.EndUnreachable {
				t.Errorf("%+v", c)
			}
		})
	}
}

// shows EDGE-07/R18 by agent/sip/remote.go: "if !answered || b.Device != l.to.Device.ID ||" => "if _ = answered; false ||"
func TestRemote_OnlyTheCalledDeviceOpens(t *testing.T) {
	w := newTwo(t, 0, domain.DTMFInfo)
	mon := w.far.signedIn(w.mon)
	door := w.phone(w.door)
	d := door.invite("101", offer(mon.addr()))
	a := mon.incoming()
	a.reply(180, "Ringing", "")
	w.far.rings(1)
	l := w.remoteLeg(t)
	digit := func(device domain.DeviceID, key string) {
		l.Heard(wire.SignalBody{Kind: wire.SignalDigit, Device: device, Key: key, How: "info"})
	}
	digit(w.mon.ID, "#") // before the answer
	a.reply(200, "OK", offer(mon.addr()))
	d.result()
	digit(w.door.ID, "#")
	digit(domain.DeviceID{}, "#")
	digit(w.mon.ID, "##")
	digit(w.mon.ID, "")
	digit(w.mon.ID, "x")
	digit(w.mon.ID, "5")
	if ask := w.doors.wait(t); ask.Relay != 2 {
		t.Errorf("%+v", ask)
	}
	if w.doors.count() != 1 {
		t.Errorf("%d openings", w.doors.count())
	}
	d.request("BYE", "", "")
	a.hungUp()
}

// remoteLeg gives the leg of the call that runs at the door's agent.
func (w *two) remoteLeg(t *testing.T) *remoteLeg {
	t.Helper()
	w.server.mu.Lock()
	defer w.server.mu.Unlock()
	for _, c := range w.server.sessions {
		for _, l := range c.legs {
			if r, ok := l.(*remoteLeg); ok {
				return r
			}
		}
	}
	t.Fatal("no leg to another agent")
	return nil
}

// hearsRinging waits until the door's agent knows that the far monitor rings.
func (w *two) hearsRinging(t *testing.T) {
	t.Helper()
	l, late := w.remoteLeg(t), time.Now().Add(patience)
	for rang := false; !rang; {
		l.mu.Lock()
		rang = l.rang
		l.mu.Unlock()
		if time.Now().After(late) {
			t.Fatal("the ringing was not told")
		}
		<-time.After(2 * time.Millisecond)
	}
}

// Words of the pipe that come again are nothing: no second ringing, no second opening.
func TestRemote_WhatIsSaidAgainCountsOnce(t *testing.T) {
	w := newTwo(t, 0, domain.DTMFInfo)
	d, a, _, _ := w.talks(t)
	d.result()
	a.info("#")
	w.doors.wait(t)
	again := append(w.cloud.said(wire.SignalOffer), w.cloud.said(wire.SignalDigit)...)
	for range 3 {
		for _, p := range again {
			w.cloud.mu.Lock()
			w.cloud.deliver(p.to, p.m)
			w.cloud.mu.Unlock()
		}
	}
	a.info("5") // a later word: what came before it has been judged
	w.doors.wait(t)
	if n := w.doors.count(); n != 2 {
		t.Errorf("%d openings", n)
	}
	d.request("BYE", "", "")
	a.hungUp()
	w.mem.call(t, 1)
	for _, p := range again {
		w.cloud.mu.Lock()
		w.cloud.deliver(p.to, p.m)
		w.cloud.mu.Unlock()
	}
	<-time.After(200 * time.Millisecond)
	for _, m := range a.p.drain() {
		if m.method() == "INVITE" && m.get("call-id") != a.invite.get("call-id") {
			t.Error("a second ringing")
		}
	}
	w.quiet(t)
}

var _ peer.Listener = (*remoteLeg)(nil)
