package media

import (
	"net"
	"net/netip"
	"slices"
	"sync"

	"github.com/pion/sdp/v3"

	"vestibule/shared/fault"
)

// Half is the media of one device whose other side is not reached by an address of this LAN but over a way that carries all media lines
// together: to another agent, to an app. It has one port pair for each line, toward the device.
type Half struct {
	pool *Pool
	wg   sync.WaitGroup

	mu     sync.Mutex
	lines  []*halfLine
	lanes  lanes
	locals map[netip.Addr]bool
	open   bool
	closed bool

	told, device []byte // what the device was told of the other side, and what it said of itself
	changes      uint64 // of these two since
}

type halfLine struct {
	live  bool // its ports are open
	held  bool // the device takes nothing now
	pair  pair
	far   far
	added bool // we offered keys that the other side did not
	types []uint8
	ears  keys
}

// Half opens ports for every media line of a description that is wanted. Invalid: it cannot be read; Limit: no ports.
func (p *Pool) Half(body []byte) (*Half, error) {
	d, err := parse(body)
	if err != nil {
		return nil, err
	}
	h := &Half{pool: p, locals: map[netip.Addr]bool{}}
	for _, m := range d.MediaDescriptions {
		l := &halfLine{types: events(m)}
		h.lines = append(h.lines, l)
		if !live(m) {
			continue
		}
		if l.pair, err = p.open(); err != nil {
			h.Close()
			return nil, err
		}
		l.live = true
	}
	return h, nil
}

// Describe is a description of the other side as the device gets it: local is the agent's address on the way to the device. withKeys offers
// keys on a line that has none.
func (h *Half) Describe(body []byte, local netip.Addr, withKeys bool) ([]byte, error) {
	d, err := parse(body)
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(d.MediaDescriptions) != len(h.lines) {
		return nil, unfit()
	}
	h.locals[local] = true
	h.lanes.learn(d)
	ports := make([]int, len(h.lines))
	for i, l := range h.lines {
		m := d.MediaDescriptions[i]
		if !l.live || !live(m) {
			continue
		}
		ports[i] = l.pair.port
		if withKeys && m.MediaName.Media == "audio" && len(events(m)) == 0 && !secured(d, m) {
			if pt := addEvents(m); pt != 0 {
				l.added, l.types = true, []uint8{pt}
			}
		}
	}
	rewrite(d, local, ports)
	out, err := d.Marshal()
	h.told = out
	return out, fault.Wrap(err, fault.Internal, "The session description cannot be written.")
}

// Open takes the device's own description (from is where its signalling comes from) and lets the packets run: out takes what the device
// sends. onKey hears its RFC 4733 keys, which then end here; nil lets them pass. Neither may block.
func (h *Half) Open(device []byte, from netip.Addr, out func(rtcp bool, packet []byte), onKey func(key byte)) error {
	d, err := parse(device)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || h.open || len(d.MediaDescriptions) != len(h.lines) {
		return unfit()
	}
	h.open, h.device = true, device
	h.lanes.learn(d)
	for i, l := range h.lines {
		m := d.MediaDescriptions[i]
		if !l.live || !live(m) {
			continue
		}
		l.far.rtp.signals, l.far.rtcp.signals = from, from
		l.far.announce(h.endpoint(d, m))
		var swallow func([]byte) bool
		if onKey != nil && !secured(d, m) {
			l.ears.listen(append(events(m), l.types...))
			swallow = func(packet []byte) bool { return l.ears.hear(packet, onKey) }
		}
		h.wg.Add(2)
		go h.forward(i, false, l.pair.rtp, &l.far.rtp, out, swallow)
		go h.forward(i, true, l.pair.rtcp, &l.far.rtcp, out, nil)
	}
	return nil
}

// endpoint is where the device wants its packets. Invariant: never a port of ours, or one packet would run in a circle for ever.
func (h *Half) endpoint(d *sdp.SessionDescription, m *sdp.MediaDescription) (rtp, rtcp netip.AddrPort) {
	rtp, rtcp = endpoint(d, m)
	for _, at := range []netip.AddrPort{rtp, rtcp} {
		if at.IsValid() && (h.locals[at.Addr()] || at.Addr().IsLoopback()) && h.pool.holds(int(at.Port())) {
			return netip.AddrPort{}, netip.AddrPort{}
		}
	}
	return rtp, rtcp
}

// Hidden takes keys that only we offered out of the device's answer.
func (h *Half) Hidden(answer []byte) ([]byte, error) {
	d, err := parse(answer)
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(d.MediaDescriptions) != len(h.lines) {
		return nil, unfit()
	}
	if !slices.ContainsFunc(h.lines, func(l *halfLine) bool { return l.added }) {
		return answer, nil
	}
	for i, l := range h.lines {
		if l.added {
			dropEvents(d.MediaDescriptions[i])
		}
	}
	out, err := d.Marshal()
	return out, fault.Wrap(err, fault.Internal, "The session description cannot be written.")
}

// forward gives what the device sends to out until the socket closes.
func (h *Half) forward(line int, rtcp bool, in *net.UDPConn, from *side, out func(rtcp bool, packet []byte), swallow func([]byte) bool) {
	defer h.wg.Done()
	buf := make([]byte, mtu)
	for {
		n, src, err := in.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		if n < leastPacket || !from.admits(src) || swallow != nil && swallow(buf[:n]) {
			continue
		}
		if !rtcp {
			h.lanes.sent(line, buf[:n])
		}
		out(rtcp, buf[:n])
	}
}

// Take sends a packet of the other side to the device; one that belongs to no line is dropped.
func (h *Half) Take(rtcp bool, packet []byte) {
	line, ok := h.lanes.of(rtcp, packet)
	if !ok {
		return
	}
	h.mu.Lock()
	if h.closed || !h.open || line >= len(h.lines) || !h.lines[line].live {
		h.mu.Unlock()
		return
	}
	l := h.lines[line]
	held := l.held && !rtcp
	h.mu.Unlock()
	if held {
		return
	}
	socket, to := l.pair.rtp, l.far.rtp.to()
	if rtcp {
		socket, to = l.pair.rtcp, l.far.rtcp.to()
	}
	if to.IsValid() {
		_, _ = socket.WriteToUDPAddrPort(packet, to) // a lost packet is a lost packet
	}
}

// Close ends it and gives the ports back; it may be called again.
func (h *Half) Close() {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return
	}
	h.closed = true
	for _, l := range h.lines {
		if l.live {
			h.pool.give(l.pair)
		}
	}
	h.mu.Unlock()
	h.wg.Wait()
}
