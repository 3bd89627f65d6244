package measure

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

// Programs are the paths of what was built.
type Programs struct{ Cloud, Agent string }

// Build compiles programs as they are shipped: static, without the race detector.
func Build(ctx context.Context, dir string, names ...string) (Programs, error) {
	words := []string{"build", "-trimpath", "-o", dir + "/"}
	for _, name := range names {
		words = append(words, "vestibule/cmd/"+name)
	}
	cmd := exec.CommandContext(ctx, "go", words...)
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return Programs{}, fmt.Errorf("go build: %w\n%s", err, out)
	}
	return ProgramsIn(dir), nil
}

// ProgramsIn gives those of a folder.
func ProgramsIn(dir string) Programs {
	return Programs{Cloud: filepath.Join(dir, "vestibule-cloud"), Agent: filepath.Join(dir, "vestibule-agent")}
}

// Process is a program that runs beside the bench or the test.
type Process struct {
	name string
	cmd  *exec.Cmd
	Said *Record
	done chan struct{}
	Err  error // after done
}

// most is how much of what a program writes is kept.
const most = 16 << 20

// Record keeps what a program writes, from its beginning on.
type Record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write keeps p.
func (r *Record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.text.Len() < most {
		r.text.Write(p)
	}
	return len(p), nil
}

// String gives what was kept.
func (r *Record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// Start runs a program until end; it dies with the bench.
func Start(name, program string, args ...string) (*Process, error) {
	return StartAs(name, exec.Command(program, args...))
}

// StartAs is Start of a command that was made ready.
func StartAs(name string, cmd *exec.Cmd) (*Process, error) {
	p := &Process{name: name, cmd: cmd, Said: &Record{}, done: make(chan struct{})}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	cmd.SysProcAttr.Setpgid = true // Ctrl-C reaches the bench, which ends its programs
	cmd.Stdout, cmd.Stderr = p.Said, p.Said
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	go func() { p.Err = cmd.Wait(); close(p.done) }()
	return p, nil
}

// PID names the program.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the program has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// End sends a signal and waits; a program that does not obey within 5 s is killed.
func (p *Process) End(signal syscall.Signal) {
	if p.Ended() {
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

// Ended tells whether the program is over.
func (p *Process) Ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Finds waits until the program has said what pattern finds and gives its groups.
func (p *Process) Finds(ctx context.Context, pattern string) ([]string, error) {
	expr := regexp.MustCompile(pattern)
	var found []string
	err := Eventually(ctx, 20*time.Second, p.name+" says "+pattern, func() (bool, error) {
		found = expr.FindStringSubmatch(p.Said.String())
		if found == nil && p.Ended() {
			return false, fmt.Errorf("%s ended: %w\n%s", p.name, errors.Join(p.Err, io.EOF), p.Said)
		}
		return found != nil, nil
	})
	return found, err
}

// Eventually polls until what is true, at most within.
func Eventually(ctx context.Context, within time.Duration, what string, holds func() (bool, error)) error {
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

// Pause lets time go by.
func Pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
