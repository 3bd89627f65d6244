package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"vestibule/cloud/account"
	"vestibule/shared/domain"
)

type linkRow struct {
	TokenHash []byte `gorm:"primaryKey"`
	AccountID domain.AccountID
	Kind      string
	Email     string
	CreatedAt int64 `gorm:"autoCreateTime:false"`
	ExpiresAt int64
}

func (linkRow) TableName() string { return "links" }

func (r linkRow) link() account.Link {
	return account.Link{
		Hash: r.TokenHash, Account: r.AccountID, Kind: account.LinkKind(r.Kind), Email: r.Email, CreatedAt: fromMilli(r.CreatedAt),
		ExpiresAt: fromMilli(r.ExpiresAt),
	}
}

// keepLinks is how long an expired link stays: it counts against more of its kind for that long.
const keepLinks = time.Hour

// AddLink adds a single-use link and drops those that expired an hour before it began.
func (s *Store) AddLink(ctx context.Context, l account.Link) error {
	row := linkRow{
		TokenHash: l.Hash, AccountID: l.Account, Kind: string(l.Kind), Email: l.Email, CreatedAt: l.CreatedAt.UnixMilli(), ExpiresAt: l.ExpiresAt.UnixMilli(),
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := s.conn(ctx).Where("expires_at < ?", l.CreatedAt.Add(-keepLinks).UnixMilli()).Delete(&linkRow{}).Error; err != nil {
			return fmt.Errorf("drop old links: %w", err)
		}
		if err := s.conn(ctx).Create(&row).Error; err != nil {
			return fmt.Errorf("save link: %w", err)
		}
		return nil
	})
}

// FindLink looks at a link that is not expired without using it up; NotFound when there is none.
func (s *Store) FindLink(ctx context.Context, hash []byte, now time.Time) (account.Link, account.Account, error) {
	var row linkRow
	if err := s.conn(ctx).Where("token_hash = ? AND expires_at > ?", hash, now.UnixMilli()).Take(&row).Error; err != nil {
		return account.Link{}, account.Account{}, fmt.Errorf("find link: %w", missing(err, "This link"))
	}
	a, err := s.AccountByID(ctx, row.AccountID)
	return row.link(), a, err
}

// TakeLink uses a link up: it goes for one caller, while it is of that kind and not expired; else NotFound.
func (s *Store) TakeLink(ctx context.Context, hash []byte, kind account.LinkKind, now time.Time) (account.Link, error) {
	var row linkRow
	where := func(db *gorm.DB) *gorm.DB {
		return db.Where("token_hash = ? AND kind = ? AND expires_at > ?", hash, string(kind), now.UnixMilli())
	}
	if err := where(s.conn(ctx)).Take(&row).Error; err != nil {
		return account.Link{}, fmt.Errorf("take link: %w", missing(err, "This link"))
	}
	done := where(s.conn(ctx)).Delete(&linkRow{})
	if done.Error != nil {
		return account.Link{}, fmt.Errorf("take link: %w", done.Error)
	}
	if done.RowsAffected != 1 { // somebody else was faster
		return account.Link{}, fmt.Errorf("take link: %w", missing(gorm.ErrRecordNotFound, "This link"))
	}
	return row.link(), nil
}

// DropLinks forgets the links of an account, of all kinds when none is named.
func (s *Store) DropLinks(ctx context.Context, id domain.AccountID, kinds ...account.LinkKind) error {
	query := s.conn(ctx).Where("account_id = ?", id)
	if len(kinds) > 0 {
		query = query.Where("kind IN ?", kinds)
	}
	if err := query.Delete(&linkRow{}).Error; err != nil {
		return fmt.Errorf("drop links: %w", err)
	}
	return nil
}

// CountLinks counts the links of a kind that were made for an account since a time and are still kept.
func (s *Store) CountLinks(ctx context.Context, id domain.AccountID, kind account.LinkKind, since time.Time) (int, error) {
	var n int64
	err := s.conn(ctx).Model(&linkRow{}).Where("account_id = ? AND kind = ? AND created_at > ?", id, string(kind), since.UnixMilli()).Count(&n).Error
	if err != nil {
		return 0, fmt.Errorf("count links: %w", err)
	}
	return int(n), nil
}
