package factor

import (
	"context"
	"log/slog"
	"net/url"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/cloud/guard"
	"vestibule/cloud/mail"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

// Code is a mailed code that waits: one for each session at most. The row holds only its hash.
type Code struct {
	Session   domain.SessionID
	Account   domain.AccountID
	Hash      []byte
	Tries     int // how many were made
	CreatedAt time.Time
	ExpiresAt time.Time
}

// Store is what the job keeps. It has more than four methods because they are one promise: what is used up is used up in the same transaction
// in which it was right.
type Store interface {
	audit.Recorder
	InTx(ctx context.Context, fn func(ctx context.Context) error) error

	SaveCode(ctx context.Context, c Code) error                                                        // replaces the session's
	CodeOf(ctx context.Context, session domain.SessionID) (Code, error)                                // NotFound when none waits
	CountCodes(ctx context.Context, account domain.AccountID, since time.Time) (int, error)            // made since then
	TryCode(ctx context.Context, session domain.SessionID, tries int, now time.Time) (Code, error)     // counts a try; NotFound when none is left
	TakeCode(ctx context.Context, session domain.SessionID, hash []byte) (bool, error)                 // true once
	SetEmailFactor(ctx context.Context, account domain.AccountID, on bool, at time.Time) error         // by the account itself
	TOTP(ctx context.Context, account domain.AccountID) (TOTP, error)                                  // zero secret when none is set up
	SaveTOTP(ctx context.Context, account domain.AccountID, t TOTP) error                              // a zero secret takes it away
	TakeTOTPStep(ctx context.Context, account domain.AccountID, step int64) (bool, error)              // true when it is later than every one before
	SaveRecovery(ctx context.Context, account domain.AccountID, hashes [][]byte) error                 // replaces all
	CountRecovery(ctx context.Context, account domain.AccountID) (int, error)                          // left
	TakeRecovery(ctx context.Context, account domain.AccountID, hash []byte) (bool, error)             // true once
	PasskeyHandle(ctx context.Context, account domain.AccountID, fresh []byte) ([]byte, error)         // the account's; fresh becomes it when it has none
	Passkeys(ctx context.Context, account domain.AccountID) ([]Passkey, error)                         // oldest first
	PasskeyByCredential(ctx context.Context, credential []byte) (Passkey, account.Account, error)      // NotFound when absent; locks the row
	SavePasskey(ctx context.Context, p Passkey) error                                                  // Conflict at "credential" when another has it
	UsePasskey(ctx context.Context, p Passkey) error                                                   // writes counter and time of use
	DeletePasskey(ctx context.Context, account domain.AccountID, id domain.PasskeyID) (Passkey, error) // NotFound when absent
	SaveCeremony(ctx context.Context, c Ceremony, now time.Time) error                                 // also drops expired ones
	TakeCeremony(ctx context.Context, hash []byte, now time.Time) (Ceremony, error)                    // NotFound when used, expired or absent
}

// Mailer posts letters in the transaction of ctx.
type Mailer interface {
	Post(ctx context.Context, l mail.Letter) error
}

// Config is what New needs; all of it is required.
type Config struct {
	Store Store
	Mail  Mailer
	// Confirm checks the password of the account that is signed in; Invalid at "password" when it is wrong, Limit after too many tries.
	Confirm   func(ctx context.Context, a account.Account, password secret.String) error
	PublicURL string // https://doors.example.com: passkeys belong to its host
	Now       func() time.Time
	Logger    *slog.Logger
}

// Service checks second factors and passkeys.
type Service struct {
	cfg   Config
	web   *webauthn.WebAuthn // nil when the public address has no host name
	host  string
	tries *guard.Guard // wrong codes for each account
	begun *guard.Guard // ceremonies that strangers began from one place
}

// Issuer is what an authenticator shows beside a code, and a browser beside a passkey.
const Issuer = "Vestibule"

// New makes the service. A public address without a host name leaves passkeys out, because WebAuthn wants a domain.
func New(cfg Config) (*Service, error) {
	s := &Service{
		cfg:   cfg,
		tries: guard.New(maxWrong, wrongWithin, wrongWithin),
		begun: guard.New(maxBegun, CeremonyFor, time.Minute),
	}
	address, err := url.Parse(cfg.PublicURL)
	if err != nil {
		return nil, err
	}
	s.web, err = relyingParty(address)
	if err != nil {
		return nil, err
	}
	if s.web != nil {
		s.host = address.Hostname()
	}
	return s, nil
}

func (s *Service) now() time.Time { return s.cfg.Now().UTC().Truncate(time.Millisecond) }

// State is what an account has set up.
type State struct {
	Email       bool // a code by mail is asked for at sign-in
	TOTP        bool // an authenticator is confirmed
	Recovery    int  // codes left
	Required    bool // somebody above wants a second factor; with nothing set up it is the code by mail
	Passkeys    int
	PasskeyHost string // the host that passkeys are for; empty: the service has no host name
}

// State tells what is set up. required is the gate above the account (ACC-21).
func (s *Service) State(ctx context.Context, a account.Account, required bool) (State, error) {
	out := State{Email: a.EmailFactor, TOTP: !a.TOTPConfirmedAt.IsZero(), Required: required, PasskeyHost: s.host}
	var err error
	if out.Recovery, err = s.cfg.Store.CountRecovery(ctx, a.ID); err != nil {
		return out, err
	}
	keys, err := s.cfg.Store.Passkeys(ctx, a.ID)
	out.Passkeys = len(keys)
	return out, err
}

// Methods tells with what an account can pass the second factor; it does not tell whether one is wanted. Who has set up nothing gets a code
// by mail (ACC-03); who has no address either has no way.
func (s *Service) Methods(ctx context.Context, a account.Account) ([]account.Method, error) {
	var out []account.Method
	confirmed := !a.TOTPConfirmedAt.IsZero()
	if confirmed {
		out = append(out, account.MethodTOTP)
	}
	if a.Email != "" && (a.EmailFactor || !confirmed) {
		out = append(out, account.MethodEmail)
	}
	left, err := s.cfg.Store.CountRecovery(ctx, a.ID)
	if left > 0 {
		out = append(out, account.MethodRecovery)
	}
	return out, err
}

// Check tells whether a code is right, and uses it up. Too many wrong ones for an account are Limit whatever the session. A call inside a
// transaction that is undone afterwards would not count: call it outside of one.
func (s *Service) Check(ctx context.Context, a account.Account, session domain.SessionID, method account.Method, code secret.String) (bool, error) {
	key := a.ID.String()
	wait, last := s.tries.Begin(s.now(), key)
	if wait > 0 {
		return false, tooMany(wait)
	}
	text := tidy(code.Reveal())
	var right bool
	var err error
	switch method {
	case account.MethodEmail:
		right, err = s.checkMailed(ctx, a, session, text)
	case account.MethodTOTP:
		right, err = s.checkTOTP(ctx, a, text)
	case account.MethodRecovery:
		right, err = s.checkRecovery(ctx, a, text)
	default:
		return false, fault.New(fault.Invalid, "There is no such second factor.")
	}
	if err != nil || right {
		if right {
			s.tries.Forget(key)
		}
		return right, err
	}
	if last {
		err = s.record(ctx, a, audit.Entry{Action: audit.Locked, Object: "factor", ObjectName: string(method)})
	}
	return false, err
}

// SetEmail switches the code by mail on or off. Off needs the password, and where a factor is required there must be another one.
func (s *Service) SetEmail(ctx context.Context, a account.Account, on, required bool, password secret.String) error {
	if on == a.EmailFactor {
		return nil
	}
	if on && a.Email == "" {
		return at("on", "The account has no e-mail address to send codes to.")
	}
	if !on {
		if required && a.TOTPConfirmedAt.IsZero() {
			return errLast
		}
		if err := s.cfg.Confirm(ctx, a, password); err != nil {
			return err
		}
	}
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.cfg.Store.SetEmailFactor(ctx, a.ID, on, s.now()); err != nil {
			return err
		}
		return s.changed(ctx, a, audit.Entry{Action: turned(on), Object: "factor", ObjectName: "email"}, "factor")
	})
}

