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

// Candidates lists found devices of a site that are on no device list, newest first.
func (s *Store) Candidates(ctx context.Context, site domain.SiteID) ([]eventlog.Candidate, error) {
	var rows []candidateRow
	err := s.in(ctx, site).Where("mac NOT IN (SELECT mac FROM devices WHERE site_id = ? AND deleted_at IS NULL)", site).
		Order("found_at DESC, mac").Limit(maxCandidates).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list candidates: %w", err)
	}
	out := make([]eventlog.Candidate, 0, len(rows))
	for _, r := range rows {
		out = append(out, eventlog.Candidate{
			MAC: domain.MAC(r.MAC), Model: r.Model, Firmware: r.Firmware, Address: r.Address, Service: r.Service,
			FoundAt: instant(r.FoundAt), Agent: r.AgentID,
		})
	}
	return out, nil
}
