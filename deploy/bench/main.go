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
)

// amounts say how much is measured.
type amounts struct {
	calls, devices, rows int
	settle               time.Duration // how long memory must stand still
}

var (
	full  = amounts{calls: 200, devices: 1000, rows: 20_000, settle: 3 * time.Second}
	quick = amounts{calls: 20, devices: 50, rows: 2_000, settle: time.Second}
)

// longest bounds a whole run after the build of the programs.
const longest = 5 * time.Minute

func main() {
	small := flag.Bool("quick", false, "small numbers")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	n := full
	if *small {
		n = quick
	}
	err := run(ctx, n, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures everything it can, prints the table and tells what is missing.
func run(ctx context.Context, n amounts, out, progress io.Writer) error {
	dir, err := os.MkdirTemp("", "vestibule-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	began := time.Now()
	fmt.Fprintln(progress, "building the programs")
	p, err := build(ctx, dir)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	var figures []figure
	for _, part := range []struct {
		name    string
		measure func() ([]figure, error)
	}{
		{"sizes of configuration", measureSizes},
		{"rows of the log", func() ([]figure, error) { return measureIngest(ctx, dir, n) }},
		{"calls", func() ([]figure, error) { return measureCalls(ctx, dir, p, n) }},
		{"memory", func() ([]figure, error) { return measureMemory(ctx, dir, p, n) }},
	} {
		fmt.Fprintf(progress, "%4.0f s  measuring %s\n", time.Since(began).Seconds(), part.name)
		got, err := part.measure()
		if err != nil {
			fmt.Fprintf(progress, "%s: %v\n", part.name, err)
		}
		figures = append(figures, got...)
	}
	fmt.Fprintf(progress, "%4.0f s  done\n", time.Since(began).Seconds())
	fmt.Fprintf(out, "Vestibule on %s/%s, %d processors, %s\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
	if missing := report(out, wanted, figures); len(missing) > 0 {
		return errors.New("missing: " + strings.Join(missing, ", "))
	}
	return nil
}
