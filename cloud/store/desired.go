package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"vestibule/cloud/desiredstate"
	"vestibule/cloud/presence"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
)

type headRow struct {
	SiteID    domain.SiteID `gorm:"primaryKey"`
	Version   int64
	Hash      []byte
	UpdatedAt int64 `gorm:"autoUpdateTime:false"`
}

func (headRow) TableName() string { return "desired_heads" }

func (r headRow) mark() desiredstate.Mark {
	return desiredstate.Mark{Version: uint64(r.Version), Hash: hash32(r.Hash)}
}

// hash32 reads a stored digest; one of another length is zero and fits nothing.
func hash32(raw []byte) (h [32]byte) {
	if len(raw) == len(h) {
		copy(h[:], raw)
	}
	return h
}

// entityRow is one entity of a document, as Version put it; without Body it is a deletion that deltas still need.
type entityRow struct {
	SiteID  domain.SiteID `gorm:"primaryKey"`
	Section int           `gorm:"primaryKey;autoIncrement:false"`
	Key     []byte        `gorm:"primaryKey"`
	Version int64
	Body    []byte
}

func (entityRow) TableName() string { return "desired_entities" }

func (r entityRow) op() desired.Op {
	op := desired.Op{Section: desired.Section(r.Section), Body: r.Body}
	copy(op.Key[:], r.Key)
	return op
}

type deltaRow struct {
	SiteID  domain.SiteID `gorm:"primaryKey"`
	Version int64         `gorm:"primaryKey;autoIncrement:false"`
	Hash    []byte
	MadeAt  int64
}

func (deltaRow) TableName() string { return "desired_deltas" }

// LockHead reads the head of a site's document, made as version 0 when there is none, and locks it until the transaction ends.
func (s *Store) LockHead(ctx context.Context, site domain.SiteID) (desiredstate.Mark, error) {
	empty := desired.New().Hash()
	r := headRow{SiteID: site, Hash: empty[:]}
	if err := s.conn(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&r).Error; err != nil {
		return desiredstate.Mark{}, fmt.Errorf("make head: %w", err)
	}
	if err := s.forUpdate(s.conn(ctx)).Where("site_id = ?", site).Take(&r).Error; err != nil {
		return desiredstate.Mark{}, fmt.Errorf("lock head: %w", err)
	}
	return r.mark(), nil
}

// ReadHead reads the head of a site's document; version 0 when there is none.
func (s *Store) ReadHead(ctx context.Context, site domain.SiteID) (desiredstate.Mark, error) {
	var r headRow
	err := s.row(ctx, places{&r.Version, &r.Hash}, "SELECT version, hash FROM desired_heads WHERE site_id = ?", site)
	if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
		return desiredstate.Mark{}, fmt.Errorf("read head: %w", err)
	}
	return r.mark(), nil
}

// Entities lists what a site's document holds, secrets sealed.
func (s *Store) Entities(ctx context.Context, site domain.SiteID) ([]desired.Op, error) {
	var rows []entityRow
	if err := s.conn(ctx).Where("site_id = ? AND body IS NOT NULL", site).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	return ops(rows), nil
}

// OpsSince lists what changed after version: puts and deletions, each entity once.
func (s *Store) OpsSince(ctx context.Context, site domain.SiteID, version uint64) ([]desired.Op, error) {
	var rows []entityRow
	if err := s.conn(ctx).Where("site_id = ? AND version > ?", site, number(version)).Order("section, key").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read changes: %w", err)
	}
	return ops(rows), nil
}

func ops(rows []entityRow) []desired.Op {
	out := make([]desired.Op, 0, len(rows))
	for _, r := range rows {
		out = append(out, r.op())
	}
	return out
}

// HashAt gives the hash of one of the last versions.
func (s *Store) HashAt(ctx context.Context, site domain.SiteID, version uint64) (desired.Hash, bool, error) {
	var rows []deltaRow
	if err := s.conn(ctx).Where("site_id = ? AND version = ?", site, number(version)).Limit(1).Find(&rows).Error; err != nil || len(rows) == 0 {
		return desired.Hash{}, false, err
	}
	return hash32(rows[0].Hash), true, nil
}

// inserts is how many rows, or keys of rows, go into one statement.
const inserts = 500

// rowsAtOnce is how many new rows go into one statement. SQLite's driver looks for each parameter among all of them, and a row has many: 500 rows of 20 columns
// are bound for longer than they are written.
func (s *Store) rowsAtOnce() int {
	if s.dialect == onPostgres {
		return inserts
	}
	return 20
}

