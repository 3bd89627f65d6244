package turn

import (
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"strconv"
	"sync"

	"github.com/pion/turn/v5"

	"vestibule/shared/fault"
)

// ports opens the relayed ports. Only UDP is relayed.
type ports struct {
	cfg Config
	net func(network, address string) (net.PacketConn, error)
}

var errOnlyUDP = errors.New("only UDP is relayed")

// Validate implements turn.RelayAddressGenerator.
func (p *ports) Validate() error { return nil }

// AllocateListener implements turn.RelayAddressGenerator.
func (p *ports) AllocateListener(turn.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	return nil, nil, errOnlyUDP
}

// AllocateConn implements turn.RelayAddressGenerator.
func (p *ports) AllocateConn(turn.AllocateConnConfig) (net.Conn, error) { return nil, errOnlyUDP }

// AllocatePacketConn opens a free port of the range. Which one a client wishes does not count.
func (p *ports) AllocatePacketConn(turn.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	const tries = 64
	span := int(p.cfg.Last) - int(p.cfg.First) + 1
	for range tries {
		port := int(p.cfg.First) + rand.IntN(span) //nolint:gosec // which port is no secret
		c, err := p.net("udp4", net.JoinHostPort(p.cfg.Bind, strconv.Itoa(port)))
		if err != nil {
			continue
		}
		at := net.UDPAddrFromAddrPort(netip.AddrPortFrom(p.cfg.Public.Addr(), uint16(port)))
		return &relayed{PacketConn: c, cfg: p.cfg}, at, nil
	}
	return nil, nil, fault.New(fault.Limit, "No relayed port is free.")
}

// relayed is one relayed port.
type relayed struct {
	net.PacketConn
	cfg Config
}

// WriteTo sends on for a client. Invariant: on the relay's own host only relayed ports are reached, no other service of it, and elsewhere
// only what the relay may send to (TestTurn_IsNoWayInside).
func (c *relayed) WriteTo(data []byte, to net.Addr) (int, error) {
	at, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, errOnlyUDP
	}
	peer := at.AddrPort()
	a := peer.Addr().Unmap()
	own := a == c.cfg.Public.Addr() && peer.Port() >= c.cfg.First && peer.Port() <= c.cfg.Last
	if !own && (a == c.cfg.Public.Addr() || !c.cfg.allows(a)) {
		return len(data), nil // dropped, as a network does
	}
	return c.PacketConn.WriteTo(data, to)
}

// counts are the relayed ports of each agent.
type counts struct {
	mu sync.Mutex
	of map[string]int
}

func (c *counts) below(agent string, most int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.of[agent] < most
}

func (c *counts) add(agent string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of[agent] += n; c.of[agent] <= 0 {
		delete(c.of, agent)
	}
}

func (c *counts) events() turn.EventHandler {
	return turn.EventHandler{
		OnAllocationCreated: func(_, _ net.Addr, _, user, _ string, _ net.Addr, _ int) { c.add(owner(user), 1) },
		OnAllocationDeleted: func(_, _ net.Addr, _, user, _ string) { c.add(owner(user), -1) },
	}
}
