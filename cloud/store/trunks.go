package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
	"vestibule/shared/wire"
)

type trunkRow struct {
	SiteID    domain.SiteID `gorm:"primaryKey"`
	Host      string
	Port      int
	Transport string
	Register  bool
	UserName  string
	Password  []byte // sealed
	CallerID  string
	Enabled   bool
	Limits    domain.TrunkLimits `gorm:"serializer:json"`
	Account   *string
	Revision  uint64
	CreatedAt int64 `gorm:"autoCreateTime:false"`
	UpdatedAt int64 `gorm:"autoUpdateTime:false"`
	DeletedAt *int64
}

func (trunkRow) TableName() string { return "trunks" }

func trunkPurpose(site domain.SiteID) string { return "trunk password " + site.String() }

// accountOf is what no two sites may share; nil for a trunk without a user.
func accountOf(t domain.Trunk) *string {
	if t.User == "" {
		return nil
	}
	account := t.User + "@" + strings.ToLower(t.Host)
	return &account
}

// Trunk gives the trunk of a site with its password; NotFound when it has none, and then its revision is that of the last one, 0 before any.
func (s *Store) Trunk(ctx context.Context, site domain.SiteID) (domain.Trunk, error) {
	var r trunkRow
	err := s.in(ctx, site).Take(&r).Error
	out := domain.Trunk{SiteID: site, Revision: r.Revision}
	if err == nil && r.DeletedAt != nil {
		err = gorm.ErrRecordNotFound
	}
	if err != nil {
		return out, fmt.Errorf("read trunk: %w", missing(err, "A trunk of this site"))
	}
	plain, err := s.key.Open(trunkPurpose(site), r.Password)
	if err != nil {
		return out, fmt.Errorf("open the password of a trunk: %w", err)
	}
	return domain.Trunk{
		SiteID: site, Host: r.Host, Port: r.Port, Transport: domain.TrunkTransport(r.Transport), Register: r.Register, User: r.UserName,
		Password: secret.New(string(plain)), CallerID: r.CallerID, Enabled: r.Enabled, Limits: r.Limits, Revision: r.Revision,
	}, nil
}

// PutTrunk gives a site its trunk with the revision that t carries; its password is sealed. What agents said of the one before is forgotten: they
// speak again when they hold the new one. Conflict at "user" when another site has the account.
func (s *Store) PutTrunk(ctx context.Context, t domain.Trunk, at time.Time) error {
	if err := s.in(ctx, t.SiteID).Delete(&trunkStateRow{}).Error; err != nil {
		return fmt.Errorf("forget the states of a trunk: %w", err)
	}
	sealed, err := s.key.Seal(trunkPurpose(t.SiteID), []byte(t.Password.Reveal()))
	if err != nil {
		return fmt.Errorf("seal the password of a trunk: %w", err)
	}
	r := trunkRow{
		SiteID: t.SiteID, Host: t.Host, Port: t.Port, Transport: string(t.Transport), Register: t.Register, UserName: t.User, Password: sealed,
		CallerID: t.CallerID, Enabled: t.Enabled, Limits: t.Limits, Account: accountOf(t), Revision: t.Revision, CreatedAt: at.UnixMilli(), UpdatedAt: at.UnixMilli(),
	}
	err = s.conn(ctx).Clauses(clause.OnConflict{
		Columns: []clause.Column{{Name: "site_id"}},
		DoUpdates: clause.AssignmentColumns([]string{
			"host", "port", "transport", "register", "user_name", "password", "caller_id", "enabled", "limits", "account", "revision", "updated_at", "deleted_at",
		}),
	}).Create(&r).Error
	return wrap(duplicate(err, "user", fleet.TrunkTaken), "save trunk")
}

