package store

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"gorm.io/gorm/clause"

	"vestibule/cloud/eventlog"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

type cursorRow struct {
	AgentID domain.AgentID `gorm:"primaryKey"`
	Epoch   domain.EpochID `gorm:"primaryKey"`
	Stream  int            `gorm:"primaryKey;autoIncrement:false"`
	SiteID  domain.SiteID
	Acked   int64
	Digest  []byte
	Other   []byte
}

func (cursorRow) TableName() string { return "event_cursors" }

type eventRow struct {
	ReceivedAt  int64          `gorm:"primaryKey;autoIncrement:false"`
	AgentID     domain.AgentID `gorm:"primaryKey"`
	Epoch       domain.EpochID `gorm:"primaryKey"`
	Stream      int            `gorm:"primaryKey;autoIncrement:false"`
	Seq         int64          `gorm:"primaryKey;autoIncrement:false"`
	SiteID      domain.SiteID
	Kind        string
	OccurredAt  int64
	Mono        int64
	Boot        []byte
	ClockSure   bool
	Body        []byte
	Salt        []byte
	BodyHash    []byte
	Digest      []byte
	FromSeq     int64
	DeviceID    domain.DeviceID
	ApartmentID domain.ApartmentID
	Names       []byte
}

func (eventRow) TableName() string { return "events" }

func newEventRow(e eventlog.Stored) eventRow {
	r := e.Row
	return eventRow{
		ReceivedAt: e.Received.UnixMilli(), AgentID: e.Agent, Epoch: e.Epoch, Stream: int(e.Stream), Seq: int64(r.Seq), SiteID: e.Site,
		Kind: string(r.Kind), OccurredAt: r.WallMilli, Mono: r.MonoMilli, Boot: r.Boot[:], ClockSure: r.ClockSure,
		Body: present(r.Body), Salt: r.Salt[:], BodyHash: r.BodyHash[:], Digest: r.Digest[:], FromSeq: int64(r.From),
		DeviceID: e.Device, ApartmentID: e.Apartment, Names: present(e.Names),
	}
}

// present stores no bytes as empty bytes, never as NULL.
func present(raw []byte) []byte {
	if raw == nil {
		return []byte{}
	}
	return raw
}

func (r eventRow) stored() eventlog.Stored {
	row := wire.Row{
		Seq: uint64(r.Seq), Kind: domain.EventKind(r.Kind), WallMilli: r.OccurredAt, MonoMilli: r.Mono, ClockSure: r.ClockSure,
		Body: r.Body, BodyHash: hash32(r.BodyHash), Digest: hash32(r.Digest), From: uint64(r.FromSeq),
	}
	copy(row.Boot[:], r.Boot)
	copy(row.Salt[:], r.Salt)
	return eventlog.Stored{
		Site: r.SiteID, Agent: r.AgentID, Epoch: r.Epoch, Stream: domain.Stream(r.Stream), Received: instant(r.ReceivedAt),
		Device: r.DeviceID, Apartment: r.ApartmentID, Names: r.Names, Row: row,
	}
}

type deadRow struct {
	AgentID    domain.AgentID `gorm:"primaryKey"`
	Epoch      domain.EpochID `gorm:"primaryKey"`
	Stream     int            `gorm:"primaryKey;autoIncrement:false"`
	Seq        int64          `gorm:"primaryKey;autoIncrement:false"`
	SiteID     domain.SiteID
	ReceivedAt int64
	Reason     string
	Raw        []byte // CBOR of the row
}

func (deadRow) TableName() string { return "dead_rows" }

// lockedRow is a cursor with what its agent is.
type lockedRow struct {
	SiteID    domain.SiteID
	RevokedAt *int64
	Acked     int64
	Digest    []byte
	Other     []byte
}

const (
	findCursor = "SELECT a.site_id, a.revoked_at, c.acked, c.digest, c.other FROM event_cursors c JOIN agents a ON a.id = c.agent_id " +
		"WHERE c.agent_id = ? AND c.epoch = ? AND c.stream = ?"
	lockCursor = findCursor + " FOR UPDATE OF c"
)

// LockCursor reads a cursor, made when it is new, and locks it until the transaction ends: two replicas take one agent's rows in turn. With it comes the site
// of the agent, in one statement, because every batch asks both; NotFound for an agent that does not exist or is revoked.
func (s *Store) LockCursor(ctx context.Context, agent domain.AgentID, epoch domain.EpochID, stream domain.Stream) (domain.SiteID, eventlog.Cursor, error) {
	query := findCursor // SQLite has one writer, who holds the lock since the start
	if s.dialect == onPostgres {
		query = lockCursor
	}
	var rows []lockedRow
	look := func() error { return s.conn(ctx).Raw(query, agent, epoch, int(stream)).Scan(&rows).Error }
	if err := look(); err != nil {
		return domain.SiteID{}, eventlog.Cursor{}, fmt.Errorf("lock cursor: %w", err)
	}
	if len(rows) == 0 || rows[0].RevokedAt != nil {
		site, err := s.SiteOf(ctx, agent)
		if err != nil {
			return site, eventlog.Cursor{}, err
		}
		zero := make([]byte, 32)
		r := cursorRow{AgentID: agent, Epoch: epoch, Stream: int(stream), SiteID: site, Digest: zero, Other: zero}
		if err := s.conn(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&r).Error; err != nil {
			return site, eventlog.Cursor{}, fmt.Errorf("make cursor: %w", err)
		}
		if err := look(); err != nil || len(rows) == 0 {
			return site, eventlog.Cursor{}, fmt.Errorf("lock cursor: it is not there: %w", err)
		}
	}
	r := rows[0]
	return r.SiteID, eventlog.Cursor{Acked: uint64(r.Acked), Digest: hash32(r.Digest), Other: hash32(r.Other)}, nil
}

