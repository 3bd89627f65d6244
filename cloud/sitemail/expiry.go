package sitemail

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"vestibule/cloud/mail"
	"vestibule/shared/domain"
)

// Role is in which part somebody is mailed about a service that ends.
type Role string

// Roles of readers.
const (
	Installer Role = "installer"
	Manager   Role = "manager"
	EndUser   Role = "end_user"
)

// schedule says how many days before a service ends who is mailed (SITE-18).
var schedule = map[domain.ExpirationMails]map[int][]Role{
	domain.MailUserAndManager: {15: {Installer}, 5: {Installer, Manager}, 3: {EndUser}, 1: {EndUser}},
	domain.MailManager:        {15: {Installer}, 5: {Installer, Manager}, 3: {Manager}, 1: {Manager}},
	domain.MailNobody:         {15: {Installer}, 5: {Installer}},
}

// Due lists who is mailed so many days before a service of a site's homes ends. A single home has no manager, and a switch of its own (SITE-42).
func Due(site domain.Site, days int) []Role {
	mode := site.Form.ExpirationMails
	switch {
	case site.Kind == domain.Community && mode == "":
		mode = domain.MailUserAndManager
	case site.Kind == domain.SingleHome && site.Form.UserMails:
		mode = domain.MailUserAndManager
	case site.Kind == domain.SingleHome:
		mode = domain.MailNobody
	case site.Kind != domain.Community:
		return nil // no homes
	}
	return schedule[mode][days]
}

// DaysLeft counts the days of a zone from now to the day on which something ends.
func DaysLeft(now, end time.Time, zone *time.Location) int {
	return int(day(end.In(zone)).Sub(day(now.In(zone))) / (24 * time.Hour))
}

// day is the date of a time as midnight in UTC, where every day has 24 hours.
func day(at time.Time) time.Time {
	year, month, date := at.Date()
	return time.Date(year, month, date, 0, 0, 0, 0, time.UTC)
}

// Reader is somebody who is mailed.
type Reader struct {
	ID       string           // of the account or the person: under it is remembered what left
	Account  domain.AccountID // zero: has none
	Name     string
	Email    string
	Language string
}

// Home is a home with services that end. User is its family master; without an address nobody there is mailed.
type Home struct {
	Name string // number and building
	Ends []time.Time
	User Reader
}

// Site is a site with what its mails are about and who reads them.
type Site struct {
	domain.Site
	Homes      []Home
	Installers []Reader
	Managers   []Reader
}

// Reminder is one mail: homes of a site with a service that ends on one day.
type Reminder struct {
	Site  domain.Site
	Day   string // 2026-12-05, in the site's zone
	Days  int
	To    Reader
	Homes []string
}

// about names what a reminder is about, so that it leaves once.
func (r Reminder) about() string { return "expiry " + r.Day + " " + strconv.Itoa(r.Days) }

// letter writes the mail.
func (r Reminder) letter() mail.Letter {
	return mail.Letter{
		Kind: mail.Expiring, To: r.To.Email, Language: r.To.Language, Account: r.To.Account, Org: r.Site.OrgID,
		Values: map[string]string{"name": r.To.Name, "site": r.Site.Name, "day": r.Day, "text": strings.Join(r.Homes, "\n")},
	}
}

// morning is the hour of the site's day from which mails leave: nobody is woken by one.
const morning = 8

// Reminders lists the mails of a site that are due on the day of now. What was renewed ends later and is not due any more.
func Reminders(site Site, now time.Time) []Reminder {
	zone, err := time.LoadLocation(site.TimeZone)
	if err != nil || now.In(zone).Hour() < morning {
		return nil
	}
	var out []Reminder
	for _, home := range site.Homes {
		seen := map[int]bool{}
		for _, end := range home.Ends {
			days := DaysLeft(now, end, zone)
			if seen[days] {
				continue // the app and the landline service of a home end together: one line
			}
			seen[days] = true
			for _, role := range Due(site.Site, days) {
				for _, to := range site.readers(role, home) {
					out = remind(out, Reminder{Site: site.Site, Day: end.In(zone).Format(time.DateOnly), Days: days, To: to, Homes: []string{home.Name}})
				}
			}
		}
	}
	return out
}

// readers gives who reads in a role about a home.
func (s Site) readers(role Role, home Home) []Reader {
	switch role {
	case Installer:
		return s.Installers
	case Manager:
		return s.Managers
	}
	return []Reader{home.User}
}

// remind adds a home to the mail that its reader gets of that day, or a mail.
func remind(all []Reminder, one Reminder) []Reminder {
	if one.To.Email == "" {
		return all
	}
	i := slices.IndexFunc(all, func(r Reminder) bool {
		return r.Days == one.Days && mail.FoldAddress(r.To.Email) == mail.FoldAddress(one.To.Email)
	})
	if i < 0 {
		return append(all, one)
	}
	all[i].Homes = append(all[i].Homes, one.Homes...)
	return all
}
