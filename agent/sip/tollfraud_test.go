package sip

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	link "vestibule/shared/wire"

	"vestibule/shared/domain"
)

// frauds is how many ways an attacker tries: a hundred in a test, a thousand in a soak.
func frauds() int {
	if os.Getenv("VESTIBULE_SOAK") == "1" {
		return 1000
	}
	return 100
}

// fraud is a grammar of requests by which people have made a PBX call for them.
type fraud struct {
	r        *rand.Rand
	agent    string // host:port
	carrier  string
	attacker string // SIP user
}

func (f fraud) one(of ...string) string { return of[f.r.IntN(len(of))] }

// number is one that costs, written in one of the ways in which switches read it.
func (f fraud) number() string {
	digits := f.one("881612345678", "97912345678", "18765550100", "4312345678", "49900123456", "301234567")
	return f.one("+", "00", "011", "", "0", "9", "900", "*72", "%2B", "0,", "101%23", "101;", "+;phone-context=") + digits
}

// host is where the number may be looked for.
func (f fraud) host() string {
	return f.one(f.agent, f.carrier, f.agent+";maddr=127.0.0.1", f.carrier+";transport=udp", f.agent+";user=phone", f.agent+";lr", "carrier.example.com")
}

// uri is a request URI.
func (f fraud) uri() string {
	switch f.r.IntN(8) {
	case 0:
		return "tel:" + f.number()
	case 1:
		return "sip:" + f.number() + "%40" + f.carrier + "@" + f.agent
	case 2:
		return "sip:" + f.number() + ":password@" + f.host()
	}
	return "sip:" + f.number() + "@" + f.host()
}

// from is who the attacker says he is.
func (f fraud) from() string {
	return f.one(f.attacker, f.attacker, "4930123", "+4930555", "+49301234567", "anonymous", "agent", "admin", f.number())
}

// headers are what a switch may believe.
func (f fraud) headers() string {
	all := []string{
		"P-Asserted-Identity: <sip:4930123@" + f.carrier + ">", "P-Preferred-Identity: <tel:+4930555>", "Remote-Party-ID: <sip:4930123@" + f.carrier + ">;screen=yes",
		"Route: <sip:" + f.carrier + ";lr>", "Route: <sip:" + f.agent + ";lr>, <sip:" + f.carrier + ";lr>", "Path: <sip:" + f.carrier + ";lr>",
		"Record-Route: <sip:" + f.carrier + ";lr>", "Diversion: <sip:" + f.number() + "@" + f.carrier + ">;reason=unconditional", "History-Info: <" + f.uri() + ">;index=1",
		"Refer-To: <" + f.uri() + ">", "Referred-By: <sip:" + f.attacker + "@" + f.agent + ">", "Replaces: 1@a;to-tag=a;from-tag=b", "Join: 1@a;to-tag=a;from-tag=b",
		"Request-Disposition: proxy, fork", "X-Trunk: carrier", "P-Called-Party-ID: <" + f.uri() + ">", "Target-Dialog: 1;local-tag=a;remote-tag=b",
		"Proxy-Authorization: Digest username=\"4930123\", realm=\"carrier\", nonce=\"n2\", uri=\"x\", response=\"" + strings.Repeat("0", 32) + "\"",
		"Service-Route: <sip:" + f.carrier + ";lr>", "Alert-Info: <" + f.uri() + ">", "Call-Info: <" + f.uri() + ">;purpose=call-completion",
	}
	f.r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return strings.Join(all[:f.r.IntN(5)], "\r\n")
}

// crook is a registered device whose owner wants to call at the cost of the site: he knows its own password.
type crook struct {
	fraud
	t       *testing.T
	phone   *phone // of the door phone
	monitor *phone
	offer   string
	tried   map[string]int
}

// attempt tries one way and waits for what came of it. It returns the kind of the way.
func (c *crook) attempt() {
	kind := c.one("invite", "invite", "invite", "proved", "proved", "refer", "redirect", "inside", "register", "beside", "neighbour")
	c.tried[kind]++
	switch kind {
	case "invite":
		c.ends(c.invite(false))
	case "proved":
		c.ends(c.invite(true))
	case "refer":
		c.ends(c.request(c.one("REFER", "SUBSCRIBE", "NOTIFY", "MESSAGE", "PUBLISH", "UPDATE", "PRACK", "INFO", "OPTIONS"), c.uri(), c.headers()+"\r\nRefer-To: <"+c.uri()+">"))
	case "redirect":
		c.redirect()
	case "inside":
		c.inside()
	case "register":
		c.register()
	case "neighbour": // from his own monitor: landlines ring for visitors alone
		c.ends(c.monitor.invite("101", offer(c.monitor.addr())).result())
	case "beside":
		c.ends(c.request("INVITE", c.uri(), c.headers()+"\r\nRequire: "+c.one("gruu", "replaces", "tdialog", "path")))
	}
}

