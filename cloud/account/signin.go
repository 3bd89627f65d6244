package account

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
	"vestibule/shared/secret"
)

// Method is a way to show who one is beside the password.
type Method string

// Methods of the second factor. A passkey is both factors at once.
const (
	MethodEmail    Method = "email"    // six digits by mail (ACC-03, PM-03)
	MethodTOTP     Method = "totp"     // six digits of an authenticator
	MethodRecovery Method = "recovery" // one of ten codes kept on paper
	MethodPasskey  Method = "passkey"
)

// Factors checks second factors and passkeys.
type Factors interface {
	Methods(ctx context.Context, a Account) ([]Method, error)
	SendCode(ctx context.Context, a Account, session domain.SessionID) error
	Check(ctx context.Context, a Account, session domain.SessionID, method Method, code secret.String) (bool, error)
	FinishPasskey(ctx context.Context, ceremony secret.String, credential []byte) (domain.AccountID, error) // outside of a transaction
}

// TokenPrefix begins every API token, so that people and scanners tell it from other words.
const TokenPrefix = "vt_"

// Token is what an API token may do.
type Token struct {
	ID     domain.TokenID
	Scopes []Right
}

// Tokens finds API tokens by the SHA-256 of their text; an unknown, expired or revoked one is NotFound.
type Tokens interface {
	Find(ctx context.Context, hash []byte, from netip.Addr, now time.Time) (Token, Account, error)
}

// Leave is leave to be in an organisation, as long as it holds.
type Leave struct {
	Grant     domain.GrantID
	Kind      GrantKind
	Writes    bool
	ExpiresAt time.Time
	Org       Org
}

// ActiveLeaves tells whether leave still holds; NotFound when it ended.
type ActiveLeaves interface {
	Active(ctx context.Context, grant domain.GrantID, now time.Time) (Leave, error)
}

// nothing stands for parts that a service runs without.
type nothing struct{}

func (nothing) Methods(context.Context, Account) ([]Method, error) { return nil, nil }

func (nothing) SendCode(context.Context, Account, domain.SessionID) error { return errNoPart }

func (nothing) Check(context.Context, Account, domain.SessionID, Method, secret.String) (bool, error) {
	return false, nil
}

func (nothing) FinishPasskey(context.Context, secret.String, []byte) (domain.AccountID, error) {
	return domain.AccountID{}, errNoPart
}

func (nothing) Find(context.Context, []byte, netip.Addr, time.Time) (Token, Account, error) {
	return Token{}, Account{}, fault.New(fault.NotFound, "This token does not exist.")
}

func (nothing) Active(context.Context, domain.GrantID, time.Time) (Leave, error) {
	return Leave{}, fault.New(fault.NotFound, "This leave does not exist.")
}

var errNoPart = fault.New(fault.Unavailable, "This service runs without that.")

// filled puts stand-ins where a part is missing.
func (c Config) filled() Config {
	if c.Factors == nil {
		c.Factors = nothing{}
	}
	if c.Tokens == nil {
		c.Tokens = nothing{}
	}
	if c.Consent == nil {
		c.Consent = nothing{}
	}
	return c
}

// Client is who knocks: a browser or a program, and from where.
type Client struct {
	From   netip.Addr
	Agent  string // what it calls itself; cut to 256 characters
	Bearer bool   // the token is answered instead of set as a cookie
}

func (c Client) agent() string {
	text := strings.ToValidUTF8(strings.ReplaceAll(c.Agent, "\x00", ""), "")
	if runes := []rune(text); len(runes) > 256 {
		return string(runes[:256])
	}
	return text
}

// errSignIn is the one answer to every wrong sign-in: it does not tell which part was wrong (ACC-01).
var errSignIn = fault.New(fault.Unauthenticated, "The name or the password is wrong.")

// foldLogin gives the form in which a name of sign-in is looked for; what databases refuse to look for is unknown like any other.
func foldLogin(login string) string {
	folded := FoldEmail(login)
	if len(folded) > domain.MaxEmail || !utf8.ValidString(folded) || strings.ContainsRune(folded, 0) {
		return ""
	}
	return folded
}

// SignIn checks a password and starts a session. Every failure but a lock is the same error after the same work; too many failures from one
// address or for one account are Limit (see guard.LockedError) before any work.
func (s *Service) SignIn(ctx context.Context, c Client, login string, password secret.String) (Signed, error) {
	folded := foldLogin(login)
	if wait := s.guards.locked(s.now(), folded, c.From); wait > 0 {
		s.cfg.Logger.Warn("sign-in refused: locked", logkey.Addr, c.From.String())
		return Signed{}, locked(wait)
	}
	a, err := s.cfg.Store.AccountByLogin(ctx, folded)
	known := err == nil && !a.ActivatedAt.IsZero() && !a.PasswordHash.IsZero()
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
		s.cfg.Logger.Warn("sign-in refused", logkey.Addr, c.From.String(), logkey.Account, a.ID.String())
		if wait := s.guards.failed(s.now(), folded, c.From); wait > 0 {
			if err := s.later(ctx, LockedJob, Lock{Account: a.ID, From: c.From}); err != nil {
				s.cfg.Logger.Error("nobody was told of a lock", logkey.Err, err)
			}
			return Signed{}, locked(wait)
		}
		return Signed{}, errSignIn
	}
	// Others may have failed meanwhile: what many try at the same time is worth no more than one after the other.
	if wait := s.guards.locked(s.now(), folded, c.From); wait > 0 {
		return Signed{}, locked(wait)
	}
	s.guards.succeeded(folded, c.From)
	return s.startSession(ctx, c, a, false)
}
