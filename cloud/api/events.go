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

func (q EventQuery) query() (eventlog.Query, []domain.EventKind, error) {
	var f ids
	out := eventlog.Query{
		Device: bodyID[domain.DeviceID](&f, "device", q.Device), Apartment: bodyID[domain.ApartmentID](&f, "apartment", q.Apartment),
		Limit: q.Limit, Before: q.Before,
	}
	var kinds []domain.EventKind
	for kind := range strings.SplitSeq(q.Kind, ",") {
		f.Check(strings.Trim(kind, "abcdefghijklmnopqrstuvwxyz_") == "", "kind", "Kinds such as door_log,call.")
		if kind != "" {
			kinds = append(kinds, domain.EventKind(kind))
		}
	}
	if len(kinds) == 1 {
		out.Kind = kinds[0]
	}
	return out, kinds, f.Err()
}

func (a *API) events() {
	route(a, http.MethodGet, "/sites/{site}/events", "list-events", "The log of a site, newest first", func(ctx context.Context, in *EventQuery) (*Body[Page[eventlog.Event]], error) {
		if err := a.Account.MayAt(ctx, account.EventsRead, in.site()); err != nil {
			return nil, err
		}
		q, kinds, err := in.query()
		if err != nil {
			return nil, err
		}
		events, next, err := a.someKinds(ctx, in.site(), q, kinds)
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

// someKinds reads whole pages until one answer is full: rows of other kinds are left out. A site with little of what is asked for gives a
// short page with a cursor to go on.
func (a *API) someKinds(ctx context.Context, site domain.SiteID, q eventlog.Query, kinds []domain.EventKind) ([]eventlog.Event, string, error) {
	const morePages = 10
	found := []eventlog.Event{}
	for range morePages {
		events, next, err := a.Events.List(ctx, site, q)
		if err != nil {
			return nil, "", err
		}
		for _, e := range events {
			if len(kinds) < 2 || slices.Contains(kinds, e.Kind) {
				found = append(found, e)
			}
		}
		if q.Before = next; next == "" || len(kinds) < 2 || len(found) >= q.Limit {
			return found, next, nil
		}
	}
	return found, q.Before, nil
}
