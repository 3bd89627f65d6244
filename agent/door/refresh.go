package door

import (
	"cmp"
	"slices"

	"vestibule/agent/health"
	"vestibule/agent/relay"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
)

const unreachableCode = health.BoardUnreachable

func about(board domain.BoardID) health.About { return health.About{Board: board} }

// Refresh looks at the document again: momentary contacts of boards that are new to this process go to rest, latching ones stay as they are, and every
// board is looked at from now on.
func (d *Doors) Refresh() {
	view := d.cfg.View()
	latching := map[restKey]bool{}
	momentary := map[restKey]rest{}
	for _, dev := range view.Devices {
		for _, r := range dev.Relays {
			b, ok := view.Boards[r.Board]
			if r.Board.IsZero() || !ok || !view.Groups[b.GroupID].ActedBy(d.cfg.Agent) || r.Channel > b.Channels {
				continue
			}
			k := restKey{b.Line(), relay.Channel{Unit: b.Unit, Number: r.Channel}}
			if r.Mode == domain.Latching {
				latching[k] = true
			} else {
				momentary[k] = rest{channel: k.channel, board: b.ID, contact: r.Rest, look: true}
			}
		}
	}
	for k := range latching {
		delete(momentary, k)
	}
	d.mu.Lock()
	d.contact = momentary
	d.mu.Unlock()
	d.hang(view)
	for k, r := range momentary {
		if !d.firstSeen(k) {
			continue
		}
		if b := d.board(k.line); b != nil {
			b.rest(r)
		}
	}
}

// hang tells every line which boards are on it. A line that the document no longer has keeps its owner: a contact of it may still be held.
func (d *Doors) hang(view *desired.View) {
	lines := map[domain.Line][]domain.Board{}
	for _, b := range boardsOf(view, d.cfg.Agent) {
		lines[b.Line()] = append(lines[b.Line()], b)
	}
	d.mu.Lock()
	for line := range d.boards {
		if _, ok := lines[line]; !ok {
			lines[line] = nil // nothing hangs there any more
		}
	}
	d.mu.Unlock()
	for line, boards := range lines {
		if b := d.board(line); b != nil {
			b.hang(boards)
		}
	}
}

// boardsOf lists the boards that an agent drives, those of monitors too. Of two with one unit on one line the older counts.
func boardsOf(view *desired.View, agent domain.AgentID) []domain.Board {
	var all []domain.Board
	for _, b := range view.Boards {
		all = append(all, b)
	}
	for _, dev := range view.Devices {
		if b, ok := dev.ExternalBoard(); ok {
			all = append(all, b)
		}
	}
	slices.SortFunc(all, func(a, b domain.Board) int { return cmp.Compare(a.ID.String(), b.ID.String()) })
	type place struct {
		line domain.Line
		unit int
	}
	taken := map[place]bool{}
	return slices.DeleteFunc(all, func(b domain.Board) bool {
		at := place{b.Line(), b.Unit}
		drop := taken[at] || !view.Groups[b.GroupID].ActedBy(agent)
		taken[at] = taken[at] || !drop
		return drop
	})
}

// momentary lists the momentary contacts on a line.
func (d *Doors) momentary(line domain.Line) []rest {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []rest
	for k, r := range d.contact {
		if k.line == line {
			out = append(out, r)
		}
	}
	return out
}

// monitorOf gives the monitor whose board it is; zero for a board of the site.
func (d *Doors) monitorOf(board domain.BoardID) domain.DeviceID {
	if _, ok := d.cfg.View().Devices[domain.DeviceID(board)]; ok {
		return domain.DeviceID(board)
	}
	return domain.DeviceID{}
}

func (d *Doors) firstSeen(k restKey) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	was := d.rested[k]
	d.rested[k] = true
	return !was
}
