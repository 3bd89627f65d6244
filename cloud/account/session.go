package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"vestibule/cloud/audit"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
	"vestibule/shared/secret"
)

// How long a session lives: unused, and at most.
const (
	SessionIdle = 24 * time.Hour
	SessionMost = 14 * 24 * time.Hour
	FactorFor   = 10 * time.Minute // how long a session waits for the second factor
	touchEvery  = time.Minute      // how often use is written down
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
	Gate      Gate // what is still missing
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
	wanted, err := s.factorWanted(ctx, a)
	if err != nil {
		return Signed{}, err
	}
	switch {
	case strong:
		session.FactorAt = now
	case wanted:
		session.Stage, session.ExpiresAt = StageFactor, now.Add(FactorFor)
	}
	gate, err := s.gateOf(ctx, a, session)
	if err != nil {
		return Signed{}, err
	}
	err = s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.cfg.Store.SaveSession(ctx, session); err != nil {
			return fmt.Errorf("start session: %w", err)
		}
		if session.Stage != StageReady {
			return nil
		}
		return s.record(a.acting(ctx, c.From), a, audit.SignedIn, "session", "", nil, nil)
	})
	if err != nil {
		return Signed{}, err
	}
	s.cfg.Logger.Info("signed in", logkey.Account, a.ID.String(), logkey.State, string(gate))
	return Signed{Token: token, ExpiresAt: session.ExpiresAt, Account: a, Gate: gate}, nil
}

// acting gives a context in which the account itself acts, for the audit of what happens before a session is there.
func (a Account) acting(ctx context.Context, from netip.Addr) context.Context {
	caller := a.caller()
	caller.From = from
	return With(ctx, caller)
}

// factorWanted tells whether a password alone is not enough: the organisation wants more (ACC-03), or the account itself does (PM-03).
func (s *Service) factorWanted(ctx context.Context, a Account) (bool, error) {
	if a.EmailFactor || !a.TOTPConfirmedAt.IsZero() {
		return true, nil
	}
	if a.Role != RoleInstaller && a.Role != RoleSubInstaller {
		return false, nil
	}
	gates, err := s.Effective(ctx, a.Org)
	return gates.TwoFactor, err
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
	hash, now := hashToken(token.Reveal()), s.now()
	if strings.HasPrefix(token.Reveal(), TokenPrefix) {
		return s.byToken(ctx, hash, from, now)
	}
	session, a, err := s.cfg.Store.SessionAccount(ctx, hash)
	if fault.CodeOf(err) == fault.NotFound {
		return Access{}, errSignInFirst
	}
	if err != nil {
		return Access{}, fmt.Errorf("find session: %w", err)
	}
	if !now.Before(session.ExpiresAt) || now.Sub(session.SeenAt) > SessionIdle {
		return Access{}, errSignInFirst
	}
	if now.Sub(session.SeenAt) >= touchEvery {
		if err := s.cfg.Store.TouchSession(ctx, hash, now); err != nil {
			return Access{}, fmt.Errorf("touch session: %w", err)
		}
	}
	gate, err := s.gateOf(ctx, a, session)
	if err != nil {
		return Access{}, err
	}
	caller, err := s.callerIn(ctx, a, session, gate, now)
	if err != nil {
		return Access{}, err
	}
	caller.Session, caller.From = session.ID, from
	return Access{Account: a, Session: session, Caller: caller, Gate: gate}, nil
}

// byToken finds what an API token opens. Gates of sign-in are for people: whoever made the token had passed them.
func (s *Service) byToken(ctx context.Context, hash []byte, from netip.Addr, now time.Time) (Access, error) {
	t, a, err := s.cfg.Tokens.Find(ctx, hash, from, now)
	if fault.CodeOf(err) == fault.NotFound {
		return Access{}, errSignInFirst
	}
	if err != nil {
		return Access{}, fmt.Errorf("find token: %w", err)
	}
	caller := a.caller()
	caller.Token, caller.Scopes, caller.From = t.ID, t.Scopes, from
	caller.Gates, err = s.Effective(ctx, a.Org)
	return Access{Account: a, Caller: caller}, err
}

