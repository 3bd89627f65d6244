package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
)

type siteRow struct {
	ID       domain.SiteID `gorm:"primaryKey"`
	OrgID    domain.OrgID
	Name     string
	TimeZone string
	Kind     domain.SiteKind
	Form     domain.SiteForm `gorm:"serializer:json"`
	Address  domain.Address  `gorm:"serializer:json"`
	Record   record          `gorm:"embedded"`
}

func (siteRow) TableName() string { return "sites" }

func (r siteRow) place() (string, string) { return r.Record.Folded, r.ID.String() }

func (r siteRow) noun() domain.Site {
	return domain.Site{ID: r.ID, OrgID: r.OrgID, Name: r.Name, TimeZone: r.TimeZone, Kind: r.Kind, Form: r.Form, Address: r.Address, Revision: r.Record.Revision}
}

// sites starts a query on the sites that the caller of ctx may see.
func (s *Store) sites(ctx context.Context) *gorm.DB {
	return s.conn(ctx).Scopes(scope(ctx, "id")).Where("deleted_at IS NULL")
}

// site starts a query on one site, if the caller of ctx may see it: the others are not read.
func (s *Store) site(ctx context.Context, site domain.SiteID) *gorm.DB {
	return s.conn(ctx).Scopes(scopeOf(ctx, site)).Where("id = ? AND deleted_at IS NULL", site)
}

// ListSites lists the sites that the caller may see, of one kind when page asks for it.
func (s *Store) ListSites(ctx context.Context, page fleet.Page) (fleet.List[domain.Site], error) {
	query := s.sites(ctx)
	if kind := page.Only["kind"]; kind != "" {
		query = query.Where("kind = ?", kind)
	}
	return listBy[domain.Site, siteRow](query, page, sorts{"name": "list.folded", "created": "list.created_at"})
}

// singleSites gives the ids of the single-family sites that the caller may see.
func (s *Store) singleSites(ctx context.Context) *gorm.DB {
	return s.sites(ctx).Model(&siteRow{}).Where("kind = ?", domain.SingleHome).Select("id")
}

// ofSites limits a query to rows of few sites. PostgreSQL would guess that they hold their share of everything, and read all of it.
func (s *Store) ofSites(query *gorm.DB, column string, sites *gorm.DB) *gorm.DB {
	if s.dialect == onPostgres {
		return query.Where(column+" = ANY(ARRAY(?))", sites)
	}
	return query.Where(column+" IN (?)", sites)
}

// Site gives one site; NotFound when it does not exist for the caller.
func (s *Store) Site(ctx context.Context, site domain.SiteID) (domain.Site, error) {
	var r siteRow
	if err := s.site(ctx, site).Take(&r).Error; err != nil {
		return domain.Site{}, fmt.Errorf("read site: %w", missing(err, "This site"))
	}
	return r.noun(), nil
}

// SeeSite is NotFound when the site does not exist for the caller.
func (s *Store) SeeSite(ctx context.Context, site domain.SiteID) error {
	_, err := s.Site(ctx, site)
	return err
}

// LockSite is SeeSite that keeps other edits of the site out until the transaction ends.
func (s *Store) LockSite(ctx context.Context, site domain.SiteID) error {
	var r siteRow
	if err := s.forUpdate(s.site(ctx, site)).Take(&r).Error; err != nil {
		return fmt.Errorf("lock site: %w", missing(err, "This site"))
	}
	return nil
}

// PutSite adds or changes a site.
func (s *Store) PutSite(ctx context.Context, site domain.Site, at time.Time) error {
	r := siteRow{ID: site.ID, OrgID: site.OrgID, Name: site.Name, TimeZone: site.TimeZone, Kind: site.Kind, Form: site.Form, Address: site.Address, Record: newRecord(at, site.Name)}
	if err := s.put(ctx, &r, "name", "time_zone", "kind", "form", "address"); err != nil {
		return fmt.Errorf("save site: %w", err)
	}
	return nil
}

// DeleteSite marks a site as deleted; nothing of it is visible any more.
func (s *Store) DeleteSite(ctx context.Context, site domain.SiteID, at time.Time) error {
	changes := map[string]any{"deleted_at": at.UnixMilli(), "updated_at": at.UnixMilli()}
	return s.site(ctx, site).Model(&siteRow{}).Updates(changes).Error
}
