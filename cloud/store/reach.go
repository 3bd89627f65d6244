package store

import (
	"context"
	"fmt"

	"gorm.io/gorm/clause"

	"vestibule/cloud/presence"
	"vestibule/cloud/reach"
	"vestibule/shared/domain"
)

type reachRow struct {
	AgentID   domain.AgentID `gorm:"primaryKey"`
	SiteID    domain.SiteID
	Links     []reach.Link `gorm:"serializer:json"`
	UpdatedAt int64        `gorm:"autoUpdateTime:false"`
}

func (reachRow) TableName() string { return "agent_reach" }

// SaveReach stores who an agent hears on its networks in the place of what it said before.
func (s *Store) SaveReach(ctx context.Context, agent domain.AgentID, links []reach.Link) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		site, err := s.SiteOf(ctx, agent)
		if err != nil {
			return err
		}
		now, err := s.Now(ctx)
		if err != nil {
			return err
		}
		r := reachRow{AgentID: agent, SiteID: site, Links: links, UpdatedAt: now.UnixMilli()}
		return wrap(s.conn(ctx).Clauses(clause.OnConflict{UpdateAll: true}).Create(&r).Error, "save who an agent hears")
	})
}

// Reaches gives the newest word of each agent of a site that was not revoked.
func (s *Store) Reaches(ctx context.Context, site domain.SiteID) ([]reach.Report, error) {
	var rows []struct {
		Row   reachRow `gorm:"embedded"`
		Name  string
		State string
	}
	err := s.in(ctx, site).Table("(SELECT r.*, a.name, a.state FROM agent_reach r JOIN agents a ON a.id = r.agent_id AND a.revoked_at IS NULL) AS told").
		Order("agent_id").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read who agents hear: %w", err)
	}
	out := make([]reach.Report, len(rows))
	for i, r := range rows {
		live := r.State == string(presence.Online) || r.State == string(presence.Quiet)
		out[i] = reach.Report{Agent: r.Row.AgentID, Name: r.Name, At: fromMilli(r.Row.UpdatedAt), Live: live, Links: r.Row.Links}
	}
	return out, nil
}

// Placed lists every device of a site with its network group.
func (s *Store) Placed(ctx context.Context, site domain.SiteID) ([]reach.Device, error) {
	var rows []deviceRow
	if err := s.in(ctx, site).Where("deleted_at IS NULL").Select("id", "name", "mac", "group_id").Order("id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read the network groups of devices: %w", err)
	}
	out := make([]reach.Device, len(rows))
	for i, r := range rows {
		out[i] = reach.Device{ID: r.ID, Name: r.Name, MAC: domain.MAC(r.MAC), Group: r.GroupID}
	}
	return out, nil
}
