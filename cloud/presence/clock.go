package presence

import (
	"context"
	"sync"
	"time"

	"vestibule/shared/clock"
)

// Database tells its own time.
type Database interface {
	Now(ctx context.Context) (time.Time, error)
}

// Clock is the database's time as this process knows it, with an error bound: replicas whose machines disagree give agents
// one time. It is asked by every job that speaks of time on the link.
type Clock struct {
	db     Database
	mu     sync.Mutex
	offset clock.Offset
}

// sampleEvery is how often the database is asked; unsure is the bound before the first answer.
const (
	sampleEvery = 30 * time.Second
	unsure      = time.Minute
)

// NewClock makes a clock that has asked nobody yet.
func NewClock(db Database) *Clock { return &Clock{db: db} }

// Sample asks the database once.
func (c *Clock) Sample(ctx context.Context) error {
	sent := time.Now()
	remote, err := c.db.Now(ctx)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset.Add(clock.Sample{Sent: sent, Received: time.Now(), Remote: remote, RemoteBound: time.Millisecond})
	return nil
}

// Now gives the database's time and how wrong it may be.
func (c *Clock) Now() (time.Time, time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if at, bound, ok := c.offset.Remote(now); ok {
		return at.UTC().Truncate(time.Millisecond), bound + time.Millisecond
	}
	return now.UTC().Truncate(time.Millisecond), unsure
}

// Run asks again and again until ctx ends.
func (c *Clock) Run(ctx context.Context) error {
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	for {
		// An answer that does not come leaves the bound growing; that is what the bound is for.
		_ = c.Sample(ctx)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
