package door

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"vestibule/agent/relay"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
)

// Times of looking at boards.
const (
	lookEvery = 150 * time.Millisecond
	lookDead  = 2 * time.Second        // at a board that does not answer: every look keeps the line from the others for a time-out
	missesMax = 3                      // silent looks before a board counts as away
	tellEvery = 250 * time.Millisecond // between two rows about one board
	lookLimit = 2 * time.Second
)

// watched is what is known of one board on the line.
type watched struct {
	next   time.Time
	missed int
	away   bool // three looks in a row were silent
	seen   bool // there is a reading since it came
	now    relay.Reading
	modes  bool // the inputs were dealt with since it came
	own    bool // the board moves relays by its inputs itself
	want   map[int]bool

	told   domain.BoardStateBody
	toldAt time.Time
}

// rehang takes the boards of the line. A board whose settings changed begins anew; its contacts stay under the watchdog.
func (b *board) rehang(boards []domain.Board) {
	fresh := map[int]*watched{}
	for _, board := range boards {
		if b.rack == nil {
			continue
		}
		w := b.watched[board.Unit]
		if was, ok := b.units[board.Unit]; w == nil || !ok || was.ID != board.ID || was.Profile != board.Profile || was.Channels != board.Channels ||
			!slices.Equal(was.Inputs, board.Inputs) {
			w = &watched{want: map[int]bool{}}
		}
		fresh[board.Unit] = w
		b.units[board.Unit] = board
	}
	b.watched = fresh
}

// look reads the board whose turn it is, one at most, so that an ask never waits for more than one.
func (b *board) look(now time.Time) {
	unit, due := 0, now.Add(time.Nanosecond)
	for id, w := range b.watched {
		if w.next.Before(due) {
			unit, due = id, w.next
		}
	}
	w := b.watched[unit]
	if w == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookLimit)
	defer cancel()
	err := b.lookAt(ctx, b.units[unit], w)
	if err != nil {
		b.miss(ctx, b.units[unit], w, err)
	}
	w.next = time.Now().Add(lookEvery)
	if w.away {
		w.next = time.Now().Add(lookDead)
	}
}

func (b *board) lookAt(ctx context.Context, board domain.Board, w *watched) error {
	if !w.modes {
		modes := map[int]domain.InputMode{}
		for _, in := range board.Inputs {
			modes[in.Number] = in.Mode
		}
		own, err := b.rack.SetInputs(ctx, board.Unit, modes)
		if relay.KindOf(err) == relay.Refused { // a sister of the board that has no such registers
			own, err = false, nil
		}
		if err != nil {
			return err
		}
		w.own, w.modes = own, true
	}
	got, err := b.rack.Scan(ctx, board.Unit)
	if err != nil {
		return err
	}
	b.doors.cfg.Conditions.Clear(ctx, unreachableCode, about(board.ID))
	w.missed = 0
	if w.away {
		b.back(board, w)
		return nil
	}
	before, seen := w.now, w.seen
	w.now, w.seen = got, true
	if !w.own {
		w.press(board.Inputs, before, seen)
		b.follow(ctx, board, w)
	}
	b.tell(ctx, board, w, true)
	return nil
}

// miss counts a silent look. The third in a row is a condition; what the board shows is not known from then on.
func (b *board) miss(ctx context.Context, board domain.Board, w *watched, err error) {
	w.missed++
	if w.missed < missesMax {
		return
	}
	w.away, w.seen, w.modes = true, false, false
	clear(w.want)
	b.doors.cfg.Conditions.Raise(context.WithoutCancel(ctx), unreachableCode, about(board.ID), b.line.Address+": "+err.Error())
	b.tell(ctx, board, w, false)
}

// back begins anew with a board that was away. It may have lost its power: momentary contacts that rest closed stand open then, so all of them are
// brought to rest; latching ones are read and left.
func (b *board) back(board domain.Board, w *watched) {
	*w = watched{want: map[int]bool{}, told: w.told, toldAt: w.toldAt}
	for _, r := range b.doors.momentary(b.line) {
		if r.channel.Unit == board.Unit && b.held[r.channel] == nil {
			r.due = time.Now()
			b.held[r.channel] = &r
		}
	}
}

// press turns what inputs did since the last look into what relays should be. After a gap nobody knows what was pressed: only followers catch up.
func (w *watched) press(modes []domain.ChannelMode, before relay.Reading, seen bool) {
	for _, m := range modes {
		i := m.Number - 1
		if i >= len(w.now.Inputs) || i >= len(w.now.Outputs) {
			continue
		}
		on := w.now.Inputs[i]
		moved := seen && i < len(before.Inputs) && before.Inputs[i] != on
		switch {
		case m.Mode == domain.InputFollow && (moved || !seen):
			w.want[m.Number] = on
		case m.Mode == domain.InputToggle && moved && on, m.Mode == domain.InputEdge && moved:
			is, pending := w.want[m.Number]
			if !pending {
				is = w.now.Outputs[i]
			}
			w.want[m.Number] = !is
		}
	}
}

// follow moves relays to what inputs want. It is a state and no pulse: until the board shows it, it may be said again.
func (b *board) follow(ctx context.Context, board domain.Board, w *watched) {
	for n, on := range w.want {
		if w.now.Outputs[n-1] != on {
			if err := b.driver.Set(ctx, relay.Channel{Unit: board.Unit, Number: n}, on); err != nil {
				continue
			}
			w.now.Outputs[n-1] = on
		}
		delete(w.want, n)
	}
}

// tell writes a row when the board shows something else than the last row said (EDGE-17).
func (b *board) tell(ctx context.Context, board domain.Board, w *watched, online bool) {
	body := domain.BoardStateBody{BoardID: board.ID, DeviceID: b.doors.monitorOf(board.ID), Online: online, Channels: board.Channels}
	if online {
		body.Outputs, body.Inputs = packed(w.now.Outputs), packed(w.now.Inputs)
	}
	if body == w.told || time.Since(w.toldAt) < tellEvery {
		return // the next look tells
	}
	if err := b.doors.cfg.Log.Append(context.WithoutCancel(ctx), domain.EventBoardState, body); err != nil {
		b.doors.cfg.Logger.LogAttrs(ctx, slog.LevelError, "state of a relay board not written", slog.String(logkey.Board, board.ID.String()), slog.Any(logkey.Err, err))
		return
	}
	w.told, w.toldAt = body, time.Now()
}

// packed puts channel 1 into bit 0.
func packed(states []bool) (bits uint32) {
	for i, on := range states {
		if on {
			bits |= 1 << i
		}
	}
	return bits
}
