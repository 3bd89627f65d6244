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

// ports opens the relayed ports and knows which are open. Only UDP is relayed.
type ports struct {
	cfg  Config
	net  func(network, address string) (net.PacketConn, error)
	open sync.Map // uint16 → nothing
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
		at := netip.AddrPortFrom(p.cfg.Public.Addr(), uint16(port))
		p.open.Store(at.Port(), nil)
		return &relayed{PacketConn: c, port: at.Port(), all: p}, net.UDPAddrFromAddrPort(at), nil
	}
	return nil, nil, fault.New(fault.Limit, "No relayed port is free.")
}

// relayed is one relayed port.
type relayed struct {
	net.PacketConn
	port uint16
	all  *ports
}

// WriteTo sends on for a client. Invariant: on the relay's own host only relayed ports that are open are reached, no other service of it,
// not even one inside their range, and elsewhere only what the relay may send to (TestTurn_IsNoWayInside).
func (c *relayed) WriteTo(data []byte, to net.Addr) (int, error) {
	at, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, errOnlyUDP
	}
	if !c.all.reaches(at.AddrPort()) {
		return len(data), nil // dropped, as a network does
	}
	return c.PacketConn.WriteTo(data, to)
}

// Close gives the port back. It is forgotten first: another service may get it the moment it is free.
func (c *relayed) Close() error {
	c.all.open.Delete(c.port)
	return c.PacketConn.Close()
}

func (p *ports) reaches(peer netip.AddrPort) bool {
	a := peer.Addr().Unmap()
	if a == p.cfg.Public.Addr() {
		_, relayed := p.open.Load(peer.Port())
		return relayed
	}
	return p.cfg.allows(a)
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