// callerIn gives what requests of a session act for: the own organisation, or the one it entered while the leave for that holds. A session
// whose leave ended is put back home, and is told once.
func (s *Service) callerIn(ctx context.Context, a Account, session Session, gate Gate, now time.Time) (caller Caller, err error) {
	caller = a.caller()
	if session.Grant.IsZero() || gate != GateOpen {
		caller.Gates, err = s.Effective(ctx, a.Org)
		return caller, err
	}
	leave, err := s.cfg.Consent.Active(ctx, session.Grant, now)
	if fault.CodeOf(err) == fault.NotFound {
		if err := s.cfg.Store.SetSessionGrant(ctx, session.ID, domain.GrantID{}); err != nil {
			return caller, err
		}
		name := leave.Org.Name
		if name == "" {
			name = "the other organisation"
		}
		return caller, fault.New(fault.Forbidden, "The access to %s has ended.", name)
	}
	if err != nil {
		return caller, fmt.Errorf("look at leave: %w", err)
	}
	caller.Org, caller.OrgName, caller.Role = leave.Org.ID, leave.Org.Name, RoleInstaller
	if leave.Org.Kind == OrgDistributor {
		caller.Role = RoleDistributor
	}
	caller.Entry = &Entry{Grant: leave.Grant, Kind: leave.Kind, Writes: leave.Writes, ExpiresAt: leave.ExpiresAt}
	caller.Gates, err = s.Effective(ctx, leave.Org)
	return caller, err
}

// caller gives what requests of the account act for, in its own organisation.
func (a Account) caller() Caller {
	return Caller{
		Account: a.ID, Org: a.Org.ID, OrgName: a.Org.Name, Role: a.Role, Name: a.Name, Person: a.Person, HomeOrg: a.Org.ID, HomeName: a.Org.Name,
		Gates: a.Org.Gates,
	}
}

// gateOf tells what is still missing: the second factor, consent to the present policy, an address (order of spec page 01). Where a code
// must be mailed and there is no address, the address comes first. The operator wrote the policy and is not asked for it.
func (s *Service) gateOf(ctx context.Context, a Account, session Session) (Gate, error) {
	if session.Stage == StageFactor {
		if a.Email == "" && a.TOTPConfirmedAt.IsZero() {
			return GateEmail, nil
		}
		return GateFactor, nil
	}
	if a.Role != RoleOperator {
		version, err := s.cfg.Store.PolicyVersion(ctx)
		if err != nil {
			return GateConsent, err
		}
		if a.AgreedVersion < version {
			return GateConsent, nil
		}
	}
	if a.Email == "" && a.Role != RoleResident && a.Role != RoleFamily {
		return GateEmail, nil
	}
	return GateOpen, nil
}

// SignOut ends the session of a token; an unknown one is no error.
func (s *Service) SignOut(ctx context.Context, token secret.String) error {
	return s.cfg.Store.DeleteSession(ctx, hashToken(token.Reveal()))
}

// Sessions lists where an account is signed in, last used first.
func (s *Service) Sessions(ctx context.Context, id domain.AccountID) ([]Session, error) {
	now := s.now()
	return s.cfg.Store.Sessions(ctx, id, now, now.Add(-SessionIdle))
}

// EndSession ends one session of an account; NotFound when it is not one of its own.
func (s *Service) EndSession(ctx context.Context, a Account, id domain.SessionID) error {
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.cfg.Store.EndSession(ctx, a.ID, id); err != nil {
			return err
		}
		return s.record(ctx, a, audit.SignedOut, "session", "", nil, nil)
	})
}

// EndOthers signs an account out everywhere but in one session.
func (s *Service) EndOthers(ctx context.Context, a Account, except domain.SessionID) error {
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.cfg.Store.DeleteSessions(ctx, a.ID, except); err != nil {
			return err
		}
		return s.record(ctx, a, audit.SignedOut, "sessions", "", nil, nil)
	})
}
