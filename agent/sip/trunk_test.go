package sip

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vestibule/agent/health"
	"vestibule/agent/trunk"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
	link "vestibule/shared/wire"
)

// telco plays the telephone network on one UDP socket, by hand as the phones of these tests do.
type telco struct{ *phone }

const carrierPassword = "planted-carrier-password"

// shelf keeps the day of the trunk, and takes its conditions.
type shelf struct {
	mu   sync.Mutex
	kept map[string][]byte
	told []link.TrunkReport
	view atomic.Pointer[desired.View]
}

func (s *shelf) Meta(_ context.Context, name string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept[name], nil
}

func (s *shelf) SetMeta(_ context.Context, name string, value []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept[name] = value
	return nil
}

func (s *shelf) Raise(context.Context, health.Code, health.About, string) {}
func (s *shelf) Clear(context.Context, health.Code, health.About)         {}

func (s *shelf) report(r link.TrunkReport) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, r)
}

// last gives what was told last.
func (s *shelf) last() link.TrunkReport {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.told) == 0 {
		return link.TrunkReport{}
	}
	return s.told[len(s.told)-1]
}

// until waits for a report.
func (s *shelf) until(t *testing.T, what string, fits func(link.TrunkReport) bool) {
	t.Helper()
	deadline := time.After(patience)
	for tick := time.NewTicker(5 * time.Millisecond); !fits(s.last()); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s: not told; last %+v", what, s.last())
		}
	}
}

// newLineHouse is a house whose home 101 has a monitor and the landlines of one resident; call type 4 unless change says otherwise.
func newLineHouse(t *testing.T, change func(h *house, c *domain.Trunk), numbers ...string) (*house, *telco, *shelf) {
	t.Helper()
	h := newHouse(t, 1, domain.DTMFInfo)
	h.view.Site.Form.Landline, h.view.Site.Address.Country = true, "DE"
	for id, a := range h.view.Apartments {
		a.CallType = domain.MonitorsThenPhone
		h.view.Apartments[id] = a
		if a.Number == "101" {
			p := domain.Person{ID: domain.NewID[domain.PersonID](epoch), ApartmentID: id, FirstName: "Eva", Kind: domain.Master, Form: domain.PersonForm{Landlines: numbers}}
			h.view.People = map[domain.PersonID]domain.Person{p.ID: p}
			h.view.Index()
		}
	}
	c := &telco{newPhone(t, netip.AddrPort{}, "4930123", carrierPassword)}
	k := domain.Trunk{
		Host: "127.0.0.1", Port: int(c.addr().Port()), Transport: domain.TrunkUDP, Register: true, User: "4930123", Password: secret.New(carrierPassword),
		CallerID: "+4930555", Enabled: true, Limits: domain.TrunkLimits{Countries: []string{"DE"}},
	}
	if change != nil {
		change(h, &k)
	}
	k.Defaults()
	h.view.Trunk = &k
	s := &shelf{kept: map[string][]byte{}}
	s.view.Store(h.view)
	before := h.cfg
	h.cfg = func(cfg *Config) {
		cfg.View = s.view.Load
		line := trunk.New(t.Context(), trunk.Config{Agent: h.agent, View: cfg.View, Shelf: s, Log: h.mem, Conditions: s, Report: s.report, Now: midday()})
		cfg.Trunk, cfg.Online = line, func() bool { return true }
		cfg.Timers.Ring = 3 * time.Second
		if before != nil {
			before(cfg)
		}
	}
	h.start()
	c.agent = h.server.Addr()
	return h, c, s
}

// midday is a clock that begins at noon: the minutes of a day are counted, and no test may meet midnight.
func midday() func() time.Time {
	began, noon := time.Now(), time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	return func() time.Time { return noon.Add(time.Since(began)) }
}

func ring(d time.Duration) func(h *house, _ *domain.Trunk) {
	return func(h *house, _ *domain.Trunk) { h.cfg = func(cfg *Config) { cfg.Timers.Ring = d } }
}

