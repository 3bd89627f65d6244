package api

import (
	"context"
	"net/http"
	"time"

	"vestibule/cloud/account"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

// SignInInput signs somebody in.
type SignInInput struct {
	Login    string `json:"login" required:"false" doc:"E-mail address or user name."`
	Email    string `json:"email,omitempty" doc:"Another name for login."`
	Password string `json:"password" required:"false"`
	Bearer   bool   `json:"bearer,omitempty" doc:"Answer the token instead of a cookie."`
}

// Signed is a fresh session.
type Signed struct {
	Account   Account   `json:"account"`
	Token     string    `json:"token,omitempty" doc:"Only when bearer was asked for. Shown once."`
	ExpiresAt time.Time `json:"expires_at"`
	Gate      string    `json:"gate" enum:",factor,consent,email" doc:"What is still missing before the session opens anything."`
}

type signedOutput struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      Signed
}

func (a *API) signed(s account.Signed, bearer bool) *signedOutput {
	out := &signedOutput{Body: Signed{Account: showAccount(s.Account), ExpiresAt: s.ExpiresAt, Gate: string(s.Gate)}}
	if s.Gate == account.GateFactor {
		out.Body.Account.Email = masked(s.Account.Email) // the code goes there: a password alone does not tell where
	}
	if bearer {
		out.Body.Token = s.Token.Reveal()
	} else {
		// A session that waits for its second factor ends by itself in the database; the cookie is the same one afterwards.
		out.SetCookie = []http.Cookie{a.cookie(s.Token, int(account.SessionMost/time.Second))}
	}
	return out
}

// Session is a place where the account is signed in.
type Session struct {
	ID        string    `json:"id"`
	Current   bool      `json:"current" doc:"The one that asks."`
	Agent     string    `json:"agent" doc:"What the client calls itself."`
	Address   string    `json:"address"`
	CreatedAt time.Time `json:"created_at"`
	SeenAt    time.Time `json:"seen_at"`
	Bearer    bool      `json:"bearer" doc:"A program, not a browser."`
}

// SessionPath is one session of a path.
type SessionPath struct {
	Session string `path:"session"`
}

// FactorInput shows a second factor.
type FactorInput struct {
	Method string `json:"method" required:"false" enum:"email,totp,recovery" default:"email"`
	Code   string `json:"code" required:"false"`
}

// ConsentInput answers the privacy policy.
type ConsentInput struct {
	Version int  `json:"version" required:"false"`
	Agree   bool `json:"agree" required:"false"`
}

// EmailInput gives an address.
type EmailInput struct {
	Email string `json:"email" required:"false"`
}

// forgetful is an answer that makes the browser forget its session.
type forgetful struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
}

func (a *API) sessions() {
	route(a, http.MethodPost, "/session", "sign-in", "Sign in", func(ctx context.Context, in *struct{ Body SignInInput }) (*signedOutput, error) {
		login := in.Body.Login
		if login == "" {
			login = in.Body.Email
		}
		signed, err := a.Account.SignIn(ctx, clientOf(ctx, in.Body.Bearer), login, secret.New(in.Body.Password))
		if err != nil {
			return nil, err
		}
		return a.signed(signed, in.Body.Bearer), nil
	}, public, tag("accounts"))
	route(a, http.MethodDelete, "/session", "sign-out", "Sign out", func(ctx context.Context, _ *struct{}) (*forgetful, error) {
		token, _ := ctx.Value(tokenKey{}).(secret.String)
		return &forgetful{[]http.Cookie{a.cookie(secret.String{}, -1)}}, a.Account.SignOut(ctx, token)
	}, status(http.StatusNoContent), needs(account.Self), beforeGates, tag("accounts"))
	route(a, http.MethodGet, "/sessions", "list-sessions", "Where the account is signed in", func(ctx context.Context, _ *struct{}) (*Body[Page[Session]], error) {
		who := accessOf(ctx)
		list, err := a.Account.Sessions(ctx, who.Account.ID)
		out := Page[Session]{Items: make([]Session, len(list))}
		for i, s := range list {
			out.Items[i] = Session{
				ID: s.ID.String(), Current: s.ID == who.Session.ID, Agent: s.Agent, Address: s.Address, CreatedAt: s.CreatedAt, SeenAt: s.SeenAt, Bearer: s.Bearer,
			}
		}
		return &Body[Page[Session]]{out}, err
	}, needs(account.Self), tag("accounts"))
	route(a, http.MethodDelete, "/sessions/{session}", "end-session", "Sign out in one place", func(ctx context.Context, in *SessionPath) (*None, error) {
		return nil, a.Account.EndSession(ctx, accessOf(ctx).Account, pathID[domain.SessionID](in.Session))
	}, status(http.StatusNoContent), needs(account.Self), tag("accounts"))
	route(a, http.MethodDelete, "/sessions", "end-sessions", "Sign out everywhere else", func(ctx context.Context, _ *struct{}) (*None, error) {
		who := accessOf(ctx)
		return nil, a.Account.EndOthers(ctx, who.Account, who.Session.ID)
	}, status(http.StatusNoContent), needs(account.Self), tag("accounts"))
	a.gates()
}

// gates registers what answers while a gate of sign-in is closed.
func (a *API) gates() {
	route(a, http.MethodPost, "/session/factor/code", "send-code", "Mail a code for the second factor", func(ctx context.Context, _ *struct{}) (*None, error) {
		return nil, a.Account.SendFactorCode(ctx, accessOf(ctx))
	}, status(http.StatusNoContent), needs(account.Self), beforeGates, tag("accounts"))
	route(a, http.MethodPost, "/session/factor", "show-factor", "Show the second factor", func(ctx context.Context, in *struct{ Body FactorInput }) (*Tagged[Me], error) {
		if err := a.Account.PassFactor(ctx, accessOf(ctx), account.Method(in.Body.Method), secret.New(in.Body.Code)); err != nil {
			return nil, err
		}
		return a.meAgain(ctx)
	}, needs(account.Self), beforeGates, tag("accounts"))
	route(a, http.MethodPost, "/session/consent", "answer-policy", "Agree to the privacy policy, or not", func(ctx context.Context, in *struct{ Body ConsentInput }) (*Tagged[Me], error) {
		if err := a.Account.AnswerPolicy(ctx, accessOf(ctx), in.Body.Version, in.Body.Agree); err != nil {
			return nil, err
		}
		return a.meAgain(ctx)
	}, needs(account.Self), beforeGates, tag("accounts"))
	route(a, http.MethodPost, "/session/email", "give-email", "Give an e-mail address", func(ctx context.Context, in *struct{ Body EmailInput }) (*Tagged[Me], error) {
		if err := a.Account.GiveEmail(ctx, accessOf(ctx), in.Body.Email); err != nil {
			return nil, err
		}
		return a.meAgain(ctx)
	}, needs(account.Self), beforeGates, tag("accounts"))
}
