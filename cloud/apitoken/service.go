package apitoken

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/cloud/mail"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
	"vestibule/shared/secret"
)

// Bounds of tokens.
const (
	MaxName   = 64
	MaxDays   = 366
	MaxTokens = 50                  // of one account that can still be used
	kept      = 90 * 24 * time.Hour // how long an ended one stays in the list
	touched   = time.Minute         // how often use is written down
)

// Token is leave for a program to act for an account.
type Token struct {
	ID        domain.TokenID
	Account   domain.AccountID
	Name      string
	Hash      []byte // SHA-256 of the text
	Scopes    []account.Right
	CreatedAt time.Time
	ExpiresAt time.Time
	UsedAt    time.Time // zero: never
	UsedFrom  string
	RevokedAt time.Time // zero: not revoked
}

// Live tells whether the token can be used at a time.
func (t Token) Live(now time.Time) bool { return t.RevokedAt.IsZero() && now.Before(t.ExpiresAt) }

// Store is what the job keeps. It has more than four methods because a token, its audit entry and its letter are one promise.
type Store interface {
	audit.Recorder
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
	Tokens(ctx context.Context, account domain.AccountID) ([]Token, error)                                           // newest first
	TokenByHash(ctx context.Context, hash []byte) (Token, account.Account, error)                                    // NotFound when absent, or the account is gone
	SaveToken(ctx context.Context, t Token, forget time.Time) error                                                  // also drops the account's tokens that ended before forget
	TouchToken(ctx context.Context, id domain.TokenID, from string, at time.Time) error                              // writes the use down
	RevokeToken(ctx context.Context, account domain.AccountID, id domain.TokenID, at time.Time) (Token, bool, error) // false: was revoked before; NotFound when absent
}

// Mailer posts letters in the transaction of ctx.
type Mailer interface {
	Post(ctx context.Context, l mail.Letter) error
}

// Config is what New needs; all of it is required.
type Config struct {
	Store  Store
	Mail   Mailer
	Now    func() time.Time
	Logger *slog.Logger
}

// Service makes, finds and revokes tokens.
type Service struct{ cfg Config }

// New makes the service.
func New(cfg Config) *Service { return &Service{cfg: cfg} }

func (s *Service) now() time.Time { return s.cfg.Now().UTC().Truncate(time.Millisecond) }

// Draft is what a token is made of.
type Draft struct {
	Name   string
	Scopes []string
	Days   int // 1 to MaxDays
}

// check finds every fault; a scope must be a right that the role holds and that needs no person.
func (d Draft) check(role account.Role) error {
	var f fault.Fields
	f.Check(d.Name != "" && strings.TrimSpace(d.Name) == d.Name, "name", "A name is needed, without blanks at the start or the end.")
	f.Check(utf8.RuneCountInString(d.Name) <= MaxName, "name", "At most %d characters.", MaxName)
	f.Check(utf8.ValidString(d.Name) && !strings.ContainsFunc(d.Name, func(r rune) bool { return !unicode.IsPrint(r) }), "name", "Only printable characters.")
	f.Check(d.Days >= 1 && d.Days <= MaxDays, "days", "1 to %d days.", MaxDays)
	f.Check(len(d.Scopes) > 0, "scopes", "At least one right.")
	if len(d.Scopes) > len(account.Rules()) {
		f.Add("scopes", "More than there are rights.")
		return f.Err()
	}
	for i, text := range d.Scopes {
		rule, ok := account.RuleOf(account.Right(text))
		path := fmt.Sprintf("scopes[%d]", i)
		switch {
		case !ok:
			f.Add(path, "There is no such right.")
		case rule.InPerson:
			f.Add(path, "No token can hold this right: it needs the person.")
		case !role.May(rule.Right):
			f.Add(path, "The account does not have this right.")
		case slices.Contains(d.Scopes[:i], text):
			f.Add(path, "This right is named twice.")
		}
	}
	return f.Err()
}

