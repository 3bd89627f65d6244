package discovery

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"vestibule/shared/domain"
)

// Times of the sweep. Most intercoms announce nothing (devices.md 6.1): they are found by the maker's prefix of their card, and asked who they are.
const (
	sweepEvery = time.Minute      // the neighbour table is read again
	knockEvery = 15 * time.Minute // each address of the LAN is knocked at, so that the table fills
	knockPause = 20 * time.Millisecond
	askAgain   = 2 * time.Minute // one device is asked again: it has one thread
	sweptFor   = 3*askAgain + 30*time.Second
	askAtOnce  = 4
)

// discard is the port that a knock is sent to (RFC 863): the kernel asks for the card of the address, and nothing there listens.
const discard = 9

// makers are the prefixes of the cards of intercom makers that answer questions about themselves by HTTP.
var makers = []string{
	"0C1105", // Akuvox and its brands
	"7C1EB3", // 2N
}

// card is a line of the neighbour table.
type card struct {
	addr netip.Addr
	mac  domain.MAC
}

// sweep finds devices that announce nothing on one set of interfaces.
type sweep struct {
	links []link
	cards func() map[netip.Addr]domain.MAC
	ask   func(ctx context.Context, at netip.Addr) (answer, bool)
	heard func(domain.MAC) bool // announces itself: it need not be asked
	told  func()                // what it found changed

	again chan struct{}

	mu    sync.Mutex
	found map[domain.MAC]Found
	asked map[card]time.Time
}

// here gives the devices that answered not long ago; what has been silent is forgotten.
func (s *sweep) here(now time.Time) []Found {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Found, 0, len(s.found))
	for mac, f := range s.found {
		if now.Sub(f.Seen) > sweptFor {
			delete(s.found, mac)
			continue
		}
		out = append(out, f)
	}
	return out
}

// hurry reads the table and asks at once.
func (s *sweep) hurry() {
	select {
	case s.again <- struct{}{}:
	default:
	}
}

func (s *sweep) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var knocked time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.again:
		case <-timer.C:
		}
		s.round(ctx) // what the table has already is found before the first knock
		if time.Since(knocked) >= knockEvery && s.knock(ctx) {
			knocked = time.Now()
			s.round(ctx)
		}
		timer.Reset(sweepEvery)
	}
}

// knock sends one empty datagram to each address of the LANs, at most 254 on each: of a larger network those around the agent's own.
func (s *sweep) knock(ctx context.Context) bool {
	for _, l := range s.links {
		if l.iface.Flags&net.FlagLoopback != 0 {
			continue
		}
		for _, own := range l.prefixes {
			for _, addr := range around(own) {
				if !wait(ctx, knockPause) {
					return false
				}
				if conn, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, discard))); err == nil {
					_, _ = conn.Write(nil)
					_ = conn.Close()
				}
			}
		}
	}
	return true
}

// around lists the addresses of a LAN but its own, its first and its last: of one larger than 254 hosts the part around its own.
func around(own netip.Prefix) []netip.Addr {
	lan := own.Masked()
	if lan.Bits() < 24 {
		lan = netip.PrefixFrom(own.Addr(), 24).Masked()
	}
	var out []netip.Addr
	for a := lan.Addr().Next(); lan.Contains(a) && lan.Contains(a.Next()); a = a.Next() {
		if a != own.Addr() {
			out = append(out, a)
		}
	}
	return out
}

// round asks each card of a known maker who it is.
func (s *sweep) round(ctx context.Context) {
	due := s.due(time.Now())
	var asking sync.WaitGroup
	places := make(chan struct{}, askAtOnce)
	for _, c := range due {
		places <- struct{}{}
		asking.Go(func() {
			defer func() { <-places }()
			if a, ok := s.ask(ctx, c.addr); ok {
				s.take(c, a)
			}
		})
	}
	asking.Wait()
}

// due picks whom to ask, and forgets cards that are no longer on the table.
func (s *sweep) due(now time.Time) []card {
	var out []card
	here := map[card]bool{}
	s.mu.Lock()
	defer s.mu.Unlock()
	for addr, mac := range s.cards() {
		c := card{addr: addr, mac: mac}
		if len(here) >= maxKnown || !slices.Contains(makers, string(mac[:6])) || !s.onLink(addr) {
			continue
		}
		here[c] = true
		if s.heard(mac) || now.Sub(s.asked[c]) < askAgain && !s.asked[c].IsZero() {
			continue
		}
		s.asked[c] = now
		out = append(out, c)
	}
	for c := range s.asked {
		if !here[c] {
			delete(s.asked, c)
		}
	}
	return out
}

func (s *sweep) onLink(addr netip.Addr) bool {
	return slices.ContainsFunc(s.links, func(l link) bool { return l.has(addr) })
}

// take keeps what a device answered. One that names another MAC than its card has is kept without a word of what it said.
func (s *sweep) take(c card, a answer) {
	if a.mac != "" && a.mac != c.mac {
		a = answer{}
	}
	s.mu.Lock()
	s.found[c.mac] = Found{MAC: c.mac, Model: a.model, Firmware: a.firmware, Service: neighbourService, Addr: netip.AddrPortFrom(c.addr, webPort), Seen: time.Now()}
	s.mu.Unlock()
	s.told()
}

// neighbourService stands for the type of the service at devices that announce none; webPort is where they are asked.
const (
	neighbourService = "neighbour"
	webPort          = 80
)

// join adds what was found otherwise to what is announced: what a device says of itself by multicast counts first.
func join(announced, others []Found) []Found {
	at := make(map[domain.MAC]int, len(announced))
	for i, f := range announced {
		if f.MAC != "" {
			at[f.MAC] = i
		}
	}
	for _, f := range others {
		if i, ok := at[f.MAC]; ok {
			announced[i].add(f)
			continue
		}
		announced = append(announced, f)
	}
	return announced
}
