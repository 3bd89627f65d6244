package sitemail_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vestibule/cloud/sitemail"
	"vestibule/shared/domain"
)

// shows SITE-18 by cloud/sitemail/expiry.go: "domain.MailUserAndManager: {15: {Installer}, 5: {Installer, Manager}, 3: {EndUser}, 1: {EndUser}},"
// shows SITE-42 by cloud/sitemail/expiry.go: "case site.Kind == domain.SingleHome && site.Form.UserMails:" => "case false:"
func TestDue_IsTheTableOfTheGuides(t *testing.T) {
	site := func(kind domain.SiteKind, mode domain.ExpirationMails, user bool) domain.Site {
		return domain.Site{Kind: kind, Form: domain.SiteForm{ExpirationMails: mode, UserMails: user}}
	}
	both := map[int]string{15: "[installer]", 5: "[installer manager]", 3: "[end_user]", 1: "[end_user]"}
	off := map[int]string{15: "[installer]", 5: "[installer]"}
	for name, c := range map[string]struct {
		site domain.Site
		want map[int]string
	}{
		"nothing said":            {site(domain.Community, "", false), both},
		"end user and manager":    {site(domain.Community, domain.MailUserAndManager, false), both},
		"manager":                 {site(domain.Community, domain.MailManager, false), map[int]string{15: "[installer]", 5: "[installer manager]", 3: "[manager]", 1: "[manager]"}},
		"off":                     {site(domain.Community, domain.MailNobody, false), off},
		"a home":                  {site(domain.SingleHome, "", false), off},
		"a home that wants mails": {site(domain.SingleHome, "", true), both},
		"no homes":                {site(domain.Commercial, "", true), nil},
	} {
		for days := -1; days <= 16; days++ {
			got := sitemail.Due(c.site, days)
			if text := fmt.Sprint(got); len(got) > 0 && text != c.want[days] || len(got) == 0 && c.want[days] != "" {
				t.Errorf("%s, %d days: %v, want %s", name, days, got, c.want[days])
			}
		}
	}
}

func TestDaysLeft_AreThoseOfTheSite(t *testing.T) {
	for _, c := range []struct {
		zone, now, end string
		want           int
	}{
		{"UTC", "2026-12-01T00:00:00Z", "2026-12-06T23:59:59Z", 5},
		{"UTC", "2026-12-01T23:59:59Z", "2026-12-02T00:00:00Z", 1},
		{"Asia/Shanghai", "2026-12-01T15:59:59Z", "2026-12-06T16:00:00Z", 6}, // the evening there, and the first minute of a day
		{"Asia/Shanghai", "2026-12-01T16:00:00Z", "2026-12-06T16:00:00Z", 5},
		{"Europe/Berlin", "2026-10-24T21:00:00Z", "2026-10-25T23:30:00Z", 2}, // a day of 25 hours between
		{"Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-31T12:00:00Z", 3}, // and one of 23
		{"Pacific/Apia", "2026-12-01T12:00:00Z", "2026-11-30T12:00:00Z", -1},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := sitemail.DaysLeft(at(t, c.now), at(t, c.end), zone); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	when, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

// shows SITE-18 by cloud/sitemail/expiry.go: "if err != nil || now.In(zone).Hour() < morning {" => "if err != nil {"
func TestReminders_OneMailForReaderAndDay(t *testing.T) {
	end, later := at(t, "2026-12-20T10:00:00Z"), at(t, "2027-12-20T10:00:00Z")
	user := func(id string) sitemail.Reader { return sitemail.Reader{ID: id, Email: id + "@example.com"} }
	site := sitemail.Site{
		Site: domain.Site{Kind: domain.Community, Name: "Elm Court", TimeZone: "Asia/Shanghai"}, Installers: []sitemail.Reader{user("ida"), user("sub")}, Managers: []sitemail.Reader{user("mia")},
		Homes: []sitemail.Home{
			{Name: "101", Ends: []time.Time{end, end.Add(time.Hour)}, User: user("eva")},
			{Name: "102", Ends: []time.Time{end}, User: sitemail.Reader{ID: "max", Email: "EVA@example.com"}},
			{Name: "103", Ends: []time.Time{end}}, // nobody with an address
			{Name: "104", Ends: []time.Time{later}, User: user("tom")},
		},
	}
	for now, want := range map[string]string{
		"2026-12-05T04:00:00Z": "ida 15 [101 102 103]; sub 15 [101 102 103]",
		"2026-12-05T00:00:00Z": "ida 15 [101 102 103]; sub 15 [101 102 103]", // eight in the morning in Shanghai
		"2026-12-04T23:59:59Z": "",
		"2026-12-15T04:00:00Z": "ida 5 [101 102 103]; mia 5 [101 102 103]; sub 5 [101 102 103]",
		"2026-12-17T04:00:00Z": "eva 3 [101 102]",
		"2026-12-18T04:00:00Z": "",
		"2026-12-19T04:00:00Z": "eva 1 [101 102]",
		"2026-12-20T04:00:00Z": "",
	} {
		if got := told(sitemail.Reminders(site, at(t, now))); got != want {
			t.Errorf("%s: %q, want %q", now, got, want)
		}
	}
	for i := range site.Homes {
		site.Homes[i].Ends = []time.Time{later} // renewed: the rest is not due any more
	}
	if got := told(sitemail.Reminders(site, at(t, "2026-12-19T04:00:00Z"))); got != "" {
		t.Errorf("after the renewal: %q", got)
	}
}

func told(reminders []sitemail.Reminder) string {
	out := make([]string, len(reminders))
	for i, r := range reminders {
		out[i] = fmt.Sprint(r.To.ID, " ", r.Days, " ", r.Homes)
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}

// shows SITE-34 by cloud/sitemail/lost.go: "now.Sub(o.Since) >= Grace" => "now.Sub(o.Since) >= 0"
func TestOverdue_HoldsForTheGraceTime(t *testing.T) {
	now := at(t, "2026-12-05T04:00:00Z")
	all := []sitemail.Outage{
		{Name: "short", Since: now.Add(-sitemail.Grace + time.Millisecond), Managed: true},
		{Name: "long", Since: now.Add(-sitemail.Grace), Managed: true},
		{Name: "behind a lost agent", Since: now.Add(-time.Hour)},
		{Name: "agent", Since: now.Add(-time.Hour), Agent: true},
	}
	var names []string
	for _, o := range sitemail.Overdue(all, now) {
		names = append(names, o.Name)
	}
	if got := strings.Join(names, ", "); got != "long, agent" {
		t.Errorf("told of %s", got)
	}
}
