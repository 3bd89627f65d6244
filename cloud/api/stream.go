package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"vestibule/cloud/account"
	"vestibule/cloud/consent"
	"vestibule/cloud/live"
	"vestibule/cloud/notice"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
	"vestibule/shared/secret"
)

// Live streams: how often they prove to be alive, how long one write may take.
const (
	pingEvery   = 15 * time.Second
	streamWrite = 20 * time.Second
)

// StreamPath is the stream of a site.
type StreamPath struct {
	SitePath
	StreamFrom
}

// StreamFrom says where a stream begins.
type StreamFrom struct {
	Last   string `header:"Last-Event-ID" doc:"What a returning reader has seen."`
	Recent int    `query:"recent" minimum:"0" maximum:"60" doc:"Begin with what happened in so many seconds before, for who has read the lists meanwhile."`
}

func (f StreamFrom) from() live.From {
	return live.From{Last: f.Last, Recent: time.Duration(f.Recent) * time.Second}
}

func (a *API) stream() {
	route(a, http.MethodGet, "/sites/{site}/stream", "stream-site", "What happens at a site, as server-sent events", func(ctx context.Context, in *StreamPath) (*huma.StreamResponse, error) {
		return a.longAnswer(ctx, func(c huma.Context, caller account.Caller) { a.send(c, caller, in.site(), in.from()) })
	}, needs(account.SitesRead), tag("events"), answersLong(
		"Events presence, receipt, event, version, candidate, command, reset (read the lists again) and ping; data is JSON as in the lists.", "text/event-stream"))
}

// reading is one open stream: what it carries, and what must stay true for it to go on.
type reading struct {
	messages <-chan live.Message
	account  <-chan live.Message // what concerns the reader itself; after some of it the stream asks again whether it may go on
	stay     func() bool
	pass     func(m live.Message) bool // nil: everything
}

// send writes what happens at a site until the reader goes, the session or the leave ends, the site is out of sight or the service stops.
func (a *API) send(c huma.Context, caller account.Caller, site domain.SiteID, from live.From) {
	ctx := c.Context()
	sees, err := a.Account.SeesEvents(ctx, site)
	if err != nil {
		return
	}
	messages, cancel := a.Live.Subscribe(site, from)
	defer cancel()
	concerns, forget := a.Live.SubscribeAccount(caller.Account, live.From{})
	defer forget()
	a.pump(c, reading{
		messages: messages, account: concerns,
		stay: func() bool {
			var ok bool
			sees, ok = a.mayStay(ctx, site)
			return ok
		},
		pass: func(m live.Message) bool { return sees || m.Kind != "event" && m.Kind != "command" },
	})
}

// pump writes messages as server-sent events.
func (a *API) pump(c huma.Context, r reading) {
	ctx := c.Context()
	out, flush, within := beginLong(c, "text/event-stream", "Cache-Control", "no-store", "X-Accel-Buffering", "no")
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	ping := live.Message{Kind: "ping", Data: struct{}{}}
	for m := ping; ; {
		if r.pass == nil || r.pass(m) {
			within(streamWrite)
			if err := a.write(out, m); err != nil || flush() != nil {
				return
			}
		}
		if r.account == nil && m.Kind == consent.Changed && !r.stay() {
			return // it was told why before it ends
		}
		select {
		case m = <-r.messages:
		case about := <-r.account:
			if about.Kind == notice.Live {
				continue
			}
			if !r.stay() {
				return
			}
			m = ping
		case <-tick.C:
			if !r.stay() {
				return
			}
			m = ping
		case <-ctx.Done():
			return
		case <-a.closing:
			within(streamWrite)
			if farewell(out) == nil {
				_ = flush()
			}
			return
		}
	}
}

// mayStay asks again what was true at the start of the stream of a site, and whether it may carry the log.
func (a *API) mayStay(ctx context.Context, site domain.SiteID) (sees, ok bool) {
	fresh, ok := a.same(ctx)
	if !ok || !fresh.May(account.SitesRead) {
		return false, false
	}
	ctx = account.With(ctx, fresh)
	if _, err := a.Fleet.Site(ctx, site); err != nil {
		return false, false
	}
	sees, err := a.Account.SeesEvents(ctx, site)
	return sees, err == nil
}

// same gives the caller as it is now, when its session still opens the organisation in which the stream began. Leave that ended is seen
// before the session is asked, because the session tells of it once, and that is for the page.
func (a *API) same(ctx context.Context) (account.Caller, bool) {
	caller, _ := account.From(ctx)
	if caller.Entry != nil {
		if _, err := a.Consent.Active(ctx, caller.Entry.Grant, time.Now()); err != nil {
			return caller, false
		}
	}
	token, _ := ctx.Value(tokenKey{}).(secret.String)
	fresh, err := a.Account.Authenticate(ctx, token, caller.From)
	return fresh.Caller, err == nil && fresh.Gate == account.GateOpen && fresh.Caller.Org == caller.Org
}

func (a *API) write(out http.ResponseWriter, m live.Message) error {
	data, err := json.Marshal(m.Data)
	if err != nil {
		a.Logger.Error("message cannot be written", logkey.Kind, m.Kind, logkey.Err, err)
		return nil
	}
	if m.ID != "" {
		if _, err := fmt.Fprintf(out, "id: %s\n", m.ID); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(out, "event: %s\ndata: %s\n\n", m.Kind, data)
	return err
}
