package factor

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"strings"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

// RecoveryCodes is how many are made at once.
const RecoveryCodes = 10

// recoveryAlphabet is Crockford's base 32; sixteen of it are 80 bits, so a plain hash is enough.
const recoveryAlphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// readAs turns the letters that are left out, because people take them for figures, into those figures.
var readAs = strings.NewReplacer("o", "0", "i", "1", "l", "1")

// RenewRecovery makes ten new recovery codes; those before are void. It needs the password and an authenticator.
func (s *Service) RenewRecovery(ctx context.Context, a account.Account, password secret.String) ([]secret.String, error) {
	if a.TOTPConfirmedAt.IsZero() {
		return nil, fault.New(fault.Conflict, "Recovery codes belong to an authenticator. Set one up first.")
	}
	if err := s.cfg.Confirm(ctx, a, password); err != nil {
		return nil, err
	}
	var codes []secret.String
	err := s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		var err error
		if codes, err = s.newRecovery(ctx, a); err != nil {
			return err
		}
		return s.changed(ctx, a, audit.Entry{Action: audit.Changed, Object: "factor", ObjectName: "recovery codes"}, "factor")
	})
	return codes, err
}

func (s *Service) newRecovery(ctx context.Context, a account.Account) ([]secret.String, error) {
	codes, hashes := make([]secret.String, RecoveryCodes), make([][]byte, RecoveryCodes)
	for i := range codes {
		text := recoveryCode()
		codes[i], hashes[i] = secret.New(text[:4]+"-"+text[4:8]+"-"+text[8:12]+"-"+text[12:]), recoveryHash(a.ID, text)
	}
	return codes, s.cfg.Store.SaveRecovery(ctx, a.ID, hashes)
}

func recoveryCode() string {
	var raw [16]byte
	// crypto/rand never fails: the runtime ends the program when the system has no randomness.
	_, _ = rand.Read(raw[:])
	for i, b := range raw {
		raw[i] = recoveryAlphabet[b%32]
	}
	return string(raw[:])
}

func recoveryHash(a domain.AccountID, code string) []byte {
	sum := sha256.Sum256(append(a[:], code...))
	return sum[:]
}

func (s *Service) checkRecovery(ctx context.Context, a account.Account, text string) (bool, error) {
	right := false
	err := s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		var err error
		if right, err = s.cfg.Store.TakeRecovery(ctx, a.ID, recoveryHash(a.ID, readAs.Replace(text))); err != nil || !right {
			return err
		}
		return s.changed(ctx, a, audit.Entry{Action: audit.Deleted, Object: "factor", ObjectName: "recovery code"}, "factor")
	})
	return right && err == nil, err
}