// DeleteTrunk takes the trunk of a site away: what is secret goes, the row stays for its revisions.
func (s *Store) DeleteTrunk(ctx context.Context, site domain.SiteID, revision uint64, at time.Time) error {
	changes := map[string]any{
		"deleted_at": at.UnixMilli(), "updated_at": at.UnixMilli(), "revision": revision, "account": nil, "password": []byte{}, "enabled": false,
	}
	return wrap(s.in(ctx, site).Model(&trunkRow{}).Updates(changes).Error, "delete trunk")
}

// TrunkTaken tells whether another site has the account of a trunk, whoever asks.
func (s *Store) TrunkTaken(ctx context.Context, t domain.Trunk) (bool, error) {
	account := accountOf(t)
	if account == nil {
		return false, nil
	}
	var n int64
	err := s.conn(ctx).Model(&trunkRow{}).Where("account = ? AND site_id <> ?", *account, t.SiteID).Count(&n).Error
	return n > 0, wrap(err, "look for the account of a trunk")
}

type trunkStateRow struct {
	AgentID   domain.AgentID `gorm:"primaryKey"`
	SiteID    domain.SiteID
	State     string
	Reason    string
	Since     int64
	Day       string
	Minutes   int
	Calls     int
	Refusals  int
	Refused   string
	UpdatedAt int64 `gorm:"autoUpdateTime:false"`
}

func (trunkStateRow) TableName() string { return "trunk_states" }

// mostCounted bounds what an agent may say of itself.
const mostCounted = 1 << 20

// SaveTrunk stores what an agent says of the trunk of its own site.
func (s *Store) SaveTrunk(ctx context.Context, agent domain.AgentID, t wire.TrunkReport) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		site, err := s.SiteOf(ctx, agent)
		if err != nil {
			return err
		}
		now, err := s.Now(ctx)
		if err != nil {
			return err
		}
		count := func(n int) int { return max(0, min(n, mostCounted)) }
		r := trunkStateRow{
			AgentID: agent, SiteID: site, State: clip(string(t.State), 32), Reason: clip(t.Reason, 128), Since: now.UnixMilli(), Day: clip(t.Day, 10),
			Minutes: count(t.Minutes), Calls: count(t.Calls), Refusals: count(t.Refusals), Refused: clip(t.Refused, 32), UpdatedAt: now.UnixMilli(),
		}
		var old trunkStateRow
		switch err := s.conn(ctx).Where("agent_id = ?", agent).Take(&old).Error; {
		case errors.Is(err, gorm.ErrRecordNotFound):
		case err != nil:
			return fmt.Errorf("read the state of a trunk: %w", err)
		case old.State == r.State && old.Reason == r.Reason:
			r.Since = old.Since
		}
		return wrap(s.conn(ctx).Clauses(clause.OnConflict{UpdateAll: true}).Create(&r).Error, "save the state of a trunk")
	})
}

// TrunkStates gives what the agents of a site that still belong to it say of its trunk.
func (s *Store) TrunkStates(ctx context.Context, site domain.SiteID) ([]fleet.TrunkState, error) {
	var rows []struct {
		Row  trunkStateRow `gorm:"embedded"`
		Name string
	}
	err := s.in(ctx, site).Table("(SELECT t.*, a.name FROM trunk_states t JOIN agents a ON a.id = t.agent_id AND a.revoked_at IS NULL) AS told").
		Order("name, agent_id").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read the states of a trunk: %w", err)
	}
	out := make([]fleet.TrunkState, len(rows))
	for i := range rows {
		r := rows[i].Row
		out[i] = fleet.TrunkState{
			Agent: r.AgentID, Name: rows[i].Name, Since: fromMilli(r.Since), At: fromMilli(r.UpdatedAt),
			TrunkReport: wire.TrunkReport{
				State: wire.TrunkState(r.State), Reason: r.Reason, Day: r.Day, Minutes: r.Minutes, Calls: r.Calls, Refusals: r.Refusals, Refused: r.Refused,
			},
		}
	}
	return out, nil
}
