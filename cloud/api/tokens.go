package api

import (
	"context"
	"net/http"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/apitoken"
	"vestibule/shared/domain"
)

// Token is leave for a program to act for the account.
type Token struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Scopes    []string   `json:"scopes" nullable:"false" doc:"Rights of the table of rights."`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt time.Time  `json:"expires_at"`
	UsedAt    *time.Time `json:"used_at,omitempty" doc:"Written at most once a minute."`
	UsedFrom  string     `json:"used_from" doc:"Address of the last use; empty before the first."`
	RevokedAt *time.Time `json:"revoked_at,omitempty"`
}

func showToken(t apitoken.Token) Token {
	out := Token{
		ID: t.ID.String(), Name: t.Name, Scopes: make([]string, len(t.Scopes)), CreatedAt: t.CreatedAt, ExpiresAt: t.ExpiresAt, UsedAt: timeOr(t.UsedAt),
		UsedFrom: t.UsedFrom, RevokedAt: timeOr(t.RevokedAt),
	}
	for i, scope := range t.Scopes {
		out.Scopes[i] = string(scope)
	}
	return out
}

// TokenInput makes a token.
type TokenInput struct {
	Name   string   `json:"name" required:"false" doc:"1 to 64 characters."`
	Scopes []string `json:"scopes" required:"false" nullable:"false" doc:"Rights that the account has and that need no person."`
	Days   int      `json:"days" required:"false" doc:"Until it ends by itself: 1 to 366."`
}

// MadeToken is a token with its text.
type MadeToken struct {
	Token
	Text string `json:"token" doc:"For the Authorization header: Bearer and this. Shown once."`
}

func (a *API) tokens() {
	route(a, http.MethodGet, "/tokens", "list-tokens", "The own API tokens, newest first", func(ctx context.Context, _ *struct{}) (*Body[Page[Token]], error) {
		tokens, err := a.Tokens.List(ctx, accessOf(ctx).Account.ID)
		out := Page[Token]{Items: make([]Token, len(tokens))}
		for i, t := range tokens {
			out.Items[i] = showToken(t)
		}
		return &Body[Page[Token]]{out}, err
	}, needs(account.TokensWrite), tag("tokens"))
	route(a, http.MethodPost, "/tokens", "make-token", "Make an API token; its text is shown once", func(ctx context.Context, in *struct{ Body TokenInput }) (*Body[MadeToken], error) {
		t, text, err := a.Tokens.Make(ctx, accessOf(ctx).Account, apitoken.Draft{Name: in.Body.Name, Scopes: in.Body.Scopes, Days: in.Body.Days})
		return &Body[MadeToken]{MadeToken{Token: showToken(t), Text: text.Reveal()}}, err
	}, status(http.StatusCreated), needs(account.TokensWrite), tag("tokens"))
	route(a, http.MethodDelete, "/tokens/{token}", "revoke-token", "Revoke an API token at once", func(ctx context.Context, in *struct {
		Token string `path:"token"`
	},
	) (*None, error) {
		return &None{}, a.Tokens.Revoke(ctx, accessOf(ctx).Account, pathID[domain.TokenID](in.Token))
	}, status(http.StatusNoContent), needs(account.TokensWrite), tag("tokens"))
}
