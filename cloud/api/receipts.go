package api

import (
	"context"
	"net/http"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/desiredstate"
	"vestibule/cloud/presence"
	"vestibule/shared/domain"
)

// ReceiptWalk tells on which devices an edit has to arrive and how far it has come on each.
type ReceiptWalk struct {
	Version uint64          `json:"version" doc:"The newest version of the site's document; what is said is said of it."`
	Counts  ReceiptCounts   `json:"counts"`
	Agents  []ReceiptAgent  `json:"agents" nullable:"false" doc:"The agents that act for the devices."`
	Unheld  int             `json:"unheld" doc:"Devices for whose network group no agent acts: nothing gets to them."`
	Items   []ReceiptDevice `json:"items" nullable:"false" doc:"Those with the most left to do first, at most 60."`
	More    int             `json:"more" doc:"How many devices are not in items."`
}

// ReceiptCounts counts devices. Each stands in one of saved to manual; withheld and offline count across them.
type ReceiptCounts struct {
	Total    int `json:"total"`
	Saved    int `json:"saved"`
	Held     int `json:"held"`
	Written  int `json:"written"`
	ReadBack int `json:"read_back"`
	Failed   int `json:"failed"`
	Manual   int `json:"manual"`
	Withheld int `json:"withheld" doc:"Some of what was saved is not written: the firmware does not reach it."`
	Offline  int `json:"offline"`
}

// ReceiptAgent is an agent that has to bring an edit to devices.
type ReceiptAgent struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	State     string    `json:"state" enum:"online,quiet,offline,refused,never"`
	Connected bool      `json:"connected"`
	Since     time.Time `json:"since" doc:"Of the state."`
	Held      uint64    `json:"held_version"`
	Devices   int       `json:"devices" doc:"For how many of the devices it acts."`
}

// ReceiptDevice is one device on which an edit has to arrive.
type ReceiptDevice struct {
	DeviceID string     `json:"device_id"`
	Name     string     `json:"name"`
	Type     int        `json:"type" enum:"0,1,2,3,50"`
	AgentID  string     `json:"agent_id" doc:"Acts for its network group; empty: nobody does."`
	Online   bool       `json:"online"`
	Since    *time.Time `json:"since,omitempty"`
	Receipt  Receipt    `json:"receipt"`
}

func showWalker(w desiredstate.Walker) ReceiptDevice {
	return ReceiptDevice{
		DeviceID: w.Device.String(), Name: w.Name, Type: int(w.Type), AgentID: text(w.Agent), Online: w.Online, Since: instant(w.Since),
		Receipt: Receipt{
			State: string(w.Standing.State), Version: w.Standing.Version, Wanted: w.Standing.Wanted, Reason: string(w.Standing.Reason), Withheld: w.Standing.Withheld,
		},
	}
}

func showWalk(walk desiredstate.Walk, agents []presence.Agent) ReceiptWalk {
	n := walk.Count
	out := ReceiptWalk{
		Version: walk.Version, Agents: []ReceiptAgent{}, Unheld: walk.Acting[domain.AgentID{}], Items: make([]ReceiptDevice, len(walk.Walkers)), More: n.Total - len(walk.Walkers),
		Counts: ReceiptCounts{n.Total, n.Saved, n.Held, n.Written, n.ReadBack, n.Failed, n.Manual, n.Withheld, n.Offline},
	}
	for i, w := range walk.Walkers {
		out.Items[i] = showWalker(w)
	}
	for _, a := range agents {
		if devices := walk.Acting[a.ID]; devices > 0 {
			connected := a.Presence.State == presence.Online || a.Presence.State == presence.Quiet
			out.Agents = append(out.Agents, ReceiptAgent{
				ID: a.ID.String(), Name: a.Name, State: string(a.Presence.State), Connected: connected, Since: a.Presence.Since, Held: a.Held, Devices: devices,
			})
		}
	}
	return out
}

func (a *API) receipts() {
	route(a, http.MethodGet, "/sites/{site}/receipts", "site-receipts", "Where the newest edit stands on the devices it concerns: those of the site, or of one device, apartment or building",
		func(ctx context.Context, in *struct {
			SitePath
			PlaceQuery
		},
		) (*Body[ReceiptWalk], error) {
			about, err := in.about()
			if err != nil {
				return nil, err
			}
			walk, err := a.Desired.Walk(ctx, in.site(), desiredstate.Place(about))
			if err != nil {
				return nil, err
			}
			agents, err := a.Presence.Of(ctx, in.site())
			return &Body[ReceiptWalk]{showWalk(walk, agents)}, err
		}, needs(account.DevicesRead), tag("devices"))
}
