package media

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"vestibule/shared/fault"
)

// Config bounds the ports of the relay.
type Config struct {
	First, Last uint16        // UDP ports that may be used; pairs start at even ones
	Rest        time.Duration // how long a port rests after a call, so that late packets enter no other one
	Now         func() time.Time
}

// Default ports and rest: 500 pairs carry 62 calls with picture.
const (
	FirstPort = 16384
	LastPort  = 17383
	PortRest  = 5 * time.Second
)

// Pool hands out pairs of UDP ports.
type Pool struct {
	cfg Config

	mu      sync.Mutex
	next    int
	taken   map[int]bool
	resumes map[int]time.Time
}

// NewPool makes a pool; zero fields of cfg take the defaults.
func NewPool(cfg Config) *Pool {
	if cfg.First == 0 {
		cfg.First, cfg.Last = FirstPort, LastPort
	}
	if cfg.Rest == 0 {
		cfg.Rest = PortRest
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.First += cfg.First & 1
	return &Pool{cfg: cfg, next: int(cfg.First), taken: map[int]bool{}, resumes: map[int]time.Time{}}
}

// pair is two sockets on an even port and the one after it: RTP and RTCP (RFC 3550 section 11).
type pair struct {
	rtp, rtcp *net.UDPConn
	port      int
}

// open takes a free pair; Limit when none is left.
func (p *Pool) open() (pair, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.cfg.Now()
	for range (int(p.cfg.Last) - int(p.cfg.First) + 1) / 2 {
		port := p.next
		if p.next += 2; p.next+1 > int(p.cfg.Last) {
			p.next = int(p.cfg.First)
		}
		if p.taken[port] || now.Before(p.resumes[port]) {
			continue
		}
		if c, err := listenPair(port); err == nil {
			p.taken[port] = true
			delete(p.resumes, port)
			return c, nil
		}
	}
	return pair{}, fault.New(fault.Limit, "No port is left for speech.")
}

func listenPair(port int) (pair, error) {
	rtp, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.IPv4Unspecified(), uint16(port))))
	if err != nil {
		return pair{}, err
	}
	rtcp, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.IPv4Unspecified(), uint16(port+1))))
	if err != nil {
		rtp.Close()
		return pair{}, err
	}
	return pair{rtp: rtp, rtcp: rtcp, port: port}, nil
}

// give closes a pair and lets its port rest.
func (p *Pool) give(c pair) {
	c.rtp.Close()
	c.rtcp.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.taken, c.port)
	p.resumes[c.port] = p.cfg.Now().Add(p.cfg.Rest)
}

// holds tells whether a port belongs to an open pair.
func (p *Pool) holds(port int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.taken[port&^1]
}

// InUse counts the pairs that are open now.
func (p *Pool) InUse() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.taken)
}
