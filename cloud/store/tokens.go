package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/apitoken"
	"vestibule/shared/domain"
)

var _ apitoken.Store = (*Store)(nil)

type tokenRow struct {
	ID        domain.TokenID `gorm:"primaryKey"`
	AccountID domain.AccountID
	Name      string
	TokenHash []byte
	Scopes    string // separated by blanks
	CreatedAt int64  `gorm:"autoCreateTime:false"`
	ExpiresAt int64
	UsedAt    *int64
	UsedFrom  string
	RevokedAt *int64
}

func (tokenRow) TableName() string { return "api_tokens" }

func (r tokenRow) token() apitoken.Token {
	t := apitoken.Token{
		ID: r.ID, Account: r.AccountID, Name: r.Name, Hash: r.TokenHash, CreatedAt: fromMilli(r.CreatedAt), ExpiresAt: fromMilli(r.ExpiresAt),
		UsedAt: fromMilliOr(r.UsedAt), UsedFrom: r.UsedFrom, RevokedAt: fromMilliOr(r.RevokedAt),
	}
	for _, scope := range strings.Fields(r.Scopes) {
		t.Scopes = append(t.Scopes, account.Right(scope))
	}
	return t
}

// Tokens lists the API tokens of an account, newest first.
func (s *Store) Tokens(ctx context.Context, account domain.AccountID) ([]apitoken.Token, error) {
	var rows []tokenRow
	if err := s.conn(ctx).Where("account_id = ?", account).Order("created_at DESC, id DESC").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read tokens: %w", err)
	}
	out := make([]apitoken.Token, len(rows))
	for i, r := range rows {
		out[i] = r.token()
	}
	return out, nil
}

// TokenByHash finds an API token and its account; NotFound when there is none or the account is gone.
func (s *Store) TokenByHash(ctx context.Context, hash []byte) (apitoken.Token, account.Account, error) {
	var r tokenRow
	var owner accountRow
	err := s.conn(ctx).Where("token_hash = ?", hash).Take(&r).Error
	if err == nil {
		err = s.conn(ctx).Joins("Org").Where("accounts.id = ? AND accounts.deleted_at IS NULL", r.AccountID).Take(&owner).Error
	}
	if err != nil {
		return apitoken.Token{}, account.Account{}, fmt.Errorf("find token: %w", missing(err, "This token"))
	}
	return r.token(), owner.account(), nil
}

// SaveToken adds an API token and drops those of the account that ended before forget.
func (s *Store) SaveToken(ctx context.Context, t apitoken.Token, forget time.Time) error {
	scopes := make([]string, len(t.Scopes))
	for i, scope := range t.Scopes {
		scopes[i] = string(scope)
	}
	r := tokenRow{
		ID: t.ID, AccountID: t.Account, Name: t.Name, TokenHash: t.Hash, Scopes: strings.Join(scopes, " "), CreatedAt: t.CreatedAt.UnixMilli(),
		ExpiresAt: t.ExpiresAt.UnixMilli(),
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		old := forget.UnixMilli()
		if err := s.conn(ctx).Where("account_id = ? AND (expires_at < ? OR revoked_at < ?)", t.Account, old, old).Delete(&tokenRow{}).Error; err != nil {
			return fmt.Errorf("drop old tokens: %w", err)
		}
		if err := s.conn(ctx).Create(&r).Error; err != nil {
			return fmt.Errorf("save token: %w", err)
		}
		return nil
	})
}

// TouchToken writes down that a token was used, and from where.
func (s *Store) TouchToken(ctx context.Context, id domain.TokenID, from string, at time.Time) error {
	return s.conn(ctx).Model(&tokenRow{}).Where("id = ?", id).Updates(map[string]any{"used_at": at.UnixMilli(), "used_from": from}).Error
}

// RevokeToken ends a token of an account and tells what it was; false when it was revoked before, NotFound when the account has no such one.
func (s *Store) RevokeToken(ctx context.Context, account domain.AccountID, id domain.TokenID, at time.Time) (apitoken.Token, bool, error) {
	var r tokenRow
	if err := s.conn(ctx).Where("id = ? AND account_id = ?", id, account).Take(&r).Error; err != nil {
		return apitoken.Token{}, false, fmt.Errorf("find token: %w", missing(err, "This token"))
	}
	done := s.conn(ctx).Model(&tokenRow{}).Where("id = ? AND revoked_at IS NULL", id).Update("revoked_at", at.UnixMilli())
	return r.token(), done.RowsAffected == 1, done.Error
}
