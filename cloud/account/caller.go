package account

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"vestibule/shared/domain"
)

// Caller is who a request acts for. What a caller may see is decided by Role, Org and Account in the store's one scope function; what it may
// do by May.
type Caller struct {
	Account  domain.AccountID
	Org      domain.OrgID // whose eyes are used: the own organisation, or the one that was entered
	OrgName  string
	Role     Role   // what the account is in Org: after entering, an installer (or a distributor)
	Name     string // display words for audit and logs
	Person   domain.PersonID
	HomeOrg  domain.OrgID // the account's own organisation; differs from Org while Entry is set
	HomeName string
	Entry    *Entry           // set while somebody is inside with leave
	Token    domain.TokenID   // set when an API token asks
	Scopes   []Right          // what the token may; used only with Token
	Session  domain.SessionID // zero for API tokens
	From     netip.Addr
	Gates    Gates // of Org
}

// Entry is leave to be in somebody else's organisation, in use.
type Entry struct {
	Grant     domain.GrantID
	Kind      GrantKind
	Writes    bool
	ExpiresAt time.Time
}

// GrantKind says where leave comes from.
type GrantKind string

// Kinds of leave.
const (
	Consent   GrantKind = "consent"     // the owner allowed it
	Emergency GrantKind = "break_glass" // the operator took it, with a reason
)

// May tells whether the caller holds a right: by role, narrowed by a token's scopes, and by consent: who entered never acts in person, and
// with leave to read changes nothing.
func (c Caller) May(right Right) bool {
	rule, ok := RuleOf(right)
	if !ok || !slices.Contains(rule.Roles, c.Role) {
		return false
	}
	if !c.Token.IsZero() && (rule.InPerson || !slices.Contains(c.Scopes, right)) {
		return false
	}
	// Self is about the own account, wherever one is.
	if c.Entry != nil && right != Self && (rule.InPerson || rule.NoGuest || rule.Writes && !c.Entry.Writes) {
		return false
	}
	return true
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
