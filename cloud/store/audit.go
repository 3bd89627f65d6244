package store

import (
	"context"
	"fmt"

	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
)

type auditRow struct {
	ID        domain.ID[auditRow] `gorm:"primaryKey"`
	SiteID    domain.SiteID
	AccountID domain.AccountID
	Actor     string
	Action    string
	Object    string
	ObjectID  domain.ID[auditRow]
	Before    string
	After     string
	CreatedAt int64 `gorm:"autoCreateTime:false"`
}

func (auditRow) TableName() string { return "audit_entries" }

// Record adds an audit entry.
func (s *Store) Record(ctx context.Context, e fleet.Entry) error {
	r := auditRow{
		ID: e.ID, SiteID: e.SiteID, AccountID: e.Account, Actor: e.Actor, Action: string(e.Action), Object: e.Object, ObjectID: e.ObjectID,
		Before: string(e.Before), After: string(e.After), CreatedAt: e.At.UnixMilli(),
	}
	if err := s.conn(ctx).Create(&r).Error; err != nil {
		return fmt.Errorf("save audit entry: %w", err)
	}
	return nil
}

// Audit lists the newest entries of a site, newest first.
func (s *Store) Audit(ctx context.Context, site domain.SiteID, limit int) ([]fleet.Entry, error) {
	var rows []auditRow
	if err := s.in(ctx, site).Order("created_at DESC, id DESC").Limit(limit).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read audit entries: %w", err)
	}
	out := make([]fleet.Entry, len(rows))
	for i, r := range rows {
		out[i] = fleet.Entry{
			ID: r.ID, SiteID: r.SiteID, Account: r.AccountID, Actor: r.Actor, Action: fleet.Action(r.Action), Object: r.Object,
			ObjectID: r.ObjectID, Before: []byte(r.Before), After: []byte(r.After), At: fromMilli(r.CreatedAt),
		}
	}
	return out, nil
}
