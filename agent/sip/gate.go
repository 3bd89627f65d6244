package sip

import (
	"net/netip"
	"strings"
	"sync"
	"time"

	sipgo "github.com/emiago/sipgo/sip"
)

// gate bounds what is read from one address before it is even parsed, so that a broken or hostile device takes the agent from nobody
// else. Addresses with a registered device may send much, others little, and all others together not much more: their addresses
// can be invented.
type gate struct {
	now            func() time.Time
	known, unknown *buckets[netip.Addr]
	strangers      *buckets[struct{}]
	told           *buckets[netip.Addr]
	flooded        func(host netip.Addr) // must not wait; may be nil

	mu      sync.RWMutex
	hosts   map[netip.Addr]int     // registrations by address
	sources map[netip.AddrPort]int // and by address and port
}

func newGate(l Limits, now func() time.Time) *gate {
	return &gate{
		now: now, known: newBuckets[netip.Addr](2*float64(l.PerSec), float64(l.PerSec)),
		unknown:   newBuckets[netip.Addr](4*float64(l.StrangerPerSec), float64(l.StrangerPerSec)),
		strangers: newBuckets[struct{}](2*float64(l.StrangersPerSec), float64(l.StrangersPerSec)),
		told:      newBuckets[netip.Addr](1, 1.0/60),
		hosts:     map[netip.Addr]int{}, sources: map[netip.AddrPort]int{},
	}
}

// admits tells whether one more message of an address is taken now.
func (g *gate) admits(host netip.Addr) bool {
	g.mu.RLock()
	known := g.hosts[host] > 0
	g.mu.RUnlock()
	if known {
		return g.known.take(host, g.now()) || g.tell(host)
	}
	return g.unknown.take(host, g.now()) && g.strangers.take(struct{}{}, g.now()) || g.tell(netip.Addr{})
}

// tell says once a minute that an address sends too much, for all strangers as one; it is false, as what is told of is not taken.
func (g *gate) tell(host netip.Addr) bool {
	if g.flooded != nil && g.told.take(host, g.now()) {
		g.flooded(host)
	}
	return false
}

// registered notes that a device is now at a place, and no longer at another one; the zero value is nowhere.
func (g *gate) registered(old, now netip.AddrPort) {
	if old == now {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if now.IsValid() {
		g.hosts[now.Addr()]++
		g.sources[now]++
	}
	if !old.IsValid() {
		return
	}
	if g.hosts[old.Addr()]--; g.hosts[old.Addr()] <= 0 {
		delete(g.hosts, old.Addr())
	}
	if g.sources[old]--; g.sources[old] <= 0 {
		delete(g.sources, old)
	}
}

// bound tells whether a registered device speaks from source.
func (g *gate) bound(source netip.AddrPort) bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.sources[source] > 0
}

// scanners are words by which tools that look for telephones to abuse name themselves.
var scanners = []string{"friendly-scanner", "sipvicious", "sipcli", "sip-scan", "sipsak", "sundayddr", "iwar", "siparmyknife", "vaxsip", "pplsip", "svwar", "svcrack", "smap"}

// ignores tells whether a request gets no answer at all. Nobody outside learns that there is a telephone system: scanners that name
// themselves hear nothing, and strangers hear only about registering and calling, where a device that is set up wrongly needs an answer.
func (s *Server) ignores(req *sipgo.Request) bool {
	source := addrPortOf(req.Source())
	if name := strings.ToLower(value(req, "user-agent")); name != "" {
		for _, word := range scanners {
			if strings.Contains(name, word) {
				s.note(noteScanner, source, noDevice)
				return true
			}
		}
	}
	if s.bound(source) || s.at(source.Addr()) {
		return false
	}
	if sane(req) && (req.Method == sipgo.REGISTER || req.Method == sipgo.INVITE) {
		return false
	}
	if _, inside := s.find(req); inside { // a caller that is not registered
		return false
	}
	if req.Method == sipgo.INFO {
		s.note(noteSpoofedInfo, source, noDevice)
	}
	return true
}

// at tells whether a device of the document that this agent serves stands at an address, by the neighbour table.
func (s *Server) at(a netip.Addr) bool {
	d, ok := s.neighbour(a)
	return ok && s.cfg.View().Serves(s.cfg.Agent, d)
}
