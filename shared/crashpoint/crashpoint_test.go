package crashpoint_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const victim = `package main

import (
	"fmt"

	"vestibule/shared/crashpoint"
)

func main() {
	for i := 1; i <= 3; i++ {
		fmt.Println("before", i)
		crashpoint.Hit("other.point")
		crashpoint.Hit("door.pulsed")
	}
	fmt.Println("end")
}
`

// build compiles the victim inside this module, with or without the tag, and gives the path of the program.
func build(t *testing.T, tags string) string {
	t.Helper()
	source := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(source, []byte(victim), 0o600); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "victim")
	out, err := exec.Command("go", "build", "-tags", tags, "-o", program, source).CombinedOutput()
	if err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return program
}

func TestHit_KillsAtTheNamedPointOnly(t *testing.T) {
	program := build(t, "crashpoints")
	for _, c := range []struct {
		at, last string
		killed   bool
	}{
		{"", "end", false},
		{"nowhere", "end", false},
		{"door.pulsed", "before 1", true},
		{"door.pulsed:2", "before 2", true},
		{"door.pulsed:4", "end", false},
		{"door.pulsed:x", "before 1", true},
	} {
		cmd := exec.Command(program)
		cmd.Env = append(os.Environ(), "VESTIBULE_CRASH_AT="+c.at)
		out, err := cmd.Output()
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		if got := lines[len(lines)-1]; got != c.last {
			t.Errorf("at %q: last line %q, want %q", c.at, got, c.last)
		}
		var exit *exec.ExitError
		killed := errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL
		if killed != c.killed {
			t.Errorf("at %q: killed %v (%v), want %v", c.at, killed, err, c.killed)
		}
	}
}

func TestHit_IsEmptyWithoutTheTag(t *testing.T) {
	program := build(t, "")
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), "VESTIBULE_CRASH_AT=door.pulsed")
	out, err := cmd.Output()
	if err != nil || !strings.HasSuffix(string(out), "end\n") {
		t.Fatalf("a shipped program died or stopped: %v, %q", err, out)
	}
}
