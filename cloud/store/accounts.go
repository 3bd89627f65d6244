package store

import (
	"context"
	"fmt"

	"vestibule/cloud/account"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

type accountRow struct {
	ID           domain.AccountID `gorm:"primaryKey"`
	OrgID        domain.OrgID
	Org          orgRow `gorm:"foreignKey:OrgID"`
	Email        string
	EmailFolded  string
	Name         string
	Role         string
	PasswordHash string
	CreatedAt    int64 `gorm:"autoCreateTime:false"`
	UpdatedAt    int64 `gorm:"autoUpdateTime:false"`
	DeletedAt    *int64
}

func (accountRow) TableName() string { return "accounts" }

func (r accountRow) account() account.Account {
	return account.Account{
		ID: r.ID, Org: r.Org.org(), Email: r.Email, Name: r.Name, Role: account.Role(r.Role),
		PasswordHash: secret.New(r.PasswordHash), CreatedAt: fromMilli(r.CreatedAt),
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
		ID: a.ID, OrgID: a.Org.ID, Email: a.Email, EmailFolded: account.FoldEmail(a.Email), Name: a.Name, Role: string(a.Role),
		PasswordHash: a.PasswordHash.Reveal(), CreatedAt: at, UpdatedAt: at,
	}
	if err := s.conn(ctx).Omit("Org").Create(&row).Error; err != nil {
		return fmt.Errorf("save account: %w", duplicate(err, "email", "Another account has this e-mail address."))
	}
	return nil
}

// AccountByEmail finds an account by its folded address; NotFound when there is none.
func (s *Store) AccountByEmail(ctx context.Context, folded string) (account.Account, error) {
	var row accountRow
	if err := s.conn(ctx).Joins("Org").Where("email_folded = ? AND deleted_at IS NULL", folded).Take(&row).Error; err != nil {
		return account.Account{}, fmt.Errorf("find account: %w", missing(err, "This account"))
	}
	return row.account(), nil
}
