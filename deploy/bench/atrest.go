package main

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/enroll"
	"vestibule/deploy/measure"
	"vestibule/deploy/stack"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// rest is how much lies in the log that pages are asked of: a year of so many sites.
type rest struct {
	sites, rows, audits, times int
	kept                       string // folder in which the filled database stays for the next run; "": none
}

// restWay is a page and how it is asked for.
type restWay struct{ name, way string }

// restWays are the pages of the log and of the calls: {large} is a site with a fiftieth of all rows, {usual} one of the others, {panel} a device, {home} an
// apartment and {word} somebody's name; {from} and {to} are a month half a year ago.
var restWays = []restWay{
	{"log", "/sites/{site}/events?limit=50"},
	{"log, 500 rows", "/sites/{site}/events?limit=500"},
	{"log, doors", "/sites/{site}/events?limit=50&kind=door_log"},
	{"log, doors and calls", "/sites/{site}/events?limit=50&kind=door_log,call"},
	{"log, a rare kind", "/sites/{site}/events?limit=50&kind=alarm"},
	{"log, a kind of none", "/sites/{site}/events?limit=50&kind=conflict"},
	{"log, a device", "/sites/{site}/events?limit=50&device={panel}"},
	{"log, an apartment", "/sites/{site}/events?limit=50&apartment={home}"},
	{"log, a rare kind of a device", "/sites/{site}/events?limit=50&kind=alarm&device={panel}"},
	{"log, calls of an apartment", "/sites/{site}/events?limit=50&kind=call&apartment={home}"},
	{"calls", "/sites/{site}/calls?limit=50"},
	{"calls, a word", "/sites/{site}/calls?limit=50&q={word}"},
	{"calls, a word of none", "/sites/{site}/calls?limit=50&q=zebra"},
	{"calls, two letters of none", "/sites/{site}/calls?limit=50&q=zq"},
	{"calls, a cause", "/sites/{site}/calls?limit=50&cause=nobody_home"},
	{"calls, a device", "/sites/{site}/calls?limit=50&device={panel}"},
	{"calls, an apartment", "/sites/{site}/calls?limit=50&apartment={home}"},
	{"calls, a month", "/sites/{site}/calls?limit=50&from={from}&to={to}"},
	{"calls, a page far down", "/sites/{site}/calls?limit=50&page=40"},
	{"calls, the longest", "/sites/{site}/calls?limit=50&sort=lasts&order=desc"},
	{"calls, by caller", "/sites/{site}/calls?limit=50&sort=caller"},
	{"calls, by apartment", "/sites/{site}/calls?limit=50&sort=apartment"},
	{"calls, by cause", "/sites/{site}/calls?limit=50&sort=cause"},
	{"calls, a word, by caller", "/sites/{site}/calls?limit=50&q={word}&sort=caller"},
	{"calls, an end of none", "/sites/{site}/calls?limit=50&end=declined"},
	{"calls, a cause and a word of none", "/sites/{site}/calls?limit=50&cause=nobody_home&q=zebra"},
	{"calls, a device and a word of none", "/sites/{site}/calls?limit=50&device={panel}&q=zebra"},
	{"calls, a device and an apartment", "/sites/{site}/calls?limit=50&device={panel}&apartment={home}"},
}

// restSites are the sites that they are asked of.
var restSites = []string{"large site", "usual site"}

// deepLog is the page that follows twenty others.
const deepLog = "log, 20 pages down"

func restFigure(page, site string) string { return "at rest: " + page + ", " + site + ", p95" }

var wantedRest = func() []string {
	var out []string
	for _, site := range restSites {
		for _, w := range restWays {
			out = append(out, restFigure(w.name, site))
		}
		out = append(out, restFigure(deepLog, site))
	}
	return append(out, wantedAudit()...)
}()

// measureRest fills PostgreSQL with a year of events and asks the pages of a running cloud.
func measureRest(ctx context.Context, dir string, p measure.Programs, n rest, say func(string)) ([]figure, error) {
	r, err := openRest(ctx, dir, p, n, say)
	if err != nil {
		return nil, err
	}
	defer r.stop()
	var figures []figure
	usual := len(r.Sites)/2 + 1 // its rows are none of every fiftieth, which are the large site's
	for i, number := range []int{0, usual} {
		more, err := askRest(ctx, r.installer, r.Sites[number], number, restSites[i], n, say)
		if figures = append(figures, more...); err != nil {
			return figures, err
		}
	}
	more, err := r.askAudit(ctx, usual, n, say)
	return append(figures, more...), err
}

// asking times pages of one asker.
type asking struct {
	client *stack.Client
	words  string // whose pages they are
	fill   *strings.Replacer
	of     rest
	say    func(string)
	got    []figure
}

func (a *asking) page(ctx context.Context, name, way string) error {
	took, err := sample(a.of.times, func() error { return a.client.Do(ctx, "GET", a.fill.Replace(way), nil, nil) })
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	p50, p95 := measure.Percentile(took, 50), measure.Percentile(took, 95)
	a.say(fmt.Sprintf("%5.1f / %5.1f ms  %s: %s", p50, p95, a.words, name))
	how := fmt.Sprintf("p50 %s ms; %d times; %s rows of %d sites", digits(p50), a.of.times, digits(float64(a.of.rows)), a.of.sites)
	a.got = append(a.got, figure{restFigure(name, a.words), p95, "ms", how})
	return nil
}

func (a *asking) pages(ctx context.Context, ways []restWay) error {
	for _, w := range ways {
		if err := a.page(ctx, w.name, w.way); err != nil {
			return err
		}
	}
	return nil
}

