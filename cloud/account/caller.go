package account

import (
	"context"

	"vestibule/shared/domain"
)

// Caller is who a request acts for. What a caller may see is decided by Org alone: sites of that organisation and of those below it.
type Caller struct {
	Account  domain.AccountID
	Org      domain.OrgID
	Name     string // display words for logs
	Operator bool   // the account belongs to the operator's organisation
}

type (
	callerKey struct{}
	systemKey struct{}
)

// With gives a context that acts for c.
func With(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// From tells whom ctx acts for; ok is false when nobody is signed in.
func From(ctx context.Context) (Caller, bool) {
	c, ok := ctx.Value(callerKey{}).(Caller)
	return c, ok
}

// AsSystem gives a context for the service's own work, such as what an agent's message causes: every site is visible, and
// the audit shows the words in what instead of a name. Never call it with something a person sent to choose the site.
func AsSystem(ctx context.Context, what string) context.Context {
	return context.WithValue(ctx, systemKey{}, what)
}

// System tells whether ctx is the service's own work, and which.
func System(ctx context.Context) (what string, ok bool) {
	what, ok = ctx.Value(systemKey{}).(string)
	return what, ok
}
