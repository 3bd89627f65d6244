package store

import (
	"context"
	"fmt"
	"strings"
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
		AgreedVersion: a.AgreedVersion, Folded: foldedAccount(a), Revision: 1, CreatedAt: at, UpdatedAt: at,
	}
	if err := s.conn(ctx).Omit("Org").Create(&row).Error; err != nil {
		return fmt.Errorf("save account: %w", taken(err, a))
	}
	return nil
}

// AccountByLogin finds an account by its folded address, or by its folded user name when there is no @; NotFound when there is none.
func (s *Store) AccountByLogin(ctx context.Context, folded string) (account.Account, error) {
	column := "username_folded"
	if strings.ContainsRune(folded, '@') {
		column = "email_folded"
	}
	return s.oneAccount(ctx, column+" = ? AND "+column+" <> ''", folded)
}

// AccountByID finds an account whoever asks; NotFound when there is none. What a caller may see of others is decided before.
func (s *Store) AccountByID(ctx context.Context, id domain.AccountID) (account.Account, error) {
	return s.oneAccount(ctx, "accounts.id = ?", id)
}

func (s *Store) oneAccount(ctx context.Context, where string, args ...any) (account.Account, error) {
	var row accountRow
	if err := s.conn(ctx).Joins("Org").Where(where, args...).Where("accounts.deleted_at IS NULL").Take(&row).Error; err != nil {
		return account.Account{}, fmt.Errorf("find account: %w", missing(err, "This account"))
	}
	return row.account(), nil
}

// UpdateAccount writes what an account says of itself and how it signs in, while its revision is still that of a; else account.Stale.
// Organisation, role, person, factors and agreement stay.
func (s *Store) UpdateAccount(ctx context.Context, a account.Account) error {
	err := s.revised(ctx, &accountRow{}, "This account", a.Revision, map[string]any{
		"email": a.Email, "email_folded": account.FoldEmail(a.Email), "username": a.Username, "username_folded": account.FoldEmail(a.Username),
		"name": a.Name, "first_name": a.FirstName, "last_name": a.LastName, "phone": a.Phone, "language": a.Language, "time_zone": a.TimeZone,
		"password_hash": a.PasswordHash.Reveal(), "email_verified_at": milliOr(a.EmailVerifiedAt), "activated_at": milliOr(a.ActivatedAt),
		"password_changed_at": milliOr(a.PasswordChangedAt), "remind_monthly": a.RemindMonthly, "reminded_at": milliOr(a.RemindedAt),
		"notify": a.Notify, "email_factor": a.EmailFactor, "folded": foldedAccount(a),
	}, "id = ? AND deleted_at IS NULL", a.ID)
	if err != nil {
		return fmt.Errorf("update account: %w", taken(err, a))
	}
	return nil
}

// foldedAccount is what lists of accounts are ordered by and searched in.
func foldedAccount(a account.Account) string { return fold(a.Name + " " + a.Username + " " + a.Email) }

// taken names the field whose value another account has. Both databases tell the index only in words of their own.
func taken(err error, a account.Account) error {
	if a.Email == "" {
		return duplicate(err, "username", "Another account has this user name.")
	}
	if a.Username == "" {
		return duplicate(err, "email", "Another account has this e-mail address.")
	}
	return duplicate(err, "email", "Another account has this e-mail address or this user name.")
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
