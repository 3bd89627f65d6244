package sip

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
)

// errTurnOver makes sipgo drop the list of peers it keeps for a listener; the socket stays open and is served again.
var errTurnOver = errors.New("peers turned over")

// mostPeers bounds that list: sipgo remembers every source address for as long as a listener is read.
const mostPeers = 16384

// largest is the largest datagram taken; smallest is more than a keep-alive.
const largest = 32 << 10

// readBuffer holds what comes in while the machine is busy elsewhere: a few thousand messages.
const readBuffer = 1 << 20

// packetConn is the UDP socket as sipgo gets it.
type packetConn struct {
	*net.UDPConn
	gate  *gate
	peers map[netip.AddrPort]struct{} // of the reading goroutine alone
	ready chan struct{}               // closed at the first read
	once  sync.Once
	deaf  atomic.Bool // nothing is taken any more
	turn  atomic.Bool // the next datagram turns the list over
}

// ReadFrom skips datagrams that cannot be SIP, and turns over when too many peers were seen.
func (c *packetConn) ReadFrom(b []byte) (int, net.Addr, error) {
	c.once.Do(func() { close(c.ready) })
	for {
		n, src, err := c.UDPConn.ReadFromUDPAddrPort(b)
		if err != nil {
			return n, nil, err
		}
		if c.deaf.Load() || n > largest || n > 4 && !looksLikeSIP(b[:n]) || !c.gate.admits(src.Addr().Unmap()) {
			continue
		}
		if c.turn.Swap(false) || len(c.peers) >= mostPeers {
			clear(c.peers)
			return 0, nil, errTurnOver // this one datagram is lost; its sender repeats it
		}
		c.peers[src] = struct{}{}
		return n, net.UDPAddrFromAddrPort(src), nil
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
