package sitemail_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/cloudtest"
	"vestibule/cloud/enroll"
	"vestibule/cloud/mail"
	"vestibule/cloud/presence"
	"vestibule/cloud/sitemail"
	"vestibule/cloud/store"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

type object = cloudtest.Object

type thing struct{ ID string }

// estate is the usual three with a database in hand: what billing and agents would write is written there.
type estate struct {
	*cloudtest.House
	db      *store.Store
	letters []mail.Letter
	fail    error
}

func newEstate(t *testing.T, s *cloudtest.Server) *estate {
	t.Helper()
	e := &estate{House: cloudtest.NewHouse(t, s)}
	var err error
	e.db, err = store.Open(t.Context(), s.DSN)
	must(t, err)
	t.Cleanup(func() { _ = e.db.Close() })
	return e
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Post keeps a letter.
func (e *estate) Post(_ context.Context, l mail.Letter) error {
	if e.fail == nil {
		e.letters = append(e.letters, l)
	}
	return e.fail
}

// at makes the service as it is at a time.
func (e *estate) at(now time.Time) *sitemail.Service {
	return sitemail.New(sitemail.Config{Store: e.db, Mail: e, Now: func() time.Time { return now }, Logger: slog.New(slog.DiscardHandler)})
}

// left gives what was mailed since the last question, to whom, in which language and about what.
func (e *estate) left() string {
	var out []string
	for _, l := range e.letters {
		who, _, _ := strings.Cut(l.To, "@")
		out = append(out, fmt.Sprintf("%s %s %s %s: %s", who, l.Language, l.Values["site"], l.Values["day"], strings.ReplaceAll(l.Values["text"], "\n", " + ")))
	}
	slices.Sort(out)
	e.letters = nil
	return strings.Join(out, "\n")
}

func (e *estate) made(t *testing.T, path string, form object) string {
	t.Helper()
	return cloudtest.Want[thing](t, e.Installer, http.StatusCreated, http.MethodPost, path, form).ID
}

// pay writes down until when a home is paid for.
func (e *estate) pay(t *testing.T, site, home string, service domain.ApartmentService) {
	t.Helper()
	ctx := account.AsSystem(t.Context(), "test")
	of, err := domain.ParseID[domain.SiteID](site)
	must(t, err)
	id, err := domain.ParseID[domain.ApartmentID](home)
	must(t, err)
	apartment, err := e.db.Apartment(ctx, of, id)
	must(t, err)
	apartment.Service = service
	must(t, e.db.PutApartment(ctx, apartment, time.Now()))
}

// manager assigns Mia, who has used her link.
func (e *estate) manager(t *testing.T, site string) {
	t.Helper()
	e.made(t, "/managers", object{"first_name": "Mia", "last_name": "Moss", "email": "mia@example.com", "language": "fr", "site_ids": []string{site}})
	e.Arrive(t, "mia@example.com")
}

// shows SITE-18 by cloud/sitemail/service.go: "fresh, err := s.cfg.Store.Tell(ctx, r.Site.ID, r.about(), r.To.ID, now)" => "fresh, err := true, error(nil)"
// shows SITE-18 by cloud/store/sitemails.go: "return s.mailReaders(ctx, `notify AND (org_id = ?" => "return s.mailReaders(ctx, `(notify OR 1 = 1) AND (org_id = ?"
// shows SITE-42 by cloud/store/sitemails.go: "Language: cmp.Or(p.Form.Language, site.Form.UserLanguage)," => "Language: p.Form.Language,"
func TestExpiring_MailsOnceForReaderAndDate(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		e := newEstate(t, s)
		site := e.made(t, "/sites", object{"name": "Elm Court", "kind": "community", "time_zone": "Asia/Shanghai"})
		house := e.made(t, "/sites/"+site+"/buildings", object{"name": "House A"})
		homes := map[string]string{}
		for _, number := range []string{"101", "102", "103"} {
			homes[number] = e.made(t, "/sites/"+site+"/apartments", object{"building_id": house, "number": number, "resident": object{
				"first_name": "Eva", "last_name": "Moss", "email": "eva" + number + "@example.com", "form": object{"language": "pl"},
			}})
		}
		e.manager(t, site)
		e.made(t, "/subaccounts", object{"username": "sam", "email": "sam@example.com", "language": "en"})
		sam := e.Arrive(t, "sam@example.com")
		cloudtest.Want[any](t, sam, http.StatusOK, http.MethodPut, "/me", object{"notify": false})
		end := time.Date(2030, time.June, 15, 10, 0, 0, 0, time.UTC)
		paid := domain.ApartmentService{ActivatedMilli: 1, ExpiresMilli: end.UnixMilli(), LandlineMilli: end.UnixMilli()}
		e.pay(t, site, homes["101"], paid)
		e.pay(t, site, homes["102"], paid)
		e.pay(t, site, homes["103"], domain.ApartmentService{ExpiresMilli: end.UnixMilli()}) // never activated
		wants := func(days int, want string) {
			t.Helper()
			now := end.AddDate(0, 0, -days)
			for range 2 { // the hour after, and another replica
				must(t, e.at(now).Expiring(t.Context()))
				now = now.Add(time.Hour)
			}
			if got := e.left(); got != want {
				t.Errorf("%d days before:\n%s\nwant\n%s", days, got, want)
			}
		}
		const both = " Elm Court 2030-06-15: 101, House A + 102, House A"
		wants(16, "")
		e.fail = fmt.Errorf("the outbox is shut")
		if err := e.at(end.AddDate(0, 0, -15)).Expiring(t.Context()); err == nil {
			t.Error("nobody hears that no mail left")
		}
		e.fail = nil
		wants(15, "ida en"+both)
		wants(5, "ida en"+both+"\nmia fr"+both)
		renewed := paid
		renewed.ExpiresMilli, renewed.LandlineMilli = end.AddDate(1, 0, 0).UnixMilli(), 0
		e.pay(t, site, homes["101"], renewed)
		wants(3, "eva102 pl Elm Court 2030-06-15: 102, House A")
		form := object{"name": "Elm Court", "time_zone": "Asia/Shanghai", "form": object{"expiration_mails": "pm"}}
		cloudtest.Want[any](t, e.Installer, http.StatusOK, http.MethodPut, "/sites/"+site, form)
		wants(1, "mia fr Elm Court 2030-06-15: 102, House A")
		e.singleHome(t, end, wants)
	})
}

