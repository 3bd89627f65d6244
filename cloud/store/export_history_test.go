package store

import (
	"context"
	"time"

	"vestibule/shared/domain"
)

// MoveSite gives a site to another organisation.
func (s *Store) MoveSite(ctx context.Context, site domain.SiteID, org domain.OrgID) error {
	return s.conn(ctx).Exec("UPDATE sites SET org_id = ? WHERE id = ?", org, site).Error
}

// GiveLeave writes leave to enter an organisation.
func (s *Store) GiveLeave(ctx context.Context, id domain.GrantID, org, to domain.OrgID, expires time.Time) error {
	return s.conn(ctx).Exec("INSERT INTO grants (id, org_id, to_org_id, kind, writes, reason, created_at, expires_at) VALUES (?, ?, ?, 'consent', ?, '', 0, ?)",
		id, org, to, true, expires.UnixMilli()).Error
}

// EndLeave ends leave, by its owner or by time.
func (s *Store) EndLeave(ctx context.Context, id domain.GrantID, byTime bool) error {
	past := time.Now().Add(-time.Second).UnixMilli()
	if byTime {
		return s.conn(ctx).Exec("UPDATE grants SET expires_at = ? WHERE id = ?", past, id).Error
	}
	return s.conn(ctx).Exec("UPDATE grants SET ended_at = ? WHERE id = ?", past, id).Error
}
