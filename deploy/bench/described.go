package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"vestibule/deploy/measure"
	"vestibule/deploy/stack"
)

var wantedDescribed = func() []string {
	var out []string
	for _, engine := range engines {
		for _, list := range lists {
			out = append(out, pageFigure(list.name, engine))
		}
		out = append(out, saveFigure(engine), gapFigure(engine))
	}
	return out
}()

const (
	engineSQLite   = "SQLite"
	enginePostgres = "PostgreSQL"
)

var engines = []string{engineSQLite, enginePostgres}

// measureDescribed times what an installer does all day, with a portfolio on each engine.
func measureDescribed(ctx context.Context, dir string, p measure.Programs, n amounts, say func(string)) ([]figure, error) {
	data := filepath.Join(dir, "described-sqlite")
	file := filepath.Join(data, "vestibule.db")
	figures, err := described{
		engine: engineSQLite, program: p.Cloud, data: data, dsn: "sqlite:" + file, driver: "sqlite", source: "file:" + file + sqliteOptions,
	}.measure(ctx, n.sqlite, n.times, say)
	if err != nil {
		return figures, err
	}
	cluster, err := measure.StartPostgres(ctx, "")
	if err != nil {
		return figures, err
	}
	defer cluster.End()
	more, err := described{
		engine: enginePostgres, program: p.Cloud, data: filepath.Join(dir, "described-postgres"), dsn: cluster.DSN, driver: "pgx", source: cluster.DSN, flags: []string{"--database", cluster.DSN},
	}.measure(ctx, n.postgres, n.times, say)
	return append(figures, more...), err
}

// described is a cloud with a portfolio on one engine.
type described struct {
	engine, program, data string
	dsn                   string // as the store takes it
	driver, source        string // as database/sql takes it
	flags                 []string
}

// measure runs a cloud and takes the figures of its engine.
func (d described) measure(ctx context.Context, of portfolio, times int, say func(string)) ([]figure, error) {
	cloud, err := startCloud(ctx, d.program, d.data, append(d.flags, "--legacy-offices", "--mail-folder", d.mails())...)
	if err != nil {
		return nil, err
	}
	defer cloud.End(syscall.SIGTERM)
	client, err := d.installer(ctx, cloud)
	if err != nil {
		return nil, err
	}
	return d.take(ctx, client, of, times, say)
}

// take fills the database of a cloud below an installer, and times what the installer does.
func (d described) take(ctx context.Context, client *stack.Client, of portfolio, times int, say func(string)) ([]figure, error) {
	plots := of.plots()
	macs, err := d.fill(ctx, client, of, plots)
	if err != nil {
		return nil, err
	}
	say(fmt.Sprintf("filled: %d sites, %d apartments, %s", of.sites, of.apartments, d.engine))
	figures, err := measurePages(ctx, client, newViews(plots, macs), d.engine, times, say)
	if err != nil {
		return figures, err
	}
	saves, err := measureSaves(ctx, client, plots, d.engine, times)
	return append(figures, saves...), err
}

// fill makes the portfolio and gives the numbers that its MACs end in at most.
func (d described) fill(ctx context.Context, c *stack.Client, of portfolio, plots []*plot) (int, error) {
	f, err := newFiller(ctx, d.dsn, d.data, c)
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.store.Close() }()
	if err := f.fill(ctx, plots); err != nil {
		return 0, err
	}
	if err := f.stock(ctx, of.unboundMACs); err != nil {
		return 0, err
	}
	return f.numbers.last, age(ctx, d.driver, d.source)
}

// installer makes the first account of a cloud, a distributor below it and an installer below that, who is signed in.
func (d described) installer(ctx context.Context, cloud *measure.Process) (*stack.Client, error) {
	operator, err := setUp(ctx, cloud, d.data)
	if err != nil {
		return nil, err
	}
	distributor, err := d.handOut(ctx, operator, "distributor")
	if err != nil {
		return nil, err
	}
	return d.handOut(ctx, distributor, "installer")
}

func (d described) mails() string { return filepath.Join(d.data, "mails") }

var invitation = regexp.MustCompile(`(http://\S+)/activate#token=([\w-]+)`)

// handOut makes an organisation and signs its owner in.
func (d described) handOut(ctx context.Context, from *stack.Client, kind string) (*stack.Client, error) {
	client, _, err := d.handOutToken(ctx, from, kind)
	return client, err
}

// handOutToken does so with the link of the mail, and gives the token of the session too.
func (d described) handOutToken(ctx context.Context, from *stack.Client, kind string) (*stack.Client, string, error) {
	org := map[string]any{"name": "Bench " + kind, "kind": kind, "account": map[string]any{"name": "Ines Bench", "email": kind + "@example.com"}}
	if err := from.Do(ctx, "POST", "/orgs", org, nil); err != nil {
		return nil, "", err
	}
	var base, token string
	err := measure.Eventually(ctx, time.Minute, "the invitation of a "+kind+" is mailed", func() (bool, error) {
		letters, err := filepath.Glob(filepath.Join(d.mails(), "*.eml"))
		for _, path := range letters {
			letter, err := os.ReadFile(path)
			if err != nil {
				return false, err
			}
			text := strings.NewReplacer("=\r\n", "", "=\n", "", "=3D", "=").Replace(string(letter)) // quoted-printable
			if found := invitation.FindStringSubmatch(text); found != nil && strings.Contains(text, kind+"@example.com") {
				base, token = found[1], found[2]
			}
		}
		return token != "", err
	})
	if err != nil {
		return nil, "", err
	}
	var signed struct {
		Token string `json:"token"`
	}
	form := map[string]any{"token": token, "password": "correct-horse-battery-9", "bearer": true}
	if err := stack.NewClient(base, "").Do(ctx, "POST", "/links/activate", form, &signed); err != nil {
		return nil, "", err
	}
	client := stack.NewClient(base, signed.Token)
	var me struct {
		Policy struct {
			Current int `json:"current"`
		} `json:"policy"`
	}
	if err := client.Do(ctx, "GET", "/me", nil, &me); err != nil {
		return nil, "", err
	}
	return client, signed.Token, client.Do(ctx, "POST", "/session/consent", map[string]any{"version": me.Policy.Current, "agree": true}, nil)
}
