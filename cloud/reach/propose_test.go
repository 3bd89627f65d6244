package reach_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"vestibule/cloud/reach"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

func agentID(n int) domain.AgentID   { return domain.AgentID{0: 1, 15: byte(n)} }
func groupID(n int) domain.GroupID   { return domain.GroupID{0: 2, 15: byte(n)} }
func deviceID(n int) domain.DeviceID { return domain.DeviceID{0: 3, 14: byte(n >> 8), 15: byte(n)} }
func macOf(n int) domain.MAC         { return domain.MAC(fmt.Sprintf("0C1105B9%04X", n)) }
func endOf(a domain.AgentID) string  { return a.String()[len(a.String())-12:] }

func device(n, group int) reach.Device {
	return reach.Device{ID: deviceID(n), Name: fmt.Sprintf("Device %d", n), MAC: macOf(n), Group: groupID(group)}
}

func group(n int, agents ...int) domain.NetworkGroup {
	g := domain.NetworkGroup{ID: groupID(n), Name: fmt.Sprintf("Network %d", n)}
	for _, a := range agents {
		g.Agents = append(g.Agents, agentID(a))
	}
	return g
}

// link is what an agent hears on a network: devices by number, other agents by number.
func link(prefix string, agents []int, devices ...int) reach.Link {
	l := reach.Link{Interface: "eth0", Prefixes: []netip.Prefix{netip.MustParsePrefix(prefix)}}
	for _, d := range devices {
		l.Devices = append(l.Devices, macOf(d))
	}
	for _, a := range agents {
		l.Agents = append(l.Agents, endOf(agentID(a)))
	}
	return l
}

func report(agent int, links ...reach.Link) reach.Report {
	return reach.Report{Agent: agentID(agent), Name: fmt.Sprintf("Box %d", agent), Live: true, Links: links}
}

func away(r reach.Report) reach.Report { r.Live = false; return r }

const lan, other = "192.168.1.0/24", "10.0.0.0/24"

// words writes differences as kind:group>to[devices](agents).
func words(p reach.Proposal) []string {
	var out []string
	for _, d := range p.Differences {
		text := fmt.Sprintf("%s:%s", d.Kind, d.Name)
		if d.Moves() {
			text += ">" + d.ToName
		}
		for _, dev := range d.Devices {
			text += " " + dev.Name
		}
		if d.Assigns() || d.Kind == reach.Split {
			for _, a := range d.Agents {
				text += fmt.Sprintf(" @%d", a[15])
			}
		}
		out = append(out, text)
	}
	return out
}

