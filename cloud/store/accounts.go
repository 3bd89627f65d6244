package store

import (
	"context"
	"fmt"
	"time"

	"vestibule/cloud/account"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

type accountRow struct {
	ID                domain.AccountID `gorm:"primaryKey"`
	OrgID             domain.OrgID
	Org               orgRow `gorm:"foreignKey:OrgID"`
	Email             string
	EmailFolded       string
	Username          string
	UsernameFolded    string
	Name              string
	FirstName         string
	LastName          string
	Phone             string
	Language          string
	TimeZone          string
	Role              string
	PersonID          domain.PersonID
	PasswordHash      string
	EmailVerifiedAt   *int64
	ActivatedAt       *int64
	PasswordChangedAt *int64
	RemindMonthly     bool
	RemindedAt        *int64
	Notify            bool
	EmailFactor       bool
	TOTPSecret        []byte `gorm:"column:totp_secret"`
	TOTPConfirmedAt   *int64 `gorm:"column:totp_confirmed_at"`
	TOTPStep          int64  `gorm:"column:totp_step"`
	PasskeyHandle     []byte
	AgreedVersion     int
	Folded            string
	Revision          uint64
	CreatedAt         int64 `gorm:"autoCreateTime:false"`
	UpdatedAt         int64 `gorm:"autoUpdateTime:false"`
	DeletedAt         *int64
}

func (accountRow) TableName() string { return "accounts" }

func (r accountRow) account() account.Account {
	return account.Account{
		ID: r.ID, Org: r.Org.org(), Email: r.Email, Username: r.Username, Name: r.Name, FirstName: r.FirstName, LastName: r.LastName,
		Phone: r.Phone, Language: r.Language, TimeZone: r.TimeZone, Role: account.Role(r.Role), Person: r.PersonID,
		PasswordHash: secret.New(r.PasswordHash), CreatedAt: fromMilli(r.CreatedAt),
		EmailVerifiedAt: fromMilliOr(r.EmailVerifiedAt), ActivatedAt: fromMilliOr(r.ActivatedAt), PasswordChangedAt: fromMilliOr(r.PasswordChangedAt),
		RemindMonthly: r.RemindMonthly, RemindedAt: fromMilliOr(r.RemindedAt), Notify: r.Notify, EmailFactor: r.EmailFactor,
		TOTPConfirmedAt: fromMilliOr(r.TOTPConfirmedAt), AgreedVersion: r.AgreedVersion, Revision: r.Revision,
	}
}

// HasAccounts tells whether anybody can sign in.
func (s *Store) HasAccounts(ctx context.Context) (bool, error) {
	var n int64
	if err := s.conn(ctx).Model(&accountRow{}).Limit(1).Count(&n).Error; err != nil {
		return false, fmt.Errorf("count accounts: %w", err)
	}
	return n > 0, nil
}

// SaveAccount adds an account; an address that another one has is Conflict at "email".
func (s *Store) SaveAccount(ctx context.Context, a account.Account) error {
	at := a.CreatedAt.UnixMilli()
	row := accountRow{
		ID: a.ID, OrgID: a.Org.ID, Email: a.Email, EmailFolded: account.FoldEmail(a.Email), Username: a.Username,
		UsernameFolded: account.FoldEmail(a.Username), Name: a.Name, FirstName: a.FirstName, LastName: a.LastName, Phone: a.Phone,
		Language: a.Language, TimeZone: a.TimeZone, Role: string(a.Role), PersonID: a.Person, PasswordHash: a.PasswordHash.Reveal(),
		EmailVerifiedAt: milliOr(a.EmailVerifiedAt), ActivatedAt: milliOr(a.ActivatedAt), PasswordChangedAt: milliOr(a.PasswordChangedAt),
		RemindMonthly: a.RemindMonthly, RemindedAt: milliOr(a.RemindedAt), Notify: a.Notify, EmailFactor: a.EmailFactor,
		AgreedVersion: a.AgreedVersion, Folded: fold(a.Name + " " + a.Username + " " + a.Email), Revision: 1, CreatedAt: at, UpdatedAt: at,
	}
	if err := s.conn(ctx).Omit("Org").Create(&row).Error; err != nil {
		return fmt.Errorf("save account: %w", duplicate(err, "email", "Another account has this e-mail address."))
	}
	return nil
}

// AccountByEmail finds an account by its folded address; NotFound when there is none.
func (s *Store) AccountByEmail(ctx context.Context, folded string) (account.Account, error) {
	var row accountRow
	if err := s.conn(ctx).Joins("Org").Where("email_folded = ? AND accounts.deleted_at IS NULL", folded).Take(&row).Error; err != nil {
		return account.Account{}, fmt.Errorf("find account: %w", missing(err, "This account"))
	}
	return row.account(), nil
}

// milliOr writes a time that may be unset.
func milliOr(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	ms := t.UnixMilli()
	return &ms
}

// fromMilliOr reads a time that may be unset.
func fromMilliOr(ms *int64) time.Time {
	if ms == nil {
		return time.Time{}
	}
	return fromMilli(*ms)
}
