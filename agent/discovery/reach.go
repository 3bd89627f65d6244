package discovery

import (
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// Reach is who is heard on one of the agent's networks (BEY-09).
type Reach struct {
	Interface string
	Prefixes  []netip.Prefix
	Devices   []domain.MAC // in rising order, those of the document first
	Agents    []string     // other agents, by the ends of their ids
}

// Told is who is heard on each network, as the cloud is told.
func Told(links []Reach) wire.Reach {
	out := wire.Reach{Links: make([]wire.ReachLink, len(links))}
	for i, l := range links {
		to := &out.Links[i]
		to.Interface, to.Agents = l.Interface, l.Agents
		for _, p := range l.Prefixes {
			to.Prefixes = append(to.Prefixes, p.String())
		}
		to.SetMACs(l.Devices)
	}
	return out
}

// Times of measuring: the first word comes when those who are there have had time to answer.
const (
	reachFirst = 10 * time.Second
	reachEvery = 3 * time.Second
	maxReach   = 2000 // devices in all
)

// measure tells who is heard where, when that is something new.
func (r *round) measure(now time.Time) {
	if r.d.cfg.Reached == nil || now.Sub(r.born) < reachFirst || now.Sub(r.measured) < reachEvery {
		return
	}
	r.measured = now
	reach := r.reach(now)
	r.d.mu.Lock()
	changed := !reflect.DeepEqual(reach, r.d.reach)
	r.d.reach = reach
	r.d.mu.Unlock()
	if changed {
		r.d.cfg.Reached(reach)
	}
}

// reach lists who is heard on each link: by what they announce, by their answers, and by the cards of the document's devices that answer the kernel.
// Who claims a MAC that its own card contradicts is not heard.
func (r *round) reach(now time.Time) []Reach {
	cards := map[netip.Addr]domain.MAC{}
	if r.d.cfg.Cards != nil {
		cards = r.d.cfg.Cards()
	}
	here := map[domain.MAC]bool{}
	for _, f := range r.d.List() {
		here[f.MAC] = true
	}
	view := r.d.cfg.View()
	ours := func(m domain.MAC) bool { _, ok := view.DeviceByMAC(m); return ok }
	out := make([]Reach, 0, len(r.links))
	left := maxReach
	for _, l := range r.links {
		reach := Reach{Interface: l.iface.Name, Agents: r.beside(l, now)}
		for _, p := range l.prefixes {
			reach.Prefixes = append(reach.Prefixes, p.Masked())
		}
		heard := r.claims(l, now, cards)
		for addr, mac := range cards {
			if (here[mac] || ours(mac)) && l.has(addr) {
				heard[mac] = true
			}
		}
		reach.Devices = inOrder(heard, ours, left)
		left -= len(reach.Devices)
		out = append(out, reach)
	}
	return out
}

// claims are the MACs that are announced on a link.
func (r *round) claims(l link, now time.Time, cards map[netip.Addr]domain.MAC) map[domain.MAC]bool {
	heard := map[domain.MAC]bool{}
	for _, s := range r.services(l, now) {
		rank := rankOf(s.Type)
		if rank < 0 || types[rank].mac == "" {
			continue
		}
		mac, err := domain.ParseMAC(s.TXT[types[rank].mac])
		if card, known := cards[s.Addrs[0]]; err == nil && (!known || card == mac) {
			heard[mac] = true
		}
	}
	return heard
}

// beside are the other agents that are announced on a link.
func (r *round) beside(l link, now time.Time) []string {
	self, heard := r.self().short(r.links), map[string]bool{}
	for _, s := range r.services(l, now) {
		if name := s.TXT["agent"]; s.Type == agentService && name != "" && name != self {
			heard[name] = true
		}
	}
	return slices.Sorted(maps.Keys(heard))
}

func (r *round) services(l link, now time.Time) []Service {
	for _, c := range r.caches {
		if c.iface == l.iface.Name {
			return c.services(now)
		}
	}
	return nil
}

func (l link) has(addr netip.Addr) bool {
	return slices.ContainsFunc(l.prefixes, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// inOrder lists at most so many, the document's own first.
func inOrder(heard map[domain.MAC]bool, ours func(domain.MAC) bool, most int) []domain.MAC {
	all := slices.Sorted(maps.Keys(heard))
	first := make([]domain.MAC, 0, len(all))
	var others []domain.MAC
	for _, m := range all {
		if ours(m) {
			first = append(first, m)
		} else {
			others = append(others, m)
		}
	}
	all = append(first, others...)
	return all[:min(len(all), max(0, most))]
}