// answerTo sends an answer to a request with further header lines.
func (c *telco) answerTo(m message, code int, text, extra string) {
	(&talk{p: c.phone, localTag: "carrier"}).replyWith(m, code, text, extra, "")
}

// proved tells whether a request carries the right proof for a nonce, computed by hand.
func (c *telco) proved(m message, name, nonce string) bool {
	value := m.get(name)
	ha1 := digestOf(false, c.user, "carrier", c.password)
	ha2 := digestOf(false, m.method(), quoted(value, "uri"))
	nc, cnonce := param(value, "nc"), quoted(value, "cnonce")
	return quoted(value, "username") == c.user && quoted(value, "nonce") == nonce && quoted(value, "response") == digestOf(false, ha1, nonce, nc, cnonce, "auth", ha2)
}

// param reads a parameter without quotes of a proof.
func param(value, name string) string {
	for part := range strings.SplitSeq(value, ",") {
		if k, v, ok := strings.Cut(strings.TrimSpace(part), "="); ok && k == name {
			return strings.Trim(v, `"`)
		}
	}
	return ""
}

// registers takes a registration with a challenge.
func (c *telco) registers(expires int) {
	c.t.Helper()
	m := c.expectRequest("REGISTER")
	c.answerTo(m, 401, "Unauthorized", `WWW-Authenticate: Digest realm="carrier", nonce="n1", algorithm=MD5, qop="auth"`+"\r\n")
	m = c.expectRequest("REGISTER")
	if !c.proved(m, "authorization", "n1") {
		c.t.Fatalf("no proof: %q", m.get("authorization"))
	}
	c.answerTo(m, 200, "OK", fmt.Sprintf("Expires: %d\r\n", expires))
}

// called takes the call of a landline with a challenge, and gives the dialog.
func (c *telco) called() *talk {
	c.t.Helper()
	m := c.expectRequest("INVITE")
	c.answerTo(m, 407, "Proxy Authentication Required", `Proxy-Authenticate: Digest realm="carrier", nonce="n2", algorithm=MD5, qop="auth"`+"\r\n")
	c.expectRequest("ACK")
	d := c.incoming()
	if !c.proved(d.invite, "proxy-authorization", "n2") {
		c.t.Fatalf("no proof: %q", d.invite.get("proxy-authorization"))
	}
	return d
}

// calls counts the INVITEs that came to the carrier and were not looked at.
func (c *telco) calls() int {
	n := 0
	for _, m := range c.drain() {
		if m.method() == "INVITE" {
			n++
		}
	}
	return n
}