// singleHome: who lives in a single home is mailed only when the switch is on, the installer always.
func (e *estate) singleHome(t *testing.T, end time.Time, wants func(days int, want string)) {
	t.Helper()
	site := e.made(t, "/sites", object{"name": "Eva's", "kind": "single", "time_zone": "UTC", "user": object{"name": "Eva", "room_name": "Ryan's Home", "email": "eva@example.com", "language": "da"}})
	home := cloudtest.Want[struct{ Items []thing }](t, e.Installer, http.StatusOK, http.MethodGet, "/sites/"+site+"/apartments", nil).Items[0].ID
	e.pay(t, site, home, domain.ApartmentService{ActivatedMilli: 1, ExpiresMilli: end.AddDate(0, 0, -3).UnixMilli()})
	wants(18, "ida en Eva's 2030-06-12: Ryan's Home")
	wants(6, "")
	cloudtest.Want[any](t, e.Installer, http.StatusOK, http.MethodPut, "/sites/"+site, object{"name": "Eva's", "time_zone": "UTC", "form": object{"user_mails": true, "user_language": "tr"}})
	person := cloudtest.Want[struct{ Items []object }](t, e.Installer, http.StatusOK, http.MethodGet, "/sites/"+site+"/people", nil).Items[0]
	cloudtest.Want[any](t, e.Installer, http.StatusOK, http.MethodPut, "/sites/"+site+"/people/"+person["id"].(string), object{"apartment_id": home, "first_name": "Eva", "email": "eva@example.com"})
	wants(4, "eva tr Eva's 2030-06-12: Ryan's Home")
}

