package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"vestibule/deploy/measure"
	"vestibule/deploy/stack"
	"vestibule/shared/domain"
)

// yearKept is what a later run has to know of a year that lies in a folder: how much it is, who may look at it, and the sites in their order.
type yearKept struct {
	Rows, Audits, SiteCount int
	Installer, Distributor  string // tokens of throw-away accounts
	Sites                   []domain.SiteID
}

// restCloud is a cloud with a year of rows.
type restCloud struct {
	yearKept
	installer, distributor *stack.Client // who owns the sites, and the organisation above that has none
	stop                   func()
}

// openRest starts PostgreSQL and a cloud with a year of rows: those that a folder holds from a run before, or new ones, which stay when the folder does.
func openRest(ctx context.Context, dir string, p measure.Programs, n rest, say func(string)) (*restCloud, error) {
	data, cluster := filepath.Join(dir, "rest"), ""
	if n.kept != "" {
		data, cluster = filepath.Join(n.kept, "cloud"), filepath.Join(n.kept, "postgres")
	}
	postgres, err := measure.StartPostgres(ctx, cluster)
	if err != nil {
		return nil, err
	}
	dsn := postgres.DSN
	d := described{engine: enginePostgres, program: p.Cloud, data: data, dsn: dsn, driver: "pgx", source: dsn, flags: []string{"--database", dsn}}
	cloud, err := startCloud(ctx, d.program, d.data, append(d.flags, "--mail-folder", d.mails())...)
	if err != nil {
		postgres.End()
		return nil, err
	}
	out := &restCloud{stop: func() { cloud.End(syscall.SIGTERM); postgres.End() }}
	if err = out.reopen(ctx, cloud, n); errors.Is(err, fs.ErrNotExist) {
		err = out.fill(ctx, d, cloud, n, say)
	}
	if err != nil {
		out.stop()
		return nil, err
	}
	return out, nil
}

const keptName = "year.json"

// reopen finds the year of a run before; fs.ErrNotExist when there is none.
func (r *restCloud) reopen(ctx context.Context, cloud *measure.Process, n rest) error {
	if n.kept == "" {
		return fs.ErrNotExist
	}
	text, err := os.ReadFile(filepath.Join(n.kept, keptName))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &r.yearKept); err != nil {
		return err
	}
	if r.Rows != n.rows || r.Audits != n.audits || r.SiteCount != n.sites {
		return fmt.Errorf("%s holds %d rows and %d audit entries of %d sites", n.kept, r.Rows, r.Audits, r.SiteCount)
	}
	at, err := cloud.Finds(ctx, `Vestibule is at (\S+) `)
	if err != nil {
		return err
	}
	r.installer, r.distributor = stack.NewClient(at[1], r.Installer), stack.NewClient(at[1], r.Distributor)
	return measure.Eventually(ctx, time.Minute, "the cloud answers", func() (bool, error) {
		return r.installer.Do(ctx, "GET", "/me", nil, nil) == nil, nil
	})
}

// fill makes the accounts and the year, and notes it in the folder that stays.
func (r *restCloud) fill(ctx context.Context, d described, cloud *measure.Process, n rest, say func(string)) error {
	operator, err := setUp(ctx, cloud, d.data)
	if err != nil {
		return err
	}
	if r.distributor, r.Distributor, err = d.handOutToken(ctx, operator, "distributor"); err != nil {
		return err
	}
	if r.installer, r.Installer, err = d.handOutToken(ctx, r.distributor, "installer"); err != nil {
		return err
	}
	if r.Sites, err = d.year(ctx, r.installer, n, say); err != nil {
		return err
	}
	r.Rows, r.Audits, r.SiteCount = n.rows, n.audits, n.sites
	if n.kept == "" {
		return nil
	}
	text, err := json.Marshal(r.yearKept)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(n.kept, keptName), text, 0o600)
}
