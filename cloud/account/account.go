package account

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"vestibule/cloud/mail"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
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
	SaveAccount(ctx context.Context, a Account) error                          // Conflict at "email" when taken
	AccountByEmail(ctx context.Context, folded string) (Account, error)        // NotFound when absent
	SaveSession(ctx context.Context, s Session) error                          // also drops sessions that expired before s was made
	SessionAccount(ctx context.Context, hash []byte) (Session, Account, error) // NotFound when absent
	TouchSession(ctx context.Context, hash []byte, seen time.Time) error
	DeleteSession(ctx context.Context, hash []byte) error
	SaveSetupToken(ctx context.Context, hash []byte, made, expires time.Time) error // replaces the one before
	TakeSetupToken(ctx context.Context, hash []byte, now time.Time) (bool, error)   // true once, for an unexpired token
}

// Mailer posts letters in the transaction of ctx.
type Mailer interface {
	Post(ctx context.Context, l mail.Letter) error
}

// Notices tells accounts what they should know of, in the transaction of ctx.
type Notices interface {
	Tell(ctx context.Context, account domain.AccountID, kind string, values map[string]string) error
}

// Config is what New needs; all of it but SetUp is required. Passwords is NewPasswords in the service.
type Config struct {
	Store     Store
	Passwords *Passwords
	Mail      Mailer
	Notices   Notices
	PublicURL string // how people reach the portal, for links in mails: https://doors.example.com
	Region    string // which cloud this is (Region…); decides the regional gates
	Now       func() time.Time
	Logger    *slog.Logger
	// SetUp is called after the first account exists; it must not block.
	SetUp func()
}

// Service signs people in and out.
type Service struct {
	cfg    Config
	guards guards
}

// New makes the service.
func New(cfg Config) *Service { return &Service{cfg: cfg, guards: newGuards()} }

func (s *Service) now() time.Time { return s.cfg.Now().UTC().Truncate(time.Millisecond) }

// FoldEmail gives the form in which addresses are compared.
func FoldEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// errSignIn is the one answer to every wrong sign-in: it does not tell which part was wrong (ACC-01).
var errSignIn = fault.New(fault.Unauthenticated, "The e-mail address or the password is wrong.")

// SignIn checks a password and starts a session. Every failure but a lock is the same error after the same work; too many failures from one
// address or for one account are Limit (see LockedError) before any work.
func (s *Service) SignIn(ctx context.Context, from netip.Addr, email string, password secret.String) (Signed, error) {
	folded := FoldEmail(email)
	if len(folded) > domain.MaxEmail || !utf8.ValidString(folded) || strings.ContainsRune(folded, 0) {
		folded = "" // no account has it: what databases refuse to look for is unknown like any other
	}
	if wait := s.guards.locked(s.now(), folded, from); wait > 0 {
		s.cfg.Logger.Warn("sign-in refused: locked", logkey.Addr, from.String())
		return Signed{}, locked(wait)
	}
	a, err := s.cfg.Store.AccountByEmail(ctx, folded)
	known := err == nil
	if err != nil && fault.CodeOf(err) != fault.NotFound {
		return Signed{}, fmt.Errorf("sign in: %w", err)
	}
	hash := a.PasswordHash
	if !known {
		hash = s.cfg.Passwords.nobody
	}
	right, err := s.cfg.Passwords.matches(ctx, password, hash)
	if err != nil {
		return Signed{}, err
	}
	if !known || !right {
		s.cfg.Logger.Warn("sign-in refused", logkey.Addr, from.String(), logkey.Account, a.ID.String())
		if wait := s.guards.failed(s.now(), folded, from); wait > 0 {
			return Signed{}, locked(wait)
		}
		return Signed{}, errSignIn
	}
	s.guards.succeeded(folded, from)
	return s.startSession(ctx, a)
}

// LockedError is the cause of a Limit error: how long to wait before the next try counts.
type LockedError struct{ Wait time.Duration }

// Error says how long.
func (e *LockedError) Error() string { return "locked for " + e.Wait.String() }

// RetryAfter reads the wait out of an error; zero when it is not about a lock.
func RetryAfter(err error) time.Duration {
	var l *LockedError
	if errors.As(err, &l) {
		return l.Wait
	}
	return 0
}

func locked(wait time.Duration) error {
	minutes := int((wait + time.Minute - 1) / time.Minute)
	words := "in one minute"
	if minutes > 1 {
		words = fmt.Sprintf("in %d minutes", minutes)
	}
	return fault.Wrap(&LockedError{Wait: wait}, fault.Limit, "Too many wrong tries. Sign-in is locked; try again %s.", words)
}
