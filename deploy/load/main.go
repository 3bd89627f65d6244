package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"vestibule/agent/link"
	"vestibule/deploy/measure"
)

// options are the flags.
type options struct {
	amounts

	sites     int
	scenarios []scenario
	programs  string
	keep      string
	database  string
	postgres  bool
	share     bool // both programs may run on every core
	beside    bool
	serve     string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func read(args []string, problems io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	flags.SetOutput(problems)
	flags.IntVar(&o.sites, "sites", 200, "`how many` sites, each with an agent")
	words := flags.String("scenario", "steady,outage,restart,backlog,edits,opens", "what happens, in this order: steady, outage, restart, storm, together, backlog, edits, opens")
	flags.IntVar(&o.behind, "behind", 0, "`how many` agents have a backlog; they come with the first of backlog, edits and opens. 0: a tenth; with together 100 beside the sites")
	flags.Uint64Var(&o.rows, "rows", 0, "`rows` of each backlog. 0: 1,000; with together 100,000")
	flags.IntVar(&o.edits, "edits", 50, "`how many` edits")
	flags.IntVar(&o.opens, "opens", 200, "`how many` remote opens")
	flags.DurationVar(&o.span, "steady", 40*time.Second, "`how long` a steady time is measured, or backlogs with edits and opens together at most")
	flags.DurationVar(&o.eventEvery, "event", 5*time.Minute, "`how often` an agent has an event")
	flags.DurationVar(&o.patience, "patience", 5*time.Minute, "`how long` agents may take to come back")
	flags.StringVar(&o.programs, "programs", "", "`folder` with vestibule-cloud, instead of a build")
	flags.StringVar(&o.keep, "keep", "", "`folder` for the enrolled agents and their cloud; used again when it has enough of them")
	flags.StringVar(&o.database, "database", "", "postgres:// `address` of an empty database; without it SQLite")
	flags.BoolVar(&o.postgres, "postgres", false, "start a PostgreSQL of its own on the core of the cloud; with -keep it is kept too")
	flags.BoolVar(&o.share, "share", false, "do not give each program a core of its own")
	flags.BoolVar(&o.beside, "beside", false, "measure our broker alone beside Mosquitto, and nothing else")
	flags.StringVar(&o.serve, serveFlag, "", "be our broker alone at an `address`, with the files of -keep: what -beside does to itself")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	for name := range strings.SplitSeq(*words, ",") {
		s, ok := scenarioOf(name)
		if !ok {
			return o, fmt.Errorf("there is no scenario %q", name)
		}
		o.scenarios = append(o.scenarios, s)
	}
	o.fill()
	if o.behind >= min(o.sites, furnished) {
		return o, fmt.Errorf("of %d sites with a door phone some must live without a backlog", min(o.sites, furnished))
	}
	if o.postgres && o.database != "" {
		return o, errors.New("-postgres and -database are two databases")
	}
	o.share = o.share || runtime.NumCPU() < 2
	return o, nil
}

// fill sets what was left open. Together is about sites that live while others, beside them, bring rows.
func (o *options) fill() {
	behind, rows := min(o.sites, furnished)/10, uint64(1000)
	if slices.ContainsFunc(o.scenarios, func(s scenario) bool { return s.name == "together" }) {
		behind, rows = 100, 100_000
		o.sites += cmp.Or(o.behind, behind)
	}
	o.behind, o.rows = cmp.Or(o.behind, behind), cmp.Or(o.rows, rows)
}

func run(ctx context.Context, args []string, out, progress io.Writer) error {
	o, err := read(args, progress)
	if err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", "vestibule-load-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	if o.serve != "" {
		return serve(ctx, o.serve, o.keep)
	}
	began := time.Now()
	say := func(format string, words ...any) {
		fmt.Fprintf(progress, "%4.0f s  %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, words...))
	}
	if o.beside {
		return beside(ctx, out, say)
	}
	built := measure.ProgramsIn(o.programs)
	if o.programs == "" {
		say("building the program")
		if built, err = measure.Build(ctx, scratch, "vestibule-cloud"); err != nil {
			return err
		}
	}
	dir := scratch
	if o.keep != "" {
		dir = o.keep
	}
	c := &cloud{program: built.Cloud, data: filepath.Join(dir, "cloud"), database: o.database}
	if o.postgres {
		if err := o.startPostgres(ctx, c); err != nil {
			return err
		}
		defer c.postgres.End()
	}
	places, err := o.prepare(ctx, c, dir, say)
	if c.process != nil {
		defer func() { c.process.End(syscall.SIGTERM) }()
	}
	if err != nil {
		return err
	}
	back, err := o.pin(ctx, c)
	if err != nil {
		return err
	}
	defer back()
	return o.play(ctx, c, places, out, say)
}

// startPostgres gives the cloud a database on its core.
func (o options) startPostgres(ctx context.Context, c *cloud) (err error) {
	var before []string
	if !o.share {
		before = measure.OnPeerCore
	}
	folder := "" // a temporary one is root's alone
	if o.keep != "" {
		folder = filepath.Join(o.keep, "postgres")
	}
	if c.postgres, err = measure.StartPostgres(ctx, folder, before...); err == nil {
		c.database = c.postgres.DSN
	}
	return err
}

// prepare gives a running cloud with its enrolled agents: those of an earlier run, when there are enough.
func (o options) prepare(ctx context.Context, c *cloud, dir string, say func(string, ...any)) ([]place, error) {
	if o.keep != "" {
		if p, err := readPrepared(dir); err == nil && len(p.places()) >= o.sites {
			c.ports, c.token = p.Ports, p.Token
			return p.places()[:o.sites], c.start(ctx)
		}
	}
	var err error
	if c.ports, err = freePorts(); err != nil {
		return nil, err
	}
	if err := c.start(ctx); err != nil {
		return nil, err
	}
	if err := c.setUp(ctx); err != nil {
		return nil, err
	}
	say("enrolling %d agents by the API", o.sites)
	places, err := enrol(ctx, c, o.sites, furnished, func(done int) { say("%d agents are enrolled", done) })
	if err != nil || o.keep == "" {
		return places, err
	}
	return places, prepared{Ports: c.ports, Token: c.token, Places: slices.Collect(slices.Chunk(places, 5000))}.write(dir)
}

// pin gives each program its core. The cloud starts anew on its own, so that its memory is that of a cloud which enrolled nobody.
func (o options) pin(ctx context.Context, c *cloud) (back func(), err error) {
	c.process.End(syscall.SIGTERM)
	back = func() {}
	if !o.share {
		c.before = measure.OnPeerCore
		if back, err = measure.PinLoad(); err != nil {
			return back, err
		}
	}
	return back, c.start(ctx)
}

// play lets the agents arrive, then plays each scenario. A storm needs agents of another pace, so it has a crowd of its own.
func (o options) play(ctx context.Context, c *cloud, places []place, out io.Writer, say func(string, ...any)) error {
	engine := "SQLite"
	if c.database != "" {
		engine = "PostgreSQL"
	}
	fmt.Fprintf(out, "%d sites, each with an agent by TLS, on one cloud with %s; %d processors, %s\n", len(places), engine, runtime.NumCPU(), runtime.Version())
	var calm, storm []scenario
	for _, s := range o.scenarios {
		if s.name == "storm" {
			storm = append(storm, s)
		} else {
			calm = append(calm, s)
		}
	}
	if len(calm) > 0 {
		if err := o.playWith(ctx, c, places, link.Pace{}, calm, out, say); err != nil {
			return err
		}
	}
	if len(storm) > 0 {
		return o.playWith(ctx, c, places, hurried, storm, out, say)
	}
	return nil
}

func (o options) playWith(ctx context.Context, c *cloud, places []place, pace link.Pace, list []scenario, out io.Writer, say func(string, ...any)) error {
	g, err := newCrowd(ctx, c, places, pace, o.behind, o.rows)
	if err != nil {
		return err
	}
	defer g.end()
	u, err := c.uses()
	if err != nil {
		return err
	}
	g.empty = u.resident
	say("%d agents arrive", len(places)-o.behind)
	if err := arrive(ctx, g, o.amounts, out); err != nil {
		return err
	}
	for _, s := range list {
		say("%s: %s", s.name, s.about)
		if (s.name == "edits" || s.name == "opens") && !g.replaying {
			g.replay()
		}
		if err := s.play(ctx, g, o.amounts, out); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	fmt.Fprintln(out, g.limits())
	return nil
}
