package store

import (
	"context"

	"gorm.io/gorm"

	"vestibule/cloud/account"
	"vestibule/shared/domain"
)

// visibleSites selects the ids of the sites of an organisation and of those below it.
const visibleSites = ` IN (SELECT id FROM sites WHERE deleted_at IS NULL AND org_id IN (
	WITH RECURSIVE below(id) AS (SELECT id FROM orgs WHERE id = ? UNION SELECT o.id FROM orgs o JOIN below b ON o.parent_id = b.id)
	SELECT id FROM below))`

// scope limits a query to rows whose site, in column, the caller of ctx may see: sites of the caller's organisation and of those
// below it; all for the service's own work (account.AsSystem); none when nobody is signed in.
func scope(ctx context.Context, column string) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if _, ok := account.System(ctx); ok {
			return db
		}
		caller, ok := account.From(ctx)
		if !ok || caller.Org.IsZero() {
			return db.Where("1 = 0")
		}
		return db.Where(column+visibleSites, caller.Org)
	}
}

// in starts a query on the rows of one site, as far as the caller of ctx may see it.
func (s *Store) in(ctx context.Context, site domain.SiteID) *gorm.DB {
	return s.conn(ctx).Scopes(scope(ctx, "site_id")).Where("site_id = ?", site)
}