// shows SITE-34 by cloud/sitemails.go: "c.jobs.Every(\"outage_mails\", lostEvery, mails.Lost)"
// shows SITE-34 by cloud/store/sitemails.go: "AND NOT r.online AND r.seen_at <> 0" => "AND NOT r.online"
// shows SITE-34 by cloud/store/sitemails.go: "s.jsonBool(\"form\", \"disconnect_mails\")" => "s.jsonBool(\"form\", \"create_pin\")"
func TestLost_MailsTheManagersOnceForEachOutage(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		e := newEstate(t, s)
		form := func(on bool) object {
			return object{"name": "Mall", "kind": "commercial", "time_zone": "Asia/Shanghai", "form": object{"variant": "multi_company", "disconnect_mails": on}}
		}
		site := e.made(t, "/sites", form(false))
		e.manager(t, site)
		door := e.made(t, "/sites/"+site+"/devices", object{"type": 50, "mac": "0C11050B9830", "name": "Entrance"})
		boxed := e.made(t, "/sites/"+site+"/devices", object{"type": 50, "mac": "0C11050B9831", "name": "Still in its box"})
		agent := e.agent(t, site, "Cellar")
		e.report(t, agent, door, true)
		e.report(t, agent, door, false)
		e.reportNever(t, agent, boxed)
		now := time.Now()
		if must(t, e.at(now.Add(time.Hour)).Lost(t.Context())); e.left() != "" {
			t.Error("mailed although the switch is off")
		}
		cloudtest.Want[any](t, e.Installer, http.StatusOK, http.MethodPut, "/sites/"+site, form(true))
		if must(t, e.at(now.Add(time.Second)).Lost(t.Context())); e.left() != "" {
			t.Error("mailed within the grace time")
		}
		wants := func(later time.Duration, want string) {
			t.Helper()
			must(t, e.at(now.Add(later)).Lost(t.Context()))
			must(t, e.at(now.Add(later+time.Second)).Lost(t.Context()))
			if got := e.left(); !strings.HasPrefix(got, want) || want == "" && got != "" || strings.Contains(got, "\n") || strings.Contains(got, "box") {
				t.Errorf("%v later: %q, want %q", later, got, want)
			}
		}
		wants(2*time.Minute, "mia fr Mall : Entrance, ")
		wants(time.Hour, "")
		e.report(t, agent, door, true)
		e.report(t, agent, door, false) // another outage
		wants(time.Hour, "mia fr Mall : Entrance, ")
		e.link(t, agent, presence.Offline, now)
		wants(2*time.Hour, "mia fr Mall : Cellar, ") // the agent alone, in the name of all behind it
		e.really(t, site, door)
	})
}

// really lets the running cloud find an outage that is long enough, and mail it.
func (e *estate) really(t *testing.T, site, door string) {
	t.Helper()
	e.link(t, e.agent(t, site, "Attic"), presence.Offline, time.Now().Add(-2*sitemail.Grace))
	m := e.Mails.Wait(t, "mia@example.com", func(m cloudtest.Mail) bool { return strings.Contains(m.Text, "Attic, ") })
	if m.Language != "fr" || !strings.Contains(m.Subject, "Mall") || strings.Contains(m.Text, door) {
		t.Errorf("%s %s\n%s", m.Language, m.Subject, m.Text)
	}
}

// agent puts a box into a site; its link is as the service would have written it.
func (e *estate) agent(t *testing.T, site, name string) domain.AgentID {
	t.Helper()
	of, err := domain.ParseID[domain.SiteID](site)
	must(t, err)
	id := domain.NewID[domain.AgentID](time.Now())
	must(t, e.db.InsertAgent(account.AsSystem(t.Context(), "test"), enroll.NewAgent{ID: id, Site: of, Name: name, ConfigKey: []byte{1}, CreatedAt: time.Now()}))
	e.link(t, id, presence.Online, time.Now())
	return id
}

func (e *estate) link(t *testing.T, agent domain.AgentID, state presence.State, since time.Time) {
	t.Helper()
	long := time.Now().Add(time.Hour)
	must(t, e.db.SaveLink(account.AsSystem(t.Context(), "test"), agent, presence.Link{State: state, Since: since, BeatAt: long, QuietUntil: long}, nil))
}

// report is what the agent tells of a device.
func (e *estate) report(t *testing.T, agent domain.AgentID, device string, online bool) {
	t.Helper()
	e.says(t, agent, device, online, time.Now().UnixMilli())
}

func (e *estate) reportNever(t *testing.T, agent domain.AgentID, device string) {
	t.Helper()
	e.says(t, agent, device, false, 0)
}

func (e *estate) says(t *testing.T, agent domain.AgentID, device string, online bool, seen int64) {
	t.Helper()
	id, err := domain.ParseID[domain.DeviceID](device)
	must(t, err)
	for began := time.Now(); time.Since(began) < 2*time.Millisecond; { //nolint:revive // outages are told apart by the millisecond in which they begin
	}
	_, err = e.db.SaveReports(account.AsSystem(t.Context(), "test"), agent, []wire.DeviceReport{{DeviceID: id, State: wire.ReceiptHeld, Online: online, SeenMilli: seen}}, false)
	must(t, err)
}
