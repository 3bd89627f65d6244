package sip

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"vestibule/agent/call"
	"vestibule/agent/call/plan"
	"vestibule/agent/sip/txn"
	"vestibule/shared/domain"
)

// maxDialled bounds what is taken as a dialled number.
const maxDialled = 32

// onInvite takes a call.
func (s *Server) onInvite(req *sipgo.Request, tx *txn.Server) {
	if tagOf(req.To().Params) != "" {
		s.onChange(req, tx)
		return
	}
	caller, ok := s.whoCalls(req, tx)
	if !ok {
		return
	}
	if kind := strings.ToLower(value(req, "content-type")); !strings.HasPrefix(kind, "application/sdp") || len(req.Body()) == 0 {
		res := respond(req, 415, "Unsupported Media Type", "", nil)
		header(res, "Accept", "application/sdp")
		s.send(tx, res)
		return
	}
	asked, tooShort := s.timingOf(req)
	if tooShort {
		s.tooBrief(req, tx)
		return
	}
	// No 100: ringing is heard at once, or a refusal (RFC 3261 section 17.2.1 wants it after 200 ms).
	c, busy := s.admit(req, tx, caller)
	if c == nil {
		s.reply(req, tx, answers[busy].code, answers[busy].text)
		s.turnedAway(req, caller, busy, "turned_away")
		return
	}
	s.cfg.Called()
	c.timing = asked
	c.begin(s.dialled(req))
	cancelled := func() { c.run.Post(call.CallerCancel{}) }
	if !tx.Hold(c.terminated, cancelled) { // the CANCEL came before the call had begun, and it is told of all the same
		cancelled()
	}
}

// terminated is the answer to an INVITE that was cancelled.
func (c *session) terminated() []byte {
	a := answers[domain.EndCallerGone]
	return respond(c.req, a.code, a.text, c.d.localTag, nil).text()
}

// whoCalls finds out which device calls: by digest when it names itself as a user of ours, else by the hardware address of
// its source, which lets it ring and no more. Anybody else is refused.
func (s *Server) whoCalls(req *sipgo.Request, tx *txn.Server) (domain.Device, bool) {
	if s.line.is(addrPortOf(req.Source())) {
		s.refuse(req, tx, noteCarrier)
		return domain.Device{}, false
	}
	view := s.cfg.View()
	device, v := s.authenticate(req)
	switch v {
	case proved:
		return device, true
	case refused:
		if s.refuse(req, tx, noteWrongDigest) {
			s.pretender(req)
		}
		return device, false
	case stale:
		s.challengeBack(req, tx, true)
		return device, false
	case challenge:
	}
	if d, ok := view.DeviceBySIPUser(req.From().Address.User); ok && view.Serves(s.cfg.Agent, d) {
		s.challengeBack(req, tx, false)
		return domain.Device{}, false
	}
	if d, ok := s.neighbour(addrPortOf(req.Source()).Addr()); ok && view.Serves(s.cfg.Agent, d) {
		return d, true
	}
	s.refuse(req, tx, noteUnknownCaller)
	return domain.Device{}, false
}

// neighbour gives the device that stands behind an address according to the neighbour table.
func (s *Server) neighbour(a netip.Addr) (domain.Device, bool) {
	if s.cfg.Neighbours == nil {
		return domain.Device{}, false
	}
	mac, ok := s.cfg.Neighbours(a)
	if !ok {
		return domain.Device{}, false
	}
	return s.cfg.View().DeviceByMAC(mac)
}

// dialled is the user part of the request: 101, or 2#123 with the # escaped.
func (s *Server) dialled(req *sipgo.Request) string {
	user, err := url.PathUnescape(req.Recipient.User)
	if err != nil || len(user) > maxDialled {
		return ""
	}
	return user
}

