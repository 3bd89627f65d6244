package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"time"
)

// programs are the paths of what was built.
type programs struct{ cloud, agent string }

// build compiles both programs as they are shipped: static, without the race detector.
func build(ctx context.Context, dir string) (programs, error) {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", dir+"/", "vestibule/cmd/vestibule-cloud", "vestibule/cmd/vestibule-agent")
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return programs{}, fmt.Errorf("go build: %w\n%s", err, out)
	}
	return programsIn(dir), nil
}

func programsIn(dir string) programs {
	return programs{cloud: filepath.Join(dir, "vestibule-cloud"), agent: filepath.Join(dir, "vestibule-agent")}
}

// process is a program that runs beside the bench.
type process struct {
	name string
	cmd  *exec.Cmd
	said *record
	done chan struct{}
	err  error // after done
}

// record keeps the first megabyte that a program writes.
type record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write keeps p.
func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.text.Len() < 1<<20 {
		r.text.Write(p)
	}
	return len(p), nil
}

// String gives what was kept.
func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// start runs a program until end; it dies with the bench.
func start(name, program string, args ...string) (*process, error) {
	return startAs(name, exec.Command(program, args...))
}

func startAs(name string, cmd *exec.Cmd) (*process, error) {
	p := &process{name: name, cmd: cmd, said: &record{}, done: make(chan struct{})}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	cmd.SysProcAttr.Setpgid = true // Ctrl-C reaches the bench, which ends its programs
	cmd.Stdout, cmd.Stderr = p.said, p.said
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	go func() { p.err = cmd.Wait(); close(p.done) }()
	return p, nil
}

// end sends a signal and waits; a program that does not obey within 5 s is killed.
func (p *process) end(signal syscall.Signal) {
	if p.ended() {
		return
	}
	_ = p.cmd.Process.Signal(signal)
	late := time.NewTimer(5 * time.Second)
	defer late.Stop()
	select {
	case <-p.done:
	case <-late.C:
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// finds waits until the program has said what pattern finds and gives its groups.
func (p *process) finds(ctx context.Context, pattern string) ([]string, error) {
	expr := regexp.MustCompile(pattern)
	var found []string
	err := eventually(ctx, 20*time.Second, p.name+" says "+pattern, func() (bool, error) {
		found = expr.FindStringSubmatch(p.said.String())
		if found == nil && p.ended() {
			return false, fmt.Errorf("%s ended: %w\n%s", p.name, errors.Join(p.err, io.EOF), p.said)
		}
		return found != nil, nil
	})
	return found, err
}

// eventually polls until what is true, at most within.
func eventually(ctx context.Context, within time.Duration, what string, holds func() (bool, error)) error {
	late := time.NewTimer(within)
	defer late.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if ok, err := holds(); ok || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-late.C:
			return fmt.Errorf("not within %v: %s", within, what)
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", what, ctx.Err())
		}
	}
}
