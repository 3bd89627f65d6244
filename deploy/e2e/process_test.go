package e2e

import (
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"vestibule/deploy/measure"
)

// process is a program that runs beside the test. What it says is printed when the test fails.
type process struct {
	*measure.Process
	t    *testing.T
	name string
}

// launch starts a program and ends it with the test.
func launch(t *testing.T, name string, cmd *exec.Cmd) *process {
	t.Helper()
	started, err := measure.StartAs(name, cmd)
	if err != nil {
		t.Fatal(err)
	}
	p := &process{started, t, name}
	t.Cleanup(func() {
		p.End(syscall.SIGTERM)
		if t.Failed() {
			t.Logf("--- %s\n%s", name, tail(p.Said.String(), 8000))
		}
	})
	return p
}

// kill is a power cut for the program.
func (p *process) kill() { p.End(syscall.SIGKILL) }

// says waits until the program has written text.
func (p *process) says(within time.Duration, text string) {
	p.t.Helper()
	eventually(p.t, within, p.name+" says "+text, func() bool {
		return strings.Contains(p.Said.String(), text) || p.Ended()
	})
	if !strings.Contains(p.Said.String(), text) {
		p.t.Fatalf("%s ended: %v\n%s", p.name, p.Err, tail(p.Said.String(), 3000))
	}
}

func tail(text string, n int) string {
	if len(text) > n {
		return text[len(text)-n:]
	}
	return text
}
