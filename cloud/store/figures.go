package store

import (
	"context"
	"fmt"

	"vestibule/shared/wire"
)

// AgentsByState counts the agents that are not revoked by the state of their link.
func (s *Store) AgentsByState(ctx context.Context) (map[string]int, error) {
	var rows []struct {
		State string
		N     int
	}
	if err := s.conn(ctx).Model(&agentRow{}).Select("state, COUNT(*) AS n").Where("revoked_at IS NULL").Group("state").Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("count agents: %w", err)
	}
	out := make(map[string]int, len(rows))
	for _, r := range rows {
		out[r.State] = r.N
	}
	return out, nil
}

// OpenReceipts counts the devices of all sites that do not have the newest version of their document: open waits, failed was tried. Devices that are
// set up by hand are in neither.
func (s *Store) OpenReceipts(ctx context.Context) (open, failed int, err error) {
	var n struct{ Open, Failed int }
	err = s.conn(ctx).Raw(`SELECT
			COALESCE(SUM(CASE WHEN r.state = ? AND r.version >= h.version THEN 0 ELSE 1 END), 0) AS open,
			COALESCE(SUM(CASE WHEN r.state = ? AND r.version >= h.version THEN 1 ELSE 0 END), 0) AS failed
		FROM devices d JOIN desired_heads h ON h.site_id = d.site_id LEFT JOIN device_states r ON r.device_id = d.id
		WHERE d.deleted_at IS NULL AND d.driver <> 'manual' AND (r.state IS NULL OR r.version < h.version OR r.state <> ?)`,
		string(wire.ReceiptFailed), string(wire.ReceiptFailed), string(wire.ReceiptApplied)).Scan(&n).Error
	if err != nil {
		return 0, 0, fmt.Errorf("count open receipts: %w", err)
	}
	return n.Open, n.Failed, nil
}

// OpenCommandCount counts the commands without a result.
func (s *Store) OpenCommandCount(ctx context.Context) (int, error) {
	var n int64
	if err := s.conn(ctx).Model(&commandRow{}).Where("ended_at IS NULL").Count(&n).Error; err != nil {
		return 0, fmt.Errorf("count open commands: %w", err)
	}
	return int(n), nil
}
