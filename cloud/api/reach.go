package api

import (
	"context"
	"net/http"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/cloud/reach"
)

// MeasuredGroups is what the agents of a site hear, beside its network groups.
type MeasuredGroups struct {
	Networks    []MeasuredNetwork    `json:"networks" nullable:"false"`
	Differences []MeasuredDifference `json:"differences" nullable:"false"`
	Unheard     []MeasuredDevice     `json:"unheard" nullable:"false" doc:"Nobody hears them: they stay where they are."`
	Agents      []MeasuredAgent      `json:"agents" nullable:"false" doc:"Who told anything."`
	Revision    uint64               `json:"revision" doc:"Another one as soon as the networks or the differences are others; the ETag."`
}

// MeasuredNetwork is one LAN.
type MeasuredNetwork struct {
	Prefixes []string         `json:"prefixes" nullable:"false" doc:"192.168.1.0/24"`
	Agents   []string         `json:"agents" nullable:"false"`
	Devices  []MeasuredDevice `json:"devices" nullable:"false" doc:"Of the site, heard there and nowhere else."`
	GroupID  string           `json:"group_id" doc:"Empty: a new one is proposed, or nothing of the site is heard there."`
	Group    string           `json:"group" doc:"Its name, or that of the new one; empty where nothing of the site is heard."`
}

// MeasuredDevice is a device of the site.
type MeasuredDevice struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	MAC     string `json:"mac"`
	GroupID string `json:"group_id" doc:"It is described in."`
}

// MeasuredAgent is an agent that told what it hears.
type MeasuredAgent struct {
	ID   string    `json:"id"`
	Name string    `json:"name"`
	At   time.Time `json:"at" doc:"When it last said something new."`
	Live bool      `json:"live" doc:"It is there; else its word is of then."`
}

// MeasuredDifference is one thing that is described otherwise than it was measured.
type MeasuredDifference struct {
	ID      string           `json:"id" doc:"Names what it says: a difference that changed has another one."`
	Kind    string           `json:"kind" enum:"wrong_group,one_lan,split,no_agent,more_agents,heard_twice,unreached" doc:"wrong_group: devices stand in another group's network; one_lan: two groups are one network; split: one group spans networks, and a new one is made; no_agent: no agent of the group reaches its network; more_agents: others could act for it; heard_twice: devices are heard on several networks; unreached: nobody hears any device of the group."`
	GroupID string           `json:"group_id"`
	Group   string           `json:"group"`
	ToID    string           `json:"to_id" doc:"Where the devices belong; empty with a name: a new group."`
	To      string           `json:"to"`
	Devices []MeasuredDevice `json:"devices" nullable:"false"`
	Agents  []string         `json:"agents" nullable:"false" doc:"Who is to act for the group; the first does."`
	Heard   []MeasuredHeard  `json:"heard" nullable:"false" doc:"Who says so."`
	Fixable bool             `json:"fixable" doc:"It can be applied; else somebody has to look at the place."`
}

// MeasuredHeard is a witness.
type MeasuredHeard struct {
	AgentID string `json:"agent_id"`
	Prefix  string `json:"prefix"`
}

func showMeasured(m fleet.Measured) MeasuredGroups {
	out := MeasuredGroups{
		Networks: make([]MeasuredNetwork, len(m.Networks)), Differences: make([]MeasuredDifference, len(m.Differences)),
		Unheard: showPlaced(m.Unheard), Agents: make([]MeasuredAgent, len(m.Told)), Revision: m.Revision,
	}
	for i, n := range m.Networks {
		shown := MeasuredNetwork{Prefixes: make([]string, len(n.Prefixes)), Agents: texts(n.Agents), Devices: showPlaced(n.Devices), GroupID: text(n.Group), Group: n.Name}
		for j, p := range n.Prefixes {
			shown.Prefixes[j] = p.String()
		}
		out.Networks[i] = shown
	}
	for i, d := range m.Differences {
		shown := MeasuredDifference{
			ID: d.ID, Kind: string(d.Kind), GroupID: text(d.Group), Group: d.Name, ToID: text(d.To), To: d.ToName,
			Devices: showPlaced(d.Devices), Agents: texts(d.Agents), Heard: make([]MeasuredHeard, len(d.Heard)), Fixable: d.Moves() || d.Assigns(),
		}
		for j, h := range d.Heard {
			shown.Heard[j] = MeasuredHeard{AgentID: h.Agent.String(), Prefix: h.Prefix.String()}
		}
		out.Differences[i] = shown
	}
	for i, r := range m.Told {
		out.Agents[i] = MeasuredAgent{ID: r.Agent.String(), Name: r.Name, At: r.At, Live: r.Live}
	}
	return out
}

func showPlaced(devices []reach.Device) []MeasuredDevice {
	out := make([]MeasuredDevice, len(devices))
	for i, d := range devices {
		out[i] = MeasuredDevice{ID: d.ID.String(), Name: d.Name, MAC: string(d.MAC), GroupID: d.Group.String()}
	}
	return out
}

func (a *API) reach() {
	const one = "/sites/{site}/groups/proposal"
	route(a, http.MethodGet, one, "get-group-proposal", "What agents hear, beside the network groups", func(ctx context.Context, in *SitePath) (*Tagged[MeasuredGroups], error) {
		m, err := a.Fleet.Measured(ctx, in.site())
		return tagged(showMeasured(m), m.Revision, err)
	}, needs(account.SitesWrite), tag("groups"))
	route(a, http.MethodPost, one, "apply-group-proposal", "Put network groups right by what agents hear", func(ctx context.Context, in *struct {
		SitePath
		IfMatch
		Body struct {
			Differences []string `json:"differences" maxItems:"1000" doc:"Ids of the differences to apply."`
		}
	},
	) (*Tagged[MeasuredGroups], error) {
		m, err := a.Fleet.FollowMeasured(ctx, in.site(), in.Body.Differences)
		return tagged(showMeasured(m), m.Revision, err)
	}, needs(account.SitesWrite), tag("groups"))
}
