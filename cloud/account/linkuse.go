package account

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"vestibule/cloud/audit"
	"vestibule/cloud/guard"
	"vestibule/cloud/mail"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
	"vestibule/shared/secret"
)

// errLink is the one answer to every link that opens nothing: never made, used, expired, of another kind.
var errLink = fault.New(fault.Expired, "This link is used, expired or not of this service. Ask for a new one.")

// CheckLink looks at a single-use link without using it up.
func (s *Service) CheckLink(ctx context.Context, from netip.Addr, token secret.String) (Link, Account, error) {
	return s.openLink(ctx, from, token)
}

// openLink finds a link of one of the kinds, or of any when none is named. Wrong ones count against the place they come from.
func (s *Service) openLink(ctx context.Context, from netip.Addr, token secret.String, kinds ...LinkKind) (Link, Account, error) {
	now, at := s.now(), guard.Place(from)
	if wait := s.guards.links.Wait(now, at); wait > 0 {
		return Link{}, Account{}, locked(wait)
	}
	link, a, err := s.cfg.Store.FindLink(ctx, hashToken(token.Reveal()), now)
	if err == nil && len(kinds) > 0 && !slices.Contains(kinds, link.Kind) {
		err = errLink
	}
	if err != nil {
		return Link{}, Account{}, s.wrongLink(err, from)
	}
	return link, a, nil
}

// wrongLink counts a wrong link and gives the one answer to it.
func (s *Service) wrongLink(err error, from netip.Addr) error {
	if code := fault.CodeOf(err); code != fault.NotFound && code != fault.Expired {
		return err
	}
	s.cfg.Logger.Warn("a wrong link", logkey.Addr, from.String())
	s.guards.links.Count(s.now(), guard.Place(from))
	return errLink
}

// Activate gives an account its first password by its activation link, with another user name when one is chosen, and signs it in. The link
// shows that its address is read.
func (s *Service) Activate(ctx context.Context, c Client, token, password secret.String, username string) (Signed, error) {
	var f fault.Fields
	checkPassword(&f, "password", password)
	if username != "" {
		CheckUsername(&f, "username", username)
	}
	if err := f.Err(); err != nil {
		return Signed{}, err
	}
	a, err := s.setByLink(ctx, c, token, LinkActivate, password, func(a *Account) {
		if username != "" {
			a.Username = username
		}
	})
	if err != nil {
		return Signed{}, err
	}
	return s.startSession(ctx, c, a, false)
}

// ResetPassword sets a new password by a reset link and ends every session of the account; its owner is told by mail. Recovery never sets a
// password that somebody knows, and never one without the link.
func (s *Service) ResetPassword(ctx context.Context, c Client, token, password secret.String) error {
	var f fault.Fields
	checkPassword(&f, "password", password)
	if err := f.Err(); err != nil {
		return err
	}
	_, err := s.setByLink(ctx, c, token, LinkReset, password, func(*Account) {})
	return err
}

// setByLink uses a link up and sets a password in one transaction.
func (s *Service) setByLink(
	ctx context.Context, c Client, token secret.String, kind LinkKind, password secret.String, change func(*Account),
) (a Account, err error) {
	if _, _, err := s.openLink(ctx, c.From, token, kind); err != nil {
		return a, err
	}
	hash, err := s.cfg.Passwords.Hash(ctx, password)
	if err != nil {
		return a, err
	}
	now := s.now()
	err = s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		link, err := s.cfg.Store.TakeLink(ctx, hashToken(token.Reveal()), kind, now)
		if err != nil {
			return err
		}
		if a, err = s.cfg.Store.AccountByID(ctx, link.Account); err != nil {
			return err
		}
		a.PasswordHash, a.PasswordChangedAt = hash, now
		if a.ActivatedAt.IsZero() {
			a.ActivatedAt = now
		}
		if link.Email != "" && FoldEmail(link.Email) == FoldEmail(a.Email) && a.EmailVerifiedAt.IsZero() {
			a.EmailVerifiedAt = now
		}
		change(&a)
		if err := s.cfg.Store.UpdateAccount(ctx, a); err != nil {
			return err
		}
		a.Revision++
		// A new address that somebody else asked for must not outlive this: it would take the account back.
		if err := s.cfg.Store.DropLinks(ctx, a.ID); err != nil {
			return err
		}
		if err := s.cfg.Store.DeleteSessions(ctx, a.ID, domain.SessionID{}); err != nil {
			return err
		}
		acting := a.acting(ctx, c.From)
		if kind == LinkActivate {
			return s.record(acting, a, audit.Changed, "account", "activated", nil, a.Shown())
		}
		if err := s.record(acting, a, audit.Changed, "password", "reset by link", nil, nil); err != nil {
			return err
		}
		return s.tellChanged(ctx, a, a.Email, "password")
	})
	if code := fault.CodeOf(err); code == fault.NotFound || code == fault.Expired {
		return a, s.wrongLink(err, c.From) // somebody was faster
	}
	return a, err
}

