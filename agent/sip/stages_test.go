package sip

import (
	"sync"
	"testing"
	"time"

	"vestibule/agent/call"
	"vestibule/agent/call/plan"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

// apps plays what will carry calls to apps: each leg rings and waits for what the test says.
type apps struct {
	body string
	legs chan *appLeg
}

type appLeg struct {
	of     *apps
	c      *session
	index  int
	plan   plan.Leg
	ended  chan struct{}
	finish func()
}

func (a *apps) ready(plan.Leg) plan.Why { return "" }

func (a *apps) newLeg(c *session, index int, l plan.Leg) leg {
	one := &appLeg{of: a, c: c, index: index, plan: l, ended: make(chan struct{})}
	one.finish = sync.OnceFunc(func() { close(one.ended) })
	return one
}

func (l *appLeg) run() {
	l.c.run.Post(call.LegRinging{Leg: l.index})
	l.of.legs <- l
	<-l.ended
	l.c.run.Post(call.LegFailed{Leg: l.index, Why: "487"})
}

func (l *appLeg) cancel()                       { l.finish() }
func (l *appLeg) hangUp()                       { l.finish() }
func (l *appLeg) answer() ([]byte, error)       { return []byte(l.of.body), nil }
func (l *appLeg) relayed() bool                 { return false }
func (l *appLeg) by() (string, domain.DeviceID) { return l.plan.Name, domain.DeviceID{} }
func (l *appLeg) net() domain.LegNet            { return domain.LegNet{Transport: "test"} }
func (l *appLeg) lifts()                        { l.c.run.Post(call.LegAnswered{Leg: l.index}) }
func (a *apps) next(t *testing.T) *appLeg {
	t.Helper()
	select {
	case l := <-a.legs:
		return l
	case <-time.After(patience):
		t.Fatal("no app rings")
		return nil
	}
}

// home changes apartment 101 of a house before it starts.
func (h *house) home(f func(a *domain.Apartment)) domain.Apartment {
	a := h.view.Apartments[h.mons[0].ApartmentID]
	f(&a)
	h.view.Apartments[a.ID] = a
	h.view.Index()
	return a
}

// changed changes a device of a house before it starts.
func (h *house) changed(d domain.Device, f func(d *domain.Device)) domain.Device {
	f(&d)
	h.view.Devices[d.ID] = d
	h.view.Credentials[d.ID] = domain.Credential{DeviceID: d.ID, SIPPassword: secret.New("pw-" + d.SIPUser)}
	h.view.Index()
	return d
}

// another adds a device that looks like a given one.
func (h *house) another(like domain.Device, name, user string, f func(d *domain.Device)) domain.Device {
	like.ID, like.Name, like.SIPUser, like.MAC = domain.NewID[domain.DeviceID](epoch), name, user, domain.MAC("0C1106"+user[4:])
	return h.changed(like, f)
}

// staged starts a house with short ring times, one person with an app, and the internet as wanted.
func (h *house) staged(ring time.Duration, wan bool) *apps {
	a := &apps{legs: make(chan *appLeg, 8), body: "v=0\r\n"}
	for _, p := range []domain.Person{{FirstName: "Zoe", Kind: domain.Master, ApartmentID: h.mons[0].ApartmentID, Form: domain.PersonForm{Landlines: []string{"+49 30 1"}}}} {
		p.ID = domain.NewID[domain.PersonID](epoch)
		h.view.People[p.ID] = p
		h.view.Index()
	}
	h.cfg = func(c *Config) { c.Timers.Ring, c.Online = ring, func() bool { return wan } }
	h.made = func(s *Server) { s.ways[plan.ByCloud] = a }
	h.start()
	return a
}

func sequence(a *domain.Apartment) {
	a.Contact, a.Sets = domain.SequenceCall, domain.CallSets{{domain.TargetMonitors}, {domain.TargetAccounts}, {domain.TargetLandlines}}
}

// givesWay answers the CANCEL of a phone that rang.
func (d *talk) givesWay() {
	d.p.t.Helper()
	cancel := d.p.expectRequest("CANCEL")
	d.replyTo(cancel, 200, "OK", "")
	d.reply(487, "Request Terminated", "")
	d.p.expectRequest("ACK")
}

// stagesOf lists who was called in which stage, and the last thing that is known of each leg.
func stagesOf(c domain.CallBody) map[string]string {
	out := map[string]string{}
	for _, l := range c.Legs[1:] {
		last := l.Marks[len(l.Marks)-1]
		out[l.Name+" "+string(l.Kind)] = string(rune('0'+l.Stage)) + " " + last.What + " " + last.Why
	}
	return out
}

func wantStages(t *testing.T, c domain.CallBody, want map[string]string) {
	t.Helper()
	got := stagesOf(c)
	for name, what := range want {
		if got[name] != what {
			t.Errorf("%s: %q, want %q", name, got[name], what)
		}
	}
	if len(got) != len(want) {
		t.Errorf("legs %v", got)
	}
}

// shows EDGE-10/R22 CALL-07 by agent/call/stages.go: "st.quiet(func(Leg) bool { return true })" => "	st.end(domain.EndNoAnswer, false); return"
func TestStages_SetAfterSet(t *testing.T) {
	h := newHouse(t, 2, domain.DTMFInfo)
	h.home(sequence)
	phones := h.staged(time.Second, true)
	door, one, two := h.phone(h.door), h.signedIn(h.mons[0]), h.signedIn(h.mons[1])
	d := door.invite("101", offer(door.addr()))
	a, b := one.incoming(), two.incoming()
	a.reply(180, "Ringing", "")
	b.reply(180, "Ringing", "")
	a.givesWay()
	b.givesWay()
	app := phones.next(t)
	app.lifts()
	if res := d.result(); res.status() != 200 || res.body != phones.body {
		t.Fatalf("caller got %q", res.start)
	}
	d.request("BYE", "", "")
	door.expectStatus(200, "BYE")
	c := h.mem.call(t, 1)
	if c.End != domain.EndAnswered {
		t.Errorf("ended %s", c.End)
	}
	wantStages(t, c, map[string]string{
		"Monitor 1 device": "1 cancelled no_answer", "Monitor 2 device": "1 cancelled no_answer", "Zoe app": "2 answered ", "Zoe landline": "3 left_out landline_off",
	})
}

// The same call with the internet cut: the monitors ring for their time, and nobody waits for the rest.
//
// shows EDGE-13/R33 EDGE-10 by agent/call/plan/leg.go: "return WhyWANDown" => "		return NoWay(leg)"
func TestStages_WithoutInternetNobodyWaitsForApps(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFInfo)
	h.home(sequence)
	h.view.Site.Form.Landline = true
	const ring = 2 * time.Second
	h.staged(ring, false)
	door, one := h.phone(h.door), h.signedIn(h.mons[0])
	began := time.Now()
	d := door.invite("101", offer(door.addr()))
	a := one.incoming()
	a.reply(180, "Ringing", "")
	a.givesWay()
	if res := d.result(); res.status() != 480 {
		t.Errorf("caller got %s", res.start)
	}
	if took := time.Since(began); took > 2*ring {
		t.Errorf("the visitor waited %v; one set rang for %v and two could not", took, ring)
	}
	c := h.mem.call(t, 1)
	wantStages(t, c, map[string]string{"Monitor 1 device": "1 cancelled no_answer", "Zoe app": "2 left_out wan_down", "Zoe landline": "3 left_out wan_down"})
}

