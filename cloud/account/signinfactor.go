package account

import (
	"context"
	"fmt"
	"slices"

	"vestibule/cloud/audit"
	"vestibule/cloud/guard"
	"vestibule/cloud/mail"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

// errWrongCode is the one answer to a code that is wrong, used, expired or another's.
var errWrongCode = &fault.Error{
	Code: fault.Invalid, Msg: "This code is wrong or no longer good.", Fields: []fault.Field{{Path: "code", Msg: "This code is wrong or no longer good."}},
}

// errNoFactor answers who asks for a second factor while none is missing.
var errNoFactor = fault.New(fault.Conflict, "No code is asked for now.")

// FactorMethods tells by what a session that waits for its second factor can get on; empty for any other.
func (s *Service) FactorMethods(ctx context.Context, who Access) ([]Method, error) {
	if who.Gate != GateFactor {
		return nil, nil
	}
	return s.cfg.Factors.Methods(ctx, who.Account)
}

// SendFactorCode mails a code to the account of a session that waits for its second factor.
func (s *Service) SendFactorCode(ctx context.Context, who Access) error {
	if who.Gate != GateFactor {
		return errNoFactor
	}
	methods, err := s.cfg.Factors.Methods(ctx, who.Account)
	if err != nil {
		return err
	}
	if !slices.Contains(methods, MethodEmail) {
		return fault.New(fault.Conflict, "Codes by mail are not switched on for this account.")
	}
	return s.cfg.Factors.SendCode(ctx, who.Account, who.Session.ID)
}

// PassFactor finishes a session by its second factor. Five wrong codes end it, and its owner is told: whoever tries knows the password.
func (s *Service) PassFactor(ctx context.Context, who Access, method Method, code secret.String) error {
	if who.Gate != GateFactor {
		return errNoFactor
	}
	if n := len(code.Reveal()); n == 0 || n > 64 || method == MethodPasskey {
		return errWrongCode
	}
	a, now := who.Account, s.now()
	right, err := s.cfg.Factors.Check(ctx, a, who.Session.ID, method, code)
	if err != nil {
		return err
	}
	if !right {
		if s.guards.factor.Count(now, who.Session.ID.String()) > 0 {
			s.lockedOut(ctx, a, who.Caller.From, "code")
			if err := s.cfg.Store.EndSession(ctx, a.ID, who.Session.ID); err != nil {
				return err
			}
			return fault.New(fault.Unauthenticated, "Too many wrong codes. Sign in again.")
		}
		return errWrongCode
	}
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.cfg.Store.SetSessionReady(ctx, who.Session.ID, now, now.Add(SessionMost)); err != nil {
			return err
		}
		// A code that came back from an address shows that somebody reads it.
		if method == MethodEmail && a.EmailVerifiedAt.IsZero() {
			a.EmailVerifiedAt = now
			if err := s.cfg.Store.UpdateAccount(ctx, a); err != nil {
				return err
			}
		}
		return s.record(ctx, a, audit.SignedIn, "session", "", nil, map[string]Method{"factor": method})
	})
}

// SignInPasskey starts a session by a passkey, which is both factors at once. Every failure is the same error.
func (s *Service) SignInPasskey(ctx context.Context, c Client, ceremony secret.String, credential []byte) (Signed, error) {
	if wait := s.guards.place.Wait(s.now(), guard.Place(c.From)); wait > 0 {
		return Signed{}, locked(wait)
	}
	id, err := s.cfg.Factors.FinishPasskey(ctx, ceremony, credential)
	if err != nil {
		if fault.CodeOf(err) == fault.Unauthenticated {
			s.guards.place.Count(s.now(), guard.Place(c.From))
		}
		return Signed{}, err
	}
	a, err := s.cfg.Store.AccountByID(ctx, id)
	if err != nil || a.ActivatedAt.IsZero() {
		return Signed{}, errSignIn
	}
	return s.startSession(ctx, c, a, true)
}

// GiveEmail passes the e-mail gate (ACC-04): the address is kept unverified, and a link goes there; a password can be reset by it only once
// that link was used.
func (s *Service) GiveEmail(ctx context.Context, who Access, email string) error {
	if who.Session.ID.IsZero() || who.Gate != GateEmail {
		return fault.New(fault.Conflict, "No address is asked for now.")
	}
	if err := checkAddress(email); err != nil {
		return err
	}
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		a, err := s.cfg.Store.AccountByID(ctx, who.Account.ID)
		if err != nil {
			return err
		}
		before := a
		a.Email, a.EmailVerifiedAt = email, zeroTime
		if err := s.cfg.Store.UpdateAccount(ctx, a); err != nil {
			return err
		}
		if err := s.record(ctx, a, audit.Changed, "account", "", before.Shown(), a.Shown()); err != nil {
			return err
		}
		return s.sendConfirm(ctx, a, email)
	})
}

// checkAddress wants one e-mail address (ACC-06: an empty one is refused with a hint).
func checkAddress(email string) error {
	var f fault.Fields
	if email == "" {
		f.Add("email", "Enter the e-mail address.")
	} else {
		domain.CheckEmail(&f, "email", email)
	}
	return f.Err()
}

// sendConfirm mails the link that shows that an address is read.
func (s *Service) sendConfirm(ctx context.Context, a Account, email string) error {
	made, err := s.cfg.Store.CountLinks(ctx, a.ID, LinkEmail, s.now().Add(-mailsWithin))
	if err != nil {
		return err
	}
	if made >= maxConfirms {
		return guard.Locked(mailsWithin, "Too many mails were asked for. Try again in an hour.")
	}
	link, expires, err := s.newLink(ctx, a, LinkEmail, email, ConfirmFor)
	if err != nil {
		return fmt.Errorf("confirm address: %w", err)
	}
	return s.post(ctx, a, mail.Letter{Kind: mail.ConfirmEmail, To: email, Link: link, Expires: expires})
}
