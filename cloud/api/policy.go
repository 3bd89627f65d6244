package api

import (
	"context"
	"net/http"
	"time"

	"vestibule/cloud/account"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// Policy is the present privacy policy.
type Policy struct {
	Version     int       `json:"version"`
	Body        string    `json:"body" doc:"Paragraphs; lines that begin with # are headings, with - items."`
	PublishedAt time.Time `json:"published_at"`
	Provider    *Provider `json:"provider,omitempty" doc:"Whom an installer named; absent: the operator."`
}

// Provider is the service provider that the privacy policy names (ACC-08).
type Provider struct {
	Company string `json:"company"`
	Address string `json:"address"`
	Phone   string `json:"phone"`
	Email   string `json:"email"`
	TaxID   string `json:"tax_id"`
	Website string `json:"website"`
}

// PolicyInput is a new text.
type PolicyInput struct {
	Body string `json:"body" required:"false"`
}

// provider gives whom the policy of an organisation's end users names; nil is the operator, as for an organisation that does not exist.
func (a *API) provider(ctx context.Context, org string) (*Provider, error) {
	id := pathID[domain.OrgID](org)
	if id.IsZero() {
		return nil, nil
	}
	form, ok, err := a.Account.ProviderOf(ctx, id)
	if fault.CodeOf(err) == fault.NotFound || err == nil && !ok {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	shown := Provider(form)
	return &shown, nil
}

// policies registers the privacy policy.
func (a *API) policies() {
	route(a, http.MethodGet, "/policy", "get-policy", "The privacy policy", func(ctx context.Context, in *struct {
		Org string `query:"org" doc:"An organisation: the answer names it when it filled in the form."`
	},
	) (*Body[Policy], error) {
		p, err := a.Account.Policy(ctx)
		if err != nil {
			return nil, err
		}
		out := Policy{Version: p.Version, Body: p.Body, PublishedAt: p.PublishedAt}
		out.Provider, err = a.provider(ctx, in.Org)
		return &Body[Policy]{out}, err
	}, public, tag("accounts"))
	route(a, http.MethodPost, "/policy", "publish-policy", "Publish a new privacy policy; everybody is asked again", func(ctx context.Context, in *struct{ Body PolicyInput }) (*Body[Policy], error) {
		p, err := a.Account.Publish(ctx, in.Body.Body)
		return &Body[Policy]{Policy{Version: p.Version, Body: p.Body, PublishedAt: p.PublishedAt}}, err
	}, status(http.StatusCreated), needs(account.ServiceWrite), tag("accounts"))
}
