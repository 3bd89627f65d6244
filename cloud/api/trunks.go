package api

import (
	"context"
	"net/http"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

// Trunk is a site's way to the telephone network. Its password is never answered.
type Trunk struct {
	Configured  bool         `json:"configured" doc:"False: the site has none; the fields are those a new one begins with."`
	Host        string       `json:"host"`
	Port        int          `json:"port" doc:"0: the usual one of the transport."`
	Transport   string       `json:"transport" enum:"udp,tls"`
	Register    bool         `json:"register" doc:"The agent registers with the carrier; else the carrier knows the site by its address."`
	User        string       `json:"user"`
	HasPassword bool         `json:"has_password"`
	CallerID    string       `json:"caller_id" doc:"What the called telephone shows: +49301234567."`
	Enabled     bool         `json:"enabled"`
	Limits      TrunkLimits  `json:"limits"`
	Agents      []TrunkAgent `json:"agents" nullable:"false" doc:"What each agent of the site says of it."`
	Revision    uint64       `json:"revision" doc:"One more at each change, deletions too; the ETag."`
}

// TrunkLimits bound what a trunk can cost.
type TrunkLimits struct {
	Countries    []string `json:"countries" nullable:"false" required:"false" doc:"ISO 3166-1 alpha-2; numbers of others are never called. Empty: the site's own."`
	Calls        int      `json:"calls" required:"false" doc:"At once; 2 by default."`
	DayMinutes   int      `json:"day_minutes" required:"false" doc:"Of all calls of one day in the site's zone, each begun minute counts; 120 by default."`
	CallMinutes  int      `json:"call_minutes" required:"false" doc:"A call is hung up then; 10 by default."`
	AlarmMinutes int      `json:"alarm_minutes" required:"false" doc:"Used in one day: an alarm is raised; 80 % of day_minutes by default."`
}

// TrunkAgent is what an agent said last of the trunk.
type TrunkAgent struct {
	AgentID  string    `json:"agent_id"`
	Name     string    `json:"name"`
	State    string    `json:"state" doc:"off, connecting, registered, ready (nothing to register), refused or unreachable."`
	Reason   string    `json:"reason" doc:"The carrier's words, such as 403 Forbidden."`
	Since    time.Time `json:"since"`
	At       time.Time `json:"at" doc:"When it said so."`
	Day      string    `json:"day" doc:"The day of the counts, in the site's zone."`
	Minutes  int       `json:"minutes"`
	Calls    int       `json:"calls" doc:"Now."`
	Refusals int       `json:"refusals" doc:"Calls that the limits refused that day."`
	Refused  string    `json:"refused" doc:"Which limit refused the last one: country, calls, day."`
}

// TrunkInput is what an installer says of a trunk.
type TrunkInput struct {
	Host      string      `json:"host" required:"false" doc:"Name or IPv4 address of the carrier."`
	Port      int         `json:"port" required:"false"`
	Transport string      `json:"transport" required:"false" doc:"udp, the default, or tls."`
	Register  bool        `json:"register" required:"false"`
	User      string      `json:"user" required:"false" doc:"No other site has this user at this host."`
	Password  string      `json:"password,omitempty" doc:"Never answered. A change without one leaves the stored one, unless host, port or user change."`
	CallerID  string      `json:"caller_id" required:"false"`
	Enabled   bool        `json:"enabled" required:"false"`
	Limits    TrunkLimits `json:"limits" required:"false"`
}

func (i TrunkInput) trunk(site domain.SiteID) domain.Trunk {
	return domain.Trunk{
		SiteID: site, Host: i.Host, Port: i.Port, Transport: domain.TrunkTransport(i.Transport), Register: i.Register, User: i.User,
		Password: secret.New(i.Password), CallerID: i.CallerID, Enabled: i.Enabled, Limits: domain.TrunkLimits(i.Limits),
	}
}

func (a *API) trunks() {
	const one = "/sites/{site}/trunk"
	route(a, http.MethodGet, one, "get-trunk", "The trunk of a site", func(ctx context.Context, in *SitePath) (*Tagged[Trunk], error) {
		trunk, has, err := a.Fleet.Trunk(ctx, in.site())
		return a.showTrunk(ctx, trunk, has, err)
	}, needs(account.SitesWrite), tag("trunk"))
	route(a, http.MethodPut, one, "put-trunk", "Set the trunk of a site", func(ctx context.Context, in *struct {
		SitePath
		IfMatch
		Body TrunkInput
	},
	) (*Tagged[Trunk], error) {
		trunk, err := a.Fleet.PutTrunk(ctx, in.Body.trunk(in.site()))
		return a.showTrunk(ctx, trunk, true, err)
	}, needs(account.SitesWrite), tag("trunk"))
	route(a, http.MethodDelete, one, "delete-trunk", "Take the trunk of a site away", func(ctx context.Context, in *struct {
		SitePath
		IfMatch
	},
	) (*None, error) {
		return nil, a.Fleet.DeleteTrunk(ctx, in.site())
	}, status(http.StatusNoContent), needs(account.SitesWrite), tag("trunk"))
}

// showTrunk answers the trunk of a site after err of what read or made it; without one, what a new one begins with.
func (a *API) showTrunk(ctx context.Context, t domain.Trunk, has bool, err error) (*Tagged[Trunk], error) {
	if err != nil {
		return nil, err
	}
	if !has {
		t.Register = true
		t.Defaults()
	}
	states, err := a.Fleet.TrunkStates(ctx, t.SiteID)
	if err != nil {
		return nil, err
	}
	out := Trunk{
		Configured: has, Host: t.Host, Port: t.Port, Transport: string(t.Transport), Register: t.Register, User: t.User, HasPassword: !t.Password.IsZero(),
		CallerID: t.CallerID, Enabled: t.Enabled, Limits: TrunkLimits(t.Limits), Agents: make([]TrunkAgent, 0, len(states)), Revision: t.Revision,
	}
	out.Limits.Countries = append([]string{}, t.Limits.Countries...)
	for _, s := range states {
		if has {
			out.Agents = append(out.Agents, showTrunkAgent(s))
		}
	}
	return tagged(out, t.Revision, nil)
}

func showTrunkAgent(s fleet.TrunkState) TrunkAgent {
	return TrunkAgent{
		AgentID: s.Agent.String(), Name: s.Name, State: string(s.State), Reason: s.Reason, Since: s.Since, At: s.At, Day: s.Day, Minutes: s.Minutes,
		Calls: s.Calls, Refusals: s.Refusals, Refused: s.Refused,
	}
}
