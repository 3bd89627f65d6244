package reach

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/netip"
	"slices"

	"vestibule/shared/domain"
)

// Kind is what is wrong with the groups as they are described.
type Kind string

// Kinds. HeardTwice and Unreached are told and cannot be followed: somebody has to look.
const (
	WrongGroup Kind = "wrong_group" // devices stand in another group's network
	OneLAN     Kind = "one_lan"     // two groups are one network
	Split      Kind = "split"       // one group spans networks: a new group
	NoAgent    Kind = "no_agent"    // no agent of the group reaches its network
	MoreAgents Kind = "more_agents" // other agents could act for the group than those that may
	HeardTwice Kind = "heard_twice" // devices are heard on several networks
	Unreached  Kind = "unreached"   // nobody hears any device of the group
)

// Heard says who hears something, and where.
type Heard struct {
	Agent  domain.AgentID `json:"agent"`
	Prefix netip.Prefix   `json:"prefix"`
}

// Difference is one thing that is described otherwise than it was measured. ID names what it says: a difference that changed has another one.
type Difference struct {
	ID      string           `json:"id"`
	Kind    Kind             `json:"kind"`
	Group   domain.GroupID   `json:"group"` // that it is about: of the devices today
	Name    string           `json:"name"`
	To      domain.GroupID   `json:"to"` // where the devices belong; zero with a name: a new group
	ToName  string           `json:"to_name"`
	Devices []Device         `json:"devices"`
	Agents  []domain.AgentID `json:"agents"` // who is to act: of Group, or of the new group
	Heard   []Heard          `json:"heard"`
}

// Moves tells whether following it puts devices into another group.
func (d Difference) Moves() bool { return d.Kind == WrongGroup || d.Kind == OneLAN || d.Kind == Split }

// Assigns tells whether following it changes who acts for its group.
func (d Difference) Assigns() bool { return d.Kind == NoAgent || d.Kind == MoreAgents }

// named gives the difference its id.
func (d Difference) named() Difference {
	raw, err := json.Marshal(d)
	if err != nil {
		return d // ids, names and addresses alone: cannot be
	}
	sum := sha256.Sum256(raw)
	d.ID = hex.EncodeToString(sum[:8])
	return d
}

func (w *work) differences() []Difference {
	var out []Difference
	for _, n := range w.all {
		for _, group := range w.Groups {
			if d, ok := w.stray(n, group); ok {
				out = append(out, d.named())
			}
		}
	}
	for _, group := range w.Groups {
		if d, ok := w.agents(group); ok {
			out = append(out, d.named())
		}
	}
	for _, group := range w.Groups {
		for _, d := range w.unclear(group) {
			out = append(out, d.named())
		}
	}
	return out
}

// stray finds the devices of a group that are heard on another group's network.
func (w *work) stray(n *Network, group domain.NetworkGroup) (Difference, bool) {
	if len(n.Devices) == 0 || n.Group == group.ID {
		return Difference{}, false
	}
	d := Difference{Kind: WrongGroup, Group: group.ID, Name: group.Name, To: n.Group, ToName: n.Name}
	for _, device := range n.Devices {
		if device.Group == group.ID {
			d.Devices = append(d.Devices, device)
		}
	}
	if len(d.Devices) == 0 {
		return d, false
	}
	switch {
	case n.Group.IsZero():
		d.Kind, d.Agents = Split, n.Agents
	case w.networkOf(group.ID) == nil && !w.elsewhere(group, n):
		d.Kind = OneLAN
	}
	d.Heard = evidence(d.Devices, n)
	return d, true
}

// elsewhere tells whether an agent of the group tells of other networks and not of this one.
func (w *work) elsewhere(group domain.NetworkGroup, n *Network) bool {
	return slices.ContainsFunc(group.Agents, func(a domain.AgentID) bool { return w.tells(a) && !n.has(a) })
}

// agents compares who may act for a group with who reaches its network: whoever acts today stays first. One that is away or told nothing stays.
func (w *work) agents(group domain.NetworkGroup) (Difference, bool) {
	n := w.networkOf(group.ID)
	if n == nil {
		return Difference{}, false
	}
	d := Difference{Kind: MoreAgents, Group: group.ID, Name: group.Name}
	reaches := len(group.Agents) > 0 && (n.has(group.Agents[0]) || !w.tells(group.Agents[0]))
	for _, a := range group.Agents {
		if n.has(a) || !w.tells(a) {
			d.Agents = append(d.Agents, a)
		}
	}
	for _, a := range n.Agents {
		if !slices.Contains(d.Agents, a) {
			d.Agents = append(d.Agents, a)
		}
	}
	if slices.Equal(d.Agents, group.Agents) {
		return d, false
	}
	if !reaches {
		d.Kind = NoAgent
	}
	d.Heard = evidence(n.Devices, n)
	return d, true
}

// unclear tells of devices that are heard on several networks, and of a group nothing of which is heard although somebody could.
func (w *work) unclear(group domain.NetworkGroup) []Difference {
	var out []Difference
	twice := Difference{Kind: HeardTwice, Group: group.ID, Name: group.Name}
	silent := Difference{Kind: Unreached, Group: group.ID, Name: group.Name}
	devices := 0
	for _, d := range w.Devices {
		if d.Group != group.ID {
			continue
		}
		devices++
		if at := w.twice[d.ID]; at != nil {
			twice.Devices = append(twice.Devices, d)
			for _, n := range at {
				twice.Heard = merge(twice.Heard, evidence([]Device{d}, n))
			}
		} else if len(heard(w.all, d.MAC)) == 0 {
			silent.Devices = append(silent.Devices, d)
		}
	}
	if len(twice.Devices) > 0 {
		out = append(out, twice)
	}
	known := len(group.Agents) == 0 && slices.ContainsFunc(w.Reports, func(r Report) bool { return r.Live }) || slices.ContainsFunc(group.Agents, w.tells)
	if devices > 0 && len(silent.Devices) == devices && known {
		out = append(out, silent)
	}
	return out
}

// evidence lists who hears the devices on a network.
func evidence(devices []Device, n *Network) []Heard {
	var out []Heard
	for _, d := range devices {
		for _, a := range n.by(d.MAC) {
			for _, p := range n.Prefixes {
				out = merge(out, []Heard{{Agent: a, Prefix: p}})
			}
		}
	}
	return out
}

func merge(list, more []Heard) []Heard {
	for _, h := range more {
		if !slices.Contains(list, h) {
			list = append(list, h)
		}
	}
	return list
}

// Impossible gives the difference that says that a device cannot work in the group it is put into: its network is another one's (EDGE-08).
func (p Proposal) Impossible(device domain.DeviceID) (Difference, bool) {
	for _, d := range p.Differences {
		if (d.Kind == WrongGroup || d.Kind == Split) && slices.ContainsFunc(d.Devices, func(o Device) bool { return o.ID == device }) {
			return d, true
		}
	}
	return Difference{}, false
}

// Agentless gives the difference that says that no agent of a group reaches its devices.
func (p Proposal) Agentless(group domain.GroupID) (Difference, bool) {
	for _, d := range p.Differences {
		if d.Kind == NoAgent && d.Group == group {
			return d, true
		}
	}
	return Difference{}, false
}
