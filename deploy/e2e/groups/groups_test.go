package groups

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vestibule/cloud/reach"
	"vestibule/shared/domain"
)

// atOnce is how many buildings stand at the same time.
const atOnce = 4

// Random topologies: what the agents measure and the cloud proposes is what was cabled, and a site that follows it has the groups of its networks.
//
// shows BEY-09 by agent/discovery/reach.go: "reach.Devices = inOrder(heard, ours, left)"
// shows BEY-09 by agent/discovery/reach.go: "heard[name] = true"
// shows EDGE-08 by cloud/reach/networks.go: "of[max(a, b)] = min(a, b)" => "_, _ = a, b"
func TestGroups_ProposalIsWhatWasCabled(t *testing.T) {
	n := 3
	if os.Getenv("VESTIBULE_SOAK") == "1" {
		n = 100
	}
	began := time.Now()
	var mu sync.Mutex
	var took []time.Duration
	lans, agents, devices, heard := 0, 0, 0, 0
	t.Run("buildings", func(t *testing.T) {
		places := make(chan struct{}, atOnce)
		for seed := range uint64(n) {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				places <- struct{}{}
				defer func() { <-places }()
				b := newBuilding(seed)
				d := b.prove(t)
				mu.Lock()
				defer mu.Unlock()
				took = append(took, d)
				lans, agents, devices, heard = lans+len(b.prefix), agents+len(b.agents), devices+len(b.things), heard+len(b.truth().place)
			})
		}
	})
	slices.Sort(took)
	if len(took) != n {
		t.Fatalf("%d of %d topologies were proved", len(took), n)
	}
	t.Logf("%d of %d topologies: proposal equals what was cabled (%d LANs, %d agents, %d devices, %d of them heard); measured within %v median, %v longest; %v in all",
		len(took), n, lans, agents, devices, heard, took[len(took)/2].Round(100*time.Millisecond), took[len(took)-1].Round(100*time.Millisecond), time.Since(began).Round(time.Second))
}

// truth is what was cabled, in words that can be compared.
type truth struct {
	place    map[domain.DeviceID]string // the agents of its LAN and the LAN's least device
	networks []string                   // agents of each LAN that has any
}

func (b *building) truth() truth {
	out := truth{place: map[domain.DeviceID]string{}}
	for l := range b.prefix {
		who := b.in(l)
		if len(who) == 0 {
			continue
		}
		var devices []domain.DeviceID
		for _, d := range b.things {
			if d.lan == l && d.way != unplugged {
				devices = append(devices, d.ID)
			}
		}
		out.add(who, devices)
	}
	slices.Sort(out.networks)
	return out
}

func (t *truth) add(agents []domain.AgentID, devices []domain.DeviceID) {
	words := make([]string, len(agents))
	for i, a := range agents {
		words[i] = a.String()
	}
	slices.Sort(words)
	slices.SortFunc(devices, func(a, b domain.DeviceID) int { return slices.Compare(a[:], b[:]) })
	network := strings.Join(words, " ")
	if len(devices) > 0 {
		network += " with " + devices[0].String()
	}
	t.networks = append(t.networks, network)
	for _, d := range devices {
		t.place[d] = network
	}
}

func (t truth) equal(o truth) bool {
	return maps.Equal(t.place, o.place) && slices.Equal(t.networks, o.networks)
}

// measured is what the proposal says, in the same words.
func measured(p reach.Proposal) truth {
	out := truth{place: map[domain.DeviceID]string{}}
	for _, n := range p.Networks {
		var devices []domain.DeviceID
		for _, d := range n.Devices {
			devices = append(devices, d.ID)
		}
		out.add(slices.Clone(n.Agents), devices)
	}
	slices.Sort(out.networks)
	return out
}

func (b *building) site() reach.Site {
	s := reach.Site{Groups: slices.Clone(b.groups)}
	for _, d := range b.things {
		s.Devices = append(s.Devices, d.Device)
	}
	for _, box := range b.boxes {
		s.Reports = append(s.Reports, box.report())
	}
	return s
}

// prove builds the building and waits until the proposal is what was cabled; it gives the time that took.
func (b *building) prove(t *testing.T) time.Duration {
	bell := make(chan struct{}, 1)
	b.build(t, func() {
		select {
		case bell <- struct{}{}:
		default:
		}
	})
	began, late := time.Now(), time.After(2*time.Minute)
	want := b.truth()
	for {
		site := b.site()
		p := reach.Propose(site)
		got := measured(p)
		if got.equal(want) {
			b.follow(t, site, p, want)
			return time.Since(began)
		}
		select {
		case <-bell:
		case <-late:
			t.Fatalf("seed %d:\n cabled %v %v\nmeasured %v %v", b.seed, want.networks, want.place, got.networks, got.place)
		}
	}
}

// follow applies the proposal to what was written down: then groups and networks are the same thing, and nobody unheard was moved.
func (b *building) follow(t *testing.T, s reach.Site, p reach.Proposal, want truth) {
	t.Helper()
	made := map[string]domain.GroupID{}
	agents := map[domain.GroupID][]domain.AgentID{}
	for _, g := range s.Groups {
		agents[g.ID] = g.Agents
	}
	at := map[domain.DeviceID]domain.GroupID{}
	for _, d := range s.Devices {
		at[d.ID] = d.Group
	}
	for _, d := range p.Differences {
		to := d.To
		if d.Moves() && to.IsZero() {
			if made[d.ToName].IsZero() {
				made[d.ToName] = domain.GroupID{14: 1, 15: byte(len(made))}
				agents[made[d.ToName]] = d.Agents
			}
			to = made[d.ToName]
		}
		if d.Assigns() {
			agents[d.Group] = d.Agents
		}
		for _, moved := range d.Devices {
			if d.Moves() {
				at[moved.ID] = to
			}
		}
	}
	group := map[string]domain.GroupID{}
	for _, d := range b.things {
		network, heard := want.place[d.ID]
		switch {
		case !heard && at[d.ID] != d.Group:
			t.Errorf("seed %d: %s was moved and nobody hears it", b.seed, d.Name)
		case heard && !group[network].IsZero() && group[network] != at[d.ID]:
			t.Errorf("seed %d: %s is not in the group of its network", b.seed, d.Name)
		case heard:
			group[network] = at[d.ID]
			one := truth{place: map[domain.DeviceID]string{}}
			one.add(slices.Clone(agents[at[d.ID]]), nil)
			if !strings.HasPrefix(network, one.networks[0]+" with ") {
				t.Errorf("seed %d: %s may be served by %v, and its network has %s", b.seed, d.Name, one.networks, network)
			}
		}
	}
	seen := map[domain.GroupID]string{}
	for network, g := range group {
		if seen[g] != "" {
			t.Errorf("seed %d: one group for %s and %s", b.seed, seen[g], network)
		}
		seen[g] = network
	}
}
