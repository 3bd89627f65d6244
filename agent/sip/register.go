package sip

import (
	"context"
	"log/slog"
	"net/netip"
	"strconv"
	"strings"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"vestibule/agent/proof"
	"vestibule/agent/sip/sipstate"
	"vestibule/agent/sip/txn"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
)

// verdict is what came of looking at a request's digest.
type verdict int

const (
	proved verdict = iota
	challenge
	stale
	refused
)

// authenticate checks the Authorization header of a request. An unknown user, another agent's device and a wrong password
// take the same way and give the same answer.
func (s *Server) authenticate(req *sipgo.Request) (domain.Device, verdict) {
	text := value(req, "authorization")
	if text == "" {
		return domain.Device{}, challenge
	}
	p, ok := proof.Read(text)
	if !ok {
		return domain.Device{}, refused
	}
	source, now := addrPortOf(req.Source()), s.cfg.Now()
	s.doubts.answered(source)
	if !s.nonces.Fresh(p.Nonce, now, source.Addr()) {
		return domain.Device{}, stale
	}
	view := s.cfg.View()
	device, known := view.DeviceBySIPUser(p.User)
	known = known && view.Serves(s.cfg.Agent, device)
	password := view.Credentials[device.ID].SIPPassword
	if password.IsZero() {
		known = false
	}
	if right := p.Matches(string(req.Method), password.Reveal()); !right || !known {
		return domain.Device{}, refused
	}
	if !s.nonces.Once(p.Nonce, p.Count, now) {
		return domain.Device{}, stale
	}
	return device, proved
}

// challengeBack asks for a digest.
func (s *Server) challengeBack(req *sipgo.Request, tx *txn.Server, old bool) {
	if s.tooMany(req) {
		return
	}
	res := respond(req, 401, "Unauthorized", "", nil)
	source, now := addrPortOf(req.Source()), s.cfg.Now()
	both := s.doubts.again(source, now) || strings.Contains(strings.ToUpper(value(req, "authorization")), proof.SHA256)
	for _, text := range proof.Challenges(s.nonces.Make(now, source.Addr()), both, old) {
		header(res, "WWW-Authenticate", text)
	}
	s.send(tx, res)
}

// refuse says no and notes it; false when the source gets no answer any more.
func (s *Server) refuse(req *sipgo.Request, tx *txn.Server, what string) bool {
	if s.tooMany(req) {
		return false
	}
	s.deny(req, tx, what)
	return true
}

func (s *Server) deny(req *sipgo.Request, tx *txn.Server, what string) {
	s.reply(req, tx, 403, "Forbidden")
	s.note(what, addrPortOf(req.Source()), domain.DeviceID{})
}

// onRegister is the registrar (RFC 3261 section 10.3). A device has one binding; the newest wins.
func (s *Server) onRegister(req *sipgo.Request, tx *txn.Server) {
	device, v := s.authenticate(req)
	switch v {
	case challenge, stale:
		s.challengeBack(req, tx, v == stale)
		return
	case refused:
		what := noteWrongDigest
		if _, known := s.cfg.View().DeviceBySIPUser(req.To().Address.User); !known {
			what = noteUnknownUser
		}
		if !s.tooMany(req) {
			s.attempted(req) // before the answer, after which somebody may ring
			s.deny(req, tx, what)
		}
		return
	case proved:
	}
	if req.To().Address.User != device.SIPUser {
		s.refuse(req, tx, noteWrongDigest)
		return
	}
	contact := req.Contact()
	if contact == nil { // a question: where am I registered?
		s.registered(req, tx, device)
		return
	}
	expires, ok := expiry(req, contact, s.cfg.Timers.LongestBind)
	if _, fits := parseURI(contact.Address.String()); !ok || !fits && !contact.Address.Wildcard || contact.Address.Wildcard && expires != 0 {
		s.reply(req, tx, 400, "Bad Request")
		return
	}
	if expires > 0 && expires < s.cfg.Timers.LeastBind {
		res := respond(req, 423, "Interval Too Brief", "", nil)
		header(res, "Min-Expires", wholeSeconds(s.cfg.Timers.LeastBind))
		s.send(tx, res)
		return
	}
	if !s.bind(req, device, contact, expires) {
		s.reply(req, tx, 500, "Out Of Order")
		return
	}
	s.registered(req, tx, device)
}

