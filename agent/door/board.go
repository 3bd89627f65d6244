package door

import (
	"context"
	"sync"
	"time"

	"vestibule/agent/health"
	"vestibule/agent/relay"
	"vestibule/shared/crashpoint"
	"vestibule/shared/domain"
)

const actTimeout = 8 * time.Second

// board owns one line, with one board or several on it: one request at a time, the watchdog of held contacts, and the eyes on every board. All fields
// below doors are the owner's alone, except what mu guards.
type board struct {
	doors   *Doors
	line    domain.Line
	driver  relay.Switch
	rack    relay.Rack // the driver, when it can read whole boards
	jobs    chan *job
	waiting []*job // taken from jobs, and not for the board that is silent
	units   map[int]domain.Board
	held    map[relay.Channel]*rest
	watched map[int]*watched

	wake    chan struct{} // something stands under mu
	mu      sync.Mutex
	resting []rest
	newer   []domain.Board // the boards of the line, as the document has them now
	changed bool
}

func newBoard(d *Doors, line domain.Line) *board {
	b := &board{
		doors: d, line: line, jobs: make(chan *job, maxWaiting), units: map[int]domain.Board{}, held: map[relay.Channel]*rest{},
		watched: map[int]*watched{}, wake: make(chan struct{}, 1),
	}
	b.driver = d.cfg.Boards(line, b.layout)
	b.rack, _ = b.driver.(relay.Rack)
	return b
}

// layout tells the driver how a unit is built.
func (b *board) layout(unit int) (relay.Board, bool) {
	board, ok := b.units[unit]
	return relay.Board{Profile: board.Profile, Channels: board.Channels, Inputs: len(board.Inputs) > 0}, ok
}

// rest asks the owner to bring a contact to rest now; it never waits.
func (b *board) rest(r rest) {
	b.mu.Lock()
	b.resting = append(b.resting, r)
	b.mu.Unlock()
	b.nudge()
}

// hang tells the owner which boards are on its line.
func (b *board) hang(boards []domain.Board) {
	b.mu.Lock()
	b.newer, b.changed = boards, true
	b.mu.Unlock()
	b.nudge()
}

func (b *board) nudge() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// take moves what stands under mu to the owner. A contact that is held already stays as it is.
func (b *board) take() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.changed {
		b.rehang(b.newer)
		b.changed = false
	}
	for _, r := range b.resting {
		if b.held[r.channel] == nil {
			r.due = time.Now()
			b.held[r.channel] = &r
		}
	}
	b.resting = nil
}

func (b *board) run() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		if len(b.waiting) > 0 {
			j := b.waiting[0]
			b.waiting = b.waiting[1:]
			b.do(j)
			continue
		}
		b.arm(timer)
		select {
		case j := <-b.jobs:
			b.do(j)
		case <-b.wake:
			b.take()
		case <-timer.C:
			b.letGo(time.Now())
			b.look(time.Now())
		case <-b.doors.stop:
			b.finish(timer)
			return
		}
	}
}

// arm sets the timer to the next contact that is due or board to look at.
func (b *board) arm(timer *time.Timer) {
	next := time.Now().Add(time.Hour)
	for _, r := range b.held {
		if r.due.Before(next) {
			next = r.due
		}
	}
	for _, w := range b.watched {
		if w.next.Before(next) {
			next = w.next
		}
	}
	timer.Reset(max(0, time.Until(next)))
}

// do carries out one ask. Those that wait for the same silent board are answered with it: they would only keep the line from the others.
func (b *board) do(j *job) {
	if !j.claim() {
		return
	}
	out := b.serve(j)
	j.done <- out
	if out.Reason == domain.ReasonUnreachable {
		b.giveUp(j.board.Unit, out)
	}
}