// askRest times every page of one site.
func askRest(ctx context.Context, c *stack.Client, site domain.SiteID, number int, words string, n rest, say func(string)) ([]figure, error) {
	month := time.Now().UTC().AddDate(0, -6, 0)
	a := asking{client: c, words: words, of: n, say: say, fill: strings.NewReplacer(
		"{site}", site.String(), "{panel}", restID("device", number, 3), "{home}", restID("apartment", number, 7), "{word}", "kowalski",
		"{from}", month.Format("2006-01-02")+"T00:00:00Z", "{to}", month.AddDate(0, 1, 0).Format("2006-01-02")+"T00:00:00Z",
	)}
	if err := a.pages(ctx, restWays); err != nil {
		return a.got, err
	}
	var page struct {
		Next string `json:"next"`
	}
	for range 20 {
		if err := c.Do(ctx, "GET", a.fill.Replace("/sites/{site}/events?limit=50&before="+page.Next), nil, &page); err != nil {
			return a.got, err
		}
	}
	err := a.page(ctx, deepLog, "/sites/{site}/events?limit=50&before="+page.Next)
	return a.got, err
}

// restID is the id that the statements below give a thing of a site.
func restID(kind string, site, n int) string {
	sum := md5Of(fmt.Sprintf("%s %d %d", kind, site, n))
	return sum[:8] + "-" + sum[8:12] + "-" + sum[12:16] + "-" + sum[16:20] + "-" + sum[20:]
}

// year makes sites with an agent each and a year of rows, the newest of this hour.
func (d described) year(ctx context.Context, c *stack.Client, n rest, say func(string)) ([]domain.SiteID, error) {
	f, err := newFiller(ctx, d.dsn, d.data, c)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.store.Close() }()
	db, err := sql.Open(d.driver, d.source)
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(ctx, "CREATE UNLOGGED TABLE bench_sites (n bigint PRIMARY KEY, site uuid, agent uuid, epoch uuid)"); err != nil {
		return nil, err
	}
	sites, err := f.plain(ctx, db, n.sites)
	if err != nil {
		return nil, err
	}
	now := time.Now().UTC()
	for back := 12; back >= 0; back-- {
		if _, err := f.store.MakeMonths(ctx, now.AddDate(0, -back, 0)); err != nil {
			return nil, err
		}
	}
	bodies, err := restBodies()
	if err != nil {
		return nil, err
	}
	const parts = 12
	year := int64(365 * 24 * time.Hour / time.Millisecond)
	for i := range parts {
		first, last := int64(i)*int64(n.rows)/parts, int64(i+1)*int64(n.rows)/parts-1
		for _, statement := range restStatements {
			if _, err := db.ExecContext(ctx, statement, first, last, n.sites, now.UnixMilli()-year, year/int64(n.rows), bodies[0], bodies[1], bodies[2], bodies[3]); err != nil {
				return nil, fmt.Errorf("%.40s…: %w", statement, err)
			}
		}
		say(fmt.Sprintf("%d of %d parts of the year", i+1, parts))
	}
	if err := f.audits(ctx, db, n, now); err != nil {
		return nil, err
	}
	_, err = db.ExecContext(ctx, "VACUUM ANALYZE")
	return sites, err
}

// plain makes sites with nothing but an agent.
func (f *filler) plain(ctx context.Context, db *sql.DB, n int) ([]domain.SiteID, error) {
	var out []domain.SiteID
	err := f.store.InTx(account.AsSystem(ctx, "bench"), func(ctx context.Context) error {
		now := time.Now().UTC()
		for i := range n {
			site := domain.Site{ID: domain.NewID[domain.SiteID](now), OrgID: f.org, Name: fmt.Sprintf("Site %d", i), TimeZone: "Europe/Berlin", Kind: domain.Community}
			agent := enroll.NewAgent{ID: domain.NewID[domain.AgentID](now), Site: site.ID, Name: "Agent", ConfigKey: f.agent, Version: "bench", Generation: 1, CreatedAt: now}
			if err := f.store.PutSite(ctx, site, now); err != nil {
				return err
			}
			if err := f.store.InsertAgent(ctx, agent); err != nil {
				return err
			}
			_, err := db.ExecContext(ctx, "INSERT INTO bench_sites VALUES ($1, $2, $3, gen_random_uuid())", i, site.ID, agent.ID)
			if err != nil {
				return err
			}
			out = append(out, site.ID)
		}
		return nil
	})
	return out, err
}

// restBodies are a door's, a call's, an alarm's and a device's.
func restBodies() (out [4][]byte, err error) {
	id := domain.NewID[domain.DeviceID](time.Now())
	for i, body := range []any{
		domain.DoorBody{DeviceID: id, Relay: 1, Means: domain.MeansDTMF, Result: domain.ActDone, By: "Kitchen", TookMilli: 12},
		domain.CallBody{
			CallID: domain.NewID[domain.CallID](time.Now()), CallerID: id, Dialled: "101", End: "no_answer", LastsMilli: 30_000, WAN: true,
			Legs: []domain.LegBody{{DeviceID: id, Name: "Door"}, {DeviceID: id, Name: "Kitchen"}, {DeviceID: id, Name: "Bedroom"}},
		},
		domain.AlarmBody{DeviceID: id, Alarm: "tamper"},
		domain.StatusBody{DeviceID: id, Online: true, Address: "192.168.1.20"},
	} {
		if out[i], err = wire.Marshal(body); err != nil {
			return out, err
		}
	}
	return out, nil
}
