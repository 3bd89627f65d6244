package store

import (
	"context"
	"fmt"
	"maps"
	"sync"

	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
)

// tally remembers what sites held at a version of their documents: every edit that changes one of the counts moves the version, also one that another
// replica made. Agents come and go without it, and are few.
type tally struct {
	mu sync.Mutex
	of map[domain.SiteID]holdings
}

type holdings struct {
	version int64
	fleet.Counts
}

func (t *tally) get(site domain.SiteID, version int64) (fleet.Counts, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c, ok := t.of[site]
	return c.Counts, ok && c.version == version
}

func (t *tally) put(versions map[domain.SiteID]int64, counts map[domain.SiteID]fleet.Counts, sites []domain.SiteID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.of == nil {
		t.of = map[domain.SiteID]holdings{}
	}
	for _, site := range sites {
		t.of[site] = holdings{version: versions[site], Counts: counts[site]}
	}
}

// SiteCounts counts what each of sites holds.
func (s *Store) SiteCounts(ctx context.Context, sites []domain.SiteID) (map[domain.SiteID]fleet.Counts, error) {
	if len(sites) == 0 {
		return map[domain.SiteID]fleet.Counts{}, nil
	}
	seen, err := s.seen(ctx, sites)
	if err != nil {
		return nil, err
	}
	out, err := s.countHoldings(ctx, seen)
	if err != nil {
		return nil, err
	}
	agents, err := s.countEach(ctx, seen, "agents", "0", "revoked_at IS NULL")
	for _, r := range agents {
		counts := out[r.SiteID]
		counts.Agents = r.N
		out[r.SiteID] = counts
	}
	return out, err
}

// seen keeps those of sites that the caller may see.
func (s *Store) seen(ctx context.Context, sites []domain.SiteID) ([]domain.SiteID, error) {
	var out []domain.SiteID
	err := s.sites(ctx).Model(&siteRow{}).Where("id IN ?", sites).Pluck("id", &out).Error
	return out, wrap(err, "read sites")
}

// countHoldings counts buildings, homes, people and devices, anew only where the document has moved. An edit that is not committed yet sees its own
// counts, which nobody else may.
func (s *Store) countHoldings(ctx context.Context, sites []domain.SiteID) (map[domain.SiteID]fleet.Counts, error) {
	if s.running(ctx) != nil {
		return s.countAnew(ctx, sites)
	}
	versions, err := s.versions(ctx, sites) // before the counting: what is counted is never older than its version
	if err != nil {
		return nil, err
	}
	out := make(map[domain.SiteID]fleet.Counts, len(sites))
	var moved []domain.SiteID
	for _, site := range sites {
		counts, ok := s.tally.get(site, versions[site])
		if !ok {
			moved = append(moved, site)
			continue
		}
		out[site] = counts
	}
	if len(moved) == 0 {
		return out, nil
	}
	fresh, err := s.countAnew(ctx, moved)
	if err != nil {
		return nil, err
	}
	s.tally.put(versions, fresh, moved)
	maps.Copy(out, fresh)
	return out, nil
}

func (s *Store) versions(ctx context.Context, sites []domain.SiteID) (map[domain.SiteID]int64, error) {
	var heads []headRow
	if err := s.conn(ctx).Select("site_id", "version").Where("site_id IN ?", sites).Find(&heads).Error; err != nil {
		return nil, fmt.Errorf("read versions: %w", err)
	}
	out := make(map[domain.SiteID]int64, len(heads))
	for _, h := range heads {
		out[h.SiteID] = h.Version
	}
	return out, nil
}

func (s *Store) countAnew(ctx context.Context, sites []domain.SiteID) (map[domain.SiteID]fleet.Counts, error) {
	out := make(map[domain.SiteID]fleet.Counts, len(sites))
	for _, c := range []struct {
		table, also string
		into        func(c *fleet.Counts, n, also int)
	}{
		{"buildings", "0", func(c *fleet.Counts, n, _ int) { c.Buildings = n }},
		{"apartments", "0", func(c *fleet.Counts, n, _ int) { c.Apartments = n }},
		{"people", "0", func(c *fleet.Counts, n, _ int) { c.People = n }},
		{"devices", "SUM(CASE WHEN driver <> 'manual' THEN 1 ELSE 0 END)", func(c *fleet.Counts, n, managed int) { c.Devices, c.Managed = n, managed }},
	} {
		rows, err := s.countEach(ctx, sites, c.table, c.also, "deleted_at IS NULL")
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			counts := out[r.SiteID]
			c.into(&counts, r.N, r.Also)
			out[r.SiteID] = counts
		}
	}
	return out, nil
}

type countRow struct {
	SiteID  domain.SiteID
	N, Also int
}

// countEach counts the rows of a table, and something else of them, for each of sites.
func (s *Store) countEach(ctx context.Context, sites []domain.SiteID, table, also, where string) ([]countRow, error) {
	var rows []countRow
	err := s.conn(ctx).Table(table).Select("site_id, COUNT(*) AS n, "+also+" AS also").
		Where("site_id IN ?", sites).Where(where).Group("site_id").Scan(&rows).Error
	return rows, wrap(err, "count "+table)
}
