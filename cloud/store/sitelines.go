package store

import (
	"context"
	"fmt"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/cloud/presence"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// SiteNamed tells whether another site than except has the name in an organisation, whoever asks; names differ when a search tells them apart.
func (s *Store) SiteNamed(ctx context.Context, org domain.OrgID, name string, except domain.SiteID) (bool, error) {
	var n int64
	err := s.conn(ctx).Model(&siteRow{}).Where("org_id = ? AND folded = ? AND id <> ? AND deleted_at IS NULL", org, fold(name), except).Count(&n).Error
	return n > 0, wrap(err, "look for a site's name")
}

// BareApartments counts the apartments of a site without an indoor monitor, and gives the numbers of the first ones.
func (s *Store) BareApartments(ctx context.Context, site domain.SiteID, first int) (int, []string, error) {
	bare := s.in(ctx, site).Model(&apartmentRow{}).Where(`deleted_at IS NULL AND NOT EXISTS (SELECT 1 FROM devices d WHERE d.apartment_id = apartments.id AND d.site_id = ?
		AND d.type = ? AND d.deleted_at IS NULL)`, site, int(domain.Monitor))
	var n int64
	if err := bare.Count(&n).Error; err != nil || n == 0 {
		return 0, nil, wrap(err, "count apartments without a monitor")
	}
	var numbers []string
	err := bare.Order("folded, id").Limit(first).Pluck("number", &numbers).Error
	return int(n), numbers, wrap(err, "read apartments without a monitor")
}

// SiteLines gives what lists show beside sites: four queries, whatever the number of sites.
func (s *Store) SiteLines(ctx context.Context, sites []domain.SiteID) (map[domain.SiteID]fleet.SiteLine, error) {
	out := make(map[domain.SiteID]fleet.SiteLine, len(sites))
	if len(sites) == 0 {
		return out, nil
	}
	var rows []siteRow
	if err := s.sites(ctx).Select("id, created_at").Where("id IN ?", sites).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read sites: %w", err)
	}
	for _, r := range rows {
		out[r.ID] = fleet.SiteLine{Created: instant(r.Record.CreatedAt)}
	}
	if err := s.siteNumbers(ctx, sites, out); err != nil {
		return nil, err
	}
	return out, s.siteManagers(ctx, sites, out)
}

// notAside leaves out the reports r on devices that are set up by hand or gone; an index holds those few.
const notAside = "NOT EXISTS (SELECT 1 FROM devices x WHERE x.site_id = r.site_id AND x.id = r.device_id AND (x.driver = 'manual' OR x.deleted_at IS NOT NULL))"

// siteNumbers adds versions, agents and receipts. Receipts count as GET /sites/{site}/readiness shows them: applied is what the newest version holds.
func (s *Store) siteNumbers(ctx context.Context, sites []domain.SiteID, out map[domain.SiteID]fleet.SiteLine) error {
	for _, c := range []struct {
		query string
		args  []any
		into  func(line *fleet.SiteLine, n int64)
	}{
		{"SELECT site_id, version AS n FROM desired_heads WHERE site_id IN ?", []any{sites}, func(l *fleet.SiteLine, n int64) { l.Version = uint64(n) }},
		{
			"SELECT site_id, COUNT(*) AS n FROM agents WHERE site_id IN ? AND revoked_at IS NULL AND state = ? GROUP BY site_id",
			[]any{sites, string(presence.Online)},
			func(l *fleet.SiteLine, n int64) { l.AgentsOnline = int(n) },
		},
		{
			`SELECT r.site_id, COUNT(*) AS n FROM device_states r JOIN desired_heads h ON h.site_id = r.site_id
				WHERE r.site_id IN ? AND r.state = ? AND r.version >= h.version
				AND ` + notAside + ` GROUP BY r.site_id`,
			[]any{sites, string(wire.ReceiptApplied)},
			func(l *fleet.SiteLine, n int64) { l.Applied = int(n) },
		},
	} {
		var rows []struct {
			SiteID domain.SiteID
			N      int64
		}
		if err := s.conn(ctx).Raw(c.query, c.args...).Scan(&rows).Error; err != nil {
			return fmt.Errorf("count what sites hold: %w", err)
		}
		for _, r := range rows {
			line, seen := out[r.SiteID]
			if !seen {
				continue
			}
			c.into(&line, r.N)
			out[r.SiteID] = line
		}
	}
	return nil
}

// siteManagers adds the names of managers. An account of another organisation, left from before a site moved, does not count.
func (s *Store) siteManagers(ctx context.Context, sites []domain.SiteID, out map[domain.SiteID]fleet.SiteLine) error {
	var rows []struct {
		SiteID domain.SiteID
		Name   string
	}
	err := s.conn(ctx).Raw(`SELECT m.site_id, a.name FROM site_managers m JOIN accounts a ON a.id = m.account_id AND a.deleted_at IS NULL AND a.role = ?
		JOIN sites s ON s.id = m.site_id AND s.org_id = a.org_id WHERE m.site_id IN ? ORDER BY a.folded, a.id`, string(account.RoleManager), sites).Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("read managers of sites: %w", err)
	}
	for _, r := range rows {
		if line, seen := out[r.SiteID]; seen {
			line.Managers = append(line.Managers, r.Name)
			out[r.SiteID] = line
		}
	}
	return nil
}