// A visitor presses 101, nobody lifts the monitor, and the landline rings, with the site's number, in the form of E.164. Its keys open the door, and
// sound goes over the agent both ways.
//
// shows CALL-09 CALL-03 EDGE-09/R20 by agent/sip/server.go: "s.ways[plan.ByTrunk] = s.line"
// shows CALL-09 by agent/sip/prove.go: "return &answered{name: gives, value: text, stale: stale}, true" => "	_, _, _ = gives, text, stale; return nil, false"
func TestTrunk_ALandlineAnswersAndOpens(t *testing.T) {
	h, c, s := newLineHouse(t, ring(2*time.Second), "030 1234567")
	c.registers(600)
	s.until(t, "registered", func(r link.TrunkReport) bool { return r.State == link.TrunkRegistered })
	door, monitor := h.signedIn(h.door), h.signedIn(h.mons[0])
	visitor := door.invite("101", offer(door.addr()))
	quiet := monitor.incoming()
	quiet.reply(180, "Ringing", "")
	cancel := monitor.expectRequest("CANCEL")
	quiet.replyTo(cancel, 200, "OK", "")
	quiet.reply(487, "Request Terminated", "")
	d := c.called()
	if d.invite.uri() != "sip:+49301234567@127.0.0.1;user=phone" || !strings.Contains(d.invite.get("from"), "<sip:+4930555@127.0.0.1;user=phone>") {
		t.Errorf("%s from %s", d.invite.uri(), d.invite.get("from"))
	}
	for _, name := range []string{"p-asserted-identity", "diversion", "route"} {
		if d.invite.get(name) != "" {
			t.Errorf("%s: %s", name, d.invite.get(name))
		}
	}
	d.reply(180, "Ringing", "")
	sound := newPhone(t, c.agent, "", "")
	d.reply(200, "OK", offer(sound.addr()))
	c.expectRequest("ACK")
	if res := visitor.result(); res.status() != 200 {
		t.Fatalf("the visitor hears %s", res.start)
	} else {
		heard(t, door, res, sound, d.invite)
	}
	d.info("#")
	if ask := h.doors.wait(t); ask.Relay != 1 || ask.Means != domain.MeansDTMF || ask.By != "Eva" || h.view.People[ask.ByPerson].FirstName != "Eva" {
		t.Errorf("%+v", ask)
	}
	visitor.request("BYE", "", "")
	bye := c.expectRequest("BYE")
	c.answerTo(bye, 407, "Proxy Authentication Required", `Proxy-Authenticate: Digest realm="carrier", nonce="n3", algorithm=MD5, qop="auth"`+"\r\n")
	if again := c.expectRequest("BYE"); !c.proved(again, "proxy-authorization", "n3") {
		t.Error("the hang-up is not proved")
	} else {
		c.answerTo(again, 200, "OK", "")
	}
	b := h.mem.call(t, 1)
	if b.End != domain.EndOpened || !b.Anchored || len(b.Legs) != 3 || b.Legs[2].Kind != domain.LegLandline || b.Legs[2].Path != "trunk" {
		t.Errorf("%+v", b)
	}
	s.until(t, "a minute used", func(r link.TrunkReport) bool { return r.Minutes == 1 && r.Calls == 0 })
}

// heard sends sound both ways over the agent.
func heard(t *testing.T, door *phone, toDoor message, far *phone, toFar message) {
	t.Helper()
	for _, way := range []struct {
		from, to *phone
		in       message
		word     string
	}{{door, far, toDoor, "from the door"}, {far, door, toFar, "from the telephone"}} {
		port := portIn(t, way.in.body)
		packet := append([]byte{0x80, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9}, way.word...)
		got := make(chan bool, 1)
		go func() {
			deadline := time.After(patience)
			for {
				select {
				case m := <-way.to.in:
					if strings.Contains(m.start, way.word) {
						got <- true
						return
					}
				case <-deadline:
					got <- false
					return
				}
			}
		}()
		if _, err := way.from.conn.WriteToUDPAddrPort(packet, port); err != nil {
			t.Fatal(err)
		}
		if !<-got {
			t.Errorf("%s: nothing was heard", way.word)
		}
	}
}

// Landlines ring one after the other: the second when the first is busy, the third when the second rang its time.
//
// shows CALL-09 PEOPLE-04 by agent/call/stages.go: "l.Stage == st.s.Stage && st.nextLandline() || st.ringing() {" => "	if l.Stage > 99 || st.ringing() {"
func TestTrunk_LandlinesOneAfterTheOther(t *testing.T) {
	h, c, s := newLineHouse(t, func(h *house, k *domain.Trunk) {
		ring(2*time.Second)(h, k)
		for id, a := range h.view.Apartments {
			a.CallType = domain.PhoneAndMonitors
			h.view.Apartments[id] = a
		}
	}, "030 1234561", "030 1234562", "030 1234563")
	c.registers(600)
	s.until(t, "registered", func(r link.TrunkReport) bool { return r.State == link.TrunkRegistered })
	door := h.signedIn(h.door)
	visitor := door.invite("101", offer(door.addr()))
	first := c.called()
	if n := c.calls(); n > 0 {
		t.Errorf("%d more ring at once", n)
	}
	first.reply(486, "Busy Here", "")
	second := c.called()
	second.reply(180, "Ringing", "")
	cancel := c.expectRequest("CANCEL")
	second.replyTo(cancel, 200, "OK", "")
	second.reply(487, "Request Terminated", "")
	third := c.called()
	for i, d := range []*talk{first, second, third} {
		if want := fmt.Sprintf("sip:+4930123456%d@", i+1); !strings.HasPrefix(d.invite.uri(), want) {
			t.Errorf("call %d goes to %s", i+1, d.invite.uri())
		}
	}
	third.reply(200, "OK", offer(c.addr()))
	if res := visitor.result(); res.status() != 200 {
		t.Errorf("the visitor hears %s", res.start)
	}
	third.request("BYE", "", "")
	door.expectRequest("BYE")
}

