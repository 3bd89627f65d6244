package api

import (
	"context"
	"net/http"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/eventlog"
	"vestibule/shared/domain"
)

// Retention is how long a site keeps the rows of its log. They leave in whole months, so many days after their month ended.
type Retention struct {
	Days     *int       `json:"days" doc:"Of every kind that has none of its own. 0: for ever; null: as the operator of the service says."`
	Until    time.Time  `json:"until,omitzero" doc:"Rows of these kinds that arrived before have left."`
	Kinds    []KindDays `json:"kinds" nullable:"false" doc:"Every kind of the log."`
	Least    int        `json:"least_days"`
	Longest  int        `json:"longest_days" doc:"What the operator of the service allows at most; 0: any number of days, and for ever."`
	Revision uint64     `json:"revision" doc:"One more at each change; the ETag."`
}

// KindDays is how long rows of one kind are kept.
type KindDays struct {
	Kind  string    `json:"kind"`
	Days  *int      `json:"days" doc:"0: for ever; null: as the others."`
	Until time.Time `json:"until,omitzero" doc:"Rows that arrived before have left."`
}

// RetentionInput is what a person says of it.
type RetentionInput struct {
	Days  *int            `json:"days" required:"false" doc:"Of every kind that has none of its own; null: as the operator of the service says."`
	Kinds []KindDaysInput `json:"kinds" required:"false" maxItems:"100" doc:"Kinds with days of their own; the rest is as the others."`
}

// KindDaysInput is what a person says of one kind.
type KindDaysInput struct {
	Kind string `json:"kind"`
	Days *int   `json:"days" required:"false"`
}

func (a *API) retention() {
	const one = "/sites/{site}/retention"
	route(a, http.MethodGet, one, "get-retention", "How long a site keeps its log", func(ctx context.Context, in *SitePath) (*Tagged[Retention], error) {
		if err := a.Account.MayAt(ctx, account.EventsRead, in.site()); err != nil {
			return nil, err
		}
		return showRetention(a.Events.Retention(ctx, in.site()))
	}, needs(account.EventsRead), tag("events"))
	route(a, http.MethodPut, one, "put-retention", "Set how long a site keeps its log", func(ctx context.Context, in *struct {
		SitePath
		IfMatch
		Body RetentionInput
	},
	) (*Tagged[Retention], error) {
		if err := a.Account.MayAt(ctx, account.EventsKeep, in.site()); err != nil {
			return nil, err
		}
		kinds := make([]eventlog.Term, len(in.Body.Kinds))
		for i, k := range in.Body.Kinds {
			kinds[i] = eventlog.Term{Kind: domain.EventKind(k.Kind), Days: k.Days}
		}
		return showRetention(a.Events.SetRetention(ctx, in.site(), in.Body.Days, kinds))
	}, needs(account.EventsKeep), tag("events"))
}

func showRetention(r eventlog.Retention, err error) (*Tagged[Retention], error) {
	if err != nil {
		return nil, err
	}
	others := r.Terms[0]
	out := Retention{Days: others.Days, Until: others.Until, Least: eventlog.LeastDays, Longest: r.Longest, Revision: r.Revision}
	for _, kind := range domain.EventKinds() {
		k := KindDays{Kind: string(kind), Until: others.Until}
		for _, t := range r.Terms[1:] {
			if t.Kind == kind {
				k.Days, k.Until = t.Days, t.Until
			}
		}
		out.Kinds = append(out.Kinds, k)
	}
	return tagged(out, r.Revision, nil)
}
