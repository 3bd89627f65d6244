package e2e

import (
	"bytes"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is a program that runs beside the test. What it says is printed when the test fails.
type process struct {
	t    *testing.T
	name string
	cmd  *exec.Cmd
	log  *record
	done chan struct{} // closed when it has ended
	err  error         // after done
}

// record keeps what a program writes.
type record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write keeps p.
func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

// String gives everything written so far.
func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// launch starts a program and ends it with the test.
func launch(t *testing.T, name string, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, name: name, cmd: cmd, log: &record{}, done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = p.log, p.log
	if err := cmd.Start(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	go func() { p.err = cmd.Wait(); close(p.done) }()
	t.Cleanup(func() {
		p.end(syscall.SIGTERM)
		if t.Failed() {
			t.Logf("--- %s\n%s", name, tail(p.log.String(), 8000))
		}
	})
	return p
}

// end sends a signal and waits; a program that does not obey within 5 s is killed.
func (p *process) end(signal syscall.Signal) {
	select {
	case <-p.done:
		return
	default:
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

// kill is a power cut for the program.
func (p *process) kill() { p.end(syscall.SIGKILL) }

// ended tells whether the program has ended.
func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// says waits until the program has written text.
func (p *process) says(within time.Duration, text string) {
	p.t.Helper()
	eventually(p.t, within, p.name+" says "+text, func() bool {
		return strings.Contains(p.log.String(), text) || p.ended()
	})
	if !strings.Contains(p.log.String(), text) {
		p.t.Fatalf("%s ended: %v\n%s", p.name, p.err, tail(p.log.String(), 3000))
	}
}

func tail(text string, n int) string {
	if len(text) > n {
		return text[len(text)-n:]
	}
	return text
}
