package store

import (
	"context"
	"fmt"
	"time"

	"vestibule/cloud/enroll"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

type claimRow struct {
	ID        enroll.ClaimID `gorm:"primaryKey"`
	SiteID    domain.SiteID
	CodeHash  []byte
	CreatedBy domain.AccountID
	CreatedAt int64 `gorm:"autoCreateTime:false"`
	ExpiresAt int64
	UsedAt    *int64
	AgentID   domain.AgentID
}

func (claimRow) TableName() string { return "claim_codes" }

// InsertClaim stores a code by its hash.
func (s *Store) InsertClaim(ctx context.Context, c enroll.ClaimCode) error {
	r := claimRow{
		ID: c.ID, SiteID: c.Site, CodeHash: c.Hash[:], CreatedBy: c.CreatedBy,
		CreatedAt: c.CreatedAt.UnixMilli(), ExpiresAt: c.ExpiresAt.UnixMilli(),
	}
	if err := s.conn(ctx).Create(&r).Error; err != nil {
		return fmt.Errorf("save claim code: %w", err)
	}
	return nil
}

// ClaimsSince counts the codes of a site made after since.
func (s *Store) ClaimsSince(ctx context.Context, site domain.SiteID, since time.Time) (int, error) {
	var n int64
	err := s.conn(ctx).Model(&claimRow{}).Where("site_id = ? AND created_at > ?", site, since.UnixMilli()).Count(&n).Error
	return int(n), err
}

// UseClaim marks a code used and gives its site; NotFound when it is unknown, used or expired: one statement whatever the reason.
func (s *Store) UseClaim(ctx context.Context, hash [32]byte, agent domain.AgentID, now time.Time) (domain.SiteID, error) {
	done := s.conn(ctx).Model(&claimRow{}).
		Where("code_hash = ? AND used_at IS NULL AND expires_at > ?", hash[:], now.UnixMilli()).
		Where("site_id IN (SELECT id FROM sites WHERE deleted_at IS NULL)").
		Updates(map[string]any{"used_at": now.UnixMilli(), "agent_id": agent})
	if done.Error != nil {
		return domain.SiteID{}, fmt.Errorf("use claim code: %w", done.Error)
	}
	if done.RowsAffected == 0 {
		return domain.SiteID{}, fault.New(fault.NotFound, "This claim code does not exist.")
	}
	var r claimRow
	if err := s.conn(ctx).Where("code_hash = ?", hash[:]).Take(&r).Error; err != nil {
		return domain.SiteID{}, fmt.Errorf("read claim code: %w", err)
	}
	return r.SiteID, nil
}

// SiteName gives a site's name for an agent of it.
func (s *Store) SiteName(ctx context.Context, site domain.SiteID) (string, error) {
	var r siteRow
	if err := s.conn(ctx).Where("id = ?", site).Take(&r).Error; err != nil {
		return "", fmt.Errorf("read site: %w", missing(err, "This site"))
	}
	return r.Name, nil
}
