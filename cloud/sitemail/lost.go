package sitemail

import (
	"strings"
	"time"

	"vestibule/cloud/mail"
	"vestibule/shared/domain"
)

// Grace is how long a device may be silent before anybody is mailed: a restart is no outage.
const Grace = time.Minute

// Outage is a device that does not answer, or an agent; a device is told of while its agent is there, else the agent alone.
type Outage struct {
	ID      string // of the device or the agent
	Name    string
	Agent   bool
	Since   time.Time
	Managed bool // the agent of the device is online
}

// about names an outage, so that it is told once however long it lasts.
func (o Outage) about() string { return "lost " + o.ID + " " + o.Since.UTC().Format(time.RFC3339Nano) }

// Overdue lists the outages that are longer than the grace time. When a whole agent is lost its devices are not named beside it.
func Overdue(all []Outage, now time.Time) []Outage {
	var out []Outage
	for _, o := range all {
		if now.Sub(o.Since) >= Grace && (o.Agent || o.Managed) {
			out = append(out, o)
		}
	}
	return out
}

// Watched is a site whose managers are mailed about outages (SITE-34).
type Watched struct {
	domain.Site
	Outages  []Outage
	Managers []Reader
}

// lostLetter writes the mail about new outages of a site to one of its managers; times are those of the site.
func lostLetter(site domain.Site, outages []Outage, to Reader) mail.Letter {
	zone, err := time.LoadLocation(site.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	lines := make([]string, len(outages))
	for i, o := range outages {
		lines[i] = o.Name + ", " + o.Since.In(zone).Format("2006-01-02 15:04")
	}
	return mail.Letter{
		Kind: mail.Disconnected, To: to.Email, Language: to.Language, Account: to.Account, Org: site.OrgID,
		Values: map[string]string{"name": to.Name, "site": site.Name, "text": strings.Join(lines, "\n")},
	}
}