// moveAndSign moves a cursor and keeps what its agent signed at its end: one statement, because every batch does both.
const moveAndSign = `WITH moved AS (UPDATE event_cursors SET acked = ?, digest = ?, other = ? WHERE agent_id = ? AND epoch = ? AND stream = ? RETURNING agent_id, epoch, stream, site_id)
	INSERT INTO checkpoints (agent_id, epoch, stream, block, site_id, seq, digest, signed_at, signature)
	SELECT agent_id, epoch, stream, ?::bigint, site_id, ?::bigint, ?::bytea, ?::bigint, ?::bytea FROM moved
	ON CONFLICT (agent_id, epoch, stream, block) DO UPDATE SET seq = excluded.seq, digest = excluded.digest, signed_at = excluded.signed_at, signature = excluded.signature`

// SaveCursor moves a cursor, and keeps what the agent signed at its end, if it did; the newest of a block of numbers stays.
func (s *Store) SaveCursor(ctx context.Context, site domain.SiteID, agent domain.AgentID, epoch domain.EpochID, stream domain.Stream, c eventlog.Cursor, signed *wire.Checkpoint) error {
	if signed != nil && s.dialect == onPostgres {
		r := newCheckpointRow(site, agent, epoch, stream, *signed)
		err := s.conn(ctx).Exec(moveAndSign, number(c.Acked), c.Digest[:], c.Other[:], agent, epoch, int(stream), r.Block, r.Seq, r.Digest, r.SignedAt, r.Signature).Error
		if err != nil {
			return fmt.Errorf("save cursor and checkpoint: %w", err)
		}
		return nil
	}
	err := s.conn(ctx).Model(&cursorRow{}).Where("agent_id = ? AND epoch = ? AND stream = ?", agent, epoch, int(stream)).
		Updates(map[string]any{"acked": number(c.Acked), "digest": c.Digest[:], "other": c.Other[:]}).Error
	if err != nil {
		return fmt.Errorf("save cursor: %w", err)
	}
	if signed == nil {
		return nil
	}
	r := newCheckpointRow(site, agent, epoch, stream, *signed)
	if err := s.conn(ctx).Clauses(clause.OnConflict{UpdateAll: true}).Create(&r).Error; err != nil {
		return fmt.Errorf("save checkpoint: %w", err)
	}
	return nil
}

// Acked tells how far an epoch's streams are stored.
func (s *Store) Acked(ctx context.Context, agent domain.AgentID, epoch domain.EpochID) (audit, status uint64, err error) {
	const of = "(SELECT acked FROM event_cursors WHERE agent_id = ? AND epoch = ? AND stream = ?)"
	var first, second int64
	err = s.row(ctx, places{&first, &second}, "SELECT COALESCE("+of+", 0), COALESCE("+of+", 0)",
		agent, epoch, int(domain.StreamAudit), agent, epoch, int(domain.StreamStatus))
	return uint64(first), uint64(second), wrap(err, "read cursors")
}

// DigestAt gives the digest of a stored row, a dead one too; zero and true for number 0.
func (s *Store) DigestAt(ctx context.Context, agent domain.AgentID, epoch domain.EpochID, stream domain.Stream, seq uint64) ([32]byte, bool, error) {
	if seq == 0 {
		return [32]byte{}, true, nil
	}
	const key = "agent_id = ? AND epoch = ? AND stream = ? AND seq = ?"
	var events []eventRow
	if err := s.conn(ctx).Where(key, agent, epoch, int(stream), number(seq)).Limit(1).Find(&events).Error; err != nil {
		return [32]byte{}, false, fmt.Errorf("read event: %w", err)
	}
	if len(events) > 0 {
		return hash32(events[0].Digest), true, nil
	}
	var dead []deadRow
	if err := s.conn(ctx).Where(key, agent, epoch, int(stream), number(seq)).Limit(1).Find(&dead).Error; err != nil {
		return [32]byte{}, false, err
	}
	if len(dead) == 0 {
		floor, ok, err := s.Floor(ctx, eventlog.ChainKey{Agent: agent, Epoch: epoch, Stream: stream})
		return floor.Digest, ok && floor.Seq == seq, err
	}
	var row wire.Row
	err := wire.Unmarshal(dead[0].Raw, &row)
	return row.Digest, err == nil, err
}

