package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"vestibule/cloud/account"
	"vestibule/cloud/webhook"
	"vestibule/shared/domain"
)

// Webhook is an address that hears of what happens in the organisation.
type Webhook struct {
	ID        string           `json:"id"`
	Name      string           `json:"name"`
	URL       string           `json:"url"`
	Kinds     []webhook.Kind   `json:"kinds" nullable:"false"`
	Enabled   bool             `json:"enabled"`
	Stopped   webhook.Stop     `json:"stopped" enum:",failing_days,failures" doc:"Why the service switched it off; empty when it did not."`
	Failures  int              `json:"failures" doc:"Deliveries given up in a row."`
	FailingAt *time.Time       `json:"failing_at,omitempty" doc:"The first failed try since the last good one."`
	CreatedAt time.Time        `json:"created_at"`
	Last      *WebhookDelivery `json:"last,omitempty" doc:"The newest delivery, without its body."`
	Revision  uint64           `json:"revision" doc:"One more at each change; the ETag."`
}

// NewWebhook is a webhook with its secret, which is told this once.
type NewWebhook struct {
	Webhook
	Secret string `json:"secret" doc:"The key of signatures. It is not told again."`
}

// WebhookInput is what a person says of a webhook.
type WebhookInput struct {
	Name    string   `json:"name" required:"false" doc:"1 to 64 characters."`
	URL     string   `json:"url" required:"false" doc:"https://…; private addresses are refused."`
	Kinds   []string `json:"kinds" required:"false" maxItems:"32" doc:"door.opened, door.refused, door.failed, call.ended, device.online, device.offline, agent.online, agent.offline, audit."`
	Enabled *bool    `json:"enabled,omitempty" doc:"On by default."`
}

func (i WebhookInput) webhook(id domain.WebhookID) webhook.Webhook {
	w := webhook.Webhook{ID: id, Name: i.Name, URL: i.URL, Enabled: i.Enabled == nil || *i.Enabled}
	for _, k := range i.Kinds {
		w.Kinds = append(w.Kinds, webhook.Kind(k))
	}
	return w
}

// WebhookDelivery is one happening on its way to a webhook.
type WebhookDelivery struct {
	ID        string          `json:"id"`
	Kind      webhook.Kind    `json:"kind"`
	State     webhook.State   `json:"state" enum:"waiting,delivered,failed,dropped"`
	Attempts  int             `json:"attempts"`
	Status    int             `json:"status" doc:"HTTP status of the last try; 0 when there was no answer."`
	Fault     webhook.Fault   `json:"fault" enum:",status,redirect,no_address,refused,unreachable,tls,timeout"`
	TookMS    int64           `json:"took_ms" doc:"Of the last try."`
	CreatedAt time.Time       `json:"created_at"`
	DoneAt    *time.Time      `json:"done_at,omitempty"`
	Body      json.RawMessage `json:"body,omitempty" doc:"What is sent, in lists of deliveries."`
}

func showDelivery(d webhook.Delivery) WebhookDelivery {
	return WebhookDelivery{
		ID: d.ID.String(), Kind: d.Kind, State: d.State, Attempts: d.Attempts, Status: d.Status, Fault: d.Fault, TookMS: d.Took.Milliseconds(),
		CreatedAt: d.At, DoneAt: instant(d.DoneAt), Body: json.RawMessage(d.Body),
	}
}

func showWebhook(w webhook.Webhook) Webhook {
	out := Webhook{
		ID: w.ID.String(), Name: w.Name, URL: w.URL, Kinds: w.Kinds, Enabled: w.Enabled, Stopped: w.Stopped, Failures: w.Failures,
		FailingAt: instant(w.FailingAt), CreatedAt: w.CreatedAt, Revision: w.Revision,
	}
	if w.Last != nil {
		last := showDelivery(*w.Last)
		last.Body = nil
		out.Last = &last
	}
	return out
}

func showNewWebhook(w webhook.Webhook) NewWebhook {
	return NewWebhook{Webhook: showWebhook(w), Secret: w.Secret.Reveal()}
}

// WebhookPath is one webhook of a path.
type WebhookPath struct {
	Webhook string `path:"webhook"`
}

func (p WebhookPath) id() domain.WebhookID { return pathID[domain.WebhookID](p.Webhook) }

// DeliveryPath is one delivery of a path.
type DeliveryPath struct {
	WebhookPath
	Delivery string `path:"delivery"`
}

