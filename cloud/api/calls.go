package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/eventlog"
	"vestibule/shared/domain"
)

// CallFilters narrow the call history.
type CallFilters struct {
	Cause     string `query:"cause" doc:"One cause, or several with commas between; technical stands for all that no person is the cause of."`
	End       string `query:"end" doc:"One end, or several with commas between."`
	Device    string `query:"device" doc:"A device that called, answered, rang or was to ring."`
	Apartment string `query:"apartment"`
	From      string `query:"from" doc:"An instant (RFC 3339): calls that ended then or later."`
	To        string `query:"to" doc:"An instant (RFC 3339): calls that ended before it."`
}

// technical stands for every cause that is no person.
const technical = "technical"

func (c CallFilters) query(page PageQuery) (eventlog.CallQuery, error) {
	var f ids
	asked := page.page()
	out := eventlog.CallQuery{
		Query: page.Query, Sort: page.Sort, Desc: asked.Desc, Limit: asked.Limit, Offset: asked.Offset, After: page.Cursor,
		Device: bodyID[domain.DeviceID](&f, "device", c.Device), Apartment: bodyID[domain.ApartmentID](&f, "apartment", c.Apartment),
		From: instantOf(&f, "from", c.From), To: instantOf(&f, "to", c.To),
	}
	causes := domain.Causes()
	for _, word := range several(c.Cause) {
		if word == technical {
			out.Causes = append(out.Causes, slices.DeleteFunc(slices.Clone(causes), func(c domain.Cause) bool { return !c.Technical() })...)
			continue
		}
		f.Check(slices.Contains(causes, domain.Cause(word)), "cause", "A cause such as nobody_home, or technical.")
		out.Causes = append(out.Causes, domain.Cause(word))
	}
	for _, word := range several(c.End) {
		f.Check(strings.Trim(word, "abcdefghijklmnopqrstuvwxyz_") == "", "end", "An end such as no_answer.")
		out.Ends = append(out.Ends, domain.EndReason(word))
	}
	f.Check(!strings.ContainsRune(page.Query, 0), "q", "These are no words to look for.")
	return out, f.Err()
}

// several reads a list with commas.
func several(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

func instantOf(f *ids, path, text string) time.Time {
	if text == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, text)
	f.Check(err == nil, path, "An instant such as 2026-11-23T13:00:00Z.")
	return at
}

func (a *API) calls() {
	const list, one = "/sites/{site}/calls", "/sites/{site}/calls/{call}"
	route(a, http.MethodGet, list, "list-calls", "The call history of a site, newest first", func(ctx context.Context, in *struct {
		SitePath
		PageQuery
		CallFilters
	},
	) (*Body[Page[eventlog.Call]], error) {
		if err := a.Account.MayAt(ctx, account.EventsRead, in.site()); err != nil {
			return nil, err
		}
		q, err := in.query(in.PageQuery)
		if err != nil {
			return nil, err
		}
		found, err := a.Events.Calls(ctx, in.site(), q)
		return &Body[Page[eventlog.Call]]{Page[eventlog.Call]{Items: append([]eventlog.Call{}, found.Items...), Next: found.Next, Total: found.Total, More: found.More}}, err
	}, needs(account.EventsRead), tag("calls"))
	route(a, http.MethodGet, one, "get-call", "The record of one ring: every leg, and why it went as it did", func(ctx context.Context, in *struct {
		SitePath
		Call string `path:"call"`
	},
	) (*Body[eventlog.CallRecord], error) {
		if err := a.Account.MayAt(ctx, account.EventsRead, in.site()); err != nil {
			return nil, err
		}
		record, err := a.Events.Call(ctx, in.site(), pathID[domain.CallID](in.Call))
		return &Body[eventlog.CallRecord]{record}, err
	}, needs(account.EventsRead), tag("calls"))
}
