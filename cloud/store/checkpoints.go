package store

import (
	"context"
	"fmt"

	"vestibule/cloud/audit"
	"vestibule/cloud/enroll"
	"vestibule/cloud/eventlog"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

type checkpointRow struct {
	AgentID   domain.AgentID `gorm:"primaryKey"`
	Epoch     domain.EpochID `gorm:"primaryKey"`
	Stream    int            `gorm:"primaryKey;autoIncrement:false"`
	Block     int64          `gorm:"primaryKey;autoIncrement:false"`
	SiteID    domain.SiteID
	Seq       int64
	Digest    []byte
	SignedAt  int64
	Signature []byte
}

func (checkpointRow) TableName() string { return "checkpoints" }

// checkpointBlock is how many numbers share one checkpoint.
const checkpointBlock = 256

func newCheckpointRow(site domain.SiteID, agent domain.AgentID, epoch domain.EpochID, stream domain.Stream, c wire.Checkpoint) checkpointRow {
	return checkpointRow{
		AgentID: agent, Epoch: epoch, Stream: int(stream), Block: number(c.Seq) / checkpointBlock, SiteID: site, Seq: number(c.Seq),
		Digest: c.Digest[:], SignedAt: c.AtMilli, Signature: c.Signature,
	}
}

// Checkpoints gives those of a chain in the order of their numbers.
func (s *Store) Checkpoints(ctx context.Context, key eventlog.ChainKey) ([]wire.Checkpoint, error) {
	return s.checkpoints(ctx, key, "block <> ?", floorBlock)
}

// checkpoints gives those of a chain for which where holds, in the order of their numbers.
func (s *Store) checkpoints(ctx context.Context, key eventlog.ChainKey, where string, args ...any) ([]wire.Checkpoint, error) {
	var rows []checkpointRow
	err := s.conn(ctx).Where("agent_id = ? AND epoch = ? AND stream = ?", key.Agent, key.Epoch, int(key.Stream)).Where(where, args...).Order("seq").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read checkpoints: %w", err)
	}
	out := make([]wire.Checkpoint, 0, len(rows))
	for _, r := range rows {
		out = append(out, wire.Checkpoint{Seq: uint64(r.Seq), Digest: hash32(r.Digest), AtMilli: r.SignedAt, Signature: r.Signature})
	}
	return out, nil
}

// Resets tells from the audit which homes of a site were reset, by whom and when, oldest first.
func (s *Store) Resets(ctx context.Context, site domain.SiteID) ([]eventlog.Reset, error) {
	var rows []auditRow
	err := s.in(ctx, site).Where("object = ? AND reason LIKE ?", "apartment", audit.ResetHome+"%").Order("created_at").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read resets: %w", err)
	}
	out := make([]eventlog.Reset, 0, len(rows))
	for _, r := range rows {
		out = append(out, eventlog.Reset{Apartment: domain.ApartmentID(r.ObjectID), Name: r.ObjectName, By: r.Actor, At: fromMilli(r.CreatedAt)})
	}
	return out, nil
}

// CertificatesOf gives every certificate that an agent ever had.
func (s *Store) CertificatesOf(ctx context.Context, agent domain.AgentID) ([]enroll.Certificate, error) {
	var rows []certificateRow
	if err := s.conn(ctx).Where("agent_id = ?", agent).Order("created_at").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list certificates: %w", err)
	}
	out := make([]enroll.Certificate, 0, len(rows))
	for _, r := range rows {
		out = append(out, enroll.Certificate{Fingerprint: hash32(r.Fingerprint), Site: r.SiteID, Agent: r.AgentID, Leaf: r.Leaf})
	}
	return out, nil
}

// EverySite lists the sites that are not deleted, for the service's own work.
func (s *Store) EverySite(ctx context.Context) ([]domain.SiteID, error) {
	var out []domain.SiteID
	err := s.conn(ctx).Model(&siteRow{}).Scopes(scope(ctx, "id")).Where("deleted_at IS NULL").Order("id").Pluck("id", &out).Error
	if err != nil {
		return nil, fmt.Errorf("list sites: %w", err)
	}
	return out, nil
}