// Declining on the only monitor does not make the visitor wait for its ring time.
//
// shows EDGE-09/R23 by agent/call/stages.go: "if l.Kind == plan.ToLandline && l.Stage == st.s.Stage && st.nextLandline() || st.ringing() {" => "	if l.Early || true {"
func TestStages_WhatIsDeclinedOrDeadGivesWayAtOnce(t *testing.T) {
	h := newHouse(t, 2, domain.DTMFInfo)
	h.home(func(a *domain.Apartment) { a.CallType = domain.MonitorsThenApp })
	phones := h.staged(time.Minute, true)
	door, one, two := h.phone(h.door), h.signedIn(h.mons[0]), h.signedIn(h.mons[1])
	d := door.invite("101", offer(door.addr()))
	a, b := one.incoming(), two.incoming()
	a.reply(603, "Decline", "")
	one.expectRequest("ACK")
	b.reply(500, "Broken", "")
	two.expectRequest("ACK")
	phones.next(t).lifts()
	if res := d.result(); res.status() != 200 {
		t.Fatalf("caller got %s", res.start)
	}
	d.request("BYE", "", "")
	door.expectStatus(200, "BYE")
	wantStages(t, h.mem.call(t, 1), map[string]string{"Monitor 1 device": "1 declined 603", "Monitor 2 device": "1 failed 500", "Zoe app": "2 answered "})
}

