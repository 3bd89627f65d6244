package api

import (
	"context"
	"net/http"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/shared/secret"
)

// ResetLine is one thing of a plan.
type ResetLine struct {
	Item  string `json:"item" doc:"Such as members, emails, devices, time_zone."`
	Count int    `json:"count,omitempty" doc:"How many there are."`
	Value string `json:"value,omitempty" doc:"What it is, or what it becomes."`
}

// ResetPlan is what a reset does to a home. Things that are not there make no line.
type ResetPlan struct {
	Kind      string      `json:"kind" enum:"community,kit"`
	Site      string      `json:"site" doc:"Its name."`
	Apartment string      `json:"apartment" doc:"Its number."`
	Anew      []ResetLine `json:"anew" nullable:"false" doc:"Set anew."`
	Kept      []ResetLine `json:"kept" nullable:"false"`
	Removed   []ResetLine `json:"removed" nullable:"false"`
	Revision  uint64      `json:"revision" doc:"Of the home and everybody in it; the ETag, for If-Match of the reset."`
}

func showReset(p fleet.ResetPlan) ResetPlan {
	lines := func(list []fleet.ResetLine) []ResetLine {
		out := make([]ResetLine, len(list))
		for i, l := range list {
			out[i] = ResetLine(l)
		}
		return out
	}
	return ResetPlan{
		Kind: string(p.Kind), Site: p.Community, Apartment: p.Apartment, Anew: lines(p.Anew), Kept: lines(p.Kept), Removed: lines(p.Removed),
		Revision: p.Revision,
	}
}

// PersonReset tells what became of a reset of a person's password.
type PersonReset struct {
	Mailed bool   `json:"mailed"`
	Link   string `json:"link,omitempty" doc:"Present without an e-mail address: show it once, hand it over."`
}

// OwnHomeInput confirms that a resident deletes its account.
type OwnHomeInput struct {
	Password string `json:"password" required:"false" doc:"The own one, once more."`
}

func (a *API) resets() {
	const one = "/sites/{site}/apartments/{apartment}/reset"
	route(a, http.MethodGet, one, "plan-reset", "What a reset for the next tenant would set anew, keep and remove", func(ctx context.Context, in *ApartmentPath) (*Tagged[ResetPlan], error) {
		plan, err := a.Fleet.PlanReset(ctx, in.site(), in.id())
		return tagged(showReset(plan), plan.Revision, err)
	}, needs(account.HomesReset), tag("apartments"))
	route(a, http.MethodPost, one, "reset-apartment", "Reset a home for its next tenant", func(ctx context.Context, in *struct {
		ApartmentPath
		IfMatch
	},
	) (*Body[ResetPlan], error) {
		if err := a.Account.MayAt(ctx, account.PeopleDelete, in.site()); err != nil {
			return nil, err
		}
		plan, err := a.Fleet.Reset(ctx, in.site(), in.id())
		return &Body[ResetPlan]{showReset(plan)}, err
	}, needs(account.HomesReset), tag("apartments"))
	route(a, http.MethodPost, "/home/delete", "delete-home-account", "Delete the own account: the home is reset for its next tenant", func(ctx context.Context, in *struct{ Body OwnHomeInput }) (*None, error) {
		if err := a.Account.ConfirmPassword(ctx, accessOf(ctx).Account, secret.New(in.Body.Password)); err != nil {
			return nil, err
		}
		return &None{}, a.Fleet.ResetOwn(ctx)
	}, status(http.StatusNoContent), needs(account.HomeDelete), tag("home"))
	route(a, http.MethodPost, "/sites/{site}/people/{person}/reset-password", "reset-person-password", "Send a person a link to choose a new password", func(ctx context.Context, in *PersonPath) (*Body[PersonReset], error) {
		link, err := a.Account.ResetPerson(ctx, in.site(), in.id())
		return &Body[PersonReset]{PersonReset{Mailed: link.IsZero(), Link: link.Reveal()}}, err
	}, needs(account.ResidentsWrite), tag("people"))
}
