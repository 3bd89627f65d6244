package store

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"vestibule/cloud/enroll"
	"vestibule/cloud/presence"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

type agentRow struct {
	ID              domain.AgentID `gorm:"primaryKey"`
	SiteID          domain.SiteID
	Name            string
	ConfigKey       []byte
	CreatedAt       int64 `gorm:"autoCreateTime:false"`
	RevokedAt       *int64
	State           string
	Since           int64
	Reason          string
	Generation      int64
	Counter         int64
	Conn            domain.ConnID
	BeatAt          int64
	QuietUntil      int64
	Fenced          bool
	Jumps           int
	JumpsFrom       int64
	Quarantined     bool
	Version         string
	LANAddress      string `gorm:"column:lan_address"`
	FilesAddress    string
	HeldVersion     int64
	HeldHash        []byte
	RejectedVersion int64
	Told            int64 // wire.Told of the last report that is stored
}

func (agentRow) TableName() string { return "agents" }

func (r agentRow) link() presence.Link {
	return presence.Link{
		State: presence.State(r.State), Since: instant(r.Since), Reason: wire.Refusal(r.Reason),
		Generation: uint32(r.Generation), Counter: uint64(r.Counter), Conn: r.Conn,
		BeatAt: instant(r.BeatAt), QuietUntil: instant(r.QuietUntil), Fenced: r.Fenced,
		Jumps: r.Jumps, JumpsFrom: instant(r.JumpsFrom), Quarantined: r.Quarantined, Revoked: r.RevokedAt != nil,
	}
}

func (r agentRow) shown() presence.Agent {
	a := presence.Agent{
		ID: r.ID, Name: r.Name, Version: r.Version, Held: uint64(r.HeldVersion), Rejected: uint64(r.RejectedVersion),
		Presence: presence.Shown{State: presence.State(r.State), Since: instant(r.Since), Reason: r.Reason},
	}
	if r.LANAddress != "" {
		a.LANURL = "https://" + r.LANAddress
	}
	if r.FilesAddress != "" {
		a.FilesURL = "http://" + r.FilesAddress + "/"
	}
	return a
}

// instant reads stored milliseconds; 0 is the zero time.
func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return fromMilli(ms)
}

// milli stores an instant; the zero time is 0.
func milli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// clip makes text from the link storable: PostgreSQL takes neither a zero byte nor broken UTF-8, and nobody needs more than most bytes.
func clip(text string, most int) string {
	text = strings.ReplaceAll(text, "\x00", "")
	if len(text) > most {
		text = text[:most]
	}
	return strings.ToValidUTF8(text, "")
}

// InsertAgent adds an agent that has never been seen.
func (s *Store) InsertAgent(ctx context.Context, a enroll.NewAgent) error {
	r := agentRow{
		ID: a.ID, SiteID: a.Site, Name: a.Name, ConfigKey: a.ConfigKey, CreatedAt: a.CreatedAt.UnixMilli(),
		State: string(presence.Never), Since: a.CreatedAt.UnixMilli(), Generation: int64(a.Generation),
		Version: clip(a.Version, 64), HeldHash: make([]byte, 32),
	}
	if err := s.conn(ctx).Create(&r).Error; err != nil {
		return fmt.Errorf("save agent: %w", err)
	}
	return nil
}

// CountAgents counts the agents a site ever had.
func (s *Store) CountAgents(ctx context.Context, site domain.SiteID) (int, error) {
	var n int64
	err := s.conn(ctx).Model(&agentRow{}).Where("site_id = ?", site).Count(&n).Error
	return int(n), err
}

// RevokeAgent marks an agent of a site and its certificates as revoked; NotFound when the caller's site has no such agent.
func (s *Store) RevokeAgent(ctx context.Context, site domain.SiteID, agent domain.AgentID, now time.Time) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		done := s.in(ctx, site).Model(&agentRow{}).Where("id = ? AND revoked_at IS NULL", agent).Update("revoked_at", now.UnixMilli())
		if done.Error != nil {
			return fmt.Errorf("revoke agent: %w", done.Error)
		}
		if done.RowsAffected == 0 {
			return fault.New(fault.NotFound, "This agent does not exist.")
		}
		err := s.conn(ctx).Model(&certificateRow{}).Where("agent_id = ? AND revoked_at IS NULL", agent).Update("revoked_at", now.UnixMilli()).Error
		if err != nil {
			return fmt.Errorf("revoke certificates: %w", err)
		}
		return nil
	})
}

