package api

import (
	"context"
	"net/http"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/consent"
)

// OwnAccess tells the owner who may be inside, and who is.
type OwnAccess struct {
	Offered bool    `json:"offered" doc:"The one above switched account access on, so the owner may let it in."`
	Grant   *Grant  `json:"grant" doc:"The leave that runs; null when nobody may enter."`
	Inside  []Guest `json:"inside" nullable:"false"`
	Past    []Grant `json:"past" nullable:"false" doc:"Newest first, at most 20."`
}

// Grant is leave to enter.
type Grant struct {
	ID        string     `json:"id"`
	Kind      string     `json:"kind" enum:"consent,break_glass"`
	To        Org        `json:"to" doc:"Whose accounts may enter."`
	Writes    bool       `json:"writes" doc:"They may change things, too."`
	Reason    string     `json:"reason" doc:"Of an emergency."`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt time.Time  `json:"expires_at"`
	EndedAt   *time.Time `json:"ended_at,omitempty" doc:"Absent when it ended by its time."`
}

// Guest is somebody who is inside.
type Guest struct {
	Account string    `json:"account"`
	Name    string    `json:"name"`
	Org     string    `json:"org"`
	Since   time.Time `json:"since"`
}

// GrantInput lets those above in.
type GrantInput struct {
	Hours  int  `json:"hours" required:"false" doc:"1, 8, 24 or 72."`
	Writes bool `json:"writes,omitempty" doc:"They may change things, too."`
}

// BreakGlassInput enters in an emergency.
type BreakGlassInput struct {
	Reason  string `json:"reason" required:"false" doc:"10 to 500 characters. The owner reads it."`
	Minutes int    `json:"minutes" required:"false" doc:"5 to 60."`
	Writes  bool   `json:"writes,omitempty"`
}

func showGrant(g consent.Grant) Grant {
	out := Grant{
		ID: g.ID.String(), Kind: string(g.Kind), To: Org{ID: g.To.String(), Name: g.ToName}, Writes: g.Writes, Reason: g.Reason, CreatedAt: g.CreatedAt,
		ExpiresAt: g.ExpiresAt,
	}
	if !g.EndedAt.IsZero() && g.EndedAt.Before(g.ExpiresAt) {
		out.EndedAt = &g.EndedAt
	}
	return out
}

func (a *API) orgAccess(ctx context.Context) (*Body[OwnAccess], error) {
	s, err := a.Consent.Status(ctx)
	if err != nil {
		return nil, err
	}
	out := OwnAccess{Offered: s.Offered, Inside: make([]Guest, len(s.Inside)), Past: make([]Grant, len(s.Past))}
	if s.Grant != nil {
		g := showGrant(*s.Grant)
		out.Grant = &g
	}
	for i, g := range s.Inside {
		out.Inside[i] = Guest{Account: g.Account.String(), Name: g.Name, Org: g.Org, Since: g.Since}
	}
	for i, g := range s.Past {
		out.Past[i] = showGrant(g)
	}
	return &Body[OwnAccess]{out}, nil
}

func (a *API) access() {
	route(a, http.MethodGet, "/org/access", "get-access", "Who may be in the own organisation, and who is", func(ctx context.Context, _ *struct{}) (*Body[OwnAccess], error) {
		return a.orgAccess(ctx)
	}, needs(account.AccessGive), tag("access"))
	route(a, http.MethodPost, "/org/access", "give-access", "Let those above in for some hours; replaces what ran", func(ctx context.Context, in *struct{ Body GrantInput }) (*Body[OwnAccess], error) {
		if err := a.Consent.Give(ctx, in.Body.Hours, in.Body.Writes); err != nil {
			return nil, err
		}
		return a.orgAccess(ctx)
	}, needs(account.AccessGive), gate(func(g account.Gates) bool { return g.AccountAccess }, "Account access"), tag("access"))
	route(a, http.MethodDelete, "/org/access", "end-access", "Nobody may be inside any more; who is there is out at once", func(ctx context.Context, _ *struct{}) (*None, error) {
		return nil, a.Consent.End(ctx)
	}, status(http.StatusNoContent), needs(account.AccessGive), tag("access"))
	route(a, http.MethodPost, "/orgs/{org}/enter", "enter-org", "Enter an organisation that lets one in", func(ctx context.Context, in *OrgPath) (*Tagged[Me], error) {
		if err := a.Consent.Enter(ctx, in.id()); err != nil {
			return nil, err
		}
		return a.meAgain(ctx)
	}, needs(account.OrgsEnter), tag("access"))
	route(a, http.MethodPost, "/orgs/{org}/break-glass", "break-glass", "Enter an organisation in an emergency; its owners are told", func(ctx context.Context, in *struct {
		OrgPath
		Body BreakGlassInput
	},
	) (*Tagged[Me], error) {
		if err := a.Consent.BreakGlass(ctx, accessOf(ctx), in.id(), consent.Emergency(in.Body)); err != nil {
			return nil, err
		}
		return a.meAgain(ctx)
	}, needs(account.BreakGlass), tag("access"))
	route(a, http.MethodDelete, "/entry", "leave-org", "Back to the own organisation", func(ctx context.Context, _ *struct{}) (*Tagged[Me], error) {
		if err := a.Consent.Leave(ctx); err != nil {
			return nil, err
		}
		return a.meAgain(ctx)
	}, needs(account.Self), beforeGates, tag("access"))
}
