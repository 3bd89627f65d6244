package cloud

import (
	"context"
	"net/http"
	"sync"
	"time"

	"vestibule/shared/fault"
	"vestibule/shared/logkey"
)

// ready tells whether this process can work: the database answers and has the tables that this version wants, and agents can come in.
func (c *Cloud) ready(ctx context.Context) error {
	if err := c.store.Ready(ctx); err != nil {
		return err
	}
	if !c.hub.Serving() {
		return fault.New(fault.Unavailable, "The way to agents is not open yet.")
	}
	return nil
}

// drainWithin is how long requests may go on after the end.
const drainWithin = 10 * time.Second

// lookAway says that this process goes and serves on for the time that load balancers need to see it, or until a part fails.
func (c *Cloud) lookAway(failed <-chan error) error {
	c.api.Drain()
	if c.cfg.Drain <= 0 {
		return nil
	}
	c.cfg.Logger.Info("draining: served on while load balancers look away", logkey.Took, c.cfg.Drain.String())
	select {
	case <-time.After(c.cfg.Drain):
		return nil
	case err := <-failed:
		return err
	}
}

// drain takes no more requests and lets those that run finish.
func (c *Cloud) drain(servers ...*http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), drainWithin)
	defer cancel()
	var work sync.WaitGroup
	for _, s := range servers {
		work.Go(func() {
			if s.Shutdown(ctx) != nil {
				_ = s.Close()
			}
		})
	}
	work.Wait()
}
