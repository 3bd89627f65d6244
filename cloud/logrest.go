package cloud

import (
	"context"
	"fmt"
	"time"

	"vestibule/cloud/archive"
	"vestibule/cloud/eventlog"
	"vestibule/cloud/jobs"
)

// logAtRest makes the work that the log needs while it lies: months for the rows to come.
func (c *Cloud) logAtRest() {
	c.jobs.Every("log_months", time.Hour, c.logMonths)
	c.jobs.Handle(logAge, jobs.Options{Tries: 1, Timeout: jobs.MaxTimeout}, func(ctx context.Context, _ []byte) error { return c.events.Age(ctx) })
	c.jobs.Every("log_ages", time.Hour, func(ctx context.Context) error { return c.jobs.Insert(ctx, logAge, nil) })
}

// logAge lets rows of the log leave whose term is over; what one hour does not reach the next one does.
const logAge = "log_age"

// archive is where rows of the log go that leave; nil when they go nowhere.
func (c *Cloud) archive() eventlog.Archive {
	if c.cfg.LogArchive == "" {
		return nil
	}
	return archive.Folder{Dir: c.cfg.LogArchive}
}

// logMonths makes months ahead. Rows that had none are found a place, and the work fails, so that the log and the metrics tell of it: until then a page
// about any time had to look at them.
func (c *Cloud) logMonths(ctx context.Context) error {
	strays, err := c.store.MakeMonths(ctx, time.Now())
	if err == nil && strays > 0 {
		err = fmt.Errorf("%d rows of the log came before their month was made, and are there now", strays)
	}
	return err
}
