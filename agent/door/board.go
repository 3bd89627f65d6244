package door

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"vestibule/agent/health"
	"vestibule/agent/relay"
	"vestibule/shared/crashpoint"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
)

// Times of the watchdog.
const (
	retryFirst  = 100 * time.Millisecond
	retryMost   = 5 * time.Second
	retryRaise  = 3                // failed releases before a condition is raised
	graceOnStop = 3 * time.Second  // a held contact keeps at most this much of its hold when the agent stops
	giveUpAfter = 10 * time.Second // and the agent stops at last
	actTimeout  = 8 * time.Second
)

// rest is a contact that has to be at rest at a time.
type rest struct {
	channel relay.Channel
	board   domain.BoardID
	contact bool
	look    bool // read first: a contact that is at rest already is not clicked
	due     time.Time
	tries   int
	raised  bool
}

// board owns one board address: one request at a time, and the watchdog of its held contacts.
type board struct {
	doors   *Doors
	address string
	driver  relay.Switch
	jobs    chan *job
	held    map[relay.Channel]*rest

	wake    chan struct{} // something stands in resting
	mu      sync.Mutex
	resting []rest
}

func newBoard(d *Doors, address string) *board {
	return &board{
		doors: d, address: address, driver: d.cfg.Boards(address), jobs: make(chan *job, maxWaiting),
		wake: make(chan struct{}, 1), held: map[relay.Channel]*rest{},
	}
}

// rest asks the owner to bring a contact to rest now; it never waits.
func (b *board) rest(r rest) {
	b.mu.Lock()
	b.resting = append(b.resting, r)
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// takeResting moves what rest was asked for under the watchdog; a contact that is held already stays as it is.
func (b *board) takeResting() {
	b.mu.Lock()
	defer b.mu.Unlock()
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
		b.arm(timer)
		select {
		case j := <-b.jobs:
			if j.claim() {
				j.done <- b.serve(j)
			}
		case <-b.wake:
			b.takeResting()
		case <-timer.C:
			b.letGo(time.Now())
		case <-b.doors.stop:
			b.finish(timer)
			return
		}
	}
}

// arm sets the timer to the next contact that is due.
func (b *board) arm(timer *time.Timer) {
	next := time.Now().Add(time.Hour)
	for _, r := range b.held {
		if r.due.Before(next) {
			next = r.due
		}
	}
	timer.Reset(max(0, time.Until(next)))
}

// serve opens one relay. The watchdog has the contact before the write goes out.
func (b *board) serve(j *job) Outcome {
	r := j.grant.Relay
	ch := relay.Channel{Unit: j.grant.Board.Unit, Number: r.Channel}
	before, was := b.held[ch]
	if r.Mode == domain.Momentary {
		b.held[ch] = &rest{channel: ch, board: j.grant.Board.ID, contact: r.Rest}
	}
	crashpoint.Hit("door.before_write")
	err := b.driver.Set(j.ctx, ch, !r.Rest)
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
		b.held[ch].due = time.Now().Add(time.Duration(r.HoldMilli) * time.Millisecond)
		if was {
			b.held[ch].raised = before.raised
		}
	}
	b.reachable(j.ctx, j.grant.Board.ID, kind, err)
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
			b.doors.cfg.Conditions.Raise(ctx, health.BoardUnreachable, health.About{Board: id}, b.address+": "+err.Error())
		}
	}
}

// letGo brings every contact that is due to rest. A release may be repeated: it opens nothing.
func (b *board) letGo(now time.Time) {
	for ch, r := range b.held {
		if r.due.After(now) {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), actTimeout)
		err := b.toRest(ctx, r)
		b.reachable(ctx, r.board, relay.KindOf(err), err)
		if err == nil {
			delete(b.held, ch)
			if r.raised && !b.stuck(r.board) {
				b.doors.cfg.Conditions.Clear(ctx, health.RelayStuck, health.About{Board: r.board})
			}
		} else {
			b.again(ctx, r, err)
		}
		cancel()
	}
}

// stuck tells whether another contact of the board is known not to let go.
func (b *board) stuck(id domain.BoardID) bool {
	for _, r := range b.held {
		if r.raised && r.board == id {
			return true
		}
	}
	return false
}

func (b *board) toRest(ctx context.Context, r *rest) error {
	if r.look {
		on, err := b.driver.State(ctx, r.channel)
		if err != nil || on == r.contact {
			return err
		}
	}
	return b.driver.Set(ctx, r.channel, r.contact)
}

// again plans the next try of a release that failed.
func (b *board) again(ctx context.Context, r *rest, err error) {
	r.tries++
	r.due = time.Now().Add(min(retryMost, retryFirst<<min(r.tries-1, 10)))
	if r.tries < retryRaise || r.raised {
		return
	}
	r.raised = true
	b.doors.cfg.Logger.LogAttrs(ctx, slog.LevelError, "relay not released", slog.String(logkey.Board, r.board.String()),
		slog.Int(logkey.Relay, r.channel.Number), slog.Any(logkey.Err, err))
	b.doors.cfg.Conditions.Raise(ctx, health.RelayStuck, health.About{Board: r.board}, fmt.Sprintf("channel %d: %v", r.channel.Number, err))
}

// finish lets go of everything before the agent stops: a hold is cut short rather than left to nobody.
func (b *board) finish(timer *time.Timer) {
	interrupted(b.jobs)
	end := time.Now().Add(giveUpAfter)
	for _, r := range b.held {
		if latest := time.Now().Add(graceOnStop); r.due.After(latest) {
			r.due = latest
		}
	}
	for len(b.held) > 0 && time.Now().Before(end) {
		b.arm(timer)
		<-timer.C
		b.letGo(time.Now())
	}
	if len(b.held) > 0 {
		b.doors.cfg.Logger.LogAttrs(context.Background(), slog.LevelError, "relays not released at the end", slog.Int(logkey.Count, len(b.held)))
	}
	_ = b.driver.Close()
}
