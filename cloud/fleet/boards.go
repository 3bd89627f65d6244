package fleet

import (
	"context"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// ChannelUse says which device's relay a board's channel moves.
type ChannelUse struct {
	Device     domain.DeviceID
	DeviceName string
	Channel    int
}

// Boards keeps external relay boards.
type Boards interface {
	ListBoards(ctx context.Context, site domain.SiteID, page Page) (List[domain.Board], error)
	Board(ctx context.Context, site domain.SiteID, id domain.BoardID) (domain.Board, error)
	PutBoard(ctx context.Context, board domain.Board, at time.Time) error
	DeleteBoard(ctx context.Context, site domain.SiteID, id domain.BoardID, at time.Time) error
	BoardUses(ctx context.Context, site domain.SiteID, id domain.BoardID) ([]ChannelUse, error)
}

// Boards lists the relay boards of a site.
func (s *Service) Boards(ctx context.Context, site domain.SiteID, page Page) (List[domain.Board], error) {
	return s.cfg.Store.ListBoards(ctx, site, page)
}

// Board gives one relay board.
func (s *Service) Board(ctx context.Context, site domain.SiteID, id domain.BoardID) (domain.Board, error) {
	return s.cfg.Store.Board(ctx, site, id)
}

// AddBoard adds a relay board.
func (s *Service) AddBoard(ctx context.Context, board domain.Board) (domain.Board, error) {
	err := s.edit(ctx, board.SiteID, func(ctx context.Context, e *edit) error {
		board.ID, board.Revision = domain.NewID[domain.BoardID](e.at), 1
		return s.putBoard(ctx, e, nil, &board)
	})
	return board, err
}

// EditBoard changes a relay board; channels and group that relays rely on stay.
func (s *Service) EditBoard(ctx context.Context, board domain.Board) (domain.Board, error) {
	err := s.edit(ctx, board.SiteID, func(ctx context.Context, e *edit) error {
		before, err := s.cfg.Store.Board(ctx, board.SiteID, board.ID)
		if err != nil {
			return err
		}
		if board.Revision, err = account.Revise(ctx, before.Revision); err != nil {
			return err
		}
		return s.putBoard(ctx, e, &before, &board)
	})
	return board, err
}

func (s *Service) putBoard(ctx context.Context, e *edit, before, board *domain.Board) error {
	if board.Profile == "" {
		board.Profile = domain.ProfileCoils
	}
	var f faults
	if err := s.defaultGroup(ctx, e.site, &board.GroupID, &f); err != nil {
		return err
	}
	f.form(board.Validate())
	if err := s.checkLine(ctx, *board, "", &f); err != nil {
		return err
	}
	if before != nil {
		uses, err := s.cfg.Store.BoardUses(ctx, e.site, board.ID)
		if err != nil {
			return err
		}
		for _, u := range uses {
			f.taken.Check(u.Channel <= board.Channels, "channels", "Channel %d moves a relay of %s.", u.Channel, u.DeviceName)
		}
		checkInputs(*board, uses, &f)
		f.taken.Check(len(uses) == 0 || before.GroupID == board.GroupID, "group_id", "Relays of devices of this network group use the board.")
	}
	if err := f.Err(); err != nil {
		return err
	}
	return s.saveBoard(ctx, e, before, board)
}

// saveBoard writes a board that is right: row, document and audit.
func (s *Service) saveBoard(ctx context.Context, e *edit, before, board *domain.Board) error {
	if err := s.cfg.Store.PutBoard(ctx, *board, e.at); err != nil {
		return err
	}
	if err := e.put(desired.SectionBoards, board.ID, *board); err != nil {
		return err
	}
	if before == nil {
		return e.record(ctx, audit.Created, "board", board.ID, nil, board)
	}
	return e.record(ctx, audit.Changed, "board", board.ID, before, board)
}

// defaultGroup gives a thing without a group the first group of the site (DEV-04), and notes a group of another site.
func (s *Service) defaultGroup(ctx context.Context, site domain.SiteID, group *domain.GroupID, f *faults) error {
	if group.IsZero() {
		groups, err := s.cfg.Store.ListGroups(ctx, site, Page{Limit: 1})
		if err == nil && len(groups.Items) > 0 {
			*group = groups.Items[0].ID
		}
		return err
	}
	found, err := exists(errOf(s.cfg.Store.Group(ctx, site, *group)))
	f.invalid.Check(found || err != nil, "group_id", "A network group of this site.")
	return err
}

// DeleteBoard deletes a relay board that moves no relay.
func (s *Service) DeleteBoard(ctx context.Context, site domain.SiteID, id domain.BoardID) error {
	return s.edit(ctx, site, func(ctx context.Context, e *edit) error {
		before, err := s.cfg.Store.Board(ctx, site, id)
		if err != nil {
			return err
		}
		if _, err := account.Revise(ctx, before.Revision); err != nil {
			return err
		}
		uses, err := s.cfg.Store.BoardUses(ctx, site, id)
		if err != nil {
			return err
		}
		if len(uses) > 0 {
			return fault.New(fault.Conflict, "Channel %d of this board moves a relay of %s. Change that device first.", uses[0].Channel, uses[0].DeviceName)
		}
		if err := s.cfg.Store.DeleteBoard(ctx, site, id, e.at); err != nil {
			return err
		}
		e.remove(desired.SectionBoards, id)
		return e.record(ctx, audit.Deleted, "board", id, before, nil)
	})
}