// InsertEvents stores rows of a chain whose cursor is locked; that keeps out what is there already.
func (s *Store) InsertEvents(ctx context.Context, rows []eventlog.Stored) error {
	if len(rows) == 0 {
		return nil
	}
	list := make([]eventRow, 0, len(rows))
	for _, e := range rows {
		list = append(list, newEventRow(e))
	}
	if s.dialect == onPostgres {
		if err := s.copyRows(ctx, list); err != nil {
			return fmt.Errorf("save events: %w", err)
		}
		return nil
	}
	for few := range slices.Chunk(list, s.rowsAtOnce()) {
		if err := s.conn(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&few).Error; err != nil {
			return fmt.Errorf("save events: %w", err)
		}
		runtime.Gosched() // SQLite works in this goroutine: what is short goes in between
	}
	return nil
}

// InsertDead keeps rows that are not taken as they are.
func (s *Store) InsertDead(ctx context.Context, site domain.SiteID, agent domain.AgentID, epoch domain.EpochID, stream domain.Stream, at time.Time, dead []eventlog.Dead) error {
	for _, d := range dead {
		raw, err := wire.Marshal(d.Row)
		if err != nil {
			return err
		}
		r := deadRow{
			AgentID: agent, Epoch: epoch, Stream: int(stream), Seq: int64(d.Row.Seq), SiteID: site,
			ReceivedAt: at.UnixMilli(), Reason: d.Reason, Raw: raw,
		}
		if err := s.conn(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&r).Error; err != nil {
			return fmt.Errorf("save dead row: %w", err)
		}
	}
	return nil
}

// Events gives a page of a site's events, newest received first; then higher numbers first.
func (s *Store) Events(ctx context.Context, site domain.SiteID, q eventlog.Query, after eventlog.Position) ([]eventlog.Stored, error) {
	db := s.in(ctx, site)
	if q.Kind != "" {
		db = db.Where("kind = ?", string(q.Kind))
	}
	if !q.Device.IsZero() {
		db = db.Where("device_id = ?", q.Device)
	}
	if !q.Apartment.IsZero() {
		db = db.Where("apartment_id = ?", q.Apartment)
	}
	if after != (eventlog.Position{}) {
		db = db.Where("received_at <= ?", after.Received) // PostgreSQL leaves out later months by this alone: a comparison of rows tells it nothing
		db = db.Where("(received_at, seq, agent_id, epoch, stream) < (?, ?, ?, ?, ?)", after.Received, number(after.Seq), after.Agent, after.Epoch, int(after.Stream))
	}
	var rows []eventRow
	err := db.Order("received_at DESC, seq DESC, agent_id DESC, epoch DESC, stream DESC").Limit(q.Limit).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	out := make([]eventlog.Stored, 0, len(rows))
	for _, r := range rows {
		out = append(out, r.stored())
	}
	return out, nil
}

// Chains lists the chains of a site that the caller of ctx may see.
func (s *Store) Chains(ctx context.Context, site domain.SiteID) ([]eventlog.ChainKey, error) {
	var rows []cursorRow
	if err := s.in(ctx, site).Order("agent_id, epoch, stream").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list chains: %w", err)
	}
	out := make([]eventlog.ChainKey, 0, len(rows))
	for _, r := range rows {
		out = append(out, eventlog.ChainKey{Agent: r.AgentID, Epoch: r.Epoch, Stream: domain.Stream(r.Stream), Acked: uint64(r.Acked)})
	}
	return out, nil
}

// ChainRows gives the next rows of a chain in order, dead ones among them.
func (s *Store) ChainRows(ctx context.Context, key eventlog.ChainKey, after uint64, limit int) ([]eventlog.Link, error) {
	const where = "agent_id = ? AND epoch = ? AND stream = ? AND seq > ?"
	args := []any{key.Agent, key.Epoch, int(key.Stream), number(after)}
	var events []eventRow
	if err := s.conn(ctx).Where(where, args...).Order("seq").Limit(limit).Find(&events).Error; err != nil {
		return nil, fmt.Errorf("read chain: %w", err)
	}
	var dead []deadRow
	if err := s.conn(ctx).Where(where, args...).Order("seq").Limit(limit).Find(&dead).Error; err != nil {
		return nil, fmt.Errorf("read chain: %w", err)
	}
	var out []eventlog.Link
	for len(out) < limit && len(events)+len(dead) > 0 {
		if len(dead) == 0 || len(events) > 0 && events[0].Seq < dead[0].Seq {
			e := events[0].stored()
			out, events = append(out, eventlog.Link{Row: e.Row, Received: e.Received, Apartment: e.Apartment}), events[1:]
			continue
		}
		l := eventlog.Link{Reason: dead[0].Reason, Received: instant(dead[0].ReceivedAt)}
		if err := wire.Unmarshal(dead[0].Raw, &l.Row); err != nil {
			return nil, fault.Wrap(err, fault.Internal, "A kept row cannot be read.")
		}
		out, dead = append(out, l), dead[1:]
	}
	return out, nil
}
