package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"vestibule/cloud/account"
)

// AccountStreamPath is the stream of the own account.
type AccountStreamPath struct {
	StreamFrom
}

func (a *API) accountStream() {
	route(a, http.MethodGet, "/stream", "stream-account", "What concerns the own account, as server-sent events", func(ctx context.Context, in *AccountStreamPath) (*huma.StreamResponse, error) {
		return a.longAnswer(ctx, func(c huma.Context, caller account.Caller) {
			messages, cancel := a.Live.SubscribeAccount(caller.Account, in.from())
			defer cancel()
			a.pump(c, reading{messages: messages, stay: func() bool {
				_, ok := a.same(c.Context())
				return ok
			}})
		})
	}, needs(account.Self), tag("notices"), answersLong(
		"Events notice (read the notices again), access (read the leave and who one is again), me, reset and ping.", "text/event-stream"))
}
