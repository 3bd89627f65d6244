package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"vestibule/cloud/account"
	"vestibule/cloud/eventlog"
	"vestibule/shared/domain"
)

// EventQuery filters the log.
type EventQuery struct {
	SitePath
	Kind      string `query:"kind" doc:"One kind, or several with commas between."`
	Device    string `query:"device"`
	Apartment string `query:"apartment"`
	Limit     int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
	Before    string `query:"before" doc:"The next of the page before."`
}

func (q EventQuery) query() (eventlog.Query, error) {
	var f ids
	out := eventlog.Query{
		Device: bodyID[domain.DeviceID](&f, "device", q.Device), Apartment: bodyID[domain.ApartmentID](&f, "apartment", q.Apartment),
		Limit: q.Limit, Before: q.Before,
	}
	for kind := range strings.SplitSeq(q.Kind, ",") {
		f.Check(strings.Trim(kind, "abcdefghijklmnopqrstuvwxyz_") == "", "kind", "Kinds such as door_log,call.")
		if k := domain.EventKind(kind); k != "" && !slices.Contains(out.Kinds, k) {
			out.Kinds = append(out.Kinds, k)
		}
	}
	f.Check(len(out.Kinds) <= len(domain.EventKinds()), "kind", "No more kinds than there are.")
	return out, f.Err()
}

func (a *API) events() {
	route(a, http.MethodGet, "/sites/{site}/events", "list-events", "The log of a site, newest first", func(ctx context.Context, in *EventQuery) (*Body[Page[eventlog.Event]], error) {
		if err := a.Account.MayAt(ctx, account.EventsRead, in.site()); err != nil {
			return nil, err
		}
		q, err := in.query()
		if err != nil {
			return nil, err
		}
		events, next, err := a.Events.List(ctx, in.site(), q)
		return &Body[Page[eventlog.Event]]{Page[eventlog.Event]{Items: events, Next: next}}, err
	}, needs(account.EventsRead), tag("events"))
	route(a, http.MethodGet, "/sites/{site}/events/verify", "verify-events", "Whether every row of a site's log stands as it was written", func(ctx context.Context, in *SitePath) (*Body[Verified], error) {
		if err := a.Account.MayAt(ctx, account.EventsRead, in.site()); err != nil {
			return nil, err
		}
		chains, err := a.Events.Verify(ctx, in.site())
		out := Verified{Chains: chains, Whole: true}
		for _, c := range chains {
			out.Whole = out.Whole && c.Bad == ""
		}
		return &Body[Verified]{out}, err
	}, needs(account.EventsRead), tag("events"))
}

// Verified is what a check of the log found.
type Verified struct {
	Whole  bool               `json:"whole" doc:"Every row stands as it was written, or was erased by a reset of its home."`
	Chains []eventlog.Finding `json:"chains" doc:"One for each agent, epoch and stream. bad is empty, or says what the row seq is: missing, altered, forged or tampered."`
}