// errLast answers who would take away the only second factor although one is required.
var errLast = fault.New(fault.Conflict, "A second factor is required for this account, and this is the last one. Set up another one first.")

// at is a fault at one field of a form.
func at(path, msg string) error {
	var f fault.Fields
	f.Add(path, "%s", msg)
	return f.Err()
}

func turned(on bool) audit.Action {
	if on {
		return audit.Created
	}
	return audit.Deleted
}

// record writes an entry about the account itself.
func (s *Service) record(ctx context.Context, a account.Account, e audit.Entry) error {
	e.Org, e.At = a.Org.ID, s.now()
	if e.ObjectID == [16]byte{} {
		e.ObjectID = a.ID
	}
	e = account.Stamp(ctx, e)
	if e.Actor == "" { // somebody who is not signed in yet: the account is all that is known
		e.Account, e.Actor, e.ActorOrg = a.ID, a.Name, a.Org.ID
	}
	return s.cfg.Store.Record(ctx, e)
}

// changed writes an entry and tells the account by mail that its way to sign in is another one.
func (s *Service) changed(ctx context.Context, a account.Account, e audit.Entry, what string) error {
	if err := s.record(ctx, a, e); err != nil || a.Email == "" {
		return err
	}
	return s.cfg.Mail.Post(ctx, mail.Letter{
		Kind: mail.Changed, To: a.Email, Language: a.Language, Account: a.ID, Org: a.Org.ID, Values: map[string]string{"name": a.Name, "what": what},
	})
}
