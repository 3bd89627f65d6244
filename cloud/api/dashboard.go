package api

import (
	"context"
	"net/http"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
)

// Dashboard is what there is, and what needs a hand, as far as the caller may see it.
type Dashboard struct {
	Sites     DashboardSites    `json:"sites"`
	Devices   DashboardDevices  `json:"devices"`
	Accounts  DashboardAccounts `json:"accounts"`
	Agents    DashboardAgents   `json:"agents"`
	Orgs      DashboardOrgs     `json:"orgs"`
	Hand      []Hand            `json:"hand" nullable:"false" doc:"The gravest first, at most 50."`
	HandTotal int               `json:"hand_total"`
}

// DashboardSites counts sites by kind.
type DashboardSites struct {
	Community  int `json:"community"`
	Office     int `json:"office"`
	Single     int `json:"single"`
	Commercial int `json:"commercial"`
}

// DashboardDevices counts devices: those that agents write to by whether they answer, and those set up by hand.
type DashboardDevices struct {
	Online  int `json:"online"`
	Offline int `json:"offline"`
	Manual  int `json:"manual"`
}

// DashboardAccounts counts accounts of managers and of people at home, activated or not, and both by whether they are.
type DashboardAccounts struct {
	Managers  int `json:"managers"`
	Residents int `json:"residents"`
	Activated int `json:"activated"`
	Waiting   int `json:"waiting"`
}

// DashboardAgents counts agents.
type DashboardAgents struct {
	Online  int `json:"online"`
	Offline int `json:"offline"`
}

// DashboardOrgs counts the organisations handed out; waiting are those whose owner has not signed in yet.
type DashboardOrgs struct {
	Distributors int `json:"distributors"`
	Installers   int `json:"installers"`
	Waiting      int `json:"waiting"`
}

// Hand is one thing that needs a hand.
type Hand struct {
	Kind  string     `json:"kind" enum:"agent_offline,receipts_failed,devices_offline,no_agent,devices_found,receipts_open,managers_waiting,orgs_waiting"`
	Site  *Named     `json:"site,omitempty" doc:"Absent when it is about no site."`
	N     int        `json:"n"`
	Since *time.Time `json:"since,omitempty"`
}

// Named is the id of a thing with its name.
type Named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (a *API) dashboard() {
	route(a, http.MethodGet, "/dashboard", "get-dashboard", "What there is, and what needs a hand", func(ctx context.Context, _ *struct{}) (*Body[Dashboard], error) {
		d, err := a.Fleet.Dashboard(ctx)
		return &Body[Dashboard]{showDashboard(d)}, err
	}, needs(account.Self), tag("dashboard"))
}

func showDashboard(d fleet.Dashboard) Dashboard {
	out := Dashboard{
		Sites: DashboardSites{
			Community: d.Sites[domain.Community], Office: d.Sites[domain.Office], Single: d.Sites[domain.SingleHome], Commercial: d.Sites[domain.Commercial],
		},
		Devices: DashboardDevices{Online: d.Online, Offline: d.Offline, Manual: d.Manual},
		Accounts: DashboardAccounts{
			Managers: d.Managers.Activated + d.Managers.Waiting, Residents: d.Residents.Activated + d.Residents.Waiting,
			Activated: d.Managers.Activated + d.Residents.Activated, Waiting: d.Managers.Waiting + d.Residents.Waiting,
		},
		Agents: DashboardAgents{Online: d.AgentsOnline, Offline: d.Agents - d.AgentsOnline},
		Orgs:   DashboardOrgs(d.Orgs),
		Hand:   make([]Hand, len(d.Hand)), HandTotal: d.HandTotal,
	}
	for i, h := range d.Hand {
		out.Hand[i] = Hand{Kind: string(h.Kind), N: h.N}
		if !h.Site.IsZero() {
			out.Hand[i].Site = &Named{ID: h.Site.String(), Name: h.Name}
		}
		if !h.Since.IsZero() {
			out.Hand[i].Since = &h.Since
		}
	}
	return out
}