func TestTrunk_RedirectionsLeadNowhere(t *testing.T) {
	h, c, s := newLineHouse(t, ring(time.Minute), "030 1234567")
	c.registers(600)
	s.until(t, "registered", func(r link.TrunkReport) bool { return r.State == link.TrunkRegistered })
	door := h.signedIn(h.door)
	visitor := door.invite("101", offer(door.addr()))
	d := c.called()
	d.replyWith(d.invite, 302, "Moved", "Contact: <sip:+881612345678@127.0.0.1>\r\n", "")
	if res := visitor.result(); res.status() != 480 {
		t.Errorf("the visitor hears %s", res.start)
	}
	if n := c.calls(); n != 0 {
		t.Errorf("%d calls went on", n)
	}
}

// The limits of the document: a country, and the minutes of a call.
//
// shows CALL-09 by agent/sip/trunkleg.go: "return plan.Why(why.Word())" => "	return plan.Why(why.Word()[:0])"
// shows CALL-09 by agent/sip/trunkleg.go: "if why := l.ticket.Minute(); why != trunk.LimitNone {" => "		if why := l.ticket.Minute(); false {"
func TestTrunk_Limits(t *testing.T) {
	h, c, s := newLineHouse(t, func(h *house, k *domain.Trunk) {
		h.cfg = func(cfg *Config) { cfg.Timers.Ring, cfg.Timers.Minute = time.Minute, 200*time.Millisecond }
		k.Limits.CallMinutes = 2
	}, "+43 1 234567", "030 1234567")
	c.registers(600)
	s.until(t, "registered", func(r link.TrunkReport) bool { return r.State == link.TrunkRegistered })
	door := h.signedIn(h.door)
	visitor := door.invite("101", offer(door.addr()))
	d := c.called()
	if !strings.HasPrefix(d.invite.uri(), "sip:+49301234567@") {
		t.Errorf("called: %s", d.invite.uri())
	}
	began := time.Now() // the minutes begin at the answer
	d.reply(200, "OK", offer(c.addr()))
	c.expectRequest("ACK")
	visitor.result()
	c.answerTo(c.expectRequest("BYE"), 200, "OK", "")
	if took := time.Since(began); took < 300*time.Millisecond {
		t.Errorf("hung up after %s", took)
	}
	door.expectRequest("BYE")
	b := h.mem.call(t, 1)
	var why []string
	for _, l := range b.Legs {
		if l.Kind == domain.LegLandline {
			why = append(why, l.Marks[len(l.Marks)-1].What+":"+l.Marks[len(l.Marks)-1].Why)
		}
	}
	if strings.Join(why, " ") != "failed:trunk_limit left_out:trunk_limit" {
		t.Errorf("%v", why)
	}
	s.until(t, "refusals", func(r link.TrunkReport) bool { return r.Refusals == 2 && r.Minutes == 2 && r.Refused == "call" })
}