// SiteOf gives the site of an agent that is not revoked.
func (s *Store) SiteOf(ctx context.Context, agent domain.AgentID) (domain.SiteID, error) {
	var site domain.SiteID
	var revoked *int64
	err := missing(s.row(ctx, places{&site, &revoked}, "SELECT site_id, revoked_at FROM agents WHERE id = ?", agent), "This agent")
	if err == nil && revoked != nil {
		err = fault.New(fault.NotFound, "This agent does not exist.")
	}
	return site, wrap(err, "read agent")
}

// LockLink reads an agent's link and locks it until the transaction ends. Rows that only refer to the agent, such as events, may be
// added meanwhile: a stronger lock would wait for them, and they for it.
func (s *Store) LockLink(ctx context.Context, agent domain.AgentID) (domain.SiteID, presence.Link, error) {
	if s.dialect == onPostgres {
		return s.link(ctx, readLink+" FOR NO KEY UPDATE", agent)
	}
	return s.link(ctx, readLink, agent)
}

// ReadLink reads an agent's link.
func (s *Store) ReadLink(ctx context.Context, agent domain.AgentID) (domain.SiteID, presence.Link, error) {
	return s.link(ctx, readLink, agent)
}

const readLink = "SELECT site_id, revoked_at, state, since, reason, generation, counter, conn, beat_at, quiet_until, fenced, jumps, jumps_from, quarantined FROM agents WHERE id = ?"

func (s *Store) link(ctx context.Context, query string, agent domain.AgentID) (domain.SiteID, presence.Link, error) {
	var r agentRow
	err := s.row(ctx, places{
		&r.SiteID, &r.RevokedAt, &r.State, &r.Since, &r.Reason, &r.Generation, &r.Counter, &r.Conn, &r.BeatAt, &r.QuietUntil, &r.Fenced, &r.Jumps, &r.JumpsFrom, &r.Quarantined,
	}, query, agent)
	return r.SiteID, r.link(), wrap(missing(err, "This agent"), "read agent")
}

// SaveLink stores an agent's link and, unless it is nil, what its hello told.
func (s *Store) SaveLink(ctx context.Context, agent domain.AgentID, l presence.Link, f *presence.Facts) error {
	set := "state = ?, since = ?, reason = ?, generation = ?, counter = ?, conn = ?, beat_at = ?, quiet_until = ?, fenced = ?, jumps = ?, jumps_from = ?, quarantined = ?"
	values := []any{
		string(l.State), milli(l.Since), string(l.Reason), int64(l.Generation), int64(l.Counter), l.Conn, milli(l.BeatAt), milli(l.QuietUntil),
		l.Fenced, l.Jumps, milli(l.JumpsFrom), l.Quarantined,
	}
	if f != nil {
		set += ", version = ?, lan_address = ?, files_address = ?, held_version = ?, held_hash = ?, rejected_version = ?"
		values = append(values, clip(f.Version, 64), clip(f.LANAddress, 128), clip(f.FilesAddress, 128), number(f.Held), f.HeldHash[:], number(f.Rejected))
	}
	return wrap(s.conn(ctx).Exec("UPDATE agents SET "+set+" WHERE id = ?", append(values, agent)...).Error, "save agent")
}

// TouchLink notes a beat of a link that is online on a connection, which is all that most of them change; false when it is not, and nothing is changed then.
func (s *Store) TouchLink(ctx context.Context, agent domain.AgentID, conn domain.ConnID, now time.Time) (bool, error) {
	var touched int64
	touch := func(ctx context.Context) error {
		done := s.conn(ctx).Exec("UPDATE agents SET beat_at = ? WHERE id = ? AND conn = ? AND state = ? AND reason = ?",
			milli(now), agent, conn, string(presence.Online), string(wire.RefuseNone))
		touched = done.RowsAffected
		return done.Error
	}
	err := error(nil)
	if s.dialect == onPostgres {
		err = touch(ctx) // a transaction of its own
	} else {
		err = s.InTx(ctx, touch)
	}
	if err != nil {
		return false, fmt.Errorf("note beat: %w", err)
	}
	return touched == 1, nil
}

