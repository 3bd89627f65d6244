package consent

import (
	"context"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/cloud/mail"
	"vestibule/shared/domain"
)

// Grant is leave for the members of one organisation to be in another one, for a time.
type Grant struct {
	ID        domain.GrantID
	Org       domain.OrgID // which may be entered
	To        domain.OrgID // whose accounts may enter
	ToName    string       // read with the grant; not stored
	Kind      account.GrantKind
	Writes    bool
	Reason    string // of an emergency
	GivenBy   domain.AccountID
	CreatedAt time.Time
	ExpiresAt time.Time
	EndedAt   time.Time        // zero: not ended before its time
	EndedBy   domain.AccountID // zero: by its time, or by a gate
}

type visitKind struct{}

// VisitID names a visit.
type VisitID = domain.ID[visitKind]

// Visit is one stay of a session in an organisation.
type Visit struct {
	ID      VisitID
	Grant   domain.GrantID
	Session domain.SessionID
	Account domain.AccountID
	At      time.Time
}

// Guest is somebody who is inside now.
type Guest struct {
	Account domain.AccountID
	Name    string
	Org     string // name of the own organisation
	Since   time.Time
}

// Status is what the owner of an organisation sees.
type Status struct {
	Offered bool   // the one above switched account access on
	Grant   *Grant // the running one
	Inside  []Guest
	Past    []Grant // newest first, at most 20
}

// Store keeps grants and visits. Every method joins the transaction of its context; none looks at the caller.
type Store interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
	AfterCommit(ctx context.Context, f func())
	audit.Recorder
	Org(ctx context.Context, id domain.OrgID) (account.Org, error)
	LockOrg(ctx context.Context, id domain.OrgID) (account.Org, error) // until the transaction ends
	// HandedOutOrg gives an organisation below that of the caller; NotFound otherwise.
	HandedOutOrg(ctx context.Context, id domain.OrgID, now time.Time) (account.OrgCard, error)
	OwnersOf(ctx context.Context, org domain.OrgID) ([]account.Account, error)
	SetSessionGrant(ctx context.Context, id domain.SessionID, grant domain.GrantID) error
	AddGrant(ctx context.Context, g Grant) error
	Grant(ctx context.Context, id domain.GrantID) (Grant, error)
	RunningGrant(ctx context.Context, org domain.OrgID, now time.Time) (Grant, error) // NotFound when there is none
	PastGrants(ctx context.Context, org domain.OrgID, now time.Time, limit int) ([]Grant, error)
	// EndGrant ends a grant and the visits under it; false when it had ended.
	EndGrant(ctx context.Context, id domain.GrantID, at time.Time, by domain.AccountID) (bool, error)
	DueGrants(ctx context.Context, now time.Time) ([]Grant, error)
	NextGrantEnd(ctx context.Context) (time.Time, error) // zero when none runs
	// AddVisit tells whether it is the first of the account under the grant.
	AddVisit(ctx context.Context, v Visit) (first bool, err error)
	EndVisits(ctx context.Context, session domain.SessionID, at time.Time) error
	Guests(ctx context.Context, grant domain.GrantID, now time.Time) ([]Guest, error)
}

// Mailer posts letters in the transaction of ctx.
type Mailer interface {
	Post(ctx context.Context, l mail.Letter) error
}

// Notices tells accounts what they should know of, in the transaction of ctx.
type Notices interface {
	Tell(ctx context.Context, account domain.AccountID, kind string, values map[string]string) error
}

// Live tells the streams of an account at once.
type Live interface {
	PublishAccount(account domain.AccountID, kind string, data any)
}

// Changed is the kind of the live message after which leave and the own place must be read again.
const Changed = "access"
