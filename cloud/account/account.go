package account

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"vestibule/cloud/audit"
	"vestibule/cloud/mail"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

// Org is one organisation of the tree; sites belong to one. ParentID is zero at the root.
type Org struct {
	ID        domain.OrgID
	ParentID  domain.OrgID
	Kind      OrgKind
	Name      string
	Own       bool  // the installer organisation of the one above it, made with it: no consent is needed to see it
	Gates     Gates // what those above set; see Effective
	CreatedAt time.Time
	Revision  uint64
}

// Account is somebody who can sign in.
type Account struct {
	ID           domain.AccountID
	Org          Org
	Email        string // as typed; empty until the e-mail gate is passed (ACC-04)
	Username     string // another name to sign in with; never holds an @; may be empty
	Name         string // display words: first and last name, or the name of the set-up
	FirstName    string
	LastName     string
	Phone        string
	Language     string // BCP 47 of mails and portal; "en" when not chosen
	TimeZone     string // IANA name; empty: the organisation's
	Role         Role
	Person       domain.PersonID // of residents and family
	PasswordHash secret.String   // argon2id in PHC form; zero until the account is activated
	CreatedAt    time.Time

	EmailVerifiedAt   time.Time // zero: nobody has answered from that address yet
	ActivatedAt       time.Time // zero: the activation link was not used yet
	PasswordChangedAt time.Time
	RemindMonthly     bool // Monthly Password Update Reminder (PM-02)
	RemindedAt        time.Time
	Notify            bool // platform notices by mail (ACC-06)
	EmailFactor       bool // second factor by e-mail code (PM-03)
	TOTPConfirmedAt   time.Time
	AgreedVersion     int // newest privacy policy agreed to; zero: none
	Revision          uint64
}

// Store is what the job keeps. It has more than four methods because they are one promise: accounts, their sessions and the set-up token
// change in one transaction.
type Store interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
	HasAccounts(ctx context.Context) (bool, error)
	SaveOrg(ctx context.Context, org Org) error
	SaveAccount(ctx context.Context, a Account) error                      // Conflict at "email" when taken
	AccountByLogin(ctx context.Context, folded string) (Account, error)    // by address, or by user name without an @; NotFound when absent
	AccountByID(ctx context.Context, id domain.AccountID) (Account, error) // whoever asks; NotFound when absent
	// UpdateAccount writes what an account says of itself and how it signs in, while its revision is that of a (else Stale).
	UpdateAccount(ctx context.Context, a Account) error
	SaveSession(ctx context.Context, s Session) error                          // also drops sessions that expired before s was made
	SessionAccount(ctx context.Context, hash []byte) (Session, Account, error) // NotFound when absent
	TouchSession(ctx context.Context, hash []byte, seen time.Time) error
	DeleteSession(ctx context.Context, hash []byte) error
	DeleteSessions(ctx context.Context, id domain.AccountID, except domain.SessionID) error    // all but one; zero: all
	DeleteWeakSessions(ctx context.Context, org domain.OrgID) error                            // of an installer's accounts, without a second factor
	SetSessionGrant(ctx context.Context, id domain.SessionID, grant domain.GrantID) error      // zero: back home
	SetSessionReady(ctx context.Context, id domain.SessionID, at, expires time.Time) error     // the second factor was shown
	SaveSetupToken(ctx context.Context, hash []byte, made, expires time.Time) error            // replaces the one before
	TakeSetupToken(ctx context.Context, hash []byte, now time.Time) (bool, error)              // true once, for an unexpired token
	Sessions(ctx context.Context, id domain.AccountID, now, seen time.Time) ([]Session, error) // alive now and used since seen, last used first
	EndSession(ctx context.Context, whose domain.AccountID, id domain.SessionID) error         // NotFound when it is another's
	audit.Recorder
	LinkStore
	PolicyStore
	ManagerStore
	ResidentStore
	Orgs
	SubAccounts
	FormStore
}

// Mailer posts letters in the transaction of ctx.
type Mailer interface {
	Post(ctx context.Context, l mail.Letter) error
}

// Notices tells accounts what they should know of, in the transaction of ctx.
type Notices interface {
	Tell(ctx context.Context, account domain.AccountID, kind string, values map[string]string) error
}

// Config is what New needs; all of it but SetUp and what says nil is required. Passwords is NewPasswords in the service.
type Config struct {
	Store     Store
	Passwords *Passwords
	Mail      Mailer
	Notices   Notices
	PublicURL string       // how people reach the portal, for links in mails: https://doors.example.com
	Region    string       // which cloud this is (Region…); decides the regional gates
	Factors   Factors      // nil: nobody has a second factor
	Tokens    Tokens       // nil: there are no API tokens
	Consent   ActiveLeaves // nil: nobody may enter
	Later     Queue        // nil: what comes after an answer is done before it
	Now       func() time.Time
	Logger    *slog.Logger
	// ZoneMoved hears of the new zone of an organisation, in the transaction that changes it; nil: nobody follows.
	ZoneMoved func(ctx context.Context, org domain.OrgID, zone string) error
	// SetUp is called after the first account exists; it must not block.
	SetUp func()
}

// Service signs people in and out.
type Service struct {
	cfg    Config
	guards guards
}

// New makes the service.
func New(cfg Config) *Service { return &Service{cfg: cfg.filled(), guards: newGuards()} }

func (s *Service) now() time.Time { return s.cfg.Now().UTC().Truncate(time.Millisecond) }

// FoldEmail gives the form in which addresses and user names are compared.
func FoldEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }
