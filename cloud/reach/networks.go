package reach

import (
	"cmp"
	"net/netip"
	"slices"

	"vestibule/shared/domain"
)

// Network is one LAN as it was measured.
type Network struct {
	Prefixes []netip.Prefix   `json:"prefixes"`
	Agents   []domain.AgentID `json:"agents"`  // who has a card there
	Devices  []Device         `json:"devices"` // of the site, heard there and nowhere else
	Group    domain.GroupID   `json:"group"`   // that stands for it; zero: one is to be made, or nothing of the site is heard there
	Name     string           `json:"name"`    // of that group; empty where nothing of the site is heard

	live map[domain.MAC][]domain.AgentID // who hears it now
	past map[domain.MAC][]domain.AgentID // who heard it and is away
}

// networks joins links that are one LAN, in a lasting order.
func networks(segs []segment) []*Network {
	of := make([]int, len(segs)) // the first link of each one's network
	for i := range segs {
		of[i] = i
	}
	root := func(i int) int {
		for of[i] != i {
			i = of[i]
		}
		return i
	}
	for i := range segs {
		for j := range i {
			if segs[i].joins(segs[j]) {
				a, b := root(i), root(j)
				of[max(a, b)] = min(a, b)
			}
		}
	}
	at := map[int]*Network{}
	for i, s := range segs {
		n := at[root(i)]
		if n == nil {
			n = &Network{live: map[domain.MAC][]domain.AgentID{}, past: map[domain.MAC][]domain.AgentID{}}
			at[root(i)] = n
		}
		n.add(s)
	}
	out := make([]*Network, 0, len(at))
	for _, n := range at {
		slices.SortFunc(n.Prefixes, comparePrefix)
		slices.SortFunc(n.Agents, compareID)
		out = append(out, n)
	}
	slices.SortFunc(out, func(a, b *Network) int {
		return cmp.Or(slices.CompareFunc(a.Prefixes, b.Prefixes, comparePrefix), slices.CompareFunc(a.Agents, b.Agents, compareID), slices.Compare(a.macs(), b.macs()))
	})
	return out
}

func (n *Network) add(s segment) {
	for _, p := range s.prefixes {
		if !slices.Contains(n.Prefixes, p) {
			n.Prefixes = append(n.Prefixes, p)
		}
	}
	if !slices.Contains(n.Agents, s.agent) {
		n.Agents = append(n.Agents, s.agent)
	}
	heard := n.past
	if s.live {
		heard = n.live
	}
	for m := range s.macs {
		if !slices.Contains(heard[m], s.agent) {
			heard[m] = append(heard[m], s.agent)
			slices.SortFunc(heard[m], compareID)
		}
	}
}

// macs gives everything heard there, as the last word of the order.
func (n *Network) macs() []domain.MAC {
	var out []domain.MAC
	for m := range n.live {
		out = append(out, m)
	}
	for m := range n.past {
		out = append(out, m)
	}
	slices.Sort(out)
	return out
}

func (n *Network) has(agent domain.AgentID) bool { return slices.Contains(n.Agents, agent) }

// heard gives the networks that hear a card: those whose agents are there; only where none is, those of agents that are away.
func heard(all []*Network, mac domain.MAC) []*Network {
	var live, past []*Network
	for _, n := range all {
		if len(n.live[mac]) > 0 {
			live = append(live, n)
		}
		if len(n.past[mac]) > 0 {
			past = append(past, n)
		}
	}
	if len(live) > 0 {
		return live
	}
	return past
}

// by gives the agents that hear a card on the network.
func (n *Network) by(mac domain.MAC) []domain.AgentID {
	if who := n.live[mac]; len(who) > 0 {
		return who
	}
	return n.past[mac]
}

func comparePrefix(a, b netip.Prefix) int {
	return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
}

func compareID[K any](a, b domain.ID[K]) int { return slices.Compare(a[:], b[:]) }
