package cloud

import (
	"context"
	"time"

	"vestibule/shared/logkey"
)

// logAtRest makes the work that the log needs while it lies: months for the rows to come.
func (c *Cloud) logAtRest() {
	c.jobs.Every("log_months", time.Hour, c.logMonths)
}

// logMonths makes months ahead. Rows that had none are found a place and told of: until then a page about any time has to look at them.
func (c *Cloud) logMonths(ctx context.Context) error {
	strays, err := c.store.MakeMonths(ctx, time.Now())
	if strays > 0 {
		c.cfg.Logger.Error("rows of the log came before their month was made", logkey.Component, "eventlog", logkey.Count, strays)
	}
	return err
}