// shows BEY-09 by cloud/reach/differences.go: "d.Devices = append(d.Devices, device)"
// shows DEV-04 by cloud/reach/differences.go: "d.Kind, d.Agents = Split, n.Agents"
func TestPropose_SaysWhatIsWrong(t *testing.T) {
	a12, g12 := report(1, link(lan, nil, 1, 2)), []domain.NetworkGroup{group(1, 1), group(2, 2)}
	cases := map[string]struct {
		site reach.Site
		want []string
	}{
		"as described": {reach.Site{Groups: []domain.NetworkGroup{group(1, 1)}, Devices: []reach.Device{device(1, 1)}, Reports: []reach.Report{a12}}, nil},
		"no reports":   {reach.Site{Groups: g12, Devices: []reach.Device{device(1, 1)}}, nil},
		"a device in the other group": {
			reach.Site{Groups: g12, Devices: []reach.Device{device(1, 1), device(2, 2), device(3, 2)}, Reports: []reach.Report{a12, report(2, link(other, nil, 3))}},
			[]string{"wrong_group:Network 2>Network 1 Device 2"},
		},
		"the first device of a group, in the wrong one": {
			reach.Site{Groups: g12, Devices: []reach.Device{device(1, 2)}, Reports: []reach.Report{report(1, link(lan, nil, 1)), report(2, link(other, nil))}},
			[]string{"wrong_group:Network 2>Network 1 Device 1"},
		},
		"two groups on one LAN": {
			reach.Site{Groups: g12, Devices: []reach.Device{device(1, 1), device(2, 2)}, Reports: []reach.Report{report(1, link(lan, []int{2}, 1, 2)), report(2, link(lan, []int{1}, 1, 2))}},
			[]string{"one_lan:Network 2>Network 1 Device 2", "more_agents:Network 1 @1 @2"},
		},
		"one group on two LANs": {
			reach.Site{Groups: []domain.NetworkGroup{group(1, 1)}, Devices: []reach.Device{device(1, 1), device(2, 1), device(3, 1)}, Reports: []reach.Report{a12, report(2, link(other, nil, 3))}},
			[]string{"split:Network 1>Network 2 Device 3 @2"},
		},
		"an agent that is elsewhere": {
			reach.Site{Groups: []domain.NetworkGroup{group(1, 2)}, Devices: []reach.Device{device(1, 1)}, Reports: []reach.Report{a12, report(2, link(other, nil))}},
			[]string{"no_agent:Network 1 @1"},
		},
		"an agent that is away stays": {
			reach.Site{Groups: []domain.NetworkGroup{group(1, 2)}, Devices: []reach.Device{device(1, 1)}, Reports: []reach.Report{a12, away(report(2, link(other, nil)))}},
			[]string{"more_agents:Network 1 @2 @1"},
		},
		"equal addresses are not one LAN": {
			reach.Site{Groups: g12, Devices: []reach.Device{device(1, 1), device(2, 2)}, Reports: []reach.Report{report(1, link(lan, nil, 1)), report(2, link(lan, nil, 2))}}, nil,
		},
		"one that claims to hear the other is not enough": {
			reach.Site{Groups: g12, Devices: []reach.Device{device(1, 1), device(2, 2)}, Reports: []reach.Report{report(1, link(lan, []int{2}, 1)), report(2, link(lan, nil, 2))}}, nil,
		},
		"heard in two networks": {
			reach.Site{Groups: g12, Devices: []reach.Device{device(1, 1), device(2, 2)}, Reports: []reach.Report{report(1, link(lan, nil, 1, 2)), report(2, link(other, nil, 2))}},
			[]string{"heard_twice:Network 2 Device 2"},
		},
		"who is there counts before who was": {
			reach.Site{Groups: g12, Devices: []reach.Device{device(1, 1), device(2, 2)}, Reports: []reach.Report{away(report(1, link(lan, nil, 1, 2))), report(2, link(other, nil, 2))}}, nil,
		},
		"nothing of it is heard": {
			reach.Site{Groups: g12, Devices: []reach.Device{device(1, 1), device(9, 2)}, Reports: []reach.Report{report(1, link(lan, nil, 1)), report(2, link(other, nil))}},
			[]string{"unreached:Network 2 Device 9"},
		},
	}
	for name, c := range cases {
		if got := words(reach.Propose(c.site)); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, c.want)
		}
	}
}

// random makes a site whose groups have nothing to do with its networks: agents on one or two of them, some away or without a word, devices that
// nobody hears, and some that two networks hear.
func random(r *rand.Rand) reach.Site {
	var s reach.Site
	lans, agents, groups := 1+r.IntN(4), 1+r.IntN(4), 1+r.IntN(4)
	prefix := []string{lan, other, lan, "172.16.0.0/16"}
	on := make([][]int, lans)
	heard := make([][]int, lans)
	for d := range 3 + r.IntN(10) {
		s.Devices = append(s.Devices, device(d, 1+r.IntN(groups)))
		for range r.IntN(10) / 4 {
			l := r.IntN(lans)
			heard[l] = append(heard[l], d)
		}
	}
	var stand [][]int
	for a := range agents {
		at := r.Perm(lans)[:1+r.IntN(min(2, lans))]
		stand = append(stand, at)
		for _, l := range at {
			on[l] = append(on[l], a)
		}
	}
	for a, at := range stand {
		w := report(a)
		for _, l := range at {
			w.Links = append(w.Links, link(prefix[l], slices.DeleteFunc(slices.Clone(on[l]), func(o int) bool { return o == a }), heard[l]...))
		}
		if w.Live = r.IntN(5) > 0; r.IntN(6) > 0 {
			s.Reports = append(s.Reports, w)
		}
	}
	for g := range groups {
		s.Groups = append(s.Groups, group(1+g, r.Perm(agents)[:r.IntN(agents+1)]...))
	}
	return s
}

// follow applies every difference that can be, as the fleet does.
func follow(s reach.Site, p reach.Proposal) reach.Site {
	s.Groups, s.Devices = slices.Clone(s.Groups), slices.Clone(s.Devices)
	made := map[string]domain.GroupID{}
	for _, d := range p.Differences {
		if d.Assigns() {
			i := slices.IndexFunc(s.Groups, func(g domain.NetworkGroup) bool { return g.ID == d.Group })
			s.Groups[i].Agents = d.Agents
		}
		if !d.Moves() {
			continue
		}
		to := d.To
		if to.IsZero() {
			if made[d.ToName].IsZero() {
				made[d.ToName] = groupID(100 + len(made))
				s.Groups = append(s.Groups, domain.NetworkGroup{ID: made[d.ToName], Name: d.ToName, Agents: d.Agents})
			}
			to = made[d.ToName]
		}
		for _, moved := range d.Devices {
			i := slices.IndexFunc(s.Devices, func(o reach.Device) bool { return o.ID == moved.ID })
			s.Devices[i].Group = to
		}
	}
	return s
}

