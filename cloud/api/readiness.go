package api

import (
	"context"
	"net/http"

	"vestibule/cloud/account"
	"vestibule/cloud/presence"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// Readiness is what should hold before a site is managed from afar (ACC-24).
type Readiness struct {
	Ready bool    `json:"ready" doc:"Every line is done."`
	Lines []Check `json:"lines" nullable:"false"`
}

// Check is one line of the list.
type Check struct {
	Kind  string `json:"kind" enum:"agents,devices,macs,online,receipts,managed" doc:"Agents online; devices added; devices with a MAC; devices that answer; devices on which the last edit is applied; devices that agents write to (the rest is set up by hand)."`
	State string `json:"state" enum:"done,open,none" doc:"none: there is nothing to count yet."`
	N     int    `json:"n"`
	Total int    `json:"total"`
}

func check(kind string, n, total int) Check {
	out := Check{Kind: kind, State: "open", N: n, Total: total}
	if total == 0 {
		out.State = "none"
	} else if n == total {
		out.State = "done"
	}
	return out
}

func (a *API) readiness() {
	route(a, http.MethodGet, "/sites/{site}/readiness", "get-readiness", "Is the site ready to be managed?", func(ctx context.Context, in *SitePath) (*Body[Readiness], error) {
		out, err := a.readinessOf(ctx, in.site())
		return &Body[Readiness]{out}, err
	}, needs(account.DevicesRead), tag("sites"))
}

func (a *API) readinessOf(ctx context.Context, site domain.SiteID) (Readiness, error) {
	batches, err := a.Desired.Batches(ctx, site)
	if err != nil {
		return Readiness{}, err
	}
	var devices, macs, managed, online, applied, agentsOnline int
	for _, b := range batches {
		devices += b.N
		macs += b.MACs
		if b.Manual {
			continue
		}
		managed += b.N
		if b.Online {
			online += b.N
		}
		if b.Standing.State == wire.ReceiptApplied {
			applied += b.N
		}
	}
	agents, err := a.Presence.Of(ctx, site)
	if err != nil {
		return Readiness{}, err
	}
	for _, agent := range agents {
		if agent.Presence.State == presence.Online {
			agentsOnline++
		}
	}
	lines := []Check{
		check("agents", agentsOnline, len(agents)), check("devices", devices, devices), check("macs", macs, devices),
		check("online", online, managed), check("receipts", applied, managed), check("managed", managed, devices),
	}
	out := Readiness{Ready: true, Lines: lines}
	for _, line := range lines[:5] { // what is set up by hand is no fault: the last line only tells
		out.Ready = out.Ready && line.State == "done"
	}
	return out, nil
}
