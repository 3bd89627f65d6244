package reach

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// Link is what one agent hears on one of its networks.
type Link struct {
	Interface string         `json:"interface"`
	Prefixes  []netip.Prefix `json:"prefixes"`
	Devices   []domain.MAC   `json:"devices"`
	Agents    []string       `json:"agents"` // the ends of their ids, as they announce themselves
}

// Report is the newest word of one agent.
type Report struct {
	Agent domain.AgentID
	Name  string
	At    time.Time // when it last said something new
	Live  bool      // the agent is there: what it said is still so
	Links []Link
}

// Device is a device of the site as it is described.
type Device struct {
	ID    domain.DeviceID
	Name  string
	MAC   domain.MAC
	Group domain.GroupID
}

// Site is everything a proposal is made from.
type Site struct {
	Groups  []domain.NetworkGroup
	Devices []Device
	Reports []Report
}

// Bounds of what an agent may tell; more is left out.
const (
	mostLinks    = 32
	mostPrefixes = 8
	mostAgents   = 64
	mostName     = 32
)

// Read takes the word of an agent from the link. What is no prefix, no MAC or too much is left out.
func Read(told wire.Reach) []Link {
	out := make([]Link, 0, min(len(told.Links), mostLinks))
	left := wire.MaxReachDevices
	for _, l := range told.Links[:min(len(told.Links), mostLinks)] {
		link := Link{Interface: name(l.Interface), Prefixes: []netip.Prefix{}, Agents: []string{}}
		for _, text := range l.Prefixes[:min(len(l.Prefixes), mostPrefixes)] {
			if p, err := netip.ParsePrefix(text); err == nil && p.Addr().Is4() {
				link.Prefixes = append(link.Prefixes, p.Masked())
			}
		}
		link.Devices = l.MACs(left)
		left -= len(link.Devices)
		for _, a := range l.Agents[:min(len(l.Agents), mostAgents)] {
			if a = name(a); a != "" {
				link.Agents = append(link.Agents, a)
			}
		}
		out = append(out, link)
	}
	return out
}

// name keeps what can be an interface or the end of an id.
func name(text string) string {
	text = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, text)
	return text[:min(len(text), mostName)]
}

// segment is one link of one agent while networks are made of them.
type segment struct {
	agent    domain.AgentID
	end      string // of the agent's id
	live     bool
	prefixes []netip.Prefix
	macs     map[domain.MAC]bool
	agents   map[string]bool
}

// endOf is the part of an agent's id that its LAN is told.
func endOf(a domain.AgentID) string {
	id := a.String()
	return id[len(id)-12:]
}

func segments(reports []Report) []segment {
	var out []segment
	for _, r := range reports {
		for _, l := range r.Links {
			s := segment{agent: r.Agent, end: endOf(r.Agent), live: r.Live, prefixes: l.Prefixes, macs: map[domain.MAC]bool{}, agents: map[string]bool{}}
			for _, m := range l.Devices {
				s.macs[m] = true
			}
			for _, a := range l.Agents {
				s.agents[a] = true
			}
			out = append(out, s)
		}
	}
	return out
}

// joins tells whether two links are of one network: the same addresses, and either both agents hear each other there or both hear mostly the same
// devices. One who is away heard the other while it was there. A device that claims to be elsewhere joins nothing by itself.
func (s segment) joins(o segment) bool {
	if !slices.ContainsFunc(s.prefixes, func(p netip.Prefix) bool { return slices.Contains(o.prefixes, p) }) {
		return false
	}
	hears, heard := s.agents[o.end], o.agents[s.end]
	if s.agent != o.agent && (hears && heard || (hears || heard) && !(s.live && o.live)) {
		return true
	}
	shared := 0
	for m := range s.macs {
		if o.macs[m] {
			shared++
		}
	}
	return shared > 0 && 2*shared > min(len(s.macs), len(o.macs))
}
