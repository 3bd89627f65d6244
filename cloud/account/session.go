package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/netip"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
	"vestibule/shared/secret"
)

// How long a session lives: unused, and at most.
const (
	SessionIdle = 24 * time.Hour
	SessionMost = 14 * 24 * time.Hour
	touchEvery  = time.Minute // how often use is written down
)

// Session is a signed-in browser or program. The database holds only the hash of its token.
type Session struct {
	ID        domain.SessionID
	Hash      []byte // SHA-256 of the token
	Account   domain.AccountID
	Stage     Stage
	Bearer    bool   // the token was answered, not set as a cookie
	Agent     string // what the client calls itself, at most 256 characters
	Address   string
	Grant     domain.GrantID // leave in use; zero in one's own account
	FactorAt  time.Time      // when a second factor was shown; zero: none was asked for
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time // the latest end
}

// Stage says what still stands between a right password and the account.
type Stage string

// Stages of a session.
const (
	StageReady  Stage = ""       // nothing, as far as the session goes; consent and e-mail are asked of the account
	StageFactor Stage = "factor" // the second factor (ACC-03)
)

// Signed is a fresh session: Token is told once and kept nowhere.
type Signed struct {
	Token     secret.String
	ExpiresAt time.Time
	Account   Account
}

func newToken() (text secret.String, hash []byte) {
	var raw [32]byte
	// crypto/rand never fails: the runtime ends the program when the system has no randomness.
	_, _ = rand.Read(raw[:])
	token := base64.RawURLEncoding.EncodeToString(raw[:])
	return secret.New(token), hashToken(token)
}

func hashToken(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

// startSession begins a session. It is pending while a second factor is missing: strong says that one was shown already.
func (s *Service) startSession(ctx context.Context, c Client, a Account, strong bool) (Signed, error) {
	now := s.now()
	token, hash := newToken()
	session := Session{
		ID: domain.NewID[domain.SessionID](now), Hash: hash, Account: a.ID, Bearer: c.Bearer, Agent: c.agent(), CreatedAt: now, SeenAt: now,
		ExpiresAt: now.Add(SessionMost),
	}
	if c.From.IsValid() {
		session.Address = c.From.String()
	}
	if strong {
		session.FactorAt = now
	}
	if err := s.cfg.Store.SaveSession(ctx, session); err != nil {
		return Signed{}, fmt.Errorf("start session: %w", err)
	}
	s.cfg.Logger.Info("signed in", logkey.Account, a.ID.String())
	return Signed{Token: token, ExpiresAt: session.ExpiresAt, Account: a}, nil
}

// Gate is what still keeps somebody out who has a session; the order is that of spec page 01.
type Gate string

// Gates of sign-in.
const (
	GateOpen    Gate = ""
	GateFactor  Gate = "factor"
	GateConsent Gate = "consent"
	GateEmail   Gate = "email"
)

// Words says what to do, within a sentence.
func (g Gate) Words() string {
	switch g {
	case GateFactor:
		return "show the second factor"
	case GateConsent:
		return "agree to the privacy policy"
	case GateEmail:
		return "give an e-mail address"
	}
	return "nothing is missing"
}

// Access is what a token opens.
type Access struct {
	Account Account
	Session Session // zero for API tokens
	Caller  Caller
	Gate    Gate
}

// errSignInFirst is the one answer to every token that opens nothing.
var errSignInFirst = fault.New(fault.Unauthenticated, "Sign in first.")

// Authenticate finds what a token opens: a session's or an API token. Unknown, unused for too long and too old are the same Unauthenticated.
func (s *Service) Authenticate(ctx context.Context, token secret.String, from netip.Addr) (Access, error) {
	if token.IsZero() || len(token.Reveal()) > 128 {
		return Access{}, errSignInFirst
	}
	hash := hashToken(token.Reveal())
	session, a, err := s.cfg.Store.SessionAccount(ctx, hash)
	if fault.CodeOf(err) == fault.NotFound {
		return Access{}, errSignInFirst
	}
	if err != nil {
		return Access{}, fmt.Errorf("find session: %w", err)
	}
	now := s.now()
	if now.After(session.ExpiresAt) || now.Sub(session.SeenAt) > SessionIdle {
		return Access{}, errSignInFirst
	}
	if now.Sub(session.SeenAt) >= touchEvery {
		if err := s.cfg.Store.TouchSession(ctx, hash, now); err != nil {
			return Access{}, fmt.Errorf("touch session: %w", err)
		}
	}
	access := Access{Account: a, Session: session, Caller: a.caller(), Gate: gateOf(a, session)}
	access.Caller.Session, access.Caller.From = session.ID, from
	return access, nil
}

// caller gives what requests of the account act for, in its own organisation.
func (a Account) caller() Caller {
	return Caller{
		Account: a.ID, Org: a.Org.ID, OrgName: a.Org.Name, Role: a.Role, Name: a.Name, Person: a.Person, HomeOrg: a.Org.ID, HomeName: a.Org.Name,
		Gates: a.Org.Gates,
	}
}

func gateOf(a Account, session Session) Gate {
	switch {
	case session.Stage == StageFactor:
		return GateFactor
	case a.Email == "":
		return GateEmail
	}
	return GateOpen
}

// SignOut ends the session of a token; an unknown one is no error.
func (s *Service) SignOut(ctx context.Context, token secret.String) error {
	return s.cfg.Store.DeleteSession(ctx, hashToken(token.Reveal()))
}
