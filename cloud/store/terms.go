package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"vestibule/cloud/eventlog"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

type termRow struct {
	SiteID domain.SiteID    `gorm:"primaryKey"`
	Kind   domain.EventKind `gorm:"primaryKey"`
	Days   *int
	Until  int64
	Gone   int64

	Revision uint64
}

func (termRow) TableName() string { return "event_terms" }

// milliOf is a time as it is stored; one that is not set is 0.
func milliOf(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixMilli()
}

// floorBlock is the block of the checkpoint on which a chain begins whose older rows have left. It is no block of numbers.
const floorBlock = -256

// LoggedSites lists every site that has a log, deleted ones too: their rows have terms as well.
func (s *Store) LoggedSites(ctx context.Context) ([]domain.SiteID, error) {
	var out []domain.SiteID
	if err := s.conn(ctx).Model(&cursorRow{}).Scopes(scope(ctx, "site_id")).Distinct("site_id").Order("site_id").Pluck("site_id", &out).Error; err != nil {
		return nil, fmt.Errorf("list logs: %w", err)
	}
	return out, nil
}

// Terms lists the terms of a site that are written down, that of all other kinds first.
func (s *Store) Terms(ctx context.Context, site domain.SiteID) ([]eventlog.Term, error) {
	var rows []termRow
	if err := s.in(ctx, site).Order("kind").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list terms of the log: %w", err)
	}
	out := make([]eventlog.Term, len(rows))
	for i, r := range rows {
		out[i] = eventlog.Term{Kind: r.Kind, Days: r.Days, Until: instant(r.Until), Gone: instant(r.Gone), Revision: r.Revision}
	}
	return out, nil
}

// PutTerm says how long a term is.
func (s *Store) PutTerm(ctx context.Context, site domain.SiteID, term eventlog.Term) error {
	return s.writeTerm(ctx, site, term, "days", "revision")
}

// MoveTerm says how far a term has come.
func (s *Store) MoveTerm(ctx context.Context, site domain.SiteID, term eventlog.Term) error {
	return s.writeTerm(ctx, site, term, "until", "gone")
}

// writeTerm writes some columns of a term, all of one that is new.
func (s *Store) writeTerm(ctx context.Context, site domain.SiteID, term eventlog.Term, columns ...string) error {
	r := termRow{SiteID: site, Kind: term.Kind, Days: term.Days, Until: milliOf(term.Until), Gone: milliOf(term.Gone), Revision: term.Revision}
	of := clause.OnConflict{Columns: []clause.Column{{Name: "site_id"}, {Name: "kind"}}, DoUpdates: clause.AssignmentColumns(columns)}
	if err := s.conn(ctx).Clauses(of).Create(&r).Error; err != nil {
		return fmt.Errorf("save a term of the log: %w", err)
	}
	return nil
}

// OldestEvent tells when the oldest row of a site's log arrived; zero when there is none.
func (s *Store) OldestEvent(ctx context.Context, site domain.SiteID) (time.Time, error) {
	var at []int64
	err := s.in(ctx, site).Model(&eventRow{}).Order("received_at").Limit(1).Pluck("received_at", &at).Error
	if err != nil || len(at) == 0 {
		return time.Time{}, err
	}
	return instant(at[0]), nil
}

// ofKinds narrows rows of the log to kinds.
func ofKinds(db *gorm.DB, k eventlog.Kinds) *gorm.DB {
	if k.Kind != "" {
		return db.Where("kind = ?", string(k.Kind))
	}
	if len(k.But) > 0 {
		return db.Where("kind NOT IN ?", k.But)
	}
	return db
}

// Aged gives rows with bodies that arrived in a time, in the order of their arrival, behind a position; zero: from the first.
func (s *Store) Aged(ctx context.Context, site domain.SiteID, k eventlog.Kinds, from, to time.Time, after eventlog.Position, limit int) ([]eventlog.Stored, error) {
	db := ofKinds(s.in(ctx, site), k).Where("received_at >= ? AND received_at < ? AND length(body) > 0", milliOf(from), milliOf(to))
	if after != (eventlog.Position{}) {
		db = db.Where("received_at >= ?", after.Received).
			Where("(received_at, seq, agent_id, epoch, stream) > (?, ?, ?, ?, ?)", after.Received, number(after.Seq), after.Agent, after.Epoch, int(after.Stream))
	}
	var rows []eventRow
	if err := db.Order("received_at, seq, agent_id, epoch, stream").Limit(limit).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read aged rows: %w", err)
	}
	out := make([]eventlog.Stored, len(rows))
	for i, r := range rows {
		out[i] = r.stored()
	}
	return out, nil
}

