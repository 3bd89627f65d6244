package sip

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"strings"

	sipgo "github.com/emiago/sipgo/sip"

	"vestibule/agent/sip/sipstate"
	"vestibule/shared/logkey"
)

// localToward is our address as the peer sees it: the one listened on, or the one of the route to it.
func (s *Server) localToward(peer netip.Addr) netip.AddrPort {
	if !s.addr.Addr().IsUnspecified() {
		return s.addr
	}
	// A connected UDP socket sends nothing; the kernel only chooses the route.
	c, err := net.Dial("udp4", netip.AddrPortFrom(peer, 9).String())
	if err != nil {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), s.addr.Port())
	}
	defer c.Close()
	return netip.AddrPortFrom(addrPortOf(c.LocalAddr().String()).Addr(), s.addr.Port())
}

// localFor is the same for a transport: TLS has a port of its own.
func (s *Server) localFor(transport string, peer netip.Addr) netip.AddrPort {
	local := s.localToward(peer)
	if transport == "tls" && s.secure != nil {
		return netip.AddrPortFrom(local.Addr(), addrPortOf(s.secure.Addr().String()).Port())
	}
	return local
}

// prepare sets the way of a request: over our listening socket for UDP, over the peer's connection for TCP and TLS.
func (s *Server) prepare(req *sipgo.Request, transport string, dest netip.AddrPort) {
	req.SetTransport(strings.ToUpper(transport))
	req.SetDestination(dest.String())
	if transport == "udp" {
		req.Laddr = sipgo.Addr{IP: net.IP(s.addr.Addr().AsSlice()), Port: int(s.addr.Port())}
	}
	if req.Body() == nil {
		req.SetBody(nil)
	}
}

// fire sends a request outside INVITE, repeats it as the transaction does and drops the answer. after is called when it was
// answered or given up, but not when the server ends before: then the next run has to do it.
func (s *Server) fire(req *sipgo.Request, after func()) {
	s.spawn(func() {
		if s.delivered(req) && after != nil {
			after()
		}
	})
}

// delivered sends and waits; false when the server ended before an answer came.
func (s *Server) delivered(req *sipgo.Request) bool {
	tx, err := s.start(req)
	if err != nil {
		s.log.Debug("request not sent", slog.String(logkey.Method, string(req.Method)), slog.Any(logkey.Err, err))
		return true
	}
	defer tx.End()
	for {
		select {
		case res := <-tx.Answers():
			if !res.IsProvisional() {
				return true
			}
		case <-tx.Done():
			return !s.ended()
		case <-s.quit:
			return false
		}
	}
}

// ended tells whether the server has closed.
func (s *Server) ended() bool {
	select {
	case <-s.quit:
		return true
	default:
		return false
	}
}

// keepLeg stores the newest state of a leg: what rings can be ended by the next run.
func (s *Server) keepLeg(leg sipstate.Leg) {
	s.unstored("leg", s.cfg.Legs.PutLeg(leg))
}

// forgetLeg deletes a stored leg.
func (s *Server) forgetLeg(sipCallID string) {
	s.unstored("leg", s.cfg.Legs.DeleteLeg(sipCallID))
}

// store runs one write with a deadline; a store that hangs holds no call up.
func (s *Server) store(what string, write func(ctx context.Context) error) {
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.Timers.Store)
	defer cancel()
	s.unstored(what, write(ctx))
}

// unstored says that something was not stored; the call goes on.
func (s *Server) unstored(what string, err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		s.log.Error("not stored", slog.String(logkey.Kind, what), slog.Any(logkey.Err, err))
	}
}
