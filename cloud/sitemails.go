package cloud

import (
	"time"

	"vestibule/cloud/sitemail"
)

// How often it is looked for mails of sites that are due. Days begin at other times in other zones; an outage is told soon after the grace time.
const (
	expiringEvery = time.Hour
	lostEvery     = 15 * time.Second
)

// siteMails makes what mails people about their sites without being asked.
func (c *Cloud) siteMails() {
	mails := sitemail.New(sitemail.Config{Store: c.store, Mail: c.mail, Now: time.Now, Logger: c.cfg.Logger})
	c.jobs.Every("expiration_mails", expiringEvery, mails.Expiring)
	c.jobs.Every("outage_mails", lostEvery, mails.Lost)
}
