package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"vestibule/cloud/account"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

// cookieName holds the session of a browser.
const cookieName = "vestibule_session"

type (
	tokenKey  struct{}
	accessKey struct{}
	peerKey   struct{}
)

// authenticate stands before every operation: without a session only public ones answer, a site of the path must be one that the caller may
// see (everything else about a site does not exist for the caller: 404, never 403), the gates of sign-in must be passed, and the caller must
// hold the right that the operation needs.
func (a *API) authenticate(c huma.Context, next func(huma.Context)) {
	from := a.sender(c)
	ctx := context.WithValue(context.WithValue(c.Context(), peerKey{}, from), agentKey{}, c.Header("User-Agent"))
	op := c.Operation()
	if len(op.Security) == 0 {
		next(huma.WithContext(c, ctx))
		return
	}
	token := presented(c)
	who, err := a.Account.Authenticate(ctx, token, from)
	if err != nil {
		a.answer(c, err)
		return
	}
	ctx = account.With(ctx, who.Caller)
	ctx = context.WithValue(ctx, tokenKey{}, token)
	ctx = context.WithValue(ctx, accessKey{}, who)
	if err := a.mayCall(ctx, op, who, c.Param("site")); err != nil {
		a.answer(c, err)
		return
	}
	next(huma.WithContext(c, ctx))
}

// mayCall checks gates, site and right, in this order: who has not passed the gates learns nothing of sites.
func (a *API) mayCall(ctx context.Context, op *huma.Operation, who account.Access, site string) error {
	if before, _ := op.Metadata[gateName].(bool); !before && who.Gate != account.GateOpen {
		return fault.New(fault.Forbidden, "Sign-in is not complete: %s.", who.Gate.Words())
	}
	if site != "" {
		if _, err := a.Fleet.Site(ctx, pathID[domain.SiteID](site)); err != nil {
			return err
		}
	}
	right, _ := rightOf(op)
	if !who.Caller.May(right) {
		return fault.New(fault.Forbidden, "This needs the right %s, which you do not have here.", right)
	}
	return featureOpen(op, who.Caller.Gates)
}

// accessOf gives the session that an operation was asked in; authenticate has put it there.
func accessOf(ctx context.Context) account.Access {
	who, _ := ctx.Value(accessKey{}).(account.Access)
	return who
}

// answer writes a problem before the operation began.
func (a *API) answer(c huma.Context, err error) {
	p := a.problem(c.Context(), err)
	for name, values := range p.GetHeaders() {
		c.SetHeader(name, values[0])
	}
	c.SetHeader("Content-Type", p.ContentType(""))
	c.SetStatus(p.Status)
	_ = a.huma.Marshal(c.BodyWriter(), "application/json", p)
}

// presented reads the token of the Authorization header, or else of the cookie.
func presented(c huma.Context) secret.String {
	if scheme, token, ok := strings.Cut(c.Header("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		return secret.New(strings.TrimSpace(token))
	}
	cookie, err := huma.ReadCookie(c, cookieName)
	if err != nil {
		return secret.String{}
	}
	return secret.New(cookie.Value)
}

// callerOf gives who an operation acts for; authenticate has put it there.
func callerOf(ctx context.Context) (account.Caller, error) {
	caller, ok := account.From(ctx)
	if !ok {
		return caller, fault.New(fault.Unauthenticated, "Sign in first.")
	}
	return caller, nil
}

// cookie makes the browser keep a session; an empty token makes it forget.
func (a *API) cookie(token secret.String, maxAge int) http.Cookie {
	//nolint:gosec // Secure follows the address: plain HTTP is served on loopback alone
	return http.Cookie{
		Name: cookieName, Value: token.Reveal(), Path: "/", MaxAge: maxAge, HttpOnly: true, Secure: a.Secure, SameSite: http.SameSiteLaxMode,
	}
}
