package store

import (
	"context"
	"fmt"

	"gorm.io/gorm/clause"

	"vestibule/cloud/eventlog"
	"vestibule/shared/domain"
)

type candidateRow struct {
	SiteID   domain.SiteID `gorm:"primaryKey"`
	MAC      string        `gorm:"primaryKey;column:mac"`
	AgentID  domain.AgentID
	Model    string
	Firmware string
	Address  string
	Service  string
	FoundAt  int64
}

func (candidateRow) TableName() string { return "candidates" }

// PutCandidate adds a found device, or what is newer about it.
func (s *Store) PutCandidate(ctx context.Context, site domain.SiteID, c eventlog.Candidate) error {
	r := candidateRow{
		SiteID: site, MAC: string(c.MAC), AgentID: c.Agent, Model: clip(c.Model, 128), Firmware: clip(c.Firmware, 128),
		Address: clip(c.Address, 128), Service: clip(c.Service, 128), FoundAt: c.FoundAt.UnixMilli(),
	}
	if err := s.conn(ctx).Clauses(clause.OnConflict{UpdateAll: true}).Create(&r).Error; err != nil {
		return fmt.Errorf("save candidate: %w", err)
	}
	return nil
}

// DropCandidate forgets a found device.
func (s *Store) DropCandidate(ctx context.Context, site domain.SiteID, mac domain.MAC) error {
	if err := s.conn(ctx).Where("site_id = ? AND mac = ?", site, string(mac)).Delete(&candidateRow{}).Error; err != nil {
		return fmt.Errorf("forget candidate: %w", err)
	}
	return nil
}

// maxCandidates bounds the answer: a LAN can claim anything.
const maxCandidates = 1000

// standings are the columns, behind those of the MAC, that tell how a found MAC stands to the site: its device here, whether any site has it, and whose library it is in.
// They look at every tenant's rows; what leaves the store is one word.
const standings = `, sites.org_id AS owner, macs.org_id AS library,
	EXISTS (SELECT 1 FROM devices WHERE devices.mac = candidates.mac AND devices.site_id = candidates.site_id AND devices.deleted_at IS NULL) AS ours,
	EXISTS (SELECT 1 FROM devices WHERE devices.mac = candidates.mac AND devices.deleted_at IS NULL) AS taken`

type standingRow struct {
	Found   candidateRow `gorm:"embedded"`
	Owner   domain.OrgID
	Library domain.OrgID
	Ours    bool
	Taken   bool
}

func (r standingRow) standing() eventlog.Standing {
	switch {
	case r.Ours:
		return eventlog.Ours
	case r.Taken, !r.Library.IsZero() && r.Library != r.Owner:
		return eventlog.Elsewhere
	case r.Library.IsZero():
		return eventlog.Unregistered
	}
	return eventlog.Available
}

// Candidates lists found devices of a site with their standing, the newest first.
func (s *Store) Candidates(ctx context.Context, site domain.SiteID) ([]eventlog.Candidate, error) {
	var rows []standingRow
	err := s.conn(ctx).Table("candidates").Scopes(scopeOf(ctx, site)).Where("candidates.site_id = ?", site).
		Joins("JOIN sites ON sites.id = candidates.site_id").Joins("LEFT JOIN macs ON macs.mac = candidates.mac").
		Select(s.named(candidateRow{}) + standings).Order("found_at DESC, candidates.mac").Limit(maxCandidates).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list candidates: %w", err)
	}
	seen, err := s.devicesByMAC(ctx, site)
	if err != nil {
		return nil, err
	}
	out := make([]eventlog.Candidate, 0, len(rows))
	for _, r := range rows {
		device, c := seen[r.Found.MAC], r.Found
		out = append(out, eventlog.Candidate{
			MAC: domain.MAC(c.MAC), Model: c.Model, Firmware: c.Firmware, Address: c.Address, Service: c.Service,
			FoundAt: instant(c.FoundAt), Agent: c.AgentID, Standing: r.standing(), Device: device.ID, Name: device.Name,
		})
	}
	return out, nil
}

// devicesByMAC gives the devices of a site that the caller may see.
func (s *Store) devicesByMAC(ctx context.Context, site domain.SiteID) (map[string]deviceRow, error) {
	var rows []deviceRow
	err := s.in(ctx, site).Where("deleted_at IS NULL").Select("id", "mac", "name").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list devices by MAC: %w", err)
	}
	out := make(map[string]deviceRow, len(rows))
	for _, r := range rows {
		out[r.MAC] = r
	}
	return out, nil
}