// shows BEY-09 by cloud/reach/propose.go: "return cmp.Or(first(a.acts, b.acts), cmp.Compare(b.devices, a.devices), cmp.Compare(b.agents, a.agents), cmp.Compare(a.network, b.network), cmp.Compare(a.group, b.group))" => "return cmp.Compare(a.group, b.group)"
func TestPropose_FollowedLeavesNothing(t *testing.T) {
	differences := 0
	for seed := range uint64(5000) {
		s := random(rand.New(rand.NewPCG(9, seed)))
		p := reach.Propose(s)
		after := follow(s, p)
		for _, d := range reach.Propose(after).Differences {
			if d.Moves() || d.Assigns() {
				t.Fatalf("seed %d: after %q is left %q", seed, words(p), words(reach.Propose(after)))
			}
		}
		for _, d := range p.Differences {
			if d.Moves() || d.Assigns() {
				differences++
			}
		}
	}
	if differences < 5000 {
		t.Errorf("only %d differences in all", differences)
	}
}

// shows BEY-09 by cloud/reach/propose.go: "slices.SortFunc(s.Devices, func(a, b Device) int { return cmp.Or(strings.Compare(a.Name, b.Name), compareID(a.ID, b.ID)) })"
func TestPropose_OrderIsNoMatter(t *testing.T) {
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(10, seed))
		s := random(r)
		p := reach.Propose(s)
		shuffle(r, s.Groups)
		shuffle(r, s.Devices)
		shuffle(r, s.Reports)
		for _, o := range s.Reports {
			shuffle(r, o.Links)
			for _, l := range o.Links {
				shuffle(r, l.Devices)
				shuffle(r, l.Agents)
			}
		}
		if q := reach.Propose(s); q.Revision != p.Revision || !slices.Equal(words(p), words(q)) {
			t.Fatalf("seed %d: %q, in another order %q", seed, words(p), words(q))
		}
	}
}

func shuffle[T any](r *rand.Rand, list []T) {
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}

// shows BEY-09 by cloud/reach/propose.go: "unheard = append(unheard, d)"
func TestPropose_WhomNobodyHearsStays(t *testing.T) {
	silent := 0
	for seed := range uint64(2000) {
		s := random(rand.New(rand.NewPCG(11, seed)))
		heard := map[domain.MAC]bool{}
		for _, r := range s.Reports {
			for _, l := range r.Links {
				for _, m := range l.Devices {
					heard[m] = true
				}
			}
		}
		p := reach.Propose(s)
		for _, d := range s.Devices {
			told := slices.Contains(p.Unheard, d)
			if told == heard[d.MAC] {
				t.Fatalf("seed %d: %s heard %v, told as unheard %v", seed, d.Name, heard[d.MAC], told)
			}
			if told {
				silent++
			}
		}
		for i, d := range follow(s, p).Devices {
			if !heard[d.MAC] && d.Group != s.Devices[i].Group {
				t.Fatalf("seed %d: %s was moved and nobody hears it", seed, d.Name)
			}
		}
	}
	if silent < 1000 {
		t.Errorf("only %d silent devices", silent)
	}
}

// shows BEY-09 by cloud/reach/measured.go: "if p, err := netip.ParsePrefix(text); err == nil && p.Addr().Is4() {" => "if p, err := netip.ParsePrefix(text); err != nil || err == nil {"
func TestRead_ABoxMayTellAnything(t *testing.T) {
	many := make([]domain.MAC, 3000)
	for i := range many {
		many[i] = macOf(i)
	}
	whole := wire.ReachLink{Interface: "eth\x00 0", Prefixes: []string{"192.168.1.7/24", "nonsense", "fe80::1/64"}, Agents: []string{"", "abc\n"}}
	whole.SetMACs(many)
	second := wire.ReachLink{Interface: "eth1", Devices: []byte{1, 2, 3}}
	links := reach.Read(wire.Reach{Links: append([]wire.ReachLink{whole, second}, make([]wire.ReachLink, 100)...)})
	if len(links) != 32 || len(links[0].Devices) != wire.MaxReachDevices || len(links[1].Devices) != 0 {
		t.Fatalf("%d links, %d devices", len(links), len(links[0].Devices))
	}
	l := links[0]
	if l.Interface != "eth0" || !slices.Equal(l.Agents, []string{"abc"}) || !slices.Equal(l.Prefixes, []netip.Prefix{netip.MustParsePrefix(lan)}) {
		t.Errorf("%+v", l)
	}
}
