package store

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/cloud/presence"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// SiteNumbers counts every site that the caller may see: four queries, whatever the number of sites.
func (s *Store) SiteNumbers(ctx context.Context) ([]fleet.SiteNumbers, error) {
	var sites []siteRow
	if err := s.sites(ctx).Select("id, name, kind").Order("folded, id").Find(&sites).Error; err != nil {
		return nil, fmt.Errorf("count sites: %w", err)
	}
	out := make([]fleet.SiteNumbers, len(sites))
	at := make(map[domain.SiteID]*fleet.SiteNumbers, len(sites))
	for i, r := range sites {
		out[i] = fleet.SiteNumbers{Site: r.ID, Name: r.Name, Kind: r.Kind}
		at[r.ID] = &out[i]
	}
	for _, count := range []func(context.Context, map[domain.SiteID]*fleet.SiteNumbers) error{s.countAgents, s.countDevices, s.countFound} {
		if err := count(ctx, at); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Store) countAgents(ctx context.Context, at map[domain.SiteID]*fleet.SiteNumbers) error {
	var rows []struct {
		SiteID            domain.SiteID
		All, Online, Down int
		Since             int64
	}
	down := []presence.State{presence.Never, presence.Offline, presence.Refused}
	err := s.conn(ctx).Table("agents").Scopes(scope(ctx, "site_id")).Where("revoked_at IS NULL").Group("site_id").
		Select(`site_id, COUNT(*) AS "all", SUM(CASE WHEN state = ? THEN 1 ELSE 0 END) AS online, SUM(CASE WHEN state IN ? THEN 1 ELSE 0 END) AS down,
			COALESCE(MIN(CASE WHEN state IN ? THEN since END), 0) AS since`, presence.Online, down, down).Scan(&rows).Error
	for _, r := range rows {
		if n := at[r.SiteID]; n != nil {
			n.Agents, n.AgentsOnline, n.AgentsDown, n.DownSince = r.All, r.Online, r.Down, instant(r.Since)
		}
	}
	return wrap(err, "count agents")
}

// countDevices judges receipts by the head of their site: what is true of an older version is not true of this one. Devices are counted without a
// look at their receipts, and receipts without a look at their devices, but for those of devices that are set up by hand or gone, which are few.
func (s *Store) countDevices(ctx context.Context, at map[domain.SiteID]*fleet.SiteNumbers) error {
	var rows []struct {
		SiteID                          domain.SiteID
		All, Manual, Online, Done, Fail int
	}
	err := s.conn(ctx).Table("devices d").Scopes(scope(ctx, "d.site_id")).Where("d.deleted_at IS NULL").Group("d.site_id").
		Select(`d.site_id, COUNT(*) AS "all", SUM(CASE WHEN d.driver = 'manual' THEN 1 ELSE 0 END) AS manual`).Scan(&rows).Error
	if err != nil {
		return wrap(err, "count devices")
	}
	for _, r := range rows {
		if n := at[r.SiteID]; n != nil {
			n.Manual, n.Offline, n.Open = r.Manual, r.All-r.Manual, r.All-r.Manual
		}
	}
	rows = nil
	err = s.conn(ctx).Table("device_states r").Scopes(scope(ctx, "r.site_id")).Group("r.site_id").Joins("LEFT JOIN desired_heads h ON h.site_id = r.site_id").
		Where(notAside).
		Select(`r.site_id, SUM(CASE WHEN r.online THEN 1 ELSE 0 END) AS online,
			SUM(CASE WHEN r.state = ? AND r.version >= h.version THEN 1 ELSE 0 END) AS done,
			SUM(CASE WHEN r.state = ? AND r.version >= h.version THEN 1 ELSE 0 END) AS fail`, wire.ReceiptApplied, wire.ReceiptFailed).Scan(&rows).Error
	for _, r := range rows {
		if n := at[r.SiteID]; n != nil {
			n.Online, n.Failed = r.Online, r.Fail
			n.Offline, n.Open = n.Offline-r.Online, n.Open-r.Done-r.Fail
		}
	}
	return wrap(err, "count receipts")
}

func (s *Store) countFound(ctx context.Context, at map[domain.SiteID]*fleet.SiteNumbers) error {
	var rows []struct {
		SiteID domain.SiteID
		N      int
	}
	err := s.conn(ctx).Table("candidates c").Scopes(scope(ctx, "c.site_id")).Group("c.site_id").Select("c.site_id, COUNT(*) AS n").
		Where("NOT EXISTS (SELECT 1 FROM devices d WHERE d.mac = c.mac AND d.site_id = c.site_id AND d.deleted_at IS NULL)").Scan(&rows).Error
	for _, r := range rows {
		if n := at[r.SiteID]; n != nil {
			n.Found = r.N
		}
	}
	return wrap(err, "count found devices")
}

// ManagerNumbers counts the property managers of the caller's installer organisation.
func (s *Store) ManagerNumbers(ctx context.Context) (fleet.AccountNumbers, error) {
	return accountNumbers(s.conn(ctx).Table("accounts a").Scopes(ownOrgs(ctx, "a.org_id")).Where("a.role = ?", account.RoleManager))
}

// ResidentNumbers counts the accounts of people of the sites that the caller may see.
func (s *Store) ResidentNumbers(ctx context.Context) (fleet.AccountNumbers, error) {
	return accountNumbers(s.conn(ctx).Table("accounts a").Joins("JOIN people p ON p.id = a.person_id AND p.deleted_at IS NULL").Scopes(scope(ctx, "p.site_id")))
}

func accountNumbers(query *gorm.DB) (fleet.AccountNumbers, error) {
	var n struct{ Total, Activated int }
	err := query.Where("a.deleted_at IS NULL").Select("COUNT(*) AS total, COUNT(a.activated_at) AS activated").Scan(&n).Error
	return fleet.AccountNumbers{Activated: n.Activated, Waiting: n.Total - n.Activated}, wrap(err, "count accounts")
}

// OrgNumbers counts the organisations below the caller's.
func (s *Store) OrgNumbers(ctx context.Context) (fleet.OrgNumbers, error) {
	var out fleet.OrgNumbers
	caller, ok := callerOf(ctx)
	if !ok {
		return out, nil
	}
	err := whileGranted(s.conn(ctx).Table("orgs o"), caller).Where("o.deleted_at IS NULL AND NOT o.own").
		Where("o.parent_id = ? OR o.parent_id IN (SELECT id FROM orgs WHERE parent_id = ? AND deleted_at IS NULL)", caller.Org, caller.Org).
		Select(`COALESCE(SUM(CASE WHEN o.kind = ? THEN 1 ELSE 0 END), 0) AS distributors, COALESCE(SUM(CASE WHEN o.kind = ? THEN 1 ELSE 0 END), 0) AS installers,
			COALESCE(SUM(CASE WHEN EXISTS (SELECT 1 FROM accounts a WHERE a.org_id = o.id AND a.deleted_at IS NULL AND a.activated_at IS NOT NULL)
			THEN 0 ELSE 1 END), 0) AS waiting`, account.OrgDistributor, account.OrgInstaller).Scan(&out).Error
	return out, wrap(err, "count organisations")
}

// ownOrgs limits a query to rows of the organisation in which the caller keeps sites.
func ownOrgs(ctx context.Context, column string) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		caller, ok := callerOf(ctx)
		if !ok {
			return db.Where("1 = 0")
		}
		if caller.Role == account.RoleOperator || caller.Role == account.RoleDistributor {
			db = db.Where(column+" IN (SELECT id FROM orgs WHERE parent_id = ? AND own AND deleted_at IS NULL)", caller.Org)
		} else {
			db = db.Where(column+" = ?", caller.Org)
		}
		return whileGranted(db, caller)
	}
}

func wrap(err error, doing string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}
