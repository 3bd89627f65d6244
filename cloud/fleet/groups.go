package fleet

import (
	"context"
	"slices"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// Groups keeps network groups and who acts for them.
type Groups interface {
	ListGroups(ctx context.Context, site domain.SiteID, page Page) (List[domain.NetworkGroup], error)
	Group(ctx context.Context, site domain.SiteID, id domain.GroupID) (domain.NetworkGroup, error)
	PutGroup(ctx context.Context, group domain.NetworkGroup, at time.Time) error // Conflict at "name" when taken
	DeleteGroup(ctx context.Context, site domain.SiteID, id domain.GroupID, at time.Time) error
	// GroupUsers counts the devices and boards of a group.
	GroupUsers(ctx context.Context, site domain.SiteID, id domain.GroupID) (int, error)
	// SiteAgents lists the agents of a site that are not revoked.
	SiteAgents(ctx context.Context, site domain.SiteID) ([]domain.AgentID, error)
}

// everything asks for a whole list of what a site has few of.
var everything = Page{Limit: 10_000}

// Groups lists the network groups of a site.
func (s *Service) Groups(ctx context.Context, site domain.SiteID, page Page) (List[domain.NetworkGroup], error) {
	return s.cfg.Store.ListGroups(ctx, site, page)
}

// Group gives one network group.
func (s *Service) Group(ctx context.Context, site domain.SiteID, id domain.GroupID) (domain.NetworkGroup, error) {
	return s.cfg.Store.Group(ctx, site, id)
}

// AddGroup adds a network group.
func (s *Service) AddGroup(ctx context.Context, group domain.NetworkGroup) (domain.NetworkGroup, error) {
	err := s.edit(ctx, group.SiteID, func(ctx context.Context, e *edit) error {
		group.ID, group.Revision = domain.NewID[domain.GroupID](e.at), 1
		if err := s.checkGroup(ctx, group); err != nil {
			return err
		}
		return s.putGroup(ctx, e, nil, group)
	})
	return group, err
}

// EditGroup changes a network group; nil Agents leaves them as they are.
func (s *Service) EditGroup(ctx context.Context, group domain.NetworkGroup) (domain.NetworkGroup, error) {
	err := s.edit(ctx, group.SiteID, func(ctx context.Context, e *edit) error {
		before, err := s.cfg.Store.Group(ctx, group.SiteID, group.ID)
		if err != nil {
			return err
		}
		if group.Revision, err = account.Revise(ctx, before.Revision); err != nil {
			return err
		}
		if group.Agents == nil {
			group.Agents = before.Agents
		}
		if err := s.checkGroup(ctx, group); err != nil {
			return err
		}
		return s.putGroup(ctx, e, &before, group)
	})
	return group, err
}

func (s *Service) checkGroup(ctx context.Context, group domain.NetworkGroup) error {
	var f faults
	f.form(group.Validate())
	agents, err := s.cfg.Store.SiteAgents(ctx, group.SiteID)
	if err != nil {
		return err
	}
	seen := map[domain.AgentID]bool{}
	for _, agent := range group.Agents {
		f.invalid.Check(slices.Contains(agents, agent) && !seen[agent], "agents", "Agents of this site, each once.")
		seen[agent] = true
	}
	return f.Err()
}

func (s *Service) putGroup(ctx context.Context, e *edit, before *domain.NetworkGroup, group domain.NetworkGroup) error {
	if err := s.cfg.Store.PutGroup(ctx, group, e.at); err != nil {
		return err
	}
	if err := e.put(desired.SectionGroups, group.ID, group); err != nil {
		return err
	}
	if before == nil {
		return e.record(ctx, audit.Created, "group", group.ID, nil, group)
	}
	return e.record(ctx, audit.Changed, "group", group.ID, before, group)
}

// DeleteGroup deletes a network group that nothing uses; the last one of a site stays.
func (s *Service) DeleteGroup(ctx context.Context, site domain.SiteID, id domain.GroupID) error {
	return s.edit(ctx, site, func(ctx context.Context, e *edit) error {
		before, err := s.cfg.Store.Group(ctx, site, id)
		if err != nil {
			return err
		}
		if _, err := account.Revise(ctx, before.Revision); err != nil {
			return err
		}
		users, err := s.cfg.Store.GroupUsers(ctx, site, id)
		if err != nil {
			return err
		}
		all, err := s.cfg.Store.ListGroups(ctx, site, Page{Limit: 2})
		if err != nil {
			return err
		}
		switch {
		case users > 0:
			return fault.New(fault.Conflict, "The network group still has %s. Move or delete all of it first.",
				fault.Count(fault.Of{N: users, One: "device or board", Many: "devices and boards"}))
		case len(all.Items) < 2:
			return fault.New(fault.Conflict, "A site keeps at least one network group.")
		}
		if err := s.cfg.Store.DeleteGroup(ctx, site, id, e.at); err != nil {
			return err
		}
		e.remove(desired.SectionGroups, id)
		return e.record(ctx, audit.Deleted, "group", id, before, nil)
	})
}

// AssignAgent lets a new agent act for the groups of its site that have none. Enrolment calls it inside its transaction.
func (s *Service) AssignAgent(ctx context.Context, site domain.SiteID, agent domain.AgentID) error {
	return s.changeAgents(ctx, site, func(agents []domain.AgentID) []domain.AgentID {
		if len(agents) == 0 {
			return []domain.AgentID{agent}
		}
		return agents
	})
}

// DropAgent takes a revoked agent out of every group of its site.
func (s *Service) DropAgent(ctx context.Context, site domain.SiteID, agent domain.AgentID) error {
	return s.changeAgents(ctx, site, func(agents []domain.AgentID) []domain.AgentID {
		return slices.DeleteFunc(slices.Clone(agents), func(a domain.AgentID) bool { return a == agent })
	})
}

func (s *Service) changeAgents(ctx context.Context, site domain.SiteID, change func([]domain.AgentID) []domain.AgentID) error {
	return s.edit(ctx, site, func(ctx context.Context, e *edit) error {
		groups, err := s.cfg.Store.ListGroups(ctx, site, everything)
		if err != nil {
			return err
		}
		for _, before := range groups.Items {
			group := before
			group.Revision++
			if group.Agents = change(before.Agents); slices.Equal(group.Agents, before.Agents) {
				continue
			}
			if err := s.putGroup(ctx, e, &before, group); err != nil {
				return err
			}
		}
		return nil
	})
}
