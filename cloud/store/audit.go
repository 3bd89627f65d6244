package store

import (
	"context"
	"fmt"
	"net/netip"

	"vestibule/cloud/audit"
	"vestibule/shared/domain"
)

type auditRow struct {
	ID         domain.AuditID `gorm:"primaryKey"`
	SiteID     domain.SiteID
	OrgID      domain.OrgID
	AccountID  domain.AccountID
	Actor      string
	ActorOrgID domain.OrgID
	Behalf     string
	GrantID    domain.GrantID
	TokenID    domain.TokenID
	Address    string
	Action     string
	Object     string
	ObjectID   domain.ID[auditRow]
	ObjectName string
	Reason     string
	Before     string
	After      string
	Folded     string
	CreatedAt  int64 `gorm:"autoCreateTime:false"`
}

func (auditRow) TableName() string { return "audit_entries" }

func (r auditRow) entry() audit.Entry {
	from, _ := netip.ParseAddr(r.Address)
	return audit.Entry{
		ID: r.ID, Site: r.SiteID, Org: r.OrgID, Account: r.AccountID, Actor: r.Actor, ActorOrg: r.ActorOrgID, Behalf: r.Behalf, Grant: r.GrantID,
		Token: r.TokenID, From: from, Action: audit.Action(r.Action), Object: r.Object, ObjectID: r.ObjectID, ObjectName: r.ObjectName,
		Reason: r.Reason, Before: []byte(r.Before), After: []byte(r.After), At: fromMilli(r.CreatedAt),
	}
}

// Record adds an audit entry.
func (s *Store) Record(ctx context.Context, e audit.Entry) error {
	r := auditRow{
		ID: e.ID, SiteID: e.Site, OrgID: e.Org, AccountID: e.Account, Actor: e.Actor, ActorOrgID: e.ActorOrg, Behalf: e.Behalf, GrantID: e.Grant,
		TokenID: e.Token, Action: string(e.Action), Object: e.Object, ObjectID: e.ObjectID, ObjectName: e.ObjectName, Reason: e.Reason,
		Before: string(e.Before), After: string(e.After), CreatedAt: e.At.UnixMilli(),
		Folded: fold(e.Actor + " " + e.Behalf + " " + string(e.Action) + " " + e.Object + " " + e.ObjectName + " " + e.Reason),
	}
	if e.From.IsValid() {
		r.Address = e.From.String()
	}
	if err := s.conn(ctx).Create(&r).Error; err != nil {
		return fmt.Errorf("save audit entry: %w", err)
	}
	if s.heard != nil {
		return s.heard(ctx, e)
	}
	return nil
}

// Audit lists the newest entries of a site, newest first.
func (s *Store) Audit(ctx context.Context, site domain.SiteID, limit int) ([]audit.Entry, error) {
	var rows []auditRow
	if err := s.in(ctx, site).Order("created_at DESC, id DESC").Limit(limit).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read audit entries: %w", err)
	}
	out := make([]audit.Entry, len(rows))
	for i, r := range rows {
		out[i] = r.entry()
	}
	return out, nil
}
