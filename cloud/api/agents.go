package api

import (
	"context"
	"net/http"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/enroll"
	"vestibule/cloud/eventlog"
	"vestibule/cloud/presence"
	"vestibule/shared/domain"
)

// Agent is the box in a building.
type Agent struct {
	ID          string       `json:"id"`
	Name        string       `json:"name"`
	Presence    Presence     `json:"presence"`
	Version     string       `json:"version" doc:"Of its program."`
	Held        uint64       `json:"held_version" doc:"The version of the document that it holds."`
	Rejected    uint64       `json:"rejected_version" doc:"A version that it refuses to run; 0 without one."`
	LANURL      string       `json:"lan_url"`
	FilesURL    string       `json:"files_url" doc:"Where devices on its LAN fetch provisioning files: what DHCP options 66, 43 and 160 hold. Empty: it serves none."`
	Certificate *Certificate `json:"certificate,omitempty"`
}

// Presence is the state of an agent's link.
type Presence struct {
	State  string    `json:"state" enum:"online,quiet,offline,refused,never"`
	Since  time.Time `json:"since"`
	Reason string    `json:"reason"`
}

// Certificate is an agent's newest certificate.
type Certificate struct {
	ExpiresAt   time.Time `json:"expires_at"`
	Fingerprint string    `json:"fingerprint" doc:"SHA-256 of the certificate in hexadecimal."`
}

func showAgent(p presence.Agent) Agent {
	out := Agent{
		ID: p.ID.String(), Name: p.Name, Version: p.Version, Held: p.Held, Rejected: p.Rejected, LANURL: p.LANURL, FilesURL: p.FilesURL,
		Presence: Presence{State: string(p.Presence.State), Since: p.Presence.Since, Reason: string(p.Presence.Reason)},
	}
	if p.Certificate != nil {
		out.Certificate = &Certificate{ExpiresAt: p.Certificate.ExpiresAt, Fingerprint: p.Certificate.Fingerprint}
	}
	return out
}

// AgentPath is one agent of a path.
type AgentPath struct {
	SitePath
	Agent string `path:"agent"`
}

// all answers a list that is never long.
func all[T, U any](items []T, turn func(T) U) *Body[Page[U]] {
	out := Page[U]{Items: make([]U, len(items))}
	for i, item := range items {
		out.Items[i] = turn(item)
	}
	return &Body[Page[U]]{out}
}

func same[T any](item T) T { return item }

func (a *API) agents() {
	route(a, http.MethodGet, "/sites/{site}/agents", "list-agents", "Agents of a site", func(ctx context.Context, in *SitePath) (*Body[Page[Agent]], error) {
		agents, err := a.Presence.Of(ctx, in.site())
		return all(agents, showAgent), err
	}, needs(account.SitesRead), tag("agents"))
	route(a, http.MethodDelete, "/sites/{site}/agents/{agent}", "revoke-agent", "Revoke an agent; its connection ends at once", func(ctx context.Context, in *AgentPath) (*None, error) {
		return nil, a.Enroll.Revoke(ctx, in.site(), pathID[domain.AgentID](in.Agent))
	}, status(http.StatusNoContent), needs(account.AgentsWrite), tag("agents"))
	route(a, http.MethodPost, "/sites/{site}/claims", "add-claim", "Make a claim code for a new agent", func(ctx context.Context, in *SitePath) (*Body[enroll.Claim], error) {
		caller, err := callerOf(ctx)
		if err != nil {
			return nil, err
		}
		claim, err := a.Enroll.NewClaim(ctx, in.site(), caller.Account)
		claim.ExpiresAt = claim.ExpiresAt.Truncate(time.Millisecond)
		return &Body[enroll.Claim]{claim}, err
	}, status(http.StatusCreated), needs(account.AgentsWrite), tag("agents"))
	route(a, http.MethodGet, "/sites/{site}/candidates", "list-candidates", "Devices that agents found, with how they stand to the site", func(ctx context.Context, in *SitePath) (*Body[Page[eventlog.Candidate]], error) {
		found, err := a.Events.Candidates(ctx, in.site())
		return all(found, same[eventlog.Candidate]), err
	}, needs(account.DevicesRead), tag("agents"))
}
