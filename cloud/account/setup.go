package account

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
	"vestibule/shared/secret"
)

// SetupTokenFor is how long the token of a first start can be used.
const SetupTokenFor = time.Hour

// SetupOpen tells whether there is no account yet.
func (s *Service) SetupOpen(ctx context.Context) (bool, error) {
	has, err := s.cfg.Store.HasAccounts(ctx)
	return !has, err
}

// IssueSetupToken makes the one token that may make the first account and forgets the one before. Once there is an account it
// gives a zero token.
func (s *Service) IssueSetupToken(ctx context.Context) (secret.String, error) {
	var token secret.String
	err := s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		has, err := s.cfg.Store.HasAccounts(ctx)
		if err != nil || has {
			return err
		}
		fresh, hash := newToken()
		now := s.now()
		if err := s.cfg.Store.SaveSetupToken(ctx, hash, now, now.Add(SetupTokenFor)); err != nil {
			return err
		}
		token = fresh
		return nil
	})
	if err != nil {
		return secret.String{}, fmt.Errorf("issue set-up token: %w", err)
	}
	return token, nil
}

// SetupForm is what the first account is made of.
type SetupForm struct {
	Client
	Token        secret.String
	Email        string
	Password     secret.String
	Name         string
	Organisation string
}

func (f SetupForm) validate() error {
	var faults fault.Fields
	domain.CheckEmail(&faults, "email", f.Email)
	checkPassword(&faults, "password", f.Password)
	checkName(&faults, "name", f.Name, domain.MaxPersonName)
	checkName(&faults, "organisation", f.Organisation, domain.MaxSiteName)
	return faults.Err()
}

// checkName notes a fault at path unless name is 1 to most printable characters without blanks around it.
func checkName(f *fault.Fields, path, name string, most int) {
	n := utf8.RuneCountInString(name)
	f.Check(n > 0 && strings.TrimSpace(name) == name, path, "A name is needed, without blanks at the start or the end.")
	f.Check(n <= most, path, "At most %d characters.", most)
	f.Check(utf8.ValidString(name) && !strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }), path, "Only printable characters.")
}

// SetUp makes the operator's organisation, an installer organisation below it and the first account, and signs it in. A wrong, used or
// expired token is Forbidden and changes nothing; a form with faults leaves the token usable.
func (s *Service) SetUp(ctx context.Context, form SetupForm) (Signed, error) {
	if err := form.validate(); err != nil {
		return Signed{}, err
	}
	var signed Signed
	err := s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		now := s.now()
		taken, err := s.cfg.Store.TakeSetupToken(ctx, hashToken(form.Token.Reveal()), now)
		if err != nil {
			return err
		}
		if has, err := s.cfg.Store.HasAccounts(ctx); err != nil {
			return err
		} else if !taken || has {
			return fault.New(fault.Forbidden, "This set-up link is used, expired or not of this service. A restart prints a new one while there is no account.")
		}
		hash, err := s.cfg.Passwords.Hash(ctx, form.Password)
		if err != nil {
			return err
		}
		root := Org{ID: domain.NewID[domain.OrgID](now), Kind: OrgOperator, Name: form.Organisation, CreatedAt: now}
		own := Org{ID: domain.NewID[domain.OrgID](now), ParentID: root.ID, Kind: OrgInstaller, Name: form.Organisation, Own: true, CreatedAt: now}
		a := Account{
			ID: domain.NewID[domain.AccountID](now), Org: root, Email: form.Email, Name: form.Name, Role: RoleOperator, PasswordHash: hash, CreatedAt: now,
			EmailVerifiedAt: now, ActivatedAt: now, PasswordChangedAt: now, Notify: true, Language: "en",
		}
		for _, org := range []Org{root, own} {
			if err := s.cfg.Store.SaveOrg(ctx, org); err != nil {
				return err
			}
		}
		if err := s.cfg.Store.SaveAccount(ctx, a); err != nil {
			return err
		}
		signed, err = s.startSession(ctx, form.Client, a, false)
		return err
	})
	if err != nil {
		return Signed{}, err
	}
	s.cfg.Logger.Info("set up", logkey.Account, signed.Account.ID.String())
	if s.cfg.SetUp != nil {
		s.cfg.SetUp()
	}
	return signed, nil
}