func (c *crook) text(method, uri, from, extra string, seq int, callID string) string {
	if extra = strings.Trim(extra, "\r\n"); extra != "" {
		extra += "\r\n"
	}
	return withBody(fmt.Sprintf("%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKf%d;rport\r\nMax-Forwards: 70\r\nFrom: <sip:%s@%s>;tag=f%s\r\nTo: <%s>\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContact: <%s>\r\n%s",
		method, uri, c.phone.addr(), serial.Add(1), from, c.agent, callID, uri, callID, seq, method, c.one("sip:"+c.attacker+"@"+c.phone.addr().String(), "sip:"+c.number()+"@"+c.carrier), extra), c.offer)
}

// soon waits a little for an answer: what cannot be read as SIP gets none.
func (c *crook) soon(p *phone, fits func(message) bool) (message, bool) {
	for deadline := time.After(time.Second); ; {
		select {
		case m := <-p.in:
			if fits(m) {
				return m, true
			}
			p.kept = append(p.kept, m)
		case <-deadline:
			c.tried["unread"]++
			return message{}, false
		}
	}
}

// final waits for the final answer of a Call-ID and acknowledges an INVITE's.
func (c *crook) final(callID, method string, seq int) message {
	res, ok := c.soon(c.phone, func(m message) bool {
		return m.get("call-id") == callID && m.status() >= 200 && m.of() == method && m.seq() == seq
	})
	if !ok {
		return message{start: "SIP/2.0 400 Unread", headers: map[string][]string{}}
	}
	if method == "INVITE" {
		c.phone.send(fmt.Sprintf("ACK sip:x@%s SIP/2.0\r\nVia: %s\r\nMax-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d ACK\r\nContent-Length: 0\r\n\r\n",
			c.agent, res.get("via"), res.get("from"), res.get("to"), callID, seq))
	}
	return res
}

func (c *crook) request(method, uri, extra string) message {
	callID := fmt.Sprintf("fraud-%d", serial.Add(1))
	c.phone.send(c.text(method, uri, c.from(), extra, 1, callID))
	return c.final(callID, method, 1)
}

// invite calls, with the device's own proof when proved and it is asked for one.
func (c *crook) invite(proved bool) message {
	callID, uri, extra, from := fmt.Sprintf("fraud-%d", serial.Add(1)), c.uri(), c.headers(), c.from()
	if proved {
		from = c.attacker
	}
	c.phone.send(c.text("INVITE", uri, from, extra, 1, callID))
	res := c.final(callID, "INVITE", 1)
	if res.status() != 401 || !proved {
		return res
	}
	proof := "Authorization: " + c.phone.authorization(res, "INVITE", uri)
	c.phone.send(c.text("INVITE", uri, from, extra+"\r\n"+proof, 2, callID))
	return c.final(callID, "INVITE", 2)
}

// ends wants a refusal: a way that is taken may be one to the carrier.
func (c *crook) ends(res message) {
	if res.status() < 300 && res.of() == "INVITE" {
		c.t.Errorf("taken: %s", res.start)
	}
}

// talk is a call of the crook's door phone to his own monitor.
func (c *crook) talk() (door, monitor *talk) {
	door = c.phone.invite("102", c.offer)
	return door, c.monitor.incoming()
}

// redirect answers a ring with 3xx to a number at the carrier.
func (c *crook) redirect() {
	door, monitor := c.talk()
	target := c.one(c.uri(), c.uri()+"?Route="+c.carrier, "sip:+49301234567@"+c.carrier, "sip:+49301234567@"+c.agent)
	monitor.replyWith(monitor.invite, 300+c.r.IntN(3), "Moved", "Contact: <"+target+">\r\n"+strings.TrimLeft(c.headers()+"\r\n", "\r\n"), "")
	c.ends(door.result())
}