// number makes a count from the link storable.
func number(n uint64) int64 { return int64(min(n, 1<<62)) }

// DueLinks lists agents that fall silent at now.
func (s *Store) DueLinks(ctx context.Context, now time.Time, limit int) ([]domain.AgentID, error) {
	var ids []domain.AgentID
	err := s.conn(ctx).Model(&agentRow{}).Where("state = ? AND beat_at <= ?", string(presence.Online), now.Add(-wire.OfflineAfter).UnixMilli()).
		Or("state = ? AND quiet_until <= ?", string(presence.Quiet), now.UnixMilli()).Limit(limit).Pluck("id", &ids).Error
	return ids, err
}

// RestartLinks is presence.Step with Restarted for every agent at once.
func (s *Store) RestartLinks(ctx context.Context, began, now time.Time) error {
	quiet := string(presence.Quiet)
	return s.InTx(ctx, func(ctx context.Context) error {
		err := s.conn(ctx).Model(&agentRow{}).Where("state IN ? AND beat_at < ?", []string{string(presence.Online), quiet}, began.UnixMilli()).Updates(map[string]any{
			"since": gorm.Expr("CASE WHEN state = ? THEN since ELSE ? END", quiet, now.UnixMilli()), "state": quiet, "reason": "",
			"quiet_until": now.Add(wire.OfflineAfter).UnixMilli(),
		}).Error
		return wrap(err, "begin links anew")
	})
}

// Agents lists the agents of a site that the caller of ctx may see; revoked ones are gone.
func (s *Store) Agents(ctx context.Context, site domain.SiteID) ([]presence.Agent, error) {
	if err := s.SeeSite(ctx, site); err != nil {
		return nil, err
	}
	var rows []agentRow
	if err := s.in(ctx, site).Where("revoked_at IS NULL").Order("created_at, id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list agents: %w", err)
	}
	var certificates []certificateRow
	if err := s.in(ctx, site).Where("revoked_at IS NULL").Order("created_at").Find(&certificates).Error; err != nil {
		return nil, fmt.Errorf("list certificates: %w", err)
	}
	newest := map[domain.AgentID]*presence.Certificate{}
	for _, c := range certificates {
		newest[c.AgentID] = &presence.Certificate{ExpiresAt: instant(c.ExpiresAt), Fingerprint: hex.EncodeToString(c.Fingerprint)}
	}
	out := make([]presence.Agent, 0, len(rows))
	for _, r := range rows {
		a := r.shown()
		a.Certificate = newest[r.ID]
		out = append(out, a)
	}
	return out, nil
}

// Agent gives one agent of a site, a revoked one too.
func (s *Store) Agent(ctx context.Context, site domain.SiteID, agent domain.AgentID) (presence.Agent, error) {
	var r struct {
		Agent       agentRow `gorm:"embedded"`
		Fingerprint []byte
		ExpiresAt   int64
	}
	const newest = "FROM certificates WHERE agent_id = agents.id AND revoked_at IS NULL ORDER BY created_at DESC, fingerprint LIMIT 1"
	err := s.in(ctx, site).Model(&agentRow{}).Where("id = ?", agent).
		Select("id, name, version, held_version, rejected_version, state, since, reason, lan_address, files_address, (SELECT fingerprint " + newest + ") AS fingerprint, COALESCE((SELECT expires_at " + newest + "), 0) AS expires_at").
		Take(&r).Error
	if err != nil {
		return presence.Agent{}, fmt.Errorf("read agent: %w", missing(err, "This agent"))
	}
	a := r.Agent.shown()
	if len(r.Fingerprint) > 0 {
		a.Certificate = &presence.Certificate{ExpiresAt: instant(r.ExpiresAt), Fingerprint: hex.EncodeToString(r.Fingerprint)}
	}
	return a, nil
}
