package factor

import (
	"context"
	"crypto/subtle"
	"fmt"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

// TOTP is an authenticator of an account (RFC 6238): SHA-1, 30 seconds, six digits, because that is what apps can do.
type TOTP struct {
	Secret      secret.String // base32 without padding; rests sealed
	ConfirmedAt time.Time     // zero: set up and not yet shown to work
	Step        int64         // the last one accepted
}

const (
	totpPeriod = 30
	totpSkew   = 1 // steps before and after that clocks may differ by
)

// StartTOTP makes the secret of an authenticator, to be typed or scanned; it counts from ConfirmTOTP on. One that is confirmed must be taken
// away first. A sign-in older than Fresh needs the password.
func (s *Service) StartTOTP(ctx context.Context, a account.Account, fresh bool, password secret.String) (text secret.String, uri secret.String, err error) {
	if !a.TOTPConfirmedAt.IsZero() {
		return text, uri, fault.New(fault.Conflict, "An authenticator is set up already. Take it away first.")
	}
	if err := s.inPerson(ctx, a, fresh, password); err != nil {
		return text, uri, err
	}
	name := a.Email
	if name == "" {
		name = a.Username
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: Issuer, AccountName: name, Period: totpPeriod, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		return text, uri, fmt.Errorf("make an authenticator's secret: %w", err)
	}
	text = secret.New(key.Secret())
	return text, secret.New(key.URL()), s.cfg.Store.SaveTOTP(ctx, a.ID, TOTP{Secret: text})
}

// ConfirmTOTP takes the first code of an authenticator and gives ten recovery codes; from now on a code is asked for at sign-in.
func (s *Service) ConfirmTOTP(ctx context.Context, a account.Account, code secret.String) ([]secret.String, error) {
	if wait := s.tries.Wait(s.now(), a.ID.String()); wait > 0 {
		return nil, tooMany(wait)
	}
	var codes []secret.String
	err := s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		t, err := s.cfg.Store.TOTP(ctx, a.ID)
		if err != nil {
			return err
		}
		if t.Secret.IsZero() || !t.ConfirmedAt.IsZero() {
			return fault.New(fault.Conflict, "No authenticator waits to be confirmed. Set one up first.")
		}
		step, ok := stepOf(t.Secret, tidy(code.Reveal()), s.now())
		if !ok {
			return at("code", "This is not the code that the authenticator shows. Check the clock of the phone.")
		}
		t.ConfirmedAt, t.Step = s.now(), step
		if err := s.cfg.Store.SaveTOTP(ctx, a.ID, t); err != nil {
			return err
		}
		if codes, err = s.newRecovery(ctx, a); err != nil {
			return err
		}
		return s.changed(ctx, a, audit.Entry{Action: audit.Created, Object: "factor", ObjectName: "authenticator"}, "factor")
	})
	if fault.CodeOf(err) == fault.Invalid {
		s.tries.Count(s.now(), a.ID.String())
	}
	return codes, err
}

// RemoveTOTP takes the authenticator away, and with it the recovery codes. It needs the password; where a factor is required, the code by mail
// must be switched on before.
func (s *Service) RemoveTOTP(ctx context.Context, a account.Account, required bool, password secret.String) error {
	if a.TOTPConfirmedAt.IsZero() {
		return fault.New(fault.NotFound, "No authenticator is set up.")
	}
	if required && !a.EmailFactor {
		return errLast
	}
	if err := s.cfg.Confirm(ctx, a, password); err != nil {
		return err
	}
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.cfg.Store.SaveTOTP(ctx, a.ID, TOTP{}); err != nil {
			return err
		}
		if err := s.cfg.Store.SaveRecovery(ctx, a.ID, nil); err != nil {
			return err
		}
		return s.changed(ctx, a, audit.Entry{Action: audit.Deleted, Object: "factor", ObjectName: "authenticator"}, "factor")
	})
}

func (s *Service) checkTOTP(ctx context.Context, a account.Account, text string) (bool, error) {
	t, err := s.cfg.Store.TOTP(ctx, a.ID)
	if err != nil || t.Secret.IsZero() || t.ConfirmedAt.IsZero() {
		return false, err
	}
	step, ok := stepOf(t.Secret, text, s.now())
	if !ok {
		return false, nil
	}
	return s.cfg.Store.TakeTOTPStep(ctx, a.ID, step)
}

// stepOf finds the step of which text is the code, one before and one after now included. Every step is compared, whatever fits.
func stepOf(key secret.String, text string, now time.Time) (step int64, ok bool) {
	for i := int64(-totpSkew); i <= totpSkew; i++ {
		at := now.Add(time.Duration(i) * totpPeriod * time.Second)
		want, err := totp.GenerateCodeCustom(key.Reveal(), at, totp.ValidateOpts{Period: totpPeriod, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(text)) == 1 {
			step, ok = at.Unix()/totpPeriod, true
		}
	}
	return step, ok
}