// inside has a call answered and asks for more within it.
func (c *crook) inside() {
	door, monitor := c.talk()
	monitor.reply(200, "OK", offer(c.monitor.addr()))
	if res := door.result(); res.status() != 200 {
		c.t.Fatalf("the crook's own monitor: %s", res.start)
	}
	c.monitor.expectRequest("ACK")
	who := []*talk{door, monitor}[c.r.IntN(2)]
	switch c.r.IntN(3) {
	case 0:
		who.request("REFER", "Refer-To: <"+c.uri()+">\r\n"+strings.TrimLeft(c.headers()+"\r\n", "\r\n"), "")
		who.p.expect("answer to REFER", func(m message) bool { return m.of() == "REFER" && m.status() >= 400 })
	case 1:
		for _, key := range "0088161" {
			who.info(string(key))
			who.p.expect("answer to INFO", func(m message) bool { return m.of() == "INFO" && m.status() >= 200 })
		}
	default:
		was := who.target
		who.target = c.uri()
		who.request("OPTIONS", strings.TrimLeft(c.headers()+"\r\n", "\r\n"), "")
		who.p.expect("answer to OPTIONS", func(m message) bool { return m.of() == "OPTIONS" && m.status() >= 200 })
		who.target = was
	}
	door.request("BYE", "", "")
	c.phone.expect("answer to BYE", func(m message) bool { return m.of() == "BYE" && m.status() == 200 })
	monitor.replyTo(c.monitor.expectRequest("BYE"), 200, "OK", "")
}

// register takes another place for the crook's own device: the number it wants to be called as.
func (c *crook) register() {
	p := c.monitor
	text := strings.Replace(p.registerText(600, c.headers()), fmt.Sprintf("<sip:%s@%s>\r\nExpires", p.user, p.addr()), "<"+c.one("sip:"+c.number()+"@"+c.carrier, c.uri())+">\r\nExpires", 1)
	answered := func(m message) bool { return m.of() == "REGISTER" && m.seq() == p.seq }
	p.send(text)
	res, _ := c.soon(p, answered)
	if res.status() == 401 {
		proof := "Authorization: " + p.authorization(res, "REGISTER", "sip:"+p.agent.String()) + "\r\nContent-Length"
		p.seq++
		text = strings.Replace(text, fmt.Sprintf("CSeq: %d", p.seq-1), fmt.Sprintf("CSeq: %d", p.seq), 1)
		text = strings.Replace(text, "branch=z9hG4bKr", fmt.Sprintf("branch=z9hG4bKx%d", serial.Add(1)), 1)
		p.send(strings.Replace(text, "Content-Length", proof, 1))
		res, _ = c.soon(p, answered)
	}
	if res.status() == 200 { // its rings go to the place it speaks from, whatever it says
		door, monitor := c.talk()
		monitor.reply(486, "Busy Here", "")
		c.ends(door.result())
	}
	if res := p.register(600); res.status() != 200 {
		c.t.Fatalf("the crook's monitor: %s", res.start)
	}
}

// A registered attacker, with his own password, tries to call at the site's cost: by dialled digits, REFER, redirections, forged headers, other
// places of registration. Nothing reaches the carrier, and a visitor's landline rings before it and after it.
//
// shows CALL-09 by agent/call/plan/leg.go: "case m.resident():" => "	case false:"
func TestTollFraud_NothingReachesTheCarrier(t *testing.T) {
	h, c, s := newLineHouse(t, func(h *house, k *domain.Trunk) {
		k.Limits.Countries, k.Limits.DayMinutes = []string{"DE", "AT", "JM"}, 1440
		h.cfg = func(cfg *Config) { cfg.Timers.Late = time.Millisecond }
		for id, d := range h.view.Devices { // the monitor is the crook's own, in 102; nobody lifts one in 101
			if d.Type == domain.Monitor {
				for _, a := range h.view.Apartments {
					if a.Number == "102" {
						d.ApartmentID = a.ID
					}
				}
				h.view.Devices[id] = d
			}
		}
		h.view.Index()
	}, "030 1234567")
	c.registers(3600)
	s.until(t, "registered", func(r link.TrunkReport) bool { return r.State == link.TrunkRegistered })
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	bad := &crook{t: t, phone: h.signedIn(h.door), monitor: h.signedIn(h.mons[0]), tried: map[string]int{}}
	bad.fraud = fraud{r: rand.New(rand.NewPCG(seed, 1)), agent: h.server.Addr().String(), carrier: c.addr().String(), attacker: h.door.SIPUser}
	bad.offer = offer(bad.phone.addr())
	honest := func(when string) {
		t.Helper()
		visitor := bad.phone.invite("101", bad.offer)
		d := c.called()
		if !strings.HasPrefix(d.invite.uri(), "sip:+49301234567@") {
			t.Errorf("%s: %s is called", when, d.invite.uri())
		}
		d.reply(200, "OK", offer(c.addr()))
		c.expectRequest("ACK")
		if res := visitor.result(); res.status() != 200 {
			t.Fatalf("%s: the visitor hears %s", when, res.start)
		}
		visitor.request("BYE", "", "")
		c.answerTo(c.expectRequest("BYE"), 200, "OK", "")
	}
	honest("before")
	for range frauds() {
		bad.attempt()
		if n := c.calls(); n != 0 {
			t.Fatalf("%d calls at the carrier; tried %v", n, bad.tried)
		}
		bad.phone.drain()
		bad.monitor.drain()
	}
	honest("after")
	if n := c.calls(); n != 0 || s.last().Minutes != 2 {
		t.Errorf("%d more calls at the carrier, %d minutes used", n, s.last().Minutes)
	}
	kinds := []string{}
	for kind := range bad.tried {
		kinds = append(kinds, kind)
	}
	if slices.Sort(kinds); len(kinds) < 7 || bad.tried["unread"] > frauds()/4 {
		t.Errorf("tried only %v", bad.tried)
	}
	t.Logf("tried %v", bad.tried)
}

