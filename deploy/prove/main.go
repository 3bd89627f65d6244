// Command prove asks whether the tests would notice: for ids drawn from those that tests cite, it takes the named production line
// out of a copy of the repository and expects the citing test to fail.
//
//	prove -n 20 -seed 1   20 ids, one citation of each (`make prove N=20 SEED=1`)
//	prove -all            every citation that names a line
//	prove -all -only 'cloud/sheet|cloud/template'
//	                      those alone whose test file, test or production file holds the words
//	prove -check          only looks whether every named line is there, once (`make lint`)
//
// The repository itself is never written to. A line whose removal does not compile, or a test that fails before, is no proof.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"syscall"
	"text/tabwriter"
	"time"

	"vestibule/deploy/citation"
)

type options struct {
	root      string
	n         int
	seed      uint64
	all       bool
	check     bool
	only      *regexp.Regexp
	parallel  int
	timeout   time.Duration
	out, note io.Writer
}

var errNotProven = errors.New("not proven")

func main() {
	o := options{root: ".", out: os.Stdout, note: os.Stderr}
	flag.IntVar(&o.n, "n", 20, "how many ids to draw")
	flag.Uint64Var(&o.seed, "seed", 1, "which draw")
	flag.BoolVar(&o.all, "all", false, "prove every citation that names a line")
	flag.BoolVar(&o.check, "check", false, "only check that every named line is there, once")
	flag.Func("only", "draw from the citations whose test file, test or production file this `expression` finds", func(text string) (err error) {
		o.only, err = regexp.Compile(text)
		return err
	})
	flag.IntVar(&o.parallel, "parallel", 2, "how many tests run at the same time")
	flag.DurationVar(&o.timeout, "timeout", 10*time.Minute, "how long one test may run")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "prove:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	root, err := filepath.Abs(o.root)
	if err != nil {
		return err
	}
	o.root = root
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		return fmt.Errorf("run in the root of the repository: %w", err)
	}
	all, faults, err := citation.Collect(root)
	if err != nil {
		return err
	}
	for _, f := range append(faults, missing(root, all)...) {
		fmt.Fprintln(o.out, f)
		err = errNotProven
	}
	if o.check {
		bare(o.out, all)
		return err
	}
	proofs := draw(all, o)
	if len(proofs) == 0 {
		return errors.New("no test names a production line")
	}
	outcomes, runErr := proveAll(ctx, o, proofs)
	failed := report(o.out, outcomes)
	if !o.all && len(proofs) < o.n {
		fmt.Fprintf(o.out, "only %d ids name a production line\n", len(proofs))
	}
	if failed > 0 {
		err = errNotProven
	}
	return errors.Join(runErr, err)
}

// report prints one line for each proof and gives the number of those that prove nothing.
func report(out io.Writer, outcomes []outcome) int {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	failed := 0
	for _, o := range outcomes {
		if o.result != proven {
			failed++
		}
		fmt.Fprintf(table, "%s\t%s:%d\t%s %s\t%s\t%.1f s\n", o.id, o.cite.By.Path, o.line, o.cite.Package(), o.cite.Test, o.result, o.took.Seconds())
	}
	_ = table.Flush()
	for _, o := range outcomes {
		if o.result != proven {
			fmt.Fprintf(out, "\n%s %s:%d (%s): %s\n%s\n", o.id, o.cite.File, o.cite.Line, o.cite.Test, o.result, o.detail)
		}
	}
	fmt.Fprintf(out, "%d of %d proven\n", len(outcomes)-failed, len(outcomes))
	return failed
}
