package api_test

import (
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"vestibule/cloud/api"
	"vestibule/cloud/cloudtest"
	"vestibule/cloud/presence"
	"vestibule/cloud/reach"
	"vestibule/shared/domain"
)

// house is a site with two agents in two networks of equal addresses, and devices of which one stands in the other network than its group's.
type house struct {
	*bench
	id             string
	first, second  domain.AgentID
	network1, two  string // groups
	gate, lost     domain.DeviceID
	gateMAC, other domain.MAC
}

func (b *bench) house(t *testing.T) *house {
	t.Helper()
	h := &house{bench: b, id: b.site(t, b.Client, "Harbour", "community"), gateMAC: "0C11050BE401", other: "0C11050BE402"}
	h.first, h.second = b.agent(t, h.id, presence.Online), b.agent(t, h.id, presence.Online)
	h.network1 = get[api.Page[api.NetworkGroup]](t, b.Client, "/sites/"+h.id+"/groups").Items[0].ID
	h.assign(t, h.network1, "Network 1", h.first)
	h.two = cloudtest.Want[thing](t, b.Client, http.StatusCreated, http.MethodPost, "/sites/"+h.id+"/groups", cloudtest.Object{"name": "Network 2", "agents": []string{h.second.String()}}).ID
	h.gate = b.device(t, h.id, string(h.gateMAC), "akuvox")
	b.device(t, h.id, string(h.other), "akuvox")
	h.lost = b.device(t, h.id, "0C11050BE403", "akuvox")
	h.put(t, h.gate, h.gateMAC, h.two)
	h.hears(t, h.first, h.gateMAC, h.other)
	h.hears(t, h.second)
	return h
}

func (h *house) assign(t *testing.T, group, name string, agents ...domain.AgentID) api.NetworkGroup {
	t.Helper()
	ids := []string{}
	for _, a := range agents {
		ids = append(ids, a.String())
	}
	return cloudtest.Want[api.NetworkGroup](t, h.Client, http.StatusOK, http.MethodPut, "/sites/"+h.id+"/groups/"+group, cloudtest.Object{"name": name, "agents": ids})
}

func (h *house) put(t *testing.T, device domain.DeviceID, mac domain.MAC, group string) api.Device {
	t.Helper()
	return cloudtest.Want[api.Device](t, h.Client, http.StatusOK, http.MethodPut, "/sites/"+h.id+"/devices/"+device.String(), cloudtest.Object{
		"type": 2, "mac": string(mac), "name": "Monitor " + string(mac), "driver": "akuvox", "group_id": group,
	})
}

// hears lets an agent tell which devices it hears on 192.168.1.0/24; the two agents do not hear each other.
func (h *house) hears(t *testing.T, agent domain.AgentID, devices ...domain.MAC) {
	t.Helper()
	must(t, h.db.SaveReach(h.system(t), agent, []reach.Link{{Interface: "eth0", Prefixes: []netip.Prefix{netip.MustParsePrefix("192.168.1.0/24")}, Devices: devices}}))
}

func (h *house) proposal(t *testing.T) api.MeasuredGroups {
	t.Helper()
	return get[api.MeasuredGroups](t, h.Client, "/sites/"+h.id+"/groups/proposal")
}

func (h *house) version(t *testing.T) uint64 {
	t.Helper()
	return get[struct {
		Version uint64 `json:"version"`
	}](t, h.Client, "/sites/"+h.id).Version
}

func kinds(m api.MeasuredGroups) []string {
	var out []string
	for _, d := range m.Differences {
		out = append(out, d.Kind)
	}
	return out
}

