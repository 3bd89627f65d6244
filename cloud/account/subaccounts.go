package account

import (
	"context"
	"time"

	"vestibule/cloud/audit"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// SubAccounts keeps sub-installers. Another organisation's is NotFound.
type SubAccounts interface {
	InstallerOrg(ctx context.Context, org domain.OrgID) (domain.OrgID, error)
	SubAccountsOf(ctx context.Context, org domain.OrgID, query, after string, limit int) (subs []Account, next string, err error)
	SubAccount(ctx context.Context, org domain.OrgID, id domain.AccountID) (Account, error)
	DropAccount(ctx context.Context, id domain.AccountID, at time.Time) error // with its sessions, tokens, links and passkeys
}

// SubForm is what an installer says of a sub-account (ACC-18).
type SubForm struct {
	Username string
	Email    string // required: the first password is chosen by a mailed link
	Phone    string
}

func (f SubForm) validate() error {
	var faults fault.Fields
	CheckUsername(&faults, "username", f.Username)
	faults.Check(f.Email != "", "email", "An e-mail address: the link to the first password goes there.")
	if f.Email != "" {
		domain.CheckEmail(&faults, "email", f.Email)
	}
	checkPhone(&faults, "phone", f.Phone)
	return faults.Err()
}

// installer gives the organisation whose data the caller and its sub-accounts work on (ACC-19).
func (s *Service) installer(ctx context.Context) (Org, error) {
	caller, ok := From(ctx)
	if !ok {
		return Org{}, errSignInFirst
	}
	id, err := s.cfg.Store.InstallerOrg(ctx, caller.Org)
	if err != nil {
		return Org{}, err
	}
	return s.cfg.Store.Org(ctx, id)
}

// SubAccounts lists the sub-installers of the caller's organisation by name (ACC-20).
func (s *Service) SubAccounts(ctx context.Context, query, after string, limit int) (subs []Account, next string, err error) {
	org, err := s.installer(ctx)
	if err != nil {
		return nil, "", err
	}
	return s.cfg.Store.SubAccountsOf(ctx, org.ID, query, after, limit)
}

// SubAccount gives one sub-installer of the caller's organisation.
func (s *Service) SubAccount(ctx context.Context, id domain.AccountID) (Account, error) {
	org, err := s.installer(ctx)
	if err != nil {
		return Account{}, err
	}
	return s.cfg.Store.SubAccount(ctx, org.ID, id)
}

// AddSubAccount makes a sub-installer and mails its activation link (ACC-18).
func (s *Service) AddSubAccount(ctx context.Context, form SubForm) (sub Account, err error) {
	if err := form.validate(); err != nil {
		return sub, err
	}
	err = s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		org, err := s.installer(ctx)
		if err != nil {
			return err
		}
		at := s.now()
		sub = Account{
			ID: domain.NewID[domain.AccountID](at), Org: org, Role: RoleSubInstaller, Username: form.Username, Name: form.Username, Email: form.Email,
			Phone: form.Phone, Language: "en", Notify: true, CreatedAt: at, Revision: 1,
		}
		if err := s.free(ctx, sub, ""); err != nil {
			return err
		}
		_, err = s.Invite(ctx, sub)
		return err
	})
	return sub, err
}

// EditSubAccount changes what identifies a sub-installer. Links that went to an address before it are void.
func (s *Service) EditSubAccount(ctx context.Context, id domain.AccountID, form SubForm) (sub Account, err error) {
	err = s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		before, err := s.SubAccount(ctx, id)
		if err != nil {
			return err
		}
		if _, err := Revise(ctx, before.Revision); err != nil {
			return err
		}
		if err := form.validate(); err != nil {
			return err
		}
		sub = before
		sub.Username, sub.Name, sub.Email, sub.Phone = form.Username, form.Username, form.Email, form.Phone
		if err := s.free(ctx, sub, ""); err != nil {
			return err
		}
		moved := FoldEmail(sub.Email) != FoldEmail(before.Email)
		if moved {
			sub.EmailVerifiedAt = time.Time{}
		}
		if err := s.cfg.Store.UpdateAccount(ctx, sub); err != nil {
			return err
		}
		sub.Revision = before.Revision + 1
		if err := s.record(ctx, sub, audit.Changed, "account", "", before.Shown(), sub.Shown()); err != nil || !moved {
			return err
		}
		if !before.EmailVerifiedAt.IsZero() { // whoever reads the old address hears of it
			if err := s.tellChanged(ctx, before, before.Email, "email"); err != nil {
				return err
			}
		}
		if err := s.cfg.Store.DropLinks(ctx, id); err != nil || !sub.ActivatedAt.IsZero() {
			return err
		}
		_, err = s.sendActivation(ctx, sub)
		return err
	})
	return sub, err
}

// ResetSubAccount mails a sub-installer a link to choose a password.
func (s *Service) ResetSubAccount(ctx context.Context, id domain.AccountID) error {
	if _, err := s.SubAccount(ctx, id); err != nil {
		return err
	}
	return s.SendReset(ctx, id)
}

// DeleteSubAccount ends a sub-installer's sessions and tokens with the account; what it worked on stays (ACC-20).
func (s *Service) DeleteSubAccount(ctx context.Context, id domain.AccountID) error {
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		sub, err := s.SubAccount(ctx, id)
		if err != nil {
			return err
		}
		if _, err := Revise(ctx, sub.Revision); err != nil {
			return err
		}
		if err := s.cfg.Store.DropAccount(ctx, id, s.now()); err != nil {
			return err
		}
		return s.record(ctx, sub, audit.Deleted, "account", "", sub.Shown(), nil)
	})
}

// free is Conflict at each name of an account that another one has; prefix stands before the field.
func (s *Service) free(ctx context.Context, a Account, prefix string) error {
	var f fault.Fields
	for _, name := range []struct{ field, value, msg string }{
		{"email", a.Email, "Another account has this e-mail address."}, {"username", a.Username, "Another account has this user name."},
	} {
		if name.value == "" {
			continue
		}
		other, err := s.cfg.Store.AccountByLogin(ctx, FoldEmail(name.value))
		if err != nil && fault.CodeOf(err) != fault.NotFound {
			return err
		}
		f.Check(err != nil || other.ID == a.ID, prefix+name.field, "%s", name.msg)
	}
	if err := f.Err(); err != nil {
		fields := fault.FieldsOf(err)
		return &fault.Error{Code: fault.Conflict, Msg: fields[0].Msg, Fields: fields}
	}
	return nil
}