// tellChanged mails an account, at an address it reads, that its way to sign in was changed.
func (s *Service) tellChanged(ctx context.Context, a Account, to, what string) error {
	if to == "" {
		return nil
	}
	return s.post(ctx, a, mail.Letter{Kind: mail.Changed, To: to, Values: map[string]string{"what": what}})
}

// ConfirmEmail shows by a link that an address is read; a new address takes the place of the old one, which is told.
func (s *Service) ConfirmEmail(ctx context.Context, c Client, token secret.String) error {
	if _, _, err := s.openLink(ctx, c.From, token, LinkEmail); err != nil {
		return err
	}
	now := s.now()
	err := s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		link, err := s.cfg.Store.TakeLink(ctx, hashToken(token.Reveal()), LinkEmail, now)
		if err != nil {
			return err
		}
		a, err := s.cfg.Store.AccountByID(ctx, link.Account)
		if err != nil {
			return err
		}
		before := a
		a.Email, a.EmailVerifiedAt = link.Email, now
		if err := s.cfg.Store.UpdateAccount(ctx, a); err != nil {
			return err
		}
		if err := s.cfg.Store.DropLinks(ctx, a.ID, LinkEmail, LinkReset); err != nil {
			return err
		}
		if err := s.record(a.acting(ctx, c.From), a, audit.Changed, "email", "confirmed by link", before.Shown(), a.Shown()); err != nil {
			return err
		}
		if FoldEmail(before.Email) == FoldEmail(a.Email) || before.EmailVerifiedAt.IsZero() {
			return nil
		}
		return s.tellChanged(ctx, a, before.Email, "email")
	})
	if code := fault.CodeOf(err); code == fault.NotFound || code == fault.Expired {
		return s.wrongLink(err, c.From)
	}
	return err
}

// RequestReset mails a reset link when a name is that of an activated account with a verified address, at most three an hour (ACC-05). The
// answer is the same whatever the name, after the same work: one look for the account and one row in the queue. Too many requests from one
// place are Limit.
func (s *Service) RequestReset(ctx context.Context, c Client, login string) error {
	now, at := s.now(), guard.Place(c.From)
	if wait := s.guards.resets.Wait(now, at); wait > 0 {
		return guard.Locked(wait, "Too many requests from here. Try again in a quarter of an hour.")
	}
	s.guards.resets.Count(now, at)
	a, err := s.cfg.Store.AccountByLogin(ctx, foldLogin(login))
	if err != nil && fault.CodeOf(err) != fault.NotFound {
		return fmt.Errorf("recover: %w", err)
	}
	return s.later(ctx, RecoverJob, Recovery{Account: a.ID, From: c.From})
}

// Recovery is a request of recovery that waits to be looked at. What was typed is not kept: people type passwords and names of others.
type Recovery struct {
	Account domain.AccountID `json:"account"` // zero: nobody has that name
	From    netip.Addr       `json:"from"`
}

// recover looks at a request of recovery.
func (s *Service) recover(ctx context.Context, r Recovery) error {
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		a, err := s.cfg.Store.AccountByID(ctx, r.Account)
		if fault.CodeOf(err) == fault.NotFound {
			return nil
		}
		if err != nil {
			return fmt.Errorf("recover: %w", err)
		}
		if a.Email == "" || a.EmailVerifiedAt.IsZero() || a.ActivatedAt.IsZero() {
			s.cfg.Logger.Info("no reset mail: no verified address", logkey.Account, a.ID.String())
			return nil
		}
		made, err := s.cfg.Store.CountLinks(ctx, a.ID, LinkReset, s.now().Add(-mailsWithin))
		if err != nil || made >= maxResets {
			return err
		}
		link, expires, err := s.newLink(ctx, a, LinkReset, a.Email, ResetFor)
		if err != nil {
			return err
		}
		e := audit.Entry{Org: a.Org.ID, Actor: "Sign-in", From: r.From, Action: audit.Sent, Object: "link", ObjectID: a.ID, ObjectName: a.called(), Reason: "recovery", At: s.now()}
		e.ID = domain.NewID[domain.AuditID](e.At)
		if err := s.cfg.Store.Record(ctx, e); err != nil {
			return err
		}
		return s.post(ctx, a, mail.Letter{Kind: mail.Reset, Link: link, Expires: expires})
	})
}