// shows BEY-09 by cloud/fleet/reach.go: "after[i].GroupID, after[i].Revision = to[after[i].ID], after[i].Revision+1"
// shows BEY-09 by cloud/fleet/reach.go: "if _, err := account.Revise(ctx, now.Revision); err != nil {" => "if err := error(nil); err != nil {"
// shows BEY-09 by cloud/store/reach.go: "return wrap(s.conn(ctx).Clauses(clause.OnConflict{UpdateAll: true}).Create(&r).Error, \"save who an agent hears\")" => "return nil"
func TestMeasured_FollowedInOneEdit(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		h := b.house(t)
		m := h.proposal(t)
		if !slices.Equal(kinds(m), []string{"wrong_group"}) || len(m.Networks) != 2 || len(m.Agents) != 2 || !m.Agents[0].Live {
			t.Fatalf("%+v", m)
		}
		d := m.Differences[0]
		if d.GroupID != h.two || d.ToID != h.network1 || len(d.Devices) != 1 || d.Devices[0].ID != h.gate.String() || !slices.Equal(d.Heard, []api.MeasuredHeard{{AgentID: h.first.String(), Prefix: "192.168.1.0/24"}}) {
			t.Errorf("%+v", d)
		}
		if len(m.Unheard) != 1 || m.Unheard[0].ID != h.lost.String() {
			t.Errorf("unheard %+v", m.Unheard)
		}
		path, chosen := "/sites/"+h.id+"/groups/proposal", cloudtest.Object{"differences": []string{d.ID}}
		before := h.version(t)
		h.hears(t, h.second, h.other) // the word of another moment: now one device is heard on both
		if a := h.Do(t, http.MethodPost, path, chosen, "If-Match", `"`+strconv.FormatUint(m.Revision, 10)+`"`); a.Status != http.StatusPreconditionFailed || h.version(t) != before {
			t.Errorf("after the reports changed: %d %s", a.Status, a.Body)
		}
		h.hears(t, h.second)
		for name, bad := range map[string]cloudtest.Object{"nothing": {"differences": []string{}}, "unknown": {"differences": []string{"nonsense"}}, "twice": {"differences": []string{d.ID, d.ID}}} {
			if a := h.Do(t, http.MethodPost, path, bad); a.Status != http.StatusUnprocessableEntity {
				t.Errorf("%s: %d %s", name, a.Status, a.Body)
			}
		}
		after := cloudtest.Want[api.MeasuredGroups](t, h.Client, http.StatusOK, http.MethodPost, path, chosen)
		if len(after.Differences) != 0 || h.version(t) != before+1 {
			t.Errorf("version %d after %d, left %+v", h.version(t), before, after.Differences)
		}
		if g := get[api.Device](t, h.Client, "/sites/"+h.id+"/devices/"+h.gate.String()); g.GroupID != h.network1 {
			t.Errorf("the device is in %s", g.GroupID)
		}
	})
}

// A new network gets a group with the agent that stands in it, and the others that reach a group may act for it.
//
// shows BEY-09 by cloud/fleet/reach.go: "made[d.ToName] = group.ID"
// shows BEY-09 by cloud/fleet/reach.go: "after.Agents, after.Revision = d.Agents, before.Revision+1"
func TestMeasured_NewGroupAndAgents(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		h := b.house(t)
		third := b.agent(t, h.id, presence.Online)
		h.put(t, h.gate, h.gateMAC, h.network1)
		h.hears(t, h.first, h.other)
		h.hears(t, third, h.gateMAC)
		h.assign(t, h.network1, "Network 1", h.second, h.first)
		m := h.proposal(t)
		if !slices.Equal(kinds(m), []string{"split", "no_agent"}) {
			t.Fatalf("%+v", m.Differences)
		}
		h.Do(t, http.MethodPost, "/sites/"+h.id+"/groups/proposal", cloudtest.Object{"differences": []string{m.Differences[0].ID, m.Differences[1].ID}})
		if m = h.proposal(t); len(m.Differences) != 0 {
			t.Errorf("left: %+v", m.Differences)
		}
		agents := map[string][]string{}
		for _, g := range get[api.Page[api.NetworkGroup]](t, h.Client, "/sites/"+h.id+"/groups").Items {
			agents[g.Name] = g.Agents
		}
		if !slices.Equal(agents["Network 3"], []string{third.String()}) || !slices.Equal(agents["Network 1"], []string{h.first.String()}) {
			t.Errorf("%v", agents)
		}
	})
}

// Saving what cannot work is not refused: the answer says so (EDGE-08).
//
// shows BEY-09 by cloud/fleet/warnings.go: "return append(groups, w.sorted()...), err" => "return w.sorted(), err"
// shows DEV-04 by cloud/fleet/misplaced.go: "return []Warning{{Path: \"group_id\", Message: message, Feature: InNetwork, Devices: []string{name}}}, nil" => "return nil, nil"
// shows BEY-09 by cloud/fleet/misplaced.go: "return []Warning{{Path: \"agents\", Message: message, Feature: InNetwork, Devices: []string{}}}, nil" => "return nil, nil"
func TestMeasured_AnImpossibleGroupIsFlaggedWhenSaved(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		h := b.house(t)
		saved := h.put(t, h.gate, h.gateMAC, h.two)
		if w := saved.Warnings; len(w) != 1 || w[0].Path != "group_id" || w[0].Feature != "network_group" ||
			!strings.Contains(w[0].Message, "heard by Cellar on 192.168.1.0/24, not in the network of Network 2. It belongs to Network 1.") {
			t.Errorf("%+v", w)
		}
		if saved = h.put(t, h.gate, h.gateMAC, h.network1); len(saved.Warnings) != 0 || saved.GroupID != h.network1 {
			t.Errorf("in its own network: %+v", saved.Warnings)
		}
		if g := h.assign(t, h.network1, "Network 1", h.second); len(g.Warnings) != 1 || g.Warnings[0].Path != "agents" || !slices.Equal(g.Agents, []string{h.second.String()}) {
			t.Errorf("%+v", g)
		}
		if g := h.assign(t, h.network1, "Network 1", h.first); len(g.Warnings) != 0 {
			t.Errorf("%+v", g.Warnings)
		}
	})
}
