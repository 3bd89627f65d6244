package door

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"vestibule/agent/health"
	"vestibule/agent/relay"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
)

// Times of the watchdog.
const (
	retryFirst  = 100 * time.Millisecond
	retryMost   = 5 * time.Second
	retryRaise  = 3                      // failed releases before a condition is raised
	graceOnStop = 3 * time.Second        // a held contact keeps at most this much of its hold when the agent stops
	giveUpAfter = 10 * time.Second       // and the agent stops at last
	graceTimed  = 500 * time.Millisecond // after a board should have let go by itself, it is looked at
)

// rest is a contact that has to be at rest at a time.
type rest struct {
	channel relay.Channel
	board   domain.BoardID
	contact bool
	look    bool // read first: a contact that is at rest already is not clicked
	timed   bool // the board lets go by its own clock
	due     time.Time
	tries   int
	raised  bool
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

// finish lets go of everything before the agent stops: a hold is cut short rather than left to nobody. What a board lets go by its own clock is left to
// it.
func (b *board) finish(timer *time.Timer) {
	interrupted(b.jobs)
	end := time.Now().Add(giveUpAfter)
	clear(b.watched)
	for ch, r := range b.held {
		if r.timed {
			delete(b.held, ch)
		} else if latest := time.Now().Add(graceOnStop); r.due.After(latest) {
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
