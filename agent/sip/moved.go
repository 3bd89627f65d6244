package sip

import (
	"net/netip"
	"slices"

	sipgo "github.com/emiago/sipgo/sip"

	"vestibule/agent/call"
	"vestibule/agent/call/plan"
	"vestibule/shared/domain"
)

// mostContacts bounds what is read of a redirection.
const mostContacts = 4

// redirected follows a 3xx of the device to another one, nil when it leads nowhere. Invariant: it leads only to a monitor or guard phone of
// the document that this agent serves, at the address that the agent itself knows; the URI names the device and nothing more. Once a leg, and
// never to a device that the call tries already. Who is not registered takes nothing over from who is: a key of his would open.
func (l *deviceLeg) redirected(res *sipgo.Response) *deviceLeg {
	if !slices.Contains([]int{300, 301, 302}, res.StatusCode) || l.moved || l.stopped() {
		return nil
	}
	for i, h := range res.GetHeaders("contact") {
		c, ok := h.(*sipgo.ContactHeader)
		if !ok || i == mostContacts {
			break
		}
		n := l.towards(c.Address)
		if n == nil {
			continue
		}
		l.next.Store(n)
		if l.stopped() {
			n.cancel()
		}
		l.post(call.LegMoved{Leg: l.index, Device: n.device.ID, Name: n.device.Name, Registered: n.bound})
		return n
	}
	return nil
}

// towards makes the leg to the device that a URI means, nil when it may not be rung.
func (l *deviceLeg) towards(uri sipgo.Uri) *deviceLeg {
	s := l.d.s
	d, ok := s.deviceAt(uri)
	if !ok || d.Type != domain.Monitor && d.Type != domain.GuardPhone || d.ID == l.device.ID || d.ID == l.call.calling().ID || l.call.tries(d.ID) {
		return nil
	}
	n := s.reach(l.call, l.index, plan.Leg{Device: d, Path: plan.ByIP})
	if n.d == nil || l.bound && !n.bound {
		return nil
	}
	n.moved, n.anchored, n.first = true, l.anchored, l.first // the offer stands already; no port is taken for a device that may never answer
	return n
}

// deviceAt gives the device of this agent that a URI means: by its user, or by the place where it is registered or known to be.
func (s *Server) deviceAt(uri sipgo.Uri) (domain.Device, bool) {
	view := s.cfg.View()
	if d, ok := view.DeviceBySIPUser(uri.User); ok && view.Serves(s.cfg.Agent, d) && (s.isOurs(uri) || s.standsAt(d, uri)) {
		return d, true
	}
	for _, d := range view.Devices {
		if view.Serves(s.cfg.Agent, d) && s.standsAt(d, uri) {
			return d, true
		}
	}
	return domain.Device{}, false
}

// isOurs tells whether a URI's place is the agent.
func (s *Server) isOurs(uri sipgo.Uri) bool {
	at, err := netip.ParseAddr(uri.Host)
	if err != nil || s.localToward(at).Addr() != at {
		return false
	}
	return uri.Port == 0 || uri.Port == int(s.addr.Port()) || uri.Port == int(s.SecureAddr().Port())
}

// standsAt tells whether a device is at a URI's place.
func (s *Server) standsAt(d domain.Device, uri sipgo.Uri) bool {
	host, err := netip.ParseAddr(uri.Host)
	if err != nil {
		return false
	}
	port := uri.Port
	if port == 0 {
		port = defaultPort
	}
	is := func(at netip.AddrPort) bool { return at.Addr() == host && int(at.Port()) == port }
	if b, ok := s.Binding(d.ID); ok {
		return is(addrPortOf(b.Source))
	}
	known, ok := s.addressOf(d)
	return ok && is(known)
}
