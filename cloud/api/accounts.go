package api

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"vestibule/cloud/account"
	"vestibule/shared/secret"
)

// Account is who is signed in.
type Account struct {
	ID    string `json:"id"`
	Email string `json:"email"`
	Name  string `json:"name"`
	Org   Org    `json:"org"`
	Role  string `json:"role" enum:"operator"`
}

// Org is an organisation.
type Org struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func showAccount(a account.Account) Account {
	return Account{ID: a.ID.String(), Email: a.Email, Name: a.Name, Org: Org{ID: a.Org.ID.String(), Name: a.Org.Name}, Role: string(a.Role)}
}

// SetupState tells whether the service waits for its first account.
type SetupState struct {
	Open bool `json:"open"`
}

// SetupInput makes the first account.
type SetupInput struct {
	Token        string `json:"token" required:"false" doc:"From the link that the service printed at its start."`
	Email        string `json:"email" required:"false"`
	Password     string `json:"password" required:"false" doc:"8 to 64 characters."`
	Name         string `json:"name" required:"false"`
	Organisation string `json:"organisation" required:"false"`
	Bearer       bool   `json:"bearer,omitempty" doc:"Answer the token instead of a cookie."`
}

// SignInInput signs somebody in.
type SignInInput struct {
	Email    string `json:"email" required:"false"`
	Password string `json:"password" required:"false"`
	Bearer   bool   `json:"bearer,omitempty" doc:"Answer the token instead of a cookie."`
}

// Signed is a fresh session.
type Signed struct {
	Account   Account   `json:"account"`
	Token     string    `json:"token,omitempty" doc:"Only when bearer was asked for. Shown once."`
	ExpiresAt time.Time `json:"expires_at"`
}

type signedOutput struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      Signed
}

func (a *API) signed(s account.Signed, bearer bool) *signedOutput {
	out := &signedOutput{Body: Signed{Account: showAccount(s.Account), ExpiresAt: s.ExpiresAt}}
	if bearer {
		out.Body.Token = s.Token.Reveal()
	} else {
		out.SetCookie = []http.Cookie{a.cookie(s.Token, int(account.SessionMost/time.Second))}
	}
	return out
}

func (a *API) accounts() {
	route(a, http.MethodGet, "/setup", "get-setup", "Is the first account still to be made?", func(ctx context.Context, _ *struct{}) (*Body[SetupState], error) {
		open, err := a.Account.SetupOpen(ctx)
		return &Body[SetupState]{SetupState{Open: open}}, err
	}, public, tag("accounts"))
	route(a, http.MethodPost, "/setup", "set-up", "Make the first account and sign in", func(ctx context.Context, in *struct{ Body SetupInput }) (*signedOutput, error) {
		signed, err := a.Account.SetUp(ctx, account.SetupForm{
			Token: secret.New(in.Body.Token), Email: in.Body.Email, Password: secret.New(in.Body.Password), Name: in.Body.Name, Organisation: in.Body.Organisation,
		})
		if err != nil {
			return nil, err
		}
		return a.signed(signed, in.Body.Bearer), nil
	}, public, status(http.StatusCreated), tag("accounts"))
	route(a, http.MethodPost, "/session", "sign-in", "Sign in", func(ctx context.Context, in *struct{ Body SignInInput }) (*signedOutput, error) {
		from, _ := ctx.Value(peerKey{}).(netip.Addr)
		signed, err := a.Account.SignIn(ctx, account.Client{From: from, Bearer: in.Body.Bearer}, in.Body.Email, secret.New(in.Body.Password))
		if err != nil {
			return nil, err
		}
		return a.signed(signed, in.Body.Bearer), nil
	}, public, tag("accounts"))
	route(a, http.MethodDelete, "/session", "sign-out", "Sign out", func(ctx context.Context, _ *struct{}) (*struct {
		SetCookie []http.Cookie `header:"Set-Cookie"`
	}, error,
	) {
		token, _ := ctx.Value(tokenKey{}).(secret.String)
		return &struct {
			SetCookie []http.Cookie `header:"Set-Cookie"`
		}{[]http.Cookie{a.cookie(secret.String{}, -1)}}, a.Account.SignOut(ctx, token)
	}, status(http.StatusNoContent), needs(account.Self), beforeGates, tag("accounts"))
	route(a, http.MethodGet, "/me", "get-me", "Who is signed in", func(ctx context.Context, _ *struct{}) (*Body[Account], error) {
		return &Body[Account]{showAccount(accessOf(ctx).Account)}, nil
	}, needs(account.Self), beforeGates, tag("accounts"))
}