// Make makes a token of an account and tells its text, once.
func (s *Service) Make(ctx context.Context, a account.Account, d Draft) (Token, secret.String, error) {
	if err := d.check(a.Role); err != nil {
		return Token{}, secret.String{}, err
	}
	var raw [32]byte
	// crypto/rand never fails: the runtime ends the program when the system has no randomness.
	_, _ = rand.Read(raw[:])
	text := account.TokenPrefix + base64.RawURLEncoding.EncodeToString(raw[:])
	sum := sha256.Sum256([]byte(text))
	now := s.now()
	t := Token{
		ID: domain.NewID[domain.TokenID](now), Account: a.ID, Name: d.Name, Hash: sum[:], CreatedAt: now, ExpiresAt: now.AddDate(0, 0, d.Days),
	}
	for _, scope := range d.Scopes {
		t.Scopes = append(t.Scopes, account.Right(scope))
	}
	err := s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		before, err := s.cfg.Store.Tokens(ctx, a.ID)
		if err != nil {
			return err
		}
		live := 0
		for _, other := range before {
			if other.Live(now) {
				live++
			}
		}
		if live >= MaxTokens {
			return fault.New(fault.Limit, "An account holds at most %d tokens. Revoke one first.", MaxTokens)
		}
		if err := s.cfg.Store.SaveToken(ctx, t, now.Add(-kept)); err != nil {
			return err
		}
		after, err := snapshot(t)
		if err != nil {
			return err
		}
		return s.changed(ctx, a, audit.Entry{Action: audit.Created, Object: "token", ObjectID: t.ID, ObjectName: t.Name, After: after, At: now})
	})
	if err != nil {
		return Token{}, secret.String{}, err
	}
	s.cfg.Logger.Info("token made", logkey.Account, a.ID.String())
	return t, secret.New(text), nil
}

// List gives the tokens of an account, newest first; revoked and expired ones for a while too.
func (s *Service) List(ctx context.Context, a domain.AccountID) ([]Token, error) {
	return s.cfg.Store.Tokens(ctx, a)
}

// Revoke ends a token at once; NotFound when the account has no such token, nothing when it was revoked before.
func (s *Service) Revoke(ctx context.Context, a account.Account, id domain.TokenID) error {
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		now := s.now()
		t, ended, err := s.cfg.Store.RevokeToken(ctx, a.ID, id, now)
		if err != nil || !ended {
			return err
		}
		before, err := snapshot(t)
		if err != nil {
			return err
		}
		return s.changed(ctx, a, audit.Entry{Action: audit.Deleted, Object: "token", ObjectID: t.ID, ObjectName: t.Name, Before: before, At: now})
	})
}

// Find gives the token of a hash and its account, and writes the use down at most once a minute. Unknown, revoked and expired ones, and those of
// an account that is gone, are the same NotFound.
func (s *Service) Find(ctx context.Context, hash []byte, from netip.Addr, now time.Time) (account.Token, account.Account, error) {
	t, a, err := s.cfg.Store.TokenByHash(ctx, hash)
	if err != nil {
		return account.Token{}, account.Account{}, err
	}
	if !t.Live(now) {
		return account.Token{}, account.Account{}, fault.New(fault.NotFound, "This token does not exist.")
	}
	if now.Sub(t.UsedAt) >= touched {
		if err := s.cfg.Store.TouchToken(ctx, t.ID, from.Unmap().String(), now); err != nil {
			return account.Token{}, account.Account{}, err
		}
	}
	return account.Token{ID: t.ID, Scopes: t.Scopes}, a, nil
}

func snapshot(t Token) ([]byte, error) {
	return audit.Snapshot(struct {
		Name      string          `json:"name"`
		Scopes    []account.Right `json:"scopes"`
		ExpiresAt time.Time       `json:"expires_at"`
	}{t.Name, t.Scopes, t.ExpiresAt})
}

// changed writes the entry and tells the account by mail.
func (s *Service) changed(ctx context.Context, a account.Account, e audit.Entry) error {
	e.Org = a.Org.ID
	if err := s.cfg.Store.Record(ctx, account.Stamp(ctx, e)); err != nil || a.Email == "" {
		return err
	}
	return s.cfg.Mail.Post(ctx, mail.Letter{
		Kind: mail.Changed, To: a.Email, Language: a.Language, Account: a.ID, Org: a.Org.ID, Values: map[string]string{"name": a.Name, "what": "token"},
	})
}