// admit makes the session, or says why there is no place for it.
func (s *Server) admit(req *sipgo.Request, tx *txn.Server, caller domain.Device) (*session, domain.EndReason) {
	from, source := req.From(), addrPortOf(req.Source())
	id := domain.NewID[domain.CallID](s.cfg.Now())
	c := &session{s: s, id: id, began: s.cfg.Now(), caller: caller, source: source, req: req, tx: tx, final: make(chan struct{})}
	c.decided = sync.OnceFunc(func() { close(c.final) })
	c.winner.Store(-1)
	c.reliably = slices.Contains(append(tags(req, "supported"), tags(req, "require")...), reliableTag)
	transport := strings.ToLower(req.Transport())
	local := s.localFor(transport, source.Addr())
	c.d = &dialog{
		s: s, party: c, callID: req.CallID().Value(), localTag: token(8), remoteTag: tagOf(from.Params), local: local, dest: source,
		transport: transport, ours: nameAddr("", req.To().Address.String()), theirs: nameAddr("", from.Address.String()),
		theirSeq: req.CSeq().SeqNo, got: req.Body(), route: takeRoute(req, false),
	}
	c.d.target, _ = parseURI(uriOf("", source))
	c.d.retarget(req)
	s.mu.Lock()
	defer s.mu.Unlock()
	mine := 0
	for _, other := range s.sessions {
		if other.caller.ID == caller.ID {
			mine++
		}
	}
	switch {
	case s.stopping:
		return nil, domain.EndInterrupted
	case s.inbound[c.inboundKey()]: // the same request over another way (RFC 3261 section 8.2.2.2)
		return nil, domain.EndLoop
	case mine >= s.cfg.Limits.CallsPerCaller || len(s.sessions) >= s.cfg.Limits.Calls || int(s.legs.Load()) >= s.cfg.Limits.Legs:
		return nil, domain.EndBusy
	}
	s.inbound[c.inboundKey()] = true
	s.sessions[id] = c
	s.dialogs[c.d.callID+" "+c.d.localTag] = c.d
	return c, ""
}

func (c *session) inboundKey() string { return c.d.callID + " " + c.d.remoteTag }

// release gives the place of a finished call to the next one.
func (s *Server) release(c *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, c.id)
	delete(s.inbound, c.inboundKey())
	if c.winner.Load() < 0 { // nothing was answered, so nobody hangs it up
		delete(s.dialogs, c.d.callID+" "+c.d.localTag)
	}
}

// wan tells whether the cloud is reached.
func (s *Server) wan() bool { return s.cfg.Online != nil && s.cfg.Online() }

// begin plans the call and starts its machine.
func (c *session) begin(dialled string) {
	s := c.s
	wan := s.wan()
	c.dialled = dialled
	p := plan.Make(s.cfg.View(), c.caller, dialled, plan.Facts{
		WAN: wan, Agent: s.cfg.Agent, Registered: s.Registered,
		Reachable: func(id domain.DeviceID) bool {
			_, ok := s.addressOf(s.cfg.View().Devices[id])
			return ok
		},
		Firmware: s.cfg.Firmware, Carries: s.carries,
	})
	c.place, c.leftOut = p.Apartment.ID, p.LeftOut
	for _, stage := range p.Stages {
		for _, one := range stage.Legs {
			c.legs = append(c.legs, c.newLeg(len(c.legs), one))
		}
	}
	run := call.New(call.RunnerConfig{
		Now: s.cfg.Now, Perform: c.perform, Quit: s.quit, Logger: s.log,
		After: func(d time.Duration, f func()) func() { t := time.AfterFunc(d, f); return func() { t.Stop() } },
	}, call.Invite{
		CallID: c.id, Caller: c.caller, Dialled: dialled, Plan: p, WAN: wan,
		Rules: s.rules(),
	})
	s.mu.Lock()
	c.run = run
	if s.stopping {
		run.Post(call.Stop{})
	}
	s.mu.Unlock()
	s.spawn(run.Run)
}

func (s *Server) rules() call.Rules {
	t := s.cfg.Timers
	return call.Rules{Ring: t.Ring, Dial: t.Dial, Talk: t.Talk, Settle: t.Settle, AfterOpening: t.AfterOpening}
}
