package fleet

import (
	"context"

	"vestibule/shared/domain"
)

// Wired lists boards that agents drive.
type Wired interface {
	// WiredBoards gives the boards of a network group, those of its monitors too.
	WiredBoards(ctx context.Context, site domain.SiteID, group domain.GroupID) ([]domain.Board, error)
}

// checkLine finds what a board's line stands against: two boards with one unit would both move, and a port has one speed. at leads the fields.
func (s *Service) checkLine(ctx context.Context, b domain.Board, at string, f *faults) error {
	others, err := s.cfg.Store.WiredBoards(ctx, b.SiteID, b.GroupID)
	if err != nil {
		return err
	}
	mine := b.Line()
	for _, o := range others {
		line := o.Line()
		if o.ID == b.ID || line.Link != mine.Link || line.Address != mine.Address {
			continue
		}
		f.taken.Check(o.Unit != b.Unit, at+"unit", "%s has this unit on the same line.", o.Name)
		f.taken.Check(line == mine, at+"baud", "Boards on one port share speed, parity and stop bits: %s has %d baud, %s parity, %d.", o.Name, line.Baud, line.Parity, line.StopBits)
	}
	return nil
}

// checkExternal checks the line of a monitor's board that the building drives.
func (s *Service) checkExternal(ctx context.Context, _ *edit, site domain.Site, _, d *domain.Device, f *faults) error {
	board, ok := d.ExternalBoard()
	if !ok {
		return nil
	}
	board.SiteID = site.ID
	return s.checkLine(ctx, board, "form.external.wire.", f)
}

// checkInputs keeps inputs away from doors: every opening has somebody who asked, and an input is nobody.
func checkInputs(b domain.Board, uses []ChannelUse, f *faults) {
	for _, u := range uses {
		for _, in := range b.Inputs {
			f.taken.Check(in.Number != u.Channel, "inputs", "Channel %d moves a relay of %s: an input cannot move it too.", u.Channel, u.DeviceName)
		}
	}
}