func (b *board) giveUp(unit int, out Outcome) {
	for {
		select {
		case j := <-b.jobs:
			if j.board.Unit != unit {
				b.waiting = append(b.waiting, j)
			} else if j.claim() {
				j.done <- out
			}
		default:
			return
		}
	}
}

func (b *board) serve(j *job) Outcome {
	b.units[j.board.Unit] = j.board // the document may be newer than what was hung here
	if w := b.watched[j.board.Unit]; w != nil {
		w.next = time.Now() // who acted wants to see it
	}
	if j.turn != nil {
		return b.turn(j)
	}
	return b.open(j)
}

// open opens one relay. The watchdog has the contact before the write goes out; where the board lets go by itself, the watchdog looks after it.
func (b *board) open(j *job) Outcome {
	r := j.grant.Relay
	ch := relay.Channel{Unit: j.board.Unit, Number: r.Channel}
	hold := time.Duration(r.HoldMilli) * time.Millisecond
	timed := r.Mode == domain.Momentary && b.rack != nil && b.rack.Pulses(ch, hold)
	before, was := b.held[ch]
	if r.Mode == domain.Momentary {
		b.held[ch] = &rest{channel: ch, board: j.board.ID, contact: r.Rest, look: timed, timed: timed}
	}
	crashpoint.Hit("door.before_write")
	var err error
	if timed {
		err = b.rack.Pulse(j.ctx, ch, !r.Rest, hold)
		hold += graceTimed
	} else {
		err = b.driver.Set(j.ctx, ch, !r.Rest)
	}
	crashpoint.Hit("door.after_write")
	kind := relay.KindOf(err)
	out := fromKind(j.ctx, kind)
	if kind == relay.Ambiguous {
		out = b.readBack(j.ctx, ch, !r.Rest)
	}
	switch {
	case r.Mode != domain.Momentary:
	case kind == relay.Unreachable || kind == relay.Refused: // nothing moved: nothing new to let go
		delete(b.held, ch)
		if was {
			b.held[ch] = before
		}
	default:
		b.held[ch].due = time.Now().Add(hold)
		if was {
			b.held[ch].raised = before.raised
		}
	}
	b.reachable(j.ctx, j.board.ID, kind, err)
	return out
}

// turn puts a channel on or off. Asked again it is the same state, yet a write is never repeated here: the asker is told what is known.
func (b *board) turn(j *job) Outcome {
	ch := relay.Channel{Unit: j.board.Unit, Number: j.turn.channel}
	if w := b.watched[ch.Unit]; w != nil {
		delete(w.want, ch.Number) // the newer word counts
	}
	crashpoint.Hit("door.before_write")
	err := b.driver.Set(j.ctx, ch, j.turn.on)
	crashpoint.Hit("door.after_write")
	kind := relay.KindOf(err)
	out := fromKind(j.ctx, kind)
	if kind == relay.Ambiguous {
		out = b.readBack(j.ctx, ch, j.turn.on)
	}
	b.reachable(j.ctx, j.board.ID, kind, err)
	return out
}

// readBack asks the board what came of a write that got no answer. Only a contact that stands open proves something: one at rest may still move.
func (b *board) readBack(ctx context.Context, ch relay.Channel, want bool) Outcome {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), actTimeout)
	defer cancel()
	if on, err := b.driver.State(ctx, ch); err == nil && on == want {
		return Outcome{Result: domain.ActDone}
	}
	return Outcome{Result: domain.ActUnknown, Reason: domain.ReasonTimeout}
}

func (b *board) reachable(ctx context.Context, id domain.BoardID, kind relay.Kind, err error) {
	switch kind {
	case "":
		b.doors.cfg.Conditions.Clear(ctx, health.BoardUnreachable, health.About{Board: id})
	case relay.Unreachable, relay.Ambiguous:
		if ctx.Err() == nil {
			b.doors.cfg.Conditions.Raise(ctx, health.BoardUnreachable, health.About{Board: id}, b.line.Address+": "+err.Error())
		}
	}
}
