package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"vestibule/deploy/citation"
)

// What a proof can come to. Only proven counts.
const (
	proven   = "fails as it should"
	survived = "SURVIVED: the test passes without the line"
	broken   = "BROKEN: the change does not compile"
	red      = "RED BEFORE: the test fails on the unchanged code"
	absent   = "ABSENT: no such line or no such test"
)

// outcome is one line of the table.
type outcome struct {
	proof
	line   int
	result string
	detail string // the end of what the go command said, unless proven
	took   time.Duration
}

// proveAll works the list off on as many copies of the repository as tests run at the same time.
func proveAll(ctx context.Context, o options, proofs []proof) ([]outcome, error) {
	dir, err := os.MkdirTemp("", "vestibule-prove-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	outcomes := make([]outcome, len(proofs))
	queue := make(chan int)
	failures := make(chan error, o.parallel)
	runner := &runner{options: o, before: map[string]*baseline{}}
	var workers sync.WaitGroup
	for i := range min(o.parallel, len(proofs)) {
		workers.Go(func() {
			b := bench{dir: filepath.Join(dir, fmt.Sprint(i))}
			err := copyTree(o.root, b.dir)
			for n := range queue {
				if err == nil {
					outcomes[n], err = runner.prove(ctx, b, proofs[n])
					runner.say(outcomes[n])
				}
			}
			if err != nil {
				failures <- err
			}
		})
	}
	for n := range proofs {
		select {
		case queue <- n:
		case <-ctx.Done():
		}
	}
	close(queue)
	workers.Wait()
	close(failures)
	var done []outcome
	for _, got := range outcomes {
		if got.result != "" {
			done = append(done, got)
		}
	}
	if err := ctx.Err(); err != nil {
		return done, err
	}
	return done, <-failures
}

// baseline is the run of a test on unchanged code, made once.
type baseline struct {
	once   sync.Once
	passed bool
	output string
}

type runner struct {
	options
	mu     sync.Mutex
	before map[string]*baseline
}

// say notes one outcome as it comes; the table follows when all are there.
func (r *runner) say(o outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintf(r.note, "%s %s: %s\n", o.id, o.cite.Test, o.result)
}

// prove takes one line out and looks what the test says.
func (r *runner) prove(ctx context.Context, b bench, p proof) (outcome, error) {
	started := time.Now()
	got := outcome{proof: p}
	defer func() { got.took = time.Since(started) }()
	content, err := os.ReadFile(filepath.Join(b.dir, filepath.FromSlash(p.cite.By.Path)))
	if err == nil {
		got.line, _, err = p.cite.By.Find(string(content))
	}
	if err != nil {
		got.result, got.detail = absent, err.Error()
		return got, nil
	}
	if base := r.baseline(ctx, b, p.cite); !base.passed {
		got.result, got.detail = red, tail(base.output)
		if strings.Contains(base.output, "no tests to run") || strings.Contains(base.output, "No test files found") {
			got.result = absent
		}
		return got, nil
	}
	mutants, err := p.cite.By.Mutants(string(content))
	if err != nil {
		return got, err
	}
	for len(mutants) > 0 {
		mutant := mutants[0]
		mutants = mutants[1:]
		if err := b.with(p.cite.By.Path, mutant, func() { got.result, got.detail = r.try(ctx, b, p.cite) }); err != nil {
			return got, err
		}
		if got.result != broken {
			break
		}
		if mended, ok := repair(p.cite.By, mutant, got.line, got.detail); ok {
			mutants = append([]string{mended}, mutants...)
		}
	}
	got.took = time.Since(started)
	return got, nil
}

func (r *runner) baseline(ctx context.Context, b bench, c citation.Citation) *baseline {
	r.mu.Lock()
	key := c.File + " " + c.Test
	base := r.before[key]
	if base == nil {
		base = new(baseline)
		r.before[key] = base
	}
	r.mu.Unlock()
	base.once.Do(func() {
		output, err := r.test(ctx, b, c)
		base.passed, base.output = err == nil && !strings.Contains(output, "no tests to run"), output
	})
	return base
}

// try judges the changed copy: it must build, and the named test must be what fails.
func (r *runner) try(ctx context.Context, b bench, c citation.Citation) (result, detail string) {
	if strings.HasSuffix(c.By.Path, ".go") {
		folder := "./" + filepath.ToSlash(filepath.Dir(c.By.Path))
		if output, err := r.command(ctx, b.dir, "go", "build", "-o", os.DevNull, folder); err != nil {
			return broken, tail(output)
		}
	}
	output, err := r.test(ctx, b, c)
	switch {
	case err == nil:
		return survived, tail(output)
	case failsByItself(output, c):
		return proven, ""
	default:
		return broken, tail(output)
	}
}

// failsByItself tells a test that failed, panicked or hung from a program that could not be built or started.
func failsByItself(output string, c citation.Citation) bool {
	if strings.HasSuffix(c.File, ".go") {
		if strings.Contains(output, "[build failed]") || strings.Contains(output, "[setup failed]") {
			return false
		}
		for _, sign := range []string{"--- FAIL: " + c.Test, "panic: ", "fatal error: "} {
			if strings.Contains(output, sign) {
				return true
			}
		}
		return false
	}
	return strings.Contains(output, "Failed Tests")
}

// test runs the one test.
func (r *runner) test(ctx context.Context, b bench, c citation.Citation) (string, error) {
	if strings.HasSuffix(c.File, ".go") {
		return r.command(ctx, b.dir, "go", "test", "-vet=off", "-count=1", "-timeout", r.timeout.String(), "-run", "^"+c.Test+"$", "./"+c.Package())
	}
	dir := filepath.Join(b.dir, filepath.FromSlash(c.Package()))
	for !exists(filepath.Join(dir, "package.json")) && dir != b.dir {
		dir = filepath.Dir(dir)
	}
	file, err := filepath.Rel(dir, filepath.Join(b.dir, filepath.FromSlash(c.File)))
	if err != nil {
		return "", err
	}
	return r.command(ctx, dir, "npx", "--no-install", "vitest", "run", file, "-t", regexp.QuoteMeta(c.Test))
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// command runs a program in a folder; when ctx ends, it and its children get the interrupt, then the kill.
func (r *runner) command(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CI=true", "NO_COLOR=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
	cmd.WaitDelay = 10 * time.Second
	output, err := cmd.CombinedOutput()
	return string(output), err
}

// tail keeps the end of a long output.
func tail(output string) string {
	lines := strings.Split(strings.TrimSpace(output), "\n")
	return "    " + strings.Join(lines[max(0, len(lines)-25):], "\n    ")
}
