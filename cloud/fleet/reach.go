package fleet

import (
	"context"
	"slices"
	"strconv"

	"vestibule/cloud/account"
	"vestibule/cloud/reach"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// Reaches reads what agents measured of their networks.
type Reaches interface {
	// Reaches gives the newest word of each agent of a site that was not revoked.
	Reaches(ctx context.Context, site domain.SiteID) ([]reach.Report, error)
	// Placed lists every device of a site with its network group.
	Placed(ctx context.Context, site domain.SiteID) ([]reach.Device, error)
}

// Measured is what the agents of a site hear, beside its network groups (BEY-09).
type Measured struct {
	reach.Proposal
	Told []reach.Report // one of each agent that told anything
}

// Measured compares what the agents of a site hear with its network groups.
func (s *Service) Measured(ctx context.Context, site domain.SiteID) (Measured, error) {
	of, err := s.cfg.Store.Site(ctx, site)
	if err != nil {
		return Measured{}, err
	}
	return s.measured(ctx, of)
}

// measured looks at the whole site, whatever part of it the caller sees: a proposal from a part would be wrong.
func (s *Service) measured(ctx context.Context, of domain.Site) (Measured, error) {
	ctx = account.AsSystem(ctx, "measured groups")
	var in reach.Site
	var err error
	if in.Reports, err = s.cfg.Store.Reaches(ctx, of.ID); err != nil || len(in.Reports) == 0 {
		return Measured{Proposal: reach.Propose(reach.Site{})}, err
	}
	if in.Devices, err = s.cfg.Store.Placed(ctx, of.ID); err != nil {
		return Measured{}, err
	}
	groups, err := s.cfg.Store.ListGroups(ctx, of.ID, everything)
	in.Groups = groups.Items
	out := Measured{Proposal: reach.Propose(in), Told: in.Reports}
	if of.Kind == domain.SingleHome {
		out.Differences = nil // no group is chosen there (DEV-07)
	}
	return out, err
}

// FollowMeasured puts chosen differences right, all in one edit: devices into the groups of their networks, new groups where there are none, and
// agents to the groups they reach. What was measured otherwise since the caller read it is refused.
func (s *Service) FollowMeasured(ctx context.Context, site domain.SiteID, chosen []string) (Measured, error) {
	var out Measured
	err := s.edit(ctx, site, func(ctx context.Context, e *edit) error {
		of, err := s.cfg.Store.Site(ctx, site)
		if err != nil {
			return err
		}
		now, err := s.measured(ctx, of)
		if err != nil {
			return err
		}
		if _, err := account.Revise(ctx, now.Revision); err != nil {
			return err
		}
		follow, err := pick(now, chosen)
		if err != nil {
			return err
		}
		if err := s.followGroups(ctx, e, follow); err != nil {
			return err
		}
		if err := s.followDevices(ctx, e, follow); err != nil {
			return err
		}
		out, err = s.measured(ctx, of)
		return err
	})
	return out, err
}

// pick finds the chosen differences.
func pick(now Measured, chosen []string) ([]*reach.Difference, error) {
	var f fault.Fields
	f.Check(len(chosen) > 0, "differences", "At least one difference.")
	var out []*reach.Difference
	for i, id := range chosen {
		at := slices.IndexFunc(now.Differences, func(d reach.Difference) bool { return d.ID == id })
		path := "differences[" + strconv.Itoa(i) + "]"
		if at < 0 {
			f.Add(path, "A difference that is still there; this one is not.")
			continue
		}
		d := &now.Differences[at]
		f.Check(d.Moves() || d.Assigns(), path, "This one nobody can put right from here: look at the place.")
		f.Check(!slices.Contains(out, d), path, "Each difference once.")
		out = append(out, d)
	}
	return out, f.Err()
}

// followGroups makes the new groups and assigns agents. Differences that go to one new group get its id.
func (s *Service) followGroups(ctx context.Context, e *edit, follow []*reach.Difference) error {
	made := map[string]domain.GroupID{}
	for _, d := range follow {
		switch {
		case d.Assigns():
			before, err := s.cfg.Store.Group(ctx, e.site, d.Group)
			if err != nil {
				return err
			}
			after := before
			after.Agents, after.Revision = d.Agents, before.Revision+1
			if err := s.putGroup(ctx, e, &before, after); err != nil {
				return err
			}
		case d.Moves() && d.To.IsZero():
			if made[d.ToName].IsZero() {
				group := domain.NetworkGroup{ID: domain.NewID[domain.GroupID](e.at), SiteID: e.site, Name: d.ToName, Agents: d.Agents, Revision: 1}
				if err := s.putGroup(ctx, e, nil, group); err != nil {
					return err
				}
				made[d.ToName] = group.ID
			}
			d.To = made[d.ToName]
		}
	}
	return nil
}

// followDevices moves devices, and the relay boards that only they use. All are written before the rules are asked: a door without internet and the
// monitor that transfers its calls go together.
func (s *Service) followDevices(ctx context.Context, e *edit, follow []*reach.Difference) error {
	to := map[domain.DeviceID]domain.GroupID{}
	var moved []domain.Device
	for _, d := range follow {
		for _, placed := range d.Devices {
			if !d.Moves() {
				continue
			}
			before, err := s.cfg.Store.Device(ctx, e.site, placed.ID)
			if err != nil {
				return err
			}
			to[before.ID] = d.To
			moved = append(moved, before)
		}
	}
	if err := s.followBoards(ctx, e, moved, to); err != nil {
		return err
	}
	after := slices.Clone(moved)
	for i := range after {
		after[i].GroupID, after[i].Revision = to[after[i].ID], after[i].Revision+1
		if err := s.saveDevice(ctx, e, &moved[i], &after[i]); err != nil {
			return err
		}
	}
	for i := range after {
		if err := s.checkDevice(ctx, e, &moved[i], &after[i]); err != nil {
			return fault.New(fault.Conflict, "%s cannot be moved: %s", after[i].Name, sentences(err))
		}
	}
	return nil
}

// followBoards moves the relay boards of moved devices when everything that uses them goes to the same group; one that others use stays, and the
// device that needs it is refused.
func (s *Service) followBoards(ctx context.Context, e *edit, moved []domain.Device, to map[domain.DeviceID]domain.GroupID) error {
	done := map[domain.BoardID]bool{}
	for _, d := range moved {
		for _, r := range d.Relays {
			if r.Board.IsZero() || done[r.Board] {
				continue
			}
			done[r.Board] = true
			uses, err := s.cfg.Store.BoardUses(ctx, e.site, r.Board)
			if err != nil {
				return err
			}
			if slices.ContainsFunc(uses, func(u ChannelUse) bool { return to[u.Device] != to[d.ID] }) {
				continue
			}
			before, err := s.cfg.Store.Board(ctx, e.site, r.Board)
			if err != nil {
				return err
			}
			after := before
			after.GroupID, after.Revision = to[d.ID], before.Revision+1
			if err := s.saveBoard(ctx, e, &before, &after); err != nil {
				return err
			}
		}
	}
	return nil
}

// sentences are the words of a refusal in one line.
func sentences(err error) string {
	text := ""
	for _, field := range fault.FieldsOf(err) {
		if text != "" {
			text += " "
		}
		text += field.Msg
	}
	if text == "" {
		text = err.Error()
	}
	return text
}
