package media

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/pion/sdp/v3"

	"vestibule/shared/fault"
)

// Anchor is the media of one call that runs over the agent: two port pairs for each media line, one toward the caller and
// one toward whoever answers. Until Answer nothing is forwarded.
type Anchor struct {
	pool  *Pool
	offer []byte
	from  netip.Addr // where the caller's signalling comes from

	mu     sync.Mutex
	lines  []*line
	locals map[netip.Addr]bool // addresses that were written into descriptions
	open   bool                // Answer was called
	closed bool
	wg     sync.WaitGroup
}

type line struct {
	live           bool
	caller, callee pair
	added          bool // we offered keys that the caller did not
	types          []uint8
}

// side is one direction's address book: only packets of the announced host are taken, or of the host that the device's
// signalling comes from (phones with two interfaces announce the other one); once a packet came, only its port counts.
type side struct {
	announced netip.AddrPort
	signals   netip.Addr
	latched   atomic.Pointer[netip.AddrPort]
}

// admits tells whether a packet from src belongs to this side, and latches on to it (symmetric RTP, RFC 4961). Invariant:
// another host never gets in.
func (s *side) admits(src netip.AddrPort) bool {
	src = netip.AddrPortFrom(src.Addr().Unmap(), src.Port())
	if !s.announced.IsValid() || src.Addr() != s.announced.Addr() && src.Addr() != s.signals {
		return false
	}
	held := s.latched.Load()
	switch {
	case held != nil && *held == src:
		return true
	case held == nil || src == s.announced:
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
	return s.announced
}

// Anchor opens ports for every media line of the caller's offer; from is where its signalling comes from. Invalid: the offer
// cannot be read; Limit: no ports.
func (p *Pool) Anchor(offer []byte, from netip.Addr) (*Anchor, error) {
	d, err := parse(offer)
	if err != nil {
		return nil, err
	}
	a := &Anchor{pool: p, offer: offer, from: from, locals: map[netip.Addr]bool{}}
	for _, m := range d.MediaDescriptions {
		l := &line{live: live(m), types: events(m)}
		a.lines = append(a.lines, l)
		if !l.live {
			continue
		}
		if l.caller, err = p.open(); err == nil {
			l.callee, err = p.open()
		}
		if err != nil {
			l.live = l.callee.rtp != nil
			if !l.live && l.caller.rtp != nil {
				p.give(l.caller)
			}
			a.Close()
			return nil, err
		}
	}
	return a, nil
}

// Offer is the caller's offer as a leg gets it: local is the agent's address on the way to that leg.
func (a *Anchor) Offer(local netip.Addr) ([]byte, error) {
	d, err := parse(a.offer)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.locals[local] = true
	ports := make([]int, len(a.lines))
	for i, l := range a.lines {
		if !l.live {
			continue
		}
		ports[i] = l.callee.port
		m := d.MediaDescriptions[i]
		if m.MediaName.Media == "audio" && len(events(m)) == 0 {
			if pt := addEvents(m); pt != 0 {
				l.added, l.types = true, []uint8{pt}
			}
		}
	}
	rewrite(d, local, ports)
	return marshal(d)
}

// Answer takes the winner's answer (from is where its signalling comes from), gives what the caller is told (local is the
// agent's address on the way to the caller) and starts the relay. onKey hears each press of the callee; it must not block.
func (a *Anchor) Answer(answer []byte, from, local netip.Addr, onKey func(key byte)) ([]byte, error) {
	caller, err := parse(a.offer)
	if err != nil {
		return nil, err
	}
	d, err := parse(answer)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed || a.open || len(d.MediaDescriptions) != len(a.lines) {
		return nil, fault.New(fault.Invalid, "The answer does not fit the offer.")
	}
	a.open, a.locals[local] = true, true
	ports := make([]int, len(a.lines))
	for i, l := range a.lines {
		m := d.MediaDescriptions[i]
		if !l.live || !live(m) {
			continue
		}
		ports[i] = l.caller.port
		a.relay(l, caller, d, i, from, onKey)
		if l.added {
			dropEvents(m)
		}
	}
	rewrite(d, local, ports)
	return marshal(d)
}

func marshal(d *sdp.SessionDescription) ([]byte, error) {
	body, err := d.Marshal()
	return body, fault.Wrap(err, fault.Internal, "The session description cannot be written.")
}

// relay starts the four streams of one media line.
func (a *Anchor) relay(l *line, caller, callee *sdp.SessionDescription, i int, from netip.Addr, onKey func(key byte)) {
	var callerRTP, callerRTCP, calleeRTP, calleeRTCP side
	callerRTP.announced, callerRTCP.announced = a.endpoint(caller, i)
	calleeRTP.announced, calleeRTCP.announced = a.endpoint(callee, i)
	callerRTP.signals, callerRTCP.signals, calleeRTP.signals, calleeRTCP.signals = a.from, a.from, from, from
	ears := &keys{}
	for _, pt := range append(events(callee.MediaDescriptions[i]), l.types...) {
		ears.types[pt&0x7f] = true
	}
	a.wg.Add(4)
	go a.forward(l.caller.rtp, &callerRTP, l.callee.rtp, &calleeRTP, nil)
	go a.forward(l.caller.rtcp, &callerRTCP, l.callee.rtcp, &calleeRTCP, nil)
	go a.forward(l.callee.rtcp, &calleeRTCP, l.caller.rtcp, &callerRTCP, nil)
	// Keys of the callee end here: the agent moves the door, and a door phone that heard them too would move it twice.
	go a.forward(l.callee.rtp, &calleeRTP, l.caller.rtp, &callerRTP, func(packet []byte) bool { return ears.hear(packet, onKey) })
}

// endpoint is where a side wants its packets. Invariant: never a port of ours, or one packet would run in a circle for ever.
func (a *Anchor) endpoint(d *sdp.SessionDescription, i int) (rtp, rtcp netip.AddrPort) {
	rtp, rtcp = endpoint(d, d.MediaDescriptions[i])
	for _, at := range []netip.AddrPort{rtp, rtcp} {
		if at.IsValid() && (a.locals[at.Addr()] || at.Addr().IsLoopback()) && a.pool.holds(int(at.Port())) {
			return netip.AddrPort{}, netip.AddrPort{}
		}
	}
	return rtp, rtcp
}

// mtu is more than any packet on a LAN.
const mtu = 2048

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

// Close ends the relay and gives the ports back; it may be called again.
func (a *Anchor) Close() {
	a.mu.Lock()
	if a.closed {
		a.mu.Unlock()
		return
	}
	a.closed = true
	for _, l := range a.lines {
		if l.live {
			a.pool.give(l.caller)
			a.pool.give(l.callee)
		}
	}
	a.mu.Unlock()
	a.wg.Wait()
}