// SaveVersion stores ops as version head and forgets what only deltas of more than keep versions would need.
func (s *Store) SaveVersion(ctx context.Context, site domain.SiteID, head desiredstate.Mark, changes []desired.Op, keep int) error {
	version := number(head.Version)
	rows := make([]entityRow, 0, len(changes))
	for _, op := range changes {
		r := entityRow{SiteID: site, Section: int(op.Section), Key: op.Key[:], Version: version}
		if len(op.Body) > 0 {
			r.Body = op.Body
		}
		rows = append(rows, r)
	}
	db := s.conn(ctx)
	upsert := clause.OnConflict{
		Columns:   []clause.Column{{Name: "site_id"}, {Name: "section"}, {Name: "key"}},
		DoUpdates: clause.AssignmentColumns([]string{"version", "body"}),
	}
	if err := db.Clauses(upsert).CreateInBatches(&rows, s.rowsAtOnce()).Error; err != nil {
		return fmt.Errorf("save document: %w", err)
	}
	now, err := s.Now(ctx)
	if err != nil {
		return err
	}
	err = db.Model(&headRow{}).Where("site_id = ?", site).
		Updates(map[string]any{"version": version, "hash": head.Hash[:], "updated_at": now.UnixMilli()}).Error
	if err != nil {
		return fmt.Errorf("save head: %w", err)
	}
	if err := db.Create(&deltaRow{SiteID: site, Version: version, Hash: head.Hash[:], MadeAt: now.UnixMilli()}).Error; err != nil {
		return fmt.Errorf("save version: %w", err)
	}
	oldest := version - int64(keep)
	if err := db.Where("site_id = ? AND version < ?", site, oldest).Delete(&deltaRow{}).Error; err != nil {
		return fmt.Errorf("forget versions: %w", err)
	}
	if err := db.Where("site_id = ? AND version <= ? AND body IS NULL", site, oldest).Delete(&entityRow{}).Error; err != nil {
		return fmt.Errorf("forget deletions: %w", err)
	}
	return nil
}

// AgentKey gives what sealing for an agent and its welcome need.
func (s *Store) AgentKey(ctx context.Context, agent domain.AgentID) (desiredstate.AgentKey, error) {
	var key desiredstate.AgentKey
	var told int64
	err := s.row(ctx, places{&key.Site, &key.Public, &told}, "SELECT site_id, config_key, told FROM agents WHERE id = ?", agent)
	key.Told = uint64(told)
	return key, wrap(missing(err, "This agent"), "read agent")
}

// SaveHeld stores which version an agent holds and which it refuses.
func (s *Store) SaveHeld(ctx context.Context, agent domain.AgentID, held desiredstate.Mark, rejected uint64) (after time.Duration, err error) {
	err = s.InTx(ctx, func(ctx context.Context) error {
		var site domain.SiteID
		var before int64
		if err := s.row(ctx, places{&site, &before}, "SELECT site_id, held_version FROM agents WHERE id = ?", agent); err != nil {
			return wrap(missing(err, "This agent"), "read agent")
		}
		err := s.conn(ctx).Exec("UPDATE agents SET held_version = ?, held_hash = ?, rejected_version = ? WHERE id = ?",
			number(held.Version), held.Hash[:], number(rejected), agent).Error
		if err != nil || before >= number(held.Version) {
			return wrap(err, "save agent")
		}
		now, err := s.Now(ctx)
		if err != nil {
			return err
		}
		after, err = s.sinceMade(ctx, site, number(held.Version), now)
		return err
	})
	return after, err
}

// sinceMade tells how long ago one of the last versions was made; 0 when it is no longer known.
func (s *Store) sinceMade(ctx context.Context, site domain.SiteID, version int64, now time.Time) (time.Duration, error) {
	var made int64
	switch err := s.row(ctx, places{&made}, "SELECT made_at FROM desired_deltas WHERE site_id = ? AND version = ?", site, version); {
	case errors.Is(err, gorm.ErrRecordNotFound):
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("read when a version was made: %w", err)
	}
	return now.Sub(fromMilli(made)), nil
}

// SaveTold names the last report of an agent that is stored.
func (s *Store) SaveTold(ctx context.Context, agent domain.AgentID, told uint64) error {
	return wrap(s.conn(ctx).Exec("UPDATE agents SET told = ? WHERE id = ?", int64(told), agent).Error, "save agent")
}

// Linked gives the agents of a site whose connections stand, and what they hold.
func (s *Store) Linked(ctx context.Context, site domain.SiteID) ([]desiredstate.Linked, error) {
	var rows []agentRow
	err := s.conn(ctx).Select("id", "conn", "held_version", "held_hash", "rejected_version").Order("id").
		Where("site_id = ? AND state = ? AND NOT quarantined AND revoked_at IS NULL", site, string(presence.Online)).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read whose connections stand: %w", err)
	}
	out := make([]desiredstate.Linked, 0, len(rows))
	for _, r := range rows {
		l := desiredstate.Linked{Agent: r.ID, Conn: r.Conn, Held: desiredstate.Mark{Version: uint64(r.HeldVersion)}, Rejected: uint64(r.RejectedVersion)}
		copy(l.Held.Hash[:], r.HeldHash)
		out = append(out, l)
	}
	return out, nil
}

// HeldBy gives the version that each agent of a site holds.
func (s *Store) HeldBy(ctx context.Context, site domain.SiteID) (map[domain.AgentID]uint64, error) {
	var rows []agentRow
	if err := s.conn(ctx).Select("id", "held_version").Where("site_id = ? AND revoked_at IS NULL", site).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read what agents hold: %w", err)
	}
	out := make(map[domain.AgentID]uint64, len(rows))
	for _, r := range rows {
		out[r.ID] = uint64(r.HeldVersion)
	}
	return out, nil
}
