package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
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
	Hash      []byte // SHA-256 of the token
	Account   domain.AccountID
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time // the latest end
}

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

func (s *Service) startSession(ctx context.Context, a Account) (Signed, error) {
	now := s.now()
	token, hash := newToken()
	session := Session{Hash: hash, Account: a.ID, CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(SessionMost)}
	if err := s.cfg.Store.SaveSession(ctx, session); err != nil {
		return Signed{}, fmt.Errorf("start session: %w", err)
	}
	s.cfg.Logger.Info("signed in", logkey.Account, a.ID.String())
	return Signed{Token: token, ExpiresAt: session.ExpiresAt, Account: a}, nil
}

// Authenticate finds whose session a token is. Unknown, unused for too long and too old are the same Unauthenticated.
func (s *Service) Authenticate(ctx context.Context, token secret.String) (Account, error) {
	refused := fault.New(fault.Unauthenticated, "Sign in first.")
	if token.IsZero() || len(token.Reveal()) > 128 {
		return Account{}, refused
	}
	hash := hashToken(token.Reveal())
	session, a, err := s.cfg.Store.SessionAccount(ctx, hash)
	if fault.CodeOf(err) == fault.NotFound {
		return Account{}, refused
	}
	if err != nil {
		return Account{}, fmt.Errorf("find session: %w", err)
	}
	now := s.now()
	if now.After(session.ExpiresAt) || now.Sub(session.SeenAt) > SessionIdle {
		return Account{}, refused
	}
	if now.Sub(session.SeenAt) >= touchEvery {
		if err := s.cfg.Store.TouchSession(ctx, hash, now); err != nil {
			return Account{}, fmt.Errorf("touch session: %w", err)
		}
	}
	return a, nil
}

// SignOut ends the session of a token; an unknown one is no error.
func (s *Service) SignOut(ctx context.Context, token secret.String) error {
	return s.cfg.Store.DeleteSession(ctx, hashToken(token.Reveal()))
}
