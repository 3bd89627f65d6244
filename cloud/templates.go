package cloud

import (
	"time"

	"vestibule/cloud/jobs"
	"vestibule/cloud/template"
)

// importTries is how often work of an import is begun: again only after the end of the process that did it.
const importTries = 3

// templates makes what brings sheets in and out. Its work goes through the job queue.
func (c *Cloud) templates() *template.Service {
	s := template.New(template.Config{Store: c.store, Fleet: c.fleet, Queue: c.jobs, Now: time.Now, Logger: c.cfg.Logger})
	c.jobs.Handle(template.Job, jobs.Options{Tries: importTries, Timeout: jobs.MaxTimeout}, s.Work)
	c.jobs.Every("template_purge", time.Hour, s.Purge)
	return s
}
