package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
)

type groupRow struct {
	ID     domain.GroupID `gorm:"primaryKey"`
	SiteID domain.SiteID
	Name   string
	Record record `gorm:"embedded"`
}

func (groupRow) TableName() string { return "network_groups" }

func (r groupRow) place() (string, string) { return r.Record.Folded, r.ID.String() }

func (r groupRow) noun() domain.NetworkGroup {
	return domain.NetworkGroup{ID: r.ID, SiteID: r.SiteID, Name: r.Name, Revision: r.Record.Revision}
}

type groupAgentRow struct {
	SiteID   domain.SiteID
	GroupID  domain.GroupID `gorm:"primaryKey"`
	AgentID  domain.AgentID `gorm:"primaryKey"`
	Position int
}

func (groupAgentRow) TableName() string { return "group_agents" }

// ListGroups lists the network groups of a site with their agents.
func (s *Store) ListGroups(ctx context.Context, site domain.SiteID, page fleet.Page) (fleet.List[domain.NetworkGroup], error) {
	groups, err := list[domain.NetworkGroup, groupRow](s.in(ctx, site), page)
	if err != nil {
		return groups, err
	}
	agents, err := s.groupAgents(ctx, site)
	for i := range groups.Items {
		groups.Items[i].Agents = agents[groups.Items[i].ID]
	}
	return groups, err
}

// Group gives one network group of a site.
func (s *Store) Group(ctx context.Context, site domain.SiteID, id domain.GroupID) (domain.NetworkGroup, error) {
	group, err := take[domain.NetworkGroup, groupRow](ctx, s, site, id, "This network group")
	if err != nil {
		return group, err
	}
	agents, err := s.groupAgents(ctx, site)
	group.Agents = agents[id]
	return group, err
}

func (s *Store) groupAgents(ctx context.Context, site domain.SiteID) (map[domain.GroupID][]domain.AgentID, error) {
	var rows []groupAgentRow
	if err := s.in(ctx, site).Order("group_id, position").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read the agents of network groups: %w", err)
	}
	out := map[domain.GroupID][]domain.AgentID{}
	for _, r := range rows {
		out[r.GroupID] = append(out[r.GroupID], r.AgentID)
	}
	return out, nil
}

// PutGroup adds or changes a network group and its agents; a name that the site has already is Conflict at "name".
func (s *Store) PutGroup(ctx context.Context, g domain.NetworkGroup, at time.Time) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		r := groupRow{ID: g.ID, SiteID: g.SiteID, Name: g.Name, Record: newRecord(at, g.Name)}
		if err := s.put(ctx, &r, "name"); err != nil {
			return fmt.Errorf("save network group: %w", duplicate(err, "name", "Another network group of the site has this name."))
		}
		if err := s.conn(ctx).Where("group_id = ?", g.ID).Delete(&groupAgentRow{}).Error; err != nil {
			return fmt.Errorf("save network group: %w", err)
		}
		for i, agent := range g.Agents {
			if err := s.conn(ctx).Create(&groupAgentRow{SiteID: g.SiteID, GroupID: g.ID, AgentID: agent, Position: i}).Error; err != nil {
				return fmt.Errorf("save network group: %w", err)
			}
		}
		return nil
	})
}

// DeleteGroup marks a network group as deleted and takes its agents out.
func (s *Store) DeleteGroup(ctx context.Context, site domain.SiteID, id domain.GroupID, at time.Time) error {
	if err := s.drop(ctx, &groupRow{}, site, id, at); err != nil {
		return err
	}
	return s.in(ctx, site).Where("group_id = ?", id).Delete(&groupAgentRow{}).Error
}

// GroupUsers counts the devices and boards of a network group.
func (s *Store) GroupUsers(ctx context.Context, site domain.SiteID, id domain.GroupID) (int, error) {
	devices, err := s.count(ctx, &deviceRow{}, site, "group_id = ?", id)
	boards, err2 := s.count(ctx, &boardRow{}, site, "group_id = ?", id)
	return devices + boards, errors.Join(err, err2)
}

// SiteAgents lists the agents of a site that are not revoked.
func (s *Store) SiteAgents(ctx context.Context, site domain.SiteID) ([]domain.AgentID, error) {
	var ids []domain.AgentID
	if err := s.in(ctx, site).Table("agents").Where("revoked_at IS NULL").Order("id").Pluck("id", &ids).Error; err != nil {
		return nil, fmt.Errorf("read the agents of a site: %w", err)
	}
	return ids, nil
}
