package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"vestibule/cloud/account"
	"vestibule/shared/fault"
)

// AccountStreamPath is the stream of the own account.
type AccountStreamPath struct {
	Last string `header:"Last-Event-ID" doc:"What a returning reader has seen."`
}

func (a *API) accountStream() {
	route(a, http.MethodGet, "/stream", "stream-account", "What concerns the own account, as server-sent events", func(ctx context.Context, in *AccountStreamPath) (*huma.StreamResponse, error) {
		caller, err := callerOf(ctx)
		if err != nil {
			return nil, err
		}
		if !a.streams.enter(caller.Account) {
			return nil, fault.New(fault.Limit, "At most %d live streams of one account.", streamsOfEach)
		}
		return &huma.StreamResponse{Body: func(c huma.Context) {
			defer a.streams.leave(caller.Account)
			messages, cancel := a.Live.SubscribeAccount(caller.Account, in.Last)
			defer cancel()
			a.pump(c, reading{messages: messages, stay: func() bool {
				_, ok := a.same(c.Context())
				return ok
			}})
		}}, nil
	}, needs(account.Self), tag("notices"), func(op *huma.Operation) {
		op.Responses = map[string]*huma.Response{"200": {
			Description: "Events notice (read the notices again), access (read the leave and who one is again), me, reset and ping.",
			Content:     map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}}},
		}}
	})
}
