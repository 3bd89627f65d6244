package reach

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"vestibule/shared/domain"
)

// Proposal is what agents measured, beside what is described.
type Proposal struct {
	Networks    []*Network
	Differences []Difference
	Unheard     []Device // nobody hears them: they stay where they are
	Reports     int      // agents that told anything
	Revision    uint64   // another one as soon as the networks or the differences are others
}

// revisionBits keeps a revision exact in JavaScript's numbers.
const revisionBits = 52

// Propose compares the measured networks of a site with its network groups.
func Propose(s Site) Proposal {
	s = s.sorted()
	w := work{Site: s, all: networks(segments(s.Reports)), twice: map[domain.DeviceID][]*Network{}}
	p := Proposal{Networks: w.all, Reports: len(s.Reports)}
	p.Unheard = w.place()
	w.match()
	p.Differences = w.differences()
	p.Revision = revision(p)
	return p
}

// sorted puts a site into an order that does not depend on how it was read.
func (s Site) sorted() Site {
	s.Groups, s.Devices = slices.Clone(s.Groups), slices.Clone(s.Devices)
	slices.SortFunc(s.Groups, func(a, b domain.NetworkGroup) int { return compareID(a.ID, b.ID) })
	slices.SortFunc(s.Devices, func(a, b Device) int { return cmp.Or(strings.Compare(a.Name, b.Name), compareID(a.ID, b.ID)) })
	return s
}

// revision names a proposal: not when it was measured, but what it says.
func revision(p Proposal) uint64 {
	raw, err := json.Marshal(struct {
		Networks    []*Network
		Differences []Difference
	}{p.Networks, p.Differences})
	if err != nil {
		return 0 // ids, names and addresses alone: cannot be
	}
	sum := sha256.Sum256(raw)
	return 1 + binary.BigEndian.Uint64(sum[:8])>>(64-revisionBits)/2
}

// work is a proposal in the making.
type work struct {
	Site
	all   []*Network
	twice map[domain.DeviceID][]*Network
}

// place finds the network of each device and lists those that nobody hears. One that several networks hear is placed nowhere: one of them is a lie,
// a cable or an old word, and nobody can tell which from here.
func (w *work) place() (unheard []Device) {
	for _, d := range w.Devices {
		switch at := heard(w.all, d.MAC); len(at) {
		case 0:
			unheard = append(unheard, d)
		case 1:
			at[0].Devices = append(at[0].Devices, d)
		default:
			w.twice[d.ID] = at
		}
	}
	return unheard
}

// claim is how much speaks for a group to be that of a network.
type claim struct {
	network, group int
	acts           bool // the agent that acts for the group is there
	devices        int  // of the group, heard there
	agents         int  // of the group, there
}

// match gives each network with devices of the site the group that fits best, once each: where the group's agent is, then where most of its
// devices are. Whoever gets none is a new one.
func (w *work) match() {
	var claims []claim
	for n, network := range w.all {
		if len(network.Devices) == 0 {
			continue
		}
		for g, group := range w.Groups {
			c := claim{network: n, group: g, acts: len(group.Agents) > 0 && network.has(group.Agents[0])}
			for _, d := range network.Devices {
				if d.Group == group.ID {
					c.devices++
				}
			}
			for _, a := range group.Agents {
				if network.has(a) {
					c.agents++
				}
			}
			if c.devices+c.agents > 0 {
				claims = append(claims, c)
			}
		}
	}
	slices.SortStableFunc(claims, func(a, b claim) int {
		return cmp.Or(first(a.acts, b.acts), cmp.Compare(b.devices, a.devices), cmp.Compare(b.agents, a.agents), cmp.Compare(a.network, b.network), cmp.Compare(a.group, b.group))
	})
	taken := map[int]bool{}
	for _, c := range claims {
		if network := w.all[c.network]; network.Group.IsZero() && !taken[c.group] {
			taken[c.group] = true
			network.Group, network.Name = w.Groups[c.group].ID, w.Groups[c.group].Name
		}
	}
	w.name()
}

func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// name gives networks without a group the next free names (DEV-04), and puts whoever acts for a group of their devices today first.
func (w *work) name() {
	used := map[string]bool{}
	for _, g := range w.Groups {
		used[strings.ToLower(g.Name)] = true
	}
	next := 1
	for _, n := range w.all {
		if len(n.Devices) == 0 || !n.Group.IsZero() {
			continue
		}
		for ; n.Name == ""; next++ {
			if name := "Network " + strconv.Itoa(next); !used[strings.ToLower(name)] {
				n.Name = name
			}
		}
		acts := map[domain.AgentID]bool{}
		for _, d := range n.Devices {
			if g, ok := w.group(d.Group); ok && len(g.Agents) > 0 {
				acts[g.Agents[0]] = true
			}
		}
		slices.SortStableFunc(n.Agents, func(a, b domain.AgentID) int { return first(acts[a], acts[b]) })
	}
}

func (w *work) group(id domain.GroupID) (domain.NetworkGroup, bool) {
	i, ok := slices.BinarySearchFunc(w.Groups, id, func(g domain.NetworkGroup, id domain.GroupID) int { return compareID(g.ID, id) })
	if !ok {
		return domain.NetworkGroup{}, false
	}
	return w.Groups[i], true
}

// networkOf gives the network that a group stands for.
func (w *work) networkOf(group domain.GroupID) *Network {
	for _, n := range w.all {
		if n.Group == group && !group.IsZero() {
			return n
		}
	}
	return nil
}

// tells gives the report of an agent whose word counts now: it is there and has told where it stands.
func (w *work) tells(agent domain.AgentID) bool {
	return slices.ContainsFunc(w.Reports, func(r Report) bool { return r.Agent == agent && r.Live && len(r.Links) > 0 })
}
