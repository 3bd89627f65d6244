package cloud

import (
	"context"
	"strconv"
	"time"

	"vestibule/cloud/jobs"
	"vestibule/cloud/mail"
	"vestibule/cloud/template"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// importTries is how often work of an import is begun: again only after the end of the process that did it.
const importTries = 3

// templates makes what brings sheets in and out. Its work goes through the job queue.
func (c *Cloud) templates() *template.Service {
	s := template.New(template.Config{Store: c.store, Fleet: c.fleet, Queue: c.jobs, Told: c.mailImport, Now: time.Now, Logger: c.cfg.Logger})
	c.jobs.Handle(template.Job, jobs.Options{Tries: importTries, Timeout: jobs.MaxTimeout}, s.Work)
	c.jobs.Every("template_purge", time.Hour, s.Purge)
	return s
}

// sheetLetters are what is written of work on sheets.
var sheetLetters = map[template.Outcome]mail.Kind{
	template.WasApplied: mail.SheetApplied, template.WasUndone: mail.SheetUndone, template.WasStopped: mail.SheetStopped,
}

// mailImport tells by mail how the work on a sheet ended. Who has no account or no address any more is told nothing.
func (c *Cloud) mailImport(ctx context.Context, to domain.AccountID, i template.Import, o template.Outcome) error {
	reader, err := c.store.AccountByID(ctx, to)
	if fault.CodeOf(err) == fault.NotFound || err == nil && reader.Email == "" {
		return nil
	}
	if err != nil {
		return err
	}
	site, err := c.fleet.Site(ctx, i.Site)
	if err != nil {
		return err
	}
	return c.mail.Post(ctx, mail.Letter{
		Kind: sheetLetters[o], To: reader.Email, Language: reader.Language, Account: reader.ID, Org: site.OrgID,
		Values: map[string]string{
			"name": reader.Name, "file": i.Name, "site": site.Name, "added": strconv.Itoa(i.Counts.Add), "changed": strconv.Itoa(i.Counts.Change),
			"page": "/sites/" + site.ID.String() + "/imports/" + i.ID.String(),
		},
	})
}