// DeliveryQuery asks for a part of the log of a webhook.
type DeliveryQuery struct {
	State  string `query:"state" enum:"waiting,delivered,failed,dropped" doc:"Only these."`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" doc:"The next of the part before."`
}

func (a *API) webhooks() {
	const list, one = "/webhooks", "/webhooks/{webhook}"
	write, of := needs(account.WebhooksWrite), tag("webhooks")
	route(a, http.MethodGet, list, "list-webhooks", "Webhooks of the organisation", func(ctx context.Context, _ *struct{}) (*Body[Page[Webhook]], error) {
		all, err := a.Webhooks.List(ctx)
		out := Page[Webhook]{Items: make([]Webhook, len(all))}
		for i, w := range all {
			out.Items[i] = showWebhook(w)
		}
		return &Body[Page[Webhook]]{out}, err
	}, write, of)
	route(a, http.MethodPost, list, "add-webhook", "Add a webhook; the answer holds its secret", func(ctx context.Context, in *struct{ Body WebhookInput }) (*Tagged[NewWebhook], error) {
		w, err := a.Webhooks.Add(ctx, in.Body.webhook(domain.WebhookID{}))
		return tagged(showNewWebhook(w), w.Revision, err)
	}, status(http.StatusCreated), write, of)
	route(a, http.MethodGet, one, "get-webhook", "One webhook", func(ctx context.Context, in *WebhookPath) (*Tagged[Webhook], error) {
		w, err := a.Webhooks.Get(ctx, in.id())
		return tagged(showWebhook(w), w.Revision, err)
	}, write, of)
	route(a, http.MethodPut, one, "edit-webhook", "Change a webhook", func(ctx context.Context, in *struct {
		WebhookPath
		IfMatch
		Body WebhookInput
	},
	) (*Tagged[Webhook], error) {
		w, err := a.Webhooks.Edit(ctx, in.Body.webhook(in.id()))
		return tagged(showWebhook(w), w.Revision, err)
	}, write, of)
	route(a, http.MethodDelete, one, "delete-webhook", "Delete a webhook", func(ctx context.Context, in *struct {
		WebhookPath
		IfMatch
	},
	) (*None, error) {
		return nil, a.Webhooks.Delete(ctx, in.id())
	}, status(http.StatusNoContent), write, of)
	route(a, http.MethodPost, one+"/secret", "renew-webhook-secret", "Make a new secret; the one before ends", func(ctx context.Context, in *WebhookPath) (*Tagged[NewWebhook], error) {
		w, err := a.Webhooks.Renew(ctx, in.id())
		return tagged(showNewWebhook(w), w.Revision, err)
	}, write, of)
	a.deliveries(one, write, of)
}

func (a *API) deliveries(one string, options ...func(*huma.Operation)) {
	route(a, http.MethodPost, one+"/try", "try-webhook", "Send a test", func(ctx context.Context, in *WebhookPath) (*Body[WebhookDelivery], error) {
		d, err := a.Webhooks.Try(ctx, in.id())
		return &Body[WebhookDelivery]{showDelivery(d)}, err
	}, append(options, status(http.StatusAccepted))...)
	route(a, http.MethodGet, one+"/deliveries", "list-webhook-deliveries", "What a webhook was sent, newest first", func(ctx context.Context, in *struct {
		WebhookPath
		DeliveryQuery
	},
	) (*Body[Page[WebhookDelivery]], error) {
		var f ids
		page := webhook.Page{State: webhook.State(in.State), Before: bodyID[domain.DeliveryID](&f, "cursor", in.Cursor), Limit: in.Limit + 1}
		if err := f.Err(); err != nil {
			return nil, err
		}
		all, err := a.Webhooks.Deliveries(ctx, in.id(), page)
		out := Page[WebhookDelivery]{Items: []WebhookDelivery{}}
		for i, d := range all {
			if i == in.Limit {
				out.Next = all[i-1].ID.String()
				break
			}
			out.Items = append(out.Items, showDelivery(d))
		}
		return &Body[Page[WebhookDelivery]]{out}, err
	}, options...)
	route(a, http.MethodPost, one+"/deliveries/{delivery}/retry", "retry-webhook-delivery", "Send a delivery once more", func(ctx context.Context, in *DeliveryPath) (*Body[WebhookDelivery], error) {
		d, err := a.Webhooks.Retry(ctx, in.id(), pathID[domain.DeliveryID](in.Delivery))
		return &Body[WebhookDelivery]{showDelivery(d)}, err
	}, append(options, status(http.StatusAccepted))...)
}
