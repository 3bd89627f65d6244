package store

import (
	"context"
	"fmt"
	"time"

	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
)

type boardRow struct {
	ID       domain.BoardID `gorm:"primaryKey"`
	SiteID   domain.SiteID
	GroupID  domain.GroupID
	Name     string
	Profile  string
	Address  string
	Unit     int
	Channels int
	Link     string
	Baud     int
	Parity   string
	StopBits int
	Inputs   []domain.ChannelMode `gorm:"serializer:json"`
	Record   record               `gorm:"embedded"`
}

func (boardRow) TableName() string { return "boards" }

func (r boardRow) place() (string, string) { return r.Record.Folded, r.ID.String() }

func (r boardRow) noun() domain.Board {
	return domain.Board{
		ID: r.ID, SiteID: r.SiteID, GroupID: r.GroupID, Name: r.Name, Profile: domain.BoardProfile(r.Profile), Address: r.Address,
		Unit: r.Unit, Channels: r.Channels, Link: domain.BoardLink(r.Link), Baud: r.Baud, Parity: domain.Parity(r.Parity), StopBits: r.StopBits,
		Inputs: r.Inputs, Revision: r.Record.Revision,
	}
}

// ListBoards lists the relay boards of a site.
func (s *Store) ListBoards(ctx context.Context, site domain.SiteID, page fleet.Page) (fleet.List[domain.Board], error) {
	return list[domain.Board, boardRow](s.in(ctx, site), page)
}

// Board gives one relay board of a site.
func (s *Store) Board(ctx context.Context, site domain.SiteID, id domain.BoardID) (domain.Board, error) {
	return take[domain.Board, boardRow](ctx, s, site, id, "This relay board")
}

// PutBoard adds or changes a relay board.
func (s *Store) PutBoard(ctx context.Context, b domain.Board, at time.Time) error {
	r := boardRow{
		ID: b.ID, SiteID: b.SiteID, GroupID: b.GroupID, Name: b.Name, Profile: string(b.Profile), Address: b.Address, Unit: b.Unit,
		Channels: b.Channels, Link: string(b.Link), Baud: b.Baud, Parity: string(b.Parity), StopBits: b.StopBits, Inputs: b.Inputs, Record: newRecord(at, b.Name),
	}
	if err := s.put(ctx, &r, "group_id", "name", "profile", "address", "unit", "channels", "link", "baud", "parity", "stop_bits", "inputs"); err != nil {
		return fmt.Errorf("save relay board: %w", err)
	}
	return nil
}

// DeleteBoard marks a relay board as deleted.
func (s *Store) DeleteBoard(ctx context.Context, site domain.SiteID, id domain.BoardID, at time.Time) error {
	return s.drop(ctx, &boardRow{}, site, id, at)
}

// WiredBoards gives the boards of a network group that an agent drives, those of its monitors too.
func (s *Store) WiredBoards(ctx context.Context, site domain.SiteID, group domain.GroupID) ([]domain.Board, error) {
	var boards []boardRow
	var monitors []deviceRow
	err := s.in(ctx, site).Where("deleted_at IS NULL AND group_id = ?", group).Find(&boards).Error
	if err == nil {
		err = s.in(ctx, site).Where("deleted_at IS NULL AND group_id = ? AND type = ? AND form LIKE ?", group, int(domain.Monitor), `%"wire":%`).Find(&monitors).Error
	}
	if err != nil {
		return nil, fmt.Errorf("list wired boards: %w", err)
	}
	var out []domain.Board
	for _, r := range boards {
		out = append(out, r.noun())
	}
	for _, r := range monitors {
		if b, ok := r.device().ExternalBoard(); ok {
			out = append(out, b)
		}
	}
	return out, nil
}

// BoardUses lists the relays that a board's channels move, in the order of the channels.
func (s *Store) BoardUses(ctx context.Context, site domain.SiteID, id domain.BoardID) ([]fleet.ChannelUse, error) {
	var rows []struct {
		DeviceID domain.DeviceID
		Name     string
		Channel  int
	}
	err := s.conn(ctx).Table("relays").Scopes(scope(ctx, "relays.site_id")).Select("relays.device_id, devices.name, relays.channel").
		Joins("JOIN devices ON devices.id = relays.device_id").
		Where("relays.site_id = ? AND relays.board_id = ?", site, id).Order("relays.channel").Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read the uses of a relay board: %w", err)
	}
	out := make([]fleet.ChannelUse, len(rows))
	for i, r := range rows {
		out[i] = fleet.ChannelUse{Device: r.DeviceID, DeviceName: r.Name, Channel: r.Channel}
	}
	return out, nil
}
