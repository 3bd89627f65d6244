package media

import (
	"net"
	"net/netip"
	"sync/atomic"
)

// side is one direction's address book: only packets of the announced host are taken, or of the host that the device's
// signalling comes from (phones with two interfaces announce the other one); once a packet came, only its port counts.
type side struct {
	signals   netip.Addr
	announced atomic.Pointer[netip.AddrPort]
	latched   atomic.Pointer[netip.AddrPort]
}

// announce sets where a description wants the packets; a new place is latched on to anew.
func (s *side) announce(at netip.AddrPort) {
	if old := s.announced.Load(); old != nil && *old == at {
		return
	}
	s.announced.Store(&at)
	s.latched.Store(nil)
}

// wanted is what was announced; the zero value wants nothing.
func (s *side) wanted() netip.AddrPort {
	if at := s.announced.Load(); at != nil {
		return *at
	}
	return netip.AddrPort{}
}

// admits tells whether a packet from src belongs to this side, and latches on to it (symmetric RTP, RFC 4961). Invariant:
// another host never gets in.
func (s *side) admits(src netip.AddrPort) bool {
	src = netip.AddrPortFrom(src.Addr().Unmap(), src.Port())
	announced := s.wanted()
	if !announced.IsValid() || src.Addr() != announced.Addr() && src.Addr() != s.signals {
		return false
	}
	held := s.latched.Load()
	switch {
	case held != nil && *held == src:
		return true
	case held == nil || src == announced:
		fresh := src // a copy of its own: only a change of port costs memory
		s.latched.Store(&fresh)
		return true
	}
	return false
}

// to is where packets for this side go.
func (s *side) to() netip.AddrPort {
	if held := s.latched.Load(); held != nil {
		return *held
	}
	return s.wanted()
}

// far is one end of a media line: its RTP and its RTCP.
type far struct{ rtp, rtcp side }

func (f *far) announce(rtp, rtcp netip.AddrPort) {
	f.rtp.announce(rtp)
	f.rtcp.announce(rtcp)
}

// line is one media line that runs over the agent.
type line struct {
	live           bool // its ports are open
	running        bool // packets are carried
	caller, callee pair
	near, away     far  // the caller's end and the callee's
	added          bool // we offered keys that the caller did not
	types          []uint8
	ears           keys
}

// mtu is more than any packet on a LAN.
const mtu = 2048

// run starts the four streams of the line, once.
func (a *Anchor) run(l *line) {
	if l.running {
		return
	}
	l.running = true
	a.wg.Add(4)
	go a.forward(l.caller.rtp, &l.near.rtp, l.callee.rtp, &l.away.rtp, nil)
	go a.forward(l.caller.rtcp, &l.near.rtcp, l.callee.rtcp, &l.away.rtcp, nil)
	go a.forward(l.callee.rtcp, &l.away.rtcp, l.caller.rtcp, &l.near.rtcp, nil)
	// Keys of the callee end here: the agent moves the door, and a door phone that heard them too would move it twice.
	go a.forward(l.callee.rtp, &l.away.rtp, l.caller.rtp, &l.near.rtp, func(packet []byte) bool { return l.ears.hear(packet, a.onKey) })
}

// forward copies packets of one side to the other until the sockets close. swallow keeps a packet back.
func (a *Anchor) forward(in *net.UDPConn, from *side, out *net.UDPConn, to *side, swallow func([]byte) bool) {
	defer a.wg.Done()
	buf := make([]byte, mtu)
	for {
		n, src, err := in.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		if !from.admits(src) || swallow != nil && swallow(buf[:n]) {
			continue
		}
		if dst := to.to(); dst.IsValid() {
			_, _ = out.WriteToUDPAddrPort(buf[:n], dst) // a lost packet is a lost packet
		}
	}
}
