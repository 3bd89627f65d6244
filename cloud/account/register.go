package account

import (
	"cmp"
	"context"

	"vestibule/cloud/audit"
	"vestibule/cloud/mail"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

// Registrant is what somebody says who registers the own account.
type Registrant struct {
	Email    string
	Language string // of mails; empty: what the person has, or en
	Password secret.String
}

// Check notes what is wrong with it.
func (r Registrant) Check(f *fault.Fields) {
	domain.CheckEmail(f, "email", r.Email)
	if r.Language != "" {
		CheckLanguage(f, "language", r.Language)
	}
	checkPassword(f, "password", r.Password)
}

// Register makes the account of a person and signs it in. Claim runs in the transaction and calls then with the person, whose account it is to be;
// an error undoes all of it. The address was typed, not answered from: a link to confirm it is mailed.
func (s *Service) Register(
	ctx context.Context, c Client, form Registrant, claim func(ctx context.Context, then func(ctx context.Context, p domain.Person) error) error,
) (Signed, error) {
	var f fault.Fields
	form.Check(&f)
	if err := f.Err(); err != nil {
		return Signed{}, err
	}
	hash, err := s.cfg.Passwords.Hash(ctx, form.Password)
	if err != nil {
		return Signed{}, err
	}
	now := s.now()
	a := Account{
		ID: domain.NewID[domain.AccountID](now), Role: RoleResident, Email: form.Email, PasswordHash: hash, CreatedAt: now, ActivatedAt: now,
		PasswordChangedAt: now, Notify: true, Revision: 1,
	}
	err = s.cfg.Store.InTx(With(ctx, Caller{Account: a.ID, Role: RoleResident, Name: form.Email, From: c.From}), func(ctx context.Context) error {
		return claim(ctx, func(ctx context.Context, p domain.Person) error {
			a.FirstName, a.LastName, a.Name, a.Person = p.FirstName, p.LastName, calledPerson(p), p.ID
			a.Language = cmp.Or(form.Language, p.Form.Language, mail.Languages()[0])
			return s.saveRegistered(ctx, c, &a, p)
		})
	})
	if err != nil {
		return Signed{}, err
	}
	return s.startSession(ctx, c, a, false)
}

// saveRegistered saves a registered account in the organisation of its person's site.
func (s *Service) saveRegistered(ctx context.Context, c Client, a *Account, p domain.Person) error {
	if _, err := s.cfg.Store.AccountOf(ctx, p.ID); fault.CodeOf(err) != fault.NotFound {
		if err == nil { // somebody gave this person an account after the code was made
			err = fault.New(fault.NotFound, "This person has an account already.")
		}
		return err
	}
	org, err := s.cfg.Store.SiteOrg(ctx, p.SiteID)
	if err != nil {
		return err
	}
	a.Org = org
	if err := s.cfg.Store.SaveAccount(ctx, *a); err != nil {
		return err
	}
	if err := s.record(a.acting(ctx, c.From), *a, audit.Created, "account", "registered", nil, a.Shown()); err != nil {
		return err
	}
	return s.sendConfirm(ctx, *a, a.Email)
}

// PersonReset is called in the transaction that resets a home, for everybody who lives there: every session of the account ends, its passwords and
// links open nothing any more, and nothing is mailed (PEOPLE-19). An account with linked sites stays for those.
func (s *Service) PersonReset(ctx context.Context, person domain.Person) error {
	a, err := s.cfg.Store.AccountOf(ctx, person.ID)
	if fault.CodeOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.cfg.Store.DeleteSessions(ctx, a.ID, domain.SessionID{}); err != nil {
		return err
	}
	return s.leaveAccount(ctx, a, person.ID)
}

// maxPersonLinks bounds how many reset links staff sends one account within an hour.
const maxPersonLinks = 5

// ResetPerson sends the account of a person a link to choose a new password, in the person's language (PEOPLE-09, PEOPLE-35). Without an address the
// link comes back, to be shown once and handed over; else it is zero.
func (s *Service) ResetPerson(ctx context.Context, site domain.SiteID, id domain.PersonID) (link secret.String, err error) {
	err = s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.cfg.Store.Person(ctx, site, id); err != nil {
			return err
		}
		a, err := s.cfg.Store.AccountOf(ctx, id)
		if fault.CodeOf(err) == fault.NotFound {
			return fault.New(fault.Conflict, "This person has no account yet. Invite it first.")
		}
		if err != nil {
			return err
		}
		if err := s.cfg.Store.LockAccount(ctx, a.ID); err != nil {
			return err
		}
		made, err := s.cfg.Store.CountLinks(ctx, a.ID, LinkReset, s.now().Add(-mailsWithin))
		if err != nil {
			return err
		}
		if made >= maxPersonLinks {
			return fault.New(fault.Limit, "At most %d links an hour. The last one still works for half an hour.", maxPersonLinks)
		}
		link, err = s.SendLink(ctx, a.ID)
		return err
	})
	return link, err
}
