package store

import (
	"context"
	"fmt"
	"time"
)

type setupRow struct {
	TokenHash []byte `gorm:"primaryKey"`
	CreatedAt int64  `gorm:"autoCreateTime:false"`
	ExpiresAt int64
}

func (setupRow) TableName() string { return "setup_tokens" }

// SaveSetupToken puts one token in the place of all before.
func (s *Store) SaveSetupToken(ctx context.Context, hash []byte, made, expires time.Time) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := s.conn(ctx).Where("1 = 1").Delete(&setupRow{}).Error; err != nil {
			return fmt.Errorf("drop set-up tokens: %w", err)
		}
		row := setupRow{TokenHash: hash, CreatedAt: made.UnixMilli(), ExpiresAt: expires.UnixMilli()}
		if err := s.conn(ctx).Create(&row).Error; err != nil {
			return fmt.Errorf("save set-up token: %w", err)
		}
		return nil
	})
}

// TakeSetupToken uses a token up: true for one caller, while it is not expired.
func (s *Store) TakeSetupToken(ctx context.Context, hash []byte, now time.Time) (bool, error) {
	done := s.conn(ctx).Where("token_hash = ? AND expires_at > ?", hash, now.UnixMilli()).Delete(&setupRow{})
	if done.Error != nil {
		return false, fmt.Errorf("take set-up token: %w", done.Error)
	}
	return done.RowsAffected == 1, nil
}

// HoldsSecrets tells whether something in the database was sealed with a master key.
func (s *Store) HoldsSecrets(ctx context.Context) (bool, error) {
	var n int64
	if err := s.conn(ctx).Table("authority_keys").Limit(1).Count(&n).Error; err != nil {
		return false, fmt.Errorf("look for sealed keys: %w", err)
	}
	return n > 0, nil
}