// The management centre rings from a door phone without a number, with or without the internet, and its digit opens.
//
// shows EDGE-09 by agent/call/plan/callee.go: "if dialled == \"\" || dialled == Centre {" => "	if dialled == \"\" {"
func TestStages_GuardPhoneOfTheManagementCentre(t *testing.T) {
	for _, wan := range []bool{true, false} {
		h := newHouse(t, 1, domain.DTMFInfo)
		guard := h.another(h.mons[0], "Guard", "5926200001", func(d *domain.Device) { d.Type, d.ApartmentID = domain.GuardPhone, domain.ApartmentID{} })
		h.staged(time.Minute, wan)
		door, post := h.phone(h.door), h.signedIn(guard)
		d := door.invite(plan.Centre, offer(door.addr()))
		a := post.incoming()
		a.reply(200, "OK", offer(post.addr()))
		post.expectRequest("ACK")
		if res := d.result(); res.status() != 200 {
			t.Fatalf("caller got %s", res.start)
		}
		a.info("#")
		if ask := h.doors.wait(t); ask.ByDevice != guard.ID || ask.Relay != 1 || !ask.ApartmentID.IsZero() {
			t.Errorf("ask %+v", ask)
		}
		d.request("BYE", "", "")
		door.expectStatus(200, "BYE")
		if c := h.mem.call(t, 1); c.AnsweredBy != guard.ID || c.End != domain.EndOpened {
			t.Errorf("%s by %s", c.End, c.AnsweredBy)
		}
		h.stop()
	}
}

// A door phone without internet: the monitor that works offline rings by IP and the app is reached in its name; with the internet cut the monitor
// rings alone.
//
// shows EDGE-12/R28 EDGE-12/R32 by agent/call/plan/leg.go: "m.add(stage, m.toDevice(m.via.monitor))"
func TestStages_DoorPhoneWithoutInternet(t *testing.T) {
	for _, wan := range []bool{true, false} {
		h := newHouse(t, 2, domain.DTMFInfo)
		h.changed(h.door, func(d *domain.Device) { d.Form.NoInternet = true })
		hand := h.changed(h.mons[0], func(d *domain.Device) { d.Form.WorksOffline = true })
		h.home(func(a *domain.Apartment) {
			a.Contact, a.Sets = domain.SequenceCall, domain.CallSets{{domain.TargetAccounts}, {domain.TargetMonitors}}
		})
		phones := h.staged(time.Minute, wan)
		door, one := h.phone(h.door), h.signedIn(hand)
		d := door.invite("101", offer(door.addr()))
		a := one.incoming()
		a.reply(180, "Ringing", "")
		want := map[string]string{"Monitor 1 device": "1 cancelled answered_elsewhere", "Zoe app": "1 answered ", "Monitor 2 device": "2 left_out unreachable"}
		if wan {
			app := phones.next(t)
			if app.plan.Via != hand.ID {
				t.Errorf("the app is reached by way of %s", app.plan.Via)
			}
			app.lifts()
			a.givesWay()
		} else {
			a.reply(200, "OK", offer(one.addr()))
			one.expectRequest("ACK")
			want = map[string]string{"Monitor 1 device": "2 answered ", "Zoe app": "1 left_out wan_down", "Monitor 2 device": "2 left_out unreachable"}
		}
		if res := d.result(); res.status() != 200 {
			t.Fatalf("caller got %s", res.start)
		}
		d.request("BYE", "", "")
		door.expectStatus(200, "BYE")
		wantStages(t, h.mem.call(t, 1), want)
		h.stop()
	}
}

// Monitors call each other, whatever the site says of apps; apps of neighbours take its leave (CALL-08).
//
// shows CALL-08 by agent/call/plan/leg.go: "case m.resident() && !m.view.Site.Form.CommunityCalls && person.ApartmentID != m.caller.ApartmentID:" => "	case false:"
func TestStages_NeighboursCallEachOther(t *testing.T) {
	for _, allowed := range []bool{false, true} {
		h := newHouse(t, 1, domain.DTMFInfo)
		h.view.Site.Form.CommunityCalls = allowed
		var next domain.Apartment
		for _, a := range h.view.Apartments {
			if a.Number == "102" {
				next = a
			}
		}
		neighbour := h.another(h.mons[0], "Neighbour", "5926200002", func(d *domain.Device) { d.ApartmentID = next.ID })
		phones := h.staged(time.Minute, true)
		calling, one := h.phone(neighbour), h.signedIn(h.mons[0])
		d := calling.invite("101", offer(calling.addr()))
		a := one.incoming()
		a.reply(200, "OK", offer(one.addr()))
		one.expectRequest("ACK")
		if res := d.result(); res.status() != 200 {
			t.Fatalf("caller got %s", res.start)
		}
		if allowed {
			phones.next(t)
		}
		a.info("#") // a monitor has no door to open
		one.expectStatus(200, "INFO")
		d.request("BYE", "", "")
		calling.expectStatus(200, "BYE")
		c := h.mem.call(t, 1)
		app := map[bool]string{false: "1 left_out resident_calls_off", true: "1 cancelled answered_elsewhere"}[allowed]
		wantStages(t, c, map[string]string{"Monitor 1 device": "1 digit no_relay", "Zoe app": app})
		if h.doors.count() != 0 {
			t.Error("a door opened")
		}
		h.stop()
	}
}
