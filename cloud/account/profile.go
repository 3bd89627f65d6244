package account

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"vestibule/cloud/audit"
	"vestibule/cloud/mail"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

// Languages are those an account may choose: the languages of mails, and those that only the portal has.
func Languages() []string { return append(slices.Clone(mail.Languages()), "de") }

// ProfileForm is what somebody may change of the own account; nil leaves a field as it is.
type ProfileForm struct {
	Name      *string
	FirstName *string
	LastName  *string
	Phone     *string
	Language  *string
	TimeZone  *string // IANA name; empty: the organisation's (ACC-10)
	Notify    *bool   // platform notices by mail (ACC-06)
}

var phoneNumber = regexp.MustCompile(`^\+?[0-9 ()/-]{3,32}$`)

// CheckLanguage notes a fault at path unless the language is one of Languages.
func CheckLanguage(f *fault.Fields, path, language string) {
	f.Check(slices.Contains(Languages(), language), path, "One of %s.", strings.Join(Languages(), ", "))
}

// CheckTimeZone notes a fault at path unless zone is an IANA name; empty passes.
func CheckTimeZone(f *fault.Fields, path, zone string) {
	if zone == "" {
		return
	}
	_, err := time.LoadLocation(zone)
	f.Check(err == nil && zone != "Local" && len(zone) <= 64, path, "An IANA time zone such as Europe/Berlin.")
}

// apply writes the form into a and checks the result.
func (p ProfileForm) apply(a *Account) error {
	for _, field := range []struct {
		to   *string
		from *string
	}{{&a.Name, p.Name}, {&a.FirstName, p.FirstName}, {&a.LastName, p.LastName}, {&a.Phone, p.Phone}, {&a.Language, p.Language}, {&a.TimeZone, p.TimeZone}} {
		if field.from != nil {
			*field.to = *field.from
		}
	}
	if p.Notify != nil {
		a.Notify = *p.Notify
	}
	var f fault.Fields
	if a.FirstName != "" || a.LastName != "" {
		checkName(&f, "first_name", a.FirstName, domain.MaxPersonName)
		checkName(&f, "last_name", a.LastName, domain.MaxPersonName)
		a.Name = a.FirstName + " " + a.LastName
	} else {
		checkName(&f, "name", a.Name, domain.MaxPersonName)
	}
	f.Check(a.Phone == "" || phoneNumber.MatchString(a.Phone), "phone", "A phone number such as +49 30 1234567.")
	CheckLanguage(&f, "language", a.Language)
	CheckTimeZone(&f, "time_zone", a.TimeZone)
	return f.Err()
}

// EditProfile changes the own account.
func (s *Service) EditProfile(ctx context.Context, id domain.AccountID, form ProfileForm) (a Account, err error) {
	err = s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		if a, err = s.cfg.Store.AccountByID(ctx, id); err != nil {
			return err
		}
		before := a
		if _, err := Revise(ctx, before.Revision); err != nil {
			return err
		}
		if err := form.apply(&a); err != nil {
			return err
		}
		if err := s.cfg.Store.UpdateAccount(ctx, a); err != nil {
			return err
		}
		a.Revision++
		return s.record(ctx, a, audit.Changed, "account", "", before.Shown(), a.Shown())
	})
	return a, err
}

// ChangePassword sets a new password after the old one was shown, and ends every session but the one it was asked in (ACC-09). The owner is
// told by mail.
func (s *Service) ChangePassword(ctx context.Context, who Access, old, fresh secret.String) error {
	a := who.Account
	if err := s.confirm(ctx, a, "old", old); err != nil {
		return err
	}
	var f fault.Fields
	checkPassword(&f, "new", fresh)
	f.Check(!fresh.Equal(old), "new", "Another one than before.")
	if err := f.Err(); err != nil {
		return err
	}
	hash, err := s.cfg.Passwords.Hash(ctx, fresh)
	if err != nil {
		return err
	}
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		a.PasswordHash, a.PasswordChangedAt = hash, s.now()
		if err := s.cfg.Store.UpdateAccount(ctx, a); err != nil {
			return err
		}
		if err := s.cfg.Store.DeleteSessions(ctx, a.ID, who.Session.ID); err != nil {
			return err
		}
		if err := s.cfg.Store.DropLinks(ctx, a.ID, LinkReset, LinkEmail); err != nil {
			return err
		}
		if err := s.record(ctx, a, audit.Changed, "password", "", nil, nil); err != nil {
			return err
		}
		return s.tellChanged(ctx, a, a.Email, "password")
	})
}

// CheckOldPassword is the first step of a change: it says whether the old password is right, under the same limit.
func (s *Service) CheckOldPassword(ctx context.Context, a Account, old secret.String) error {
	return s.confirm(ctx, a, "old", old)
}

// ChangeEmail mails a link to a new address, which takes the place of the old one when the link is used; the old one is told at once. The
// same address again, while nobody answered from it, is mailed again. A manager's address never changes (PM-12).
func (s *Service) ChangeEmail(ctx context.Context, a Account, email string, password secret.String) error {
	if err := checkAddress(email); err != nil {
		return err
	}
	same := FoldEmail(email) == FoldEmail(a.Email)
	var f fault.Fields
	f.Check(same || a.Role != RoleManager, "email", "The address of a manager cannot be changed.")
	f.Check(same || a.Role != RoleFamily, "email", "The address of a family member cannot be changed.")
	f.Check(!same || a.EmailVerifiedAt.IsZero(), "email", "This is your address already.")
	if err := f.Err(); err != nil {
		return err
	}
	if err := s.confirm(ctx, a, "password", password); err != nil {
		return err
	}
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.record(ctx, a, audit.Sent, "link", "new address", nil, nil); err != nil {
			return err
		}
		if err := s.sendConfirm(ctx, a, email); err != nil || same || a.EmailVerifiedAt.IsZero() {
			return err
		}
		return s.tellChanged(ctx, a, a.Email, "email")
	})
}

// RemindPassword tells whether the monthly reminder is due: a month since the password was changed, or since the last reminder (PM-02).
func (s *Service) RemindPassword(a Account) bool {
	last := a.PasswordChangedAt
	if a.RemindedAt.After(last) {
		last = a.RemindedAt
	}
	return a.RemindMonthly && !last.IsZero() && !s.now().Before(last.AddDate(0, 1, 0))
}

// Reminded writes down that the reminder was seen; it does not force a change.
func (s *Service) Reminded(ctx context.Context, a Account) error {
	a.RemindedAt = s.now()
	return s.cfg.Store.UpdateAccount(ctx, a)
}