// expiry is how long a registration is granted: what is asked for (parameter before header), at most the longest.
func expiry(req *sipgo.Request, contact *sipgo.ContactHeader, longest time.Duration) (time.Duration, bool) {
	text, has := contact.Params.Get("expires")
	if !has {
		text = value(req, "expires")
	}
	if text == "" {
		return longest, true
	}
	n, ok := seconds(text)
	return min(time.Duration(n)*time.Second, longest), ok
}

// bind sets or ends the device's binding; false for one that is older than what we have (RFC 3261 section 10.3 step 7).
func (s *Server) bind(req *sipgo.Request, device domain.Device, contact *sipgo.ContactHeader, expires time.Duration) bool {
	b := sipstate.Binding{
		DeviceID: device.ID, User: device.SIPUser, Contact: contact.Address.String(), Source: req.Source(),
		CallID: req.CallID().Value(), CSeq: req.CSeq().SeqNo, Transport: strings.ToLower(req.Transport()),
		ExpiresAt: s.cfg.Now().Add(expires),
	}
	s.mu.Lock()
	old, had := s.bindings[device.ID]
	if had && old.CallID == b.CallID && old.CSeq >= b.CSeq {
		s.mu.Unlock()
		return false
	}
	delete(s.attempts, device.ID)
	if had && old.CallID != b.CallID {
		s.restarted(device.ID)
	}
	if expires > 0 {
		s.bindings[device.ID] = b
	} else {
		delete(s.bindings, device.ID)
	}
	s.mu.Unlock()
	s.gate.registered(addrPortOf(old.Source), placeOf(b, expires))
	if expires == 0 {
		s.store("binding", func(ctx context.Context) error { return s.cfg.Bindings.DeleteBinding(ctx, device.ID) })
		s.cfg.Changed(device.ID)
		return true
	}
	s.store("binding", func(ctx context.Context) error { return s.cfg.Bindings.PutBinding(ctx, b) })
	if !had || !s.cfg.Now().Before(old.ExpiresAt) {
		s.cfg.Changed(device.ID)
	}
	if !had || old.Source != b.Source {
		s.log.Info("registered", slog.String(logkey.Device, device.ID.String()), slog.String(logkey.Addr, b.Source))
	}
	return true
}

// placeOf is the place that a registration makes known; the zero value when it ends one.
func placeOf(b sipstate.Binding, expires time.Duration) netip.AddrPort {
	if expires == 0 {
		return netip.AddrPort{}
	}
	return addrPortOf(b.Source)
}

// registered answers with the binding that now stands.
func (s *Server) registered(req *sipgo.Request, tx *txn.Server, device domain.Device) {
	res := respond(req, 200, "OK", "", nil)
	if b, ok := s.Binding(device.ID); ok {
		left := max(1, int(b.ExpiresAt.Sub(s.cfg.Now()).Round(time.Second).Seconds()))
		header(res, "Contact", "<"+b.Contact+">;expires="+strconv.Itoa(left))
	}
	s.send(tx, res)
}

// Binding gives where a device is registered now: it must still be in the document and this agent's.
func (s *Server) Binding(device domain.DeviceID) (sipstate.Binding, bool) {
	s.mu.Lock()
	b, ok := s.bindings[device]
	s.mu.Unlock()
	if !ok || !s.cfg.Now().Before(b.ExpiresAt) {
		return sipstate.Binding{}, false
	}
	view := s.cfg.View()
	d, known := view.Devices[device]
	return b, known && d.SIPUser == b.User && view.Serves(s.cfg.Agent, d)
}

// Registered tells whether a device is registered now.
func (s *Server) Registered(device domain.DeviceID) bool {
	_, ok := s.Binding(device)
	return ok
}

// bound tells whether a registered device speaks from source.
func (s *Server) bound(source netip.AddrPort) bool { return s.gate.bound(source) }
