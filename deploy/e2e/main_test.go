package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"vestibule/deploy/e2e/lab"
)

// programs is the folder that the programs under test are built into.
var programs string

func TestMain(m *testing.M) {
	if code, done := lab.Enter(); done {
		os.Exit(code)
	}
	dir, err := os.MkdirTemp("", "vestibule-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	programs = dir
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// build compiles a program of the module once, as it is shipped; a soak watches it for races.
func build(name, tags string) func() (string, error) {
	return sync.OnceValues(func() (string, error) {
		out := filepath.Join(programs, name+tags)
		cmd := exec.Command("go", "build", "-trimpath", "-tags", tags, "-o", out, "vestibule/cmd/"+name)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if soak() {
			cmd = exec.Command("go", "build", "-race", "-tags", tags, "-o", out, "vestibule/cmd/"+name)
		}
		text, err := cmd.CombinedOutput()
		if err != nil {
			return "", fmt.Errorf("go build %s: %w\n%s", name, err, text)
		}
		return out, nil
	})
}

var (
	cloudProgram    = build("vestibule-cloud", "")
	agentProgram    = build("vestibule-agent", "")
	crashingProgram = build("vestibule-agent", "crashpoints")
)

func program(t *testing.T, built func() (string, error)) string {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// eventually polls until what is true, at most within.
func eventually(t *testing.T, within time.Duration, what string, holds func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if holds() {
			return time.Since(began)
		}
		if time.Since(began) > within {
			t.Fatalf("not within %v: %s", within, what)
		}
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		}
	}
}

// never polls for the whole time and fails as soon as what is true.
func never(t *testing.T, during time.Duration, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(during); time.Now().Before(end); <-tick.C {
		if holds() {
			t.Fatalf("it happened: %s", what)
		}
	}
}
