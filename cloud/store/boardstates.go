package store

import (
	"context"
	"fmt"

	"gorm.io/gorm/clause"

	"vestibule/cloud/eventlog"
	"vestibule/shared/domain"
)

type boardStateRow struct {
	SiteID   domain.SiteID  `gorm:"primaryKey"`
	BoardID  domain.BoardID `gorm:"primaryKey"`
	DeviceID domain.DeviceID
	Online   bool
	Channels int
	Outputs  []int `gorm:"serializer:json"`
	Inputs   []int `gorm:"serializer:json"`
	ShownAt  int64
}

func (boardStateRow) TableName() string { return "board_states" }

// PutBoardState keeps what a relay board of a site shows now.
func (s *Store) PutBoardState(ctx context.Context, site domain.SiteID, b eventlog.BoardState) error {
	r := boardStateRow{
		SiteID: site, BoardID: b.Board, DeviceID: b.Device, Online: b.Online, Channels: b.Channels, Outputs: b.Outputs, Inputs: b.Inputs, ShownAt: b.ShownAt.UnixMilli(),
	}
	if err := s.conn(ctx).Clauses(clause.OnConflict{UpdateAll: true}).Create(&r).Error; err != nil {
		return fmt.Errorf("save state of relay board: %w", err)
	}
	return nil
}

// BoardStates lists what boards that a site still has showed last: those of monitors too.
func (s *Store) BoardStates(ctx context.Context, site domain.SiteID) ([]eventlog.BoardState, error) {
	var rows []boardStateRow
	err := s.in(ctx, site).Model(&boardStateRow{}).
		Where(`(EXISTS (SELECT 1 FROM boards WHERE boards.id = board_states.board_id AND boards.deleted_at IS NULL)
			OR EXISTS (SELECT 1 FROM devices WHERE devices.id = board_states.board_id AND devices.deleted_at IS NULL))`).
		Order("board_id").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list states of relay boards: %w", err)
	}
	out := make([]eventlog.BoardState, len(rows))
	for i, r := range rows {
		out[i] = eventlog.BoardState{
			Board: r.BoardID, Device: r.DeviceID, Online: r.Online, Channels: r.Channels, Outputs: r.Outputs, Inputs: r.Inputs, ShownAt: instant(r.ShownAt),
		}
	}
	return out, nil
}
