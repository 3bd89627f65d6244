package cloud

import (
	"time"

	"vestibule/cloud/fleet"
	"vestibule/cloud/jobs"
	"vestibule/cloud/registration"
)

// registration makes what takes the codes on monitors, and the work that follows a reset of a home.
func (c *Cloud) registration() *registration.Service {
	c.jobs.Handle(fleet.EraseJob, jobs.Options{Tries: 10, Timeout: time.Minute}, c.fleet.Erase)
	c.jobs.Every("fleet_erase_late", time.Hour, c.fleet.EraseLate)
	c.jobs.Every("fleet_settle", 5*time.Minute, c.fleet.Settle)
	return registration.New(registration.Config{Store: c.store, Homes: c.fleet, Accounts: c.account, Now: time.Now, Logger: c.cfg.Logger})
}
