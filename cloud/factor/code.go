package factor

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"math/big"
	"strings"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/cloud/guard"
	"vestibule/cloud/mail"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

// What holds of mailed codes (ACC-03): six digits, ten minutes, five tries, used once.
const (
	CodeFor    = 10 * time.Minute
	CodeTries  = 5
	CodeEvery  = time.Minute // how soon another one may be asked for in the same session
	codesAtOne = 5           // codes of one account in CodeFor, whatever the sessions
)

// SendCode mails a code for a session; the one before it is void. Asking again within a minute, or for many sessions at once, is Limit.
func (s *Service) SendCode(ctx context.Context, a account.Account, session domain.SessionID) error {
	if a.Email == "" {
		return fault.New(fault.Invalid, "The account has no e-mail address to send a code to.")
	}
	now := s.now()
	code := sixDigits()
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		before, err := s.cfg.Store.CodeOf(ctx, session)
		if err != nil && fault.CodeOf(err) != fault.NotFound {
			return err
		}
		if wait := before.CreatedAt.Add(CodeEvery).Sub(now); err == nil && wait > 0 {
			return guard.Locked(wait, "A code was just sent. Look for it, or ask again in a minute.")
		}
		made, err := s.cfg.Store.CountCodes(ctx, a.ID, now.Add(-CodeFor))
		if err != nil {
			return err
		}
		if made >= codesAtOne {
			return guard.Locked(CodeFor, "Too many codes were asked for. Try again in ten minutes.")
		}
		c := Code{Session: session, Account: a.ID, Hash: codeHash(session, code), CreatedAt: now, ExpiresAt: now.Add(CodeFor)}
		if err := s.cfg.Store.SaveCode(ctx, c); err != nil {
			return err
		}
		if err := s.record(ctx, a, audit.Entry{Action: audit.Sent, Object: "factor", ObjectName: "email"}); err != nil {
			return err
		}
		return s.cfg.Mail.Post(ctx, mail.Letter{
			Kind: mail.FactorCode, To: a.Email, Language: a.Language, Account: a.ID, Org: a.Org.ID,
			Values: map[string]string{"name": a.Name}, Link: secret.New(code), Expires: c.ExpiresAt,
		})
	})
}

func (s *Service) checkMailed(ctx context.Context, a account.Account, session domain.SessionID, text string) (bool, error) {
	// The try is counted before the comparison, so that many at the same time have five together.
	c, err := s.cfg.Store.TryCode(ctx, session, CodeTries, s.now())
	if fault.CodeOf(err) == fault.NotFound {
		return false, nil
	}
	if err != nil || c.Account != a.ID {
		return false, err
	}
	return s.cfg.Store.TakeCode(ctx, session, codeHash(session, text))
}

func sixDigits() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		panic("the system has no randomness: " + err.Error())
	}
	return fmt.Sprintf("%06d", n)
}

// codeHash binds a code to its session. A million codes are soon tried by who reads the database, but not within the ten minutes of a session
// that such a reader does not hold.
func codeHash(session domain.SessionID, code string) []byte {
	sum := sha256.Sum256(append(session[:], code...))
	return sum[:]
}

// tidy takes out what people type between the groups of a code. Anything endless is no code.
func tidy(text string) string {
	if len(text) > 64 {
		return ""
	}
	return strings.NewReplacer(" ", "", "-", "", "\t", "", "\u00a0", "").Replace(strings.ToLower(text))
}
