package main

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"vestibule/cloud"
	"vestibule/cloud/cloudtest"
	"vestibule/deploy/stack"
)

// Every figure of a small portfolio is taken on both engines, and what was written beside the cloud is what single edits would have left: the
// document of every site has its own hash, or no apartment of it could be saved.
func TestDescribed_EveryFigureIsTaken(t *testing.T) {
	var data string
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		h := cloudtest.NewHouse(t, s)
		d := described{engine: engineSQLite, data: data, dsn: s.DSN, driver: "sqlite", source: "file:" + strings.TrimPrefix(s.DSN, "sqlite:") + sqliteOptions}
		if strings.HasPrefix(s.DSN, "postgres:") {
			d.engine, d.driver, d.source = enginePostgres, "pgx", s.DSN
		}
		figures, err := d.take(t.Context(), stack.NewClient(s.URL, h.Installer.Token), quickEither, 1, func(string) {})
		if err != nil {
			t.Fatal(err)
		}
		of := slices.DeleteFunc(slices.Clone(wantedDescribed), func(name string) bool { return !strings.HasSuffix(name, ", "+d.engine) })
		if missing := report(&strings.Builder{}, of, figures); len(missing) != 0 || len(of) != len(lists)+2 {
			t.Errorf("missing %v of %v", missing, of)
		}
		holds(t, d, map[string]int{"sites": quickEither.sites, "apartments": quickEither.apartments})
	}, func(cfg *cloud.Config) { cfg.LegacyOffices, data = true, cfg.DataDir })
}

// holds compares how many rows tables have.
func holds(t *testing.T, d described, want map[string]int) {
	t.Helper()
	db, err := sql.Open(d.driver, d.source)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for table, n := range want {
		var got int
		if err := db.QueryRowContext(context.Background(), "SELECT COUNT(*) FROM "+table).Scan(&got); err != nil || got != n {
			t.Errorf("%d %s, expected %d: %v", got, table, n, err)
		}
	}
}

func TestPortfolio_HoldsWhatTheIssueAsksFor(t *testing.T) {
	for _, p := range []portfolio{fullPostgres, fullSQLite, quickEither} {
		apartments := 0
		plots := p.plots()
		for _, o := range plots {
			apartments += o.apartments
		}
		if len(plots) != p.sites || apartments != p.apartments || plots[0].apartments != p.large || plots[1].apartments != p.small {
			t.Errorf("%+v: %d sites, %d apartments", p, len(plots), apartments)
		}
	}
}

func TestScript_CountsWhatTheFirstPageImports(t *testing.T) {
	files := fstest.MapFS{
		"index.html":  {Data: []byte(`<script src="/theme.js"></script><script type="module" crossorigin src="/assets/a.js"></script><link rel="modulepreload" href="/assets/b.js">`)},
		"theme.js":    {Data: []byte("1")},
		"assets/a.js": {Data: []byte(`import{x}from"./b.js";const later=()=>import("./lazy.js")`)},
		"assets/b.js": {Data: []byte(`import "./c.js"`)},
		"assets/c.js": {Data: []byte("2")},
	}
	got, err := weighScript(files)
	if err != nil || len(got) != 1 || !strings.HasPrefix(got[0].how, "4 files") {
		t.Fatalf("%+v %v", got, err)
	}
	delete(files, "assets/c.js")
	if _, err := weighScript(files); err == nil {
		t.Error("a script that is not there weighs nothing")
	}
}

func TestReport_MarksWhatIsOverItsCeiling(t *testing.T) {
	over, under := saveFigure(engineSQLite), gapFigure(engineSQLite)
	var out strings.Builder
	report(&out, []string{over, under}, []figure{{over, longestSave + 1, "ms", "saved"}, {under, widestGap - 1, "x", "edited"}})
	if strings.Count(out.String(), "OVER") != 1 || !strings.Contains(out.String(), "50 OVER") {
		t.Errorf("the table does not tell them apart:\n%s", &out)
	}
}
