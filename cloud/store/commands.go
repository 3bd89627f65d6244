package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"vestibule/cloud/command"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

type commandRow struct {
	ID         domain.CommandID `gorm:"primaryKey"`
	SiteID     domain.SiteID
	AgentID    domain.AgentID
	Conn       domain.ConnID
	Kind       string
	DeviceID   domain.DeviceID
	Relay      int
	Turned     bool // on, of relay_set
	AccountID  domain.AccountID
	Actor      string
	IdemKey    *string
	IssuedAt   int64
	TTL        int64 `gorm:"column:ttl"` // ms
	Bound      int64 // ms
	AcceptedAt *int64
	Result     string
	Reason     string
	EndedAt    *int64
	LateResult string
	LateReason string
}

func (commandRow) TableName() string { return "commands" }

func newCommandRow(c command.Command) commandRow {
	r := commandRow{
		ID: c.ID, SiteID: c.Site, AgentID: c.Agent, Conn: c.Conn, Kind: string(c.Kind), DeviceID: c.Device, Relay: c.Relay, Turned: c.On,
		AccountID: c.Account, Actor: clip(c.Actor, 254), IssuedAt: c.IssuedAt.UnixMilli(), TTL: c.TTL.Milliseconds(), Bound: c.Bound.Milliseconds(),
		Result: string(c.Result), Reason: clip(string(c.Reason), 64), LateResult: string(c.LateResult), LateReason: clip(string(c.LateReason), 64),
	}
	if c.Key != "" {
		r.IdemKey = &c.Key
	}
	optional := func(t time.Time) *int64 {
		if t.IsZero() {
			return nil
		}
		ms := t.UnixMilli()
		return &ms
	}
	r.AcceptedAt, r.EndedAt = optional(c.AcceptedAt), optional(c.EndedAt)
	return r
}

func (r commandRow) command() command.Command {
	c := command.Command{
		ID: r.ID, Site: r.SiteID, Agent: r.AgentID, Conn: r.Conn, Kind: wire.CommandKind(r.Kind), Device: r.DeviceID, Relay: r.Relay, On: r.Turned,
		Account: r.AccountID, Actor: r.Actor, IssuedAt: instant(r.IssuedAt), TTL: time.Duration(r.TTL) * time.Millisecond,
		Bound: time.Duration(r.Bound) * time.Millisecond, Result: domain.ActResult(r.Result), Reason: domain.Reason(r.Reason),
		LateResult: domain.ActResult(r.LateResult), LateReason: domain.Reason(r.LateReason),
	}
	if r.IdemKey != nil {
		c.Key = *r.IdemKey
	}
	if r.AcceptedAt != nil {
		c.AcceptedAt = instant(*r.AcceptedAt)
	}
	if r.EndedAt != nil {
		c.EndedAt = instant(*r.EndedAt)
	}
	return c
}

// Target gives a device of the document of a site that the caller of ctx may see, and the agent that acts for its network group.
func (s *Store) Target(ctx context.Context, site domain.SiteID, device domain.DeviceID) (domain.Device, domain.AgentID, error) {
	if err := s.SeeSite(ctx, site); err != nil {
		return domain.Device{}, domain.AgentID{}, err
	}
	devices, err := named[domain.Device](ctx, s, site, desired.SectionDevices, []domain.DeviceID{device})
	if err != nil {
		return domain.Device{}, domain.AgentID{}, err
	}
	if len(devices) == 0 {
		return domain.Device{}, domain.AgentID{}, fault.New(fault.NotFound, "This device does not exist.")
	}
	groups, err := named[domain.NetworkGroup](ctx, s, site, desired.SectionGroups, []domain.GroupID{devices[0].GroupID})
	if err != nil || len(groups) == 0 || len(groups[0].Agents) == 0 {
		return devices[0], domain.AgentID{}, err
	}
	return devices[0], groups[0].Agents[0], nil
}

// InsertCommand adds a command; Conflict when the account used its key before.
func (s *Store) InsertCommand(ctx context.Context, c command.Command) error {
	r := newCommandRow(c)
	if err := s.conn(ctx).Create(&r).Error; err != nil {
		return fmt.Errorf("save command: %w", duplicate(err, "Idempotency-Key", "This Idempotency-Key is in use."))
	}
	return nil
}

// CommandByKey gives the command that an account's key led to after since.
func (s *Store) CommandByKey(ctx context.Context, account domain.AccountID, key string, since time.Time) (command.Command, error) {
	return readCommand(s.conn(ctx).Where("account_id = ? AND idem_key = ? AND issued_at > ?", account, key, since.UnixMilli()))
}

// DropKey frees a key that was used before.
func (s *Store) DropKey(ctx context.Context, account domain.AccountID, key string, before time.Time) error {
	return s.conn(ctx).Model(&commandRow{}).Where("account_id = ? AND idem_key = ? AND issued_at <= ?", account, key, before.UnixMilli()).
		Update("idem_key", nil).Error
}

func readCommand(db *gorm.DB) (command.Command, error) {
	var r commandRow
	if err := db.Take(&r).Error; err != nil {
		return command.Command{}, fmt.Errorf("read command: %w", missing(err, "This command"))
	}
	return r.command(), nil
}

// ReadCommand gives a command.
func (s *Store) ReadCommand(ctx context.Context, id domain.CommandID) (command.Command, error) {
	return readCommand(s.conn(ctx).Where("id = ?", id))
}

// LockCommand gives a command and locks it until the transaction ends.
func (s *Store) LockCommand(ctx context.Context, id domain.CommandID) (command.Command, error) {
	return readCommand(s.forUpdate(s.conn(ctx)).Where("id = ?", id))
}

// SeeCommand gives a command of a site that the caller of ctx may see.
func (s *Store) SeeCommand(ctx context.Context, site domain.SiteID, id domain.CommandID) (command.Command, error) {
	return readCommand(s.in(ctx, site).Where("id = ?", id))
}

// SaveCommand stores what became of a command.
func (s *Store) SaveCommand(ctx context.Context, c command.Command) error {
	r := newCommandRow(c)
	err := s.conn(ctx).Model(&commandRow{}).Where("id = ?", c.ID).Updates(map[string]any{
		"accepted_at": r.AcceptedAt, "result": r.Result, "reason": r.Reason, "ended_at": r.EndedAt,
		"late_result": r.LateResult, "late_reason": r.LateReason,
	}).Error
	if err != nil {
		return fmt.Errorf("save command: %w", err)
	}
	return nil
}

// OpenCommands lists commands without a result, oldest first.
func (s *Store) OpenCommands(ctx context.Context, limit int) ([]command.Command, error) {
	var rows []commandRow
	if err := s.conn(ctx).Where("ended_at IS NULL").Order("issued_at").Limit(limit).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list open commands: %w", err)
	}
	out := make([]command.Command, 0, len(rows))
	for _, r := range rows {
		out = append(out, r.command())
	}
	return out, nil
}
