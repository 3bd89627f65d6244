package sip

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
)

// largest is the largest datagram taken; smallest is more than a keep-alive.
const largest = 32 << 10

// readBuffer holds what comes in while the machine is busy elsewhere: a few thousand messages.
const readBuffer = 1 << 20

// packetConn is the UDP socket behind its gate.
type packetConn struct {
	*net.UDPConn
	gate  *gate
	ready chan struct{} // closed at the first read
	once  sync.Once
	deaf  atomic.Bool // nothing is taken any more
}

// next reads a datagram, without those that cannot be SIP and those that are too many.
func (c *packetConn) next(b []byte) (int, netip.AddrPort, error) {
	c.once.Do(func() { close(c.ready) })
	for {
		n, src, err := c.ReadFromUDPAddrPort(b)
		if err != nil {
			return n, src, err
		}
		src = netip.AddrPortFrom(src.Addr().Unmap(), src.Port())
		if c.deaf.Load() || n > largest || n > 4 && !looksLikeSIP(b[:n]) || !c.gate.admits(src.Addr()) {
			continue
		}
		return n, src, nil
	}
}

// looksLikeSIP is a cheap look at the first byte: a method or SIP/2.0 starts with a capital letter.
func looksLikeSIP(b []byte) bool { return b[0] >= 'A' && b[0] <= 'Z' }

// addrPortOf reads host:port; the zero value when it is none.
func addrPortOf(text string) netip.AddrPort {
	ap, err := netip.ParseAddrPort(text)
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