// A carrier that refuses is told as it is, and its landlines are passed over at once.
//
// shows CALL-09 EDGE-09/R23 by agent/trunk/line.go: "case l.stands.state != wire.TrunkRegistered && l.stands.state != wire.TrunkReady:" => "case false:"
func TestTrunk_RefusedRegistration(t *testing.T) {
	h, c, s := newLineHouse(t, ring(time.Minute), "030 1234567")
	m := c.expectRequest("REGISTER")
	c.answerTo(m, 403, "Forbidden", "")
	s.until(t, "refused", func(r link.TrunkReport) bool { return r.State == link.TrunkRefused && r.Reason == "403 Forbidden" })
	door := h.signedIn(h.door)
	if res := door.invite("101", offer(door.addr())).result(); res.status() != 480 { // it is waited for far less than a minute
		t.Errorf("the visitor hears %s", res.start)
	}
	if n := c.calls(); n != 0 {
		t.Errorf("%d calls", n)
	}
}

// A wrong password is tried once, not again and again: carriers shut sites out for that.
func TestTrunk_WrongPasswordIsTriedOnce(t *testing.T) {
	_, c, s := newLineHouse(t, func(_ *house, k *domain.Trunk) { k.Password = secret.New("wrong") }, "030 1234567")
	const challenge = `WWW-Authenticate: Digest realm="carrier", nonce="n1", algorithm=MD5, qop="auth"` + "\r\n"
	c.answerTo(c.expectRequest("REGISTER"), 401, "Unauthorized", challenge)
	m := c.expectRequest("REGISTER")
	if c.proved(m, "authorization", "n1") {
		t.Error("proved")
	}
	c.answerTo(m, 401, "Unauthorized", challenge)
	s.until(t, "refused", func(r link.TrunkReport) bool { return r.State == link.TrunkRefused && r.Reason == "401 Unauthorized" })
	if left := c.drain(); len(left) != 0 {
		t.Errorf("asked again: %s", left[0].start)
	}
}

// Without a connection to the cloud the landline is passed over at once, with that reason.
//
// shows CALL-09 EDGE-13/R33 by agent/call/plan/leg.go: "case !m.facts.WAN:" => "case false:"
func TestTrunk_WANDown(t *testing.T) {
	h, c, s := newLineHouse(t, func(h *house, _ *domain.Trunk) {
		h.cfg = func(cfg *Config) { cfg.Online = func() bool { return false } }
	}, "030 1234567")
	c.registers(600)
	s.until(t, "registered", func(r link.TrunkReport) bool { return r.State == link.TrunkRegistered })
	door := h.signedIn(h.door)
	if res := door.invite("101", offer(door.addr())).result(); res.status() != 480 {
		t.Errorf("the visitor hears %s", res.start)
	}
	b := h.mem.call(t, 1)
	last := b.Legs[len(b.Legs)-1]
	if !strings.Contains(fmt.Sprint(b.Legs), "wan_down") || c.calls() != 0 {
		t.Errorf("%+v", last)
	}
}

// An address-based trunk is asked whether it is there; one that a person switches off is left.
func TestTrunk_ByAddressAndSwitchedOff(t *testing.T) {
	h, c, s := newLineHouse(t, func(_ *house, k *domain.Trunk) { k.Register, k.User, k.Password = false, "", secret.String{} }, "030 1234567")
	m := c.expectRequest("OPTIONS")
	c.answerTo(m, 404, "Not Found", "")
	s.until(t, "ready", func(r link.TrunkReport) bool { return r.State == link.TrunkReady })
	off := *h.view.Trunk
	off.Enabled = false
	view := *h.view
	view.Trunk = &off
	s.view.Store(&view)
	h.server.TrunkChanged()
	s.until(t, "off", func(r link.TrunkReport) bool { return r.State == link.TrunkOff })
}

// portIn is where a description wants its sound.
func portIn(t *testing.T, body string) netip.AddrPort {
	t.Helper()
	_, after, ok := strings.Cut(body, "m=audio ")
	port, err := strconv.Atoi(strings.Fields(after + " x")[0])
	if !ok || err != nil {
		t.Fatalf("no sound in %q", body)
	}
	return netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(port))
}