// A carrier that wants to call somebody is refused, whomever it names.
//
// shows CALL-09 by agent/sip/invite.go: "if s.line.is(addrPortOf(req.Source())) {" => "	if false {"
func TestTollFraud_CallsOfTheCarrierAreRefused(t *testing.T) {
	h, c, s := newLineHouse(t, nil, "030 1234567")
	c.registers(600)
	s.until(t, "registered", func(r link.TrunkReport) bool { return r.State == link.TrunkRegistered })
	monitor := h.signedIn(h.mons[0])
	for _, from := range []string{"+49309999", h.door.SIPUser} {
		c.send(strings.Replace(c.inviteText(c.newTalk("101"), "", offer(c.addr())), "<sip:4930123@", "<sip:"+from+"@", 1))
		if res := c.expect("answer", func(m message) bool { return m.of() == "INVITE" && m.status() >= 200 }); res.status() != 403 {
			t.Errorf("as %s: %s", from, res.start)
		}
	}
	if left := monitor.drain(); len(left) != 0 {
		t.Errorf("it rings: %s", left[0].start)
	}
	h.mem.untilNoted(t, noteCarrier, 1)
}

// The carrier of the document may ask whether the agent is there, as carriers do before they send a call; everybody else who asks hears nothing,
// and so does the carrier when the document names another one.
//
// shows CALL-09 by agent/sip/carrier.go: "k.s.gate.registered(k.at, at)" => "	_ = at.IsValid"
func TestTollFraud_TheCarrierMayAskWhetherWeAreThere(t *testing.T) {
	h, c, s := newLineHouse(t, nil, "030 1234567")
	c.registers(600)
	s.until(t, "registered", func(r link.TrunkReport) bool { return r.State == link.TrunkRegistered })
	monitor, stranger := h.signedIn(h.mons[0]), newPhone(t, h.server.Addr(), "4930123", "")
	ask := func(p *phone) {
		d := p.newTalk("")
		d.target = "sip:" + h.server.Addr().String()
		d.raw("OPTIONS", 1, "", "")
	}
	ask(stranger)
	ask(c.phone)
	if res := c.expectStatus(200, "OPTIONS"); !strings.Contains(res.get("allow"), "INVITE") {
		t.Errorf("%v", res)
	}
	other := *h.view
	trunk := *h.view.Trunk
	trunk.Host, trunk.Port = "127.0.0.2", 5060
	other.Trunk = &trunk
	s.view.Store(&other)
	h.server.TrunkChanged()
	c.answerTo(c.expectRequest("REGISTER"), 200, "OK", "") // it is left
	s.until(t, "begun anew", func(r link.TrunkReport) bool { return r.State == link.TrunkConnecting })
	ask(c.phone)
	if res := monitor.register(600); res.status() != 200 { // behind both in the same socket
		t.Fatal(res.start)
	}
	for _, p := range []*phone{stranger, c.phone} {
		for _, m := range p.drain() {
			if m.of() == "OPTIONS" {
				t.Errorf("answered: %s", m.start)
			}
		}
	}
}
