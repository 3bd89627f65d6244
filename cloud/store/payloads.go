package store

import (
	"bytes"
	"context"
	"fmt"

	"gorm.io/gorm/clause"

	"vestibule/cloud/desiredstate"
	"vestibule/shared/domain"
)

type payloadRow struct {
	AgentID     domain.AgentID `gorm:"primaryKey"`
	SiteID      domain.SiteID
	FromVersion int64
	Version     int64
	Hash        []byte
	Packs       bool
	Whole       []byte
	Data        []byte
	MadeAt      int64 `gorm:"autoUpdateTime:false"`
}

func (payloadRow) TableName() string { return "payloads" }

// SavePayload keeps what an agent pulls in the place of what it pulled before.
func (s *Store) SavePayload(ctx context.Context, agent domain.AgentID, p desiredstate.Payload) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		site, err := s.SiteOf(ctx, agent)
		if err != nil {
			return err
		}
		now, err := s.Now(ctx)
		if err != nil {
			return err
		}
		r := payloadRow{
			AgentID: agent, SiteID: site, FromVersion: int64(p.From), Version: int64(p.Head.Version), Hash: p.Head.Hash[:],
			Packs: p.Packs, Whole: p.Whole[:], Data: p.Data, MadeAt: now.UnixMilli(),
		}
		return wrap(s.conn(ctx).Clauses(clause.OnConflict{UpdateAll: true}).Create(&r).Error, "save what an agent pulls")
	})
}

// ReadPayload gives what an agent pulls under a name; ok is false when that is not kept.
func (s *Store) ReadPayload(ctx context.Context, agent domain.AgentID, whole [32]byte) (p desiredstate.Payload, ok bool, err error) {
	var rows []payloadRow
	if err := s.conn(ctx).Where("agent_id = ?", agent).Find(&rows).Error; err != nil {
		return p, false, fmt.Errorf("read what an agent pulls: %w", err)
	}
	if len(rows) == 0 || !bytes.Equal(rows[0].Whole, whole[:]) {
		return p, false, nil
	}
	r := rows[0]
	p = desiredstate.Payload{From: uint64(r.FromVersion), Head: desiredstate.Mark{Version: uint64(r.Version)}, Packs: r.Packs, Whole: whole, Data: r.Data}
	copy(p.Head.Hash[:], r.Hash)
	return p, true, nil
}
