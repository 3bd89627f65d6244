package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"

	"vestibule/deploy/measure"
)

// amounts say how much is measured.
type amounts struct {
	calls, devices, rows int
	settle               time.Duration // how long memory must stand still
	sqlite, postgres     portfolio
	times                int           // each page is asked, and an apartment saved
	turns, turn          int           // of forked calls at the usual rate: how often each way, and how many calls
	search               time.Duration // one trial of a rate
	long                 int           // calls in a row whose monitors are watched
	starts               int           // of a program until its first call
	residents            int           // of a sheet
	appended             int           // events, one commit each
	events               int           // stored by an agent, then drained
	live, edits, opens   int           // sites with an agent, and what is pressed
	again                int           // reconnects
	apartments           int           // of the document whose agent is weighed
	rest                 rest          // a year of events that pages are asked of
	crowd                crowd         // devices of a site that is brought to its document
}

var (
	full = amounts{
		calls: 200, devices: 1000, rows: 20_000, settle: 3 * time.Second, sqlite: fullSQLite, postgres: fullPostgres, times: 40,
		turns: 5, turn: 250, search: 3 * time.Second, long: 10_000, starts: 7, residents: 10_000, appended: 5000,
		events: 1_000_000, live: 100, edits: 200, opens: 500, again: 5, apartments: 300, crowd: crowd{devices: 200, dead: 10, slow: 5},
		rest: rest{sites: 1000, rows: 6_000_000, audits: 400_000, times: 40},
	}
	quick = amounts{
		calls: 20, devices: 50, rows: 2_000, settle: time.Second, sqlite: quickEither, postgres: quickEither, times: 3,
		turns: 2, turn: 50, search: time.Second, long: 500, starts: 2, residents: 300, appended: 200,
		events: 2000, live: 4, edits: 4, opens: 8, again: 1, apartments: 10, crowd: crowd{devices: 20, dead: 2, slow: 1},
		rest: rest{sites: 20, rows: 50_000, audits: 5000, times: 3},
	}
)

// longest bounds a whole run after the build of the programs.
const longest = 45 * time.Minute

func main() {
	small := flag.Bool("quick", false, "small numbers")
	only := flag.String("part", "", "measure alone the parts whose names hold `words`")
	ready := flag.String("programs", "", "`folder` with vestibule-cloud and vestibule-agent to measure, instead of a build")
	write := flag.String(writerFlag, "", "append to the outbox in the agent's `folder` until killed: what the bench does to itself")
	events := flag.Int("events", 0, "`how many` events an agent stores and drains; 0: a million")
	year := flag.Int("year", 0, "`how many` rows lie in the log of a year; 0: six million")
	kept := flag.String("kept", "", "`folder` in which the year stays, so that the next run finds it filled")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	n := full
	if *small {
		n = quick
	}
	if *events > 0 {
		n.events = *events
	}
	if *year > 0 {
		n.rest.rows = *year
	}
	n.rest.kept = *kept
	do := func() error { return run(ctx, n, *only, *ready, os.Stdout, os.Stderr) }
	if *write != "" {
		do = func() error { return writer(ctx, *write, os.Stdout) }
	}
	err := do()
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures everything it can, prints the table and tells what is missing.
func run(ctx context.Context, n amounts, only, ready string, out, progress io.Writer) error {
	dir, err := os.MkdirTemp("", "vestibule-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	began := time.Now()
	p := measure.ProgramsIn(ready)
	if ready == "" {
		fmt.Fprintln(progress, "building the programs")
		if p, err = measure.Build(ctx, dir, "vestibule-cloud", "vestibule-agent"); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	say := func(words string) { fmt.Fprintf(progress, "%4.0f s  %s\n", time.Since(began).Seconds(), words) }
	var figures []figure
	var wanted []string
	for _, part := range []struct {
		name    string
		wanted  []string
		measure func() ([]figure, error)
	}{
		{"sizes of configuration", wantedSizes, measureSizes},
		{"script of the portal", wantedScript, measureScript},
		{"rows of the log", wantedIngest, func() ([]figure, error) { return measureIngest(ctx, dir, n) }},
		{"events published", wantedPublished, func() ([]figure, error) { return measurePublished(ctx, dir, p, n.rows) }},
		{"events at rest", wantedRest, func() ([]figure, error) { return measureRest(ctx, dir, p, n.rest, say) }},
		{"outbox of the agent", wantedOutbox, func() ([]figure, error) { return measureOutbox(ctx, dir, n) }},
		{"live sites", wantedLive, func() ([]figure, error) { return measureLive(ctx, dir, p, n) }},
		{"reconnect", wantedAgain, func() ([]figure, error) { return measureAgain(ctx, dir, p, n) }},
		{"drain", wantedDrain, func() ([]figure, error) { return measureDrain(ctx, dir, p, n) }},
		{"calls", wantedCalls, func() ([]figure, error) { return measureCalls(ctx, dir, p, n) }},
		{"forked calls beside Kamailio", wantedForked, func() ([]figure, error) { return measureForked(ctx, dir, p, n) }},
		{"first calls and slow monitors", wantedFresh, func() ([]figure, error) { return measureFresh(ctx, dir, p, n) }},
		{"calls in a row", wantedSteady, func() ([]figure, error) { return measureSteady(ctx, dir, p, n) }},
		{"memory", wantedMemory, func() ([]figure, error) { return measureMemory(ctx, dir, p, n) }},
		{"devices brought to the document", wantedCrowd, func() ([]figure, error) { return measureCrowd(ctx, dir, p, n) }},
		{"sheets", wantedSheets, func() ([]figure, error) { return measureSheets(ctx, dir, p, n) }},
		{"buildings described", wantedDescribed, func() ([]figure, error) { return measureDescribed(ctx, dir, p, n, say) }},
	} {
		if !strings.Contains(part.name, only) {
			continue
		}
		say("measuring " + part.name)
		got, err := part.measure()
		if err != nil {
			say(part.name + ": " + err.Error())
		}
		wanted, figures = append(wanted, part.wanted...), append(figures, got...)
	}
	say("done")
	fmt.Fprintf(out, "Vestibule on %s/%s, %d processors, %s\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
	if missing := report(out, wanted, figures); len(missing) > 0 {
		return errors.New("missing: " + strings.Join(missing, ", "))
	}
	return nil
}