// EmptyAged empties at most so many rows that arrived before a time. Their digests stay, because their chain still needs them.
func (s *Store) EmptyAged(ctx context.Context, site domain.SiteID, k eventlog.Kinds, before time.Time, most int) (int, error) {
	var rows []eventRow
	err := ofKinds(s.in(ctx, site), k).Select("received_at, agent_id, epoch, stream, seq, kind").
		Where("received_at < ? AND length(body) > 0", milliOf(before)).Limit(most).Find(&rows).Error
	if err != nil {
		return 0, fmt.Errorf("find aged rows: %w", err)
	}
	if err := s.empty(ctx, rows); err != nil {
		return 0, fmt.Errorf("empty aged rows: %w", err)
	}
	return len(rows), nil
}

// Floor gives the checkpoint on which a chain begins whose older rows have left.
func (s *Store) Floor(ctx context.Context, key eventlog.ChainKey) (wire.Checkpoint, bool, error) {
	rows, err := s.checkpoints(ctx, key, "block = ?", floorBlock)
	if err != nil || len(rows) == 0 {
		return wire.Checkpoint{}, false, err
	}
	return rows[0], true, nil
}

// NextFloor gives the newest checkpoint of a chain that may be its floor: what it signs was signed and stored before a time, and no row behind it needs
// one before it.
func (s *Store) NextFloor(ctx context.Context, key eventlog.ChainKey, before time.Time) (wire.Checkpoint, bool, error) {
	rows, err := s.checkpoints(ctx, key, "block >= 0 AND signed_at < ?", milliOf(before))
	if err != nil || len(rows) == 0 {
		return wire.Checkpoint{}, false, err
	}
	for i := len(rows) - 1; i >= 0; i-- {
		near, err := s.ChainRows(ctx, key, rows[i].Seq-1, 2)
		if err != nil {
			return wire.Checkpoint{}, false, err
		}
		if len(near) == 0 || near[0].Row.Seq != rows[i].Seq || near[0].Row.Digest != rows[i].Digest || !near[0].Received.Before(before) {
			continue
		}
		if len(near) == 1 || near[1].Row.From == 0 || near[1].Row.From > rows[i].Seq {
			return rows[i], true, nil
		}
	}
	return wire.Checkpoint{}, false, nil
}

// CutChain makes a checkpoint the floor of its chain and deletes the rows up to it, some at a time.
func (s *Store) CutChain(ctx context.Context, site domain.SiteID, key eventlog.ChainKey, floor wire.Checkpoint, some int) error {
	r := checkpointRow{
		AgentID: key.Agent, Epoch: key.Epoch, Stream: int(key.Stream), Block: floorBlock, SiteID: site, Seq: number(floor.Seq), Digest: floor.Digest[:],
		SignedAt: floor.AtMilli, Signature: floor.Signature,
	}
	if err := s.conn(ctx).Clauses(clause.OnConflict{UpdateAll: true}).Create(&r).Error; err != nil {
		return fmt.Errorf("save the floor of a chain: %w", err)
	}
	const chain = "agent_id = ? AND epoch = ? AND stream = ? AND seq <= ?"
	for {
		var first []int64
		up := []any{key.Agent, key.Epoch, int(key.Stream), number(floor.Seq)}
		if err := s.conn(ctx).Model(&eventRow{}).Where(chain, up...).Order("seq").Limit(1).Pluck("seq", &first).Error; err != nil {
			return fmt.Errorf("find rows to leave: %w", err)
		}
		if len(first) == 0 {
			break
		}
		up[3] = min(number(floor.Seq), first[0]+int64(some))
		if err := s.InTx(ctx, func(ctx context.Context) error { return s.cut(ctx, key.Stream, chain, up) }); err != nil {
			return fmt.Errorf("delete rows of a chain: %w", err)
		}
	}
	up := []any{key.Agent, key.Epoch, int(key.Stream), number(floor.Seq)}
	if err := s.conn(ctx).Where(chain, up...).Delete(&deadRow{}).Error; err != nil {
		return fmt.Errorf("delete dead rows of a chain: %w", err)
	}
	if err := s.conn(ctx).Where(chain+" AND block <> ?", append(up, floorBlock)...).Delete(&checkpointRow{}).Error; err != nil {
		return fmt.Errorf("delete checkpoints of a chain: %w", err)
	}
	return nil
}

// cut deletes rows of a chain and the lines of the call history that were made from them.
func (s *Store) cut(ctx context.Context, stream domain.Stream, chain string, up []any) error {
	if stream == domain.StreamAudit {
		const key = "agent_id = ? AND epoch = ? AND seq <= ?"
		of := []any{up[0], up[1], up[3]}
		calls := s.conn(ctx).Model(&callRow{}).Select("id").Where(key, of...)
		if err := s.conn(ctx).Where("call_id IN (?)", calls).Delete(&callDeviceRow{}).Error; err != nil {
			return err
		}
		if err := s.conn(ctx).Where(key, of...).Delete(&callRow{}).Error; err != nil {
			return err
		}
	}
	return s.conn(ctx).Where(chain, up...).Delete(&eventRow{}).Error
}
