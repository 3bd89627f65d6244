package archtest

import (
	"bytes"
	"debug/buildinfo"
	"go/build/constraint"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// shipped are the programs that stand in buildings and data centres.
var shipped = []string{"cmd/vestibule-agent", "cmd/vestibule-cloud", "cmd/vestibule-mirror"}

func TestShipped_DependsOnNoSimulation(t *testing.T) {
	tr := load(t)
	for _, p := range tr.ours {
		if !slices.Contains(shipped, p.name()) {
			continue
		}
		for _, name := range tr.reaches(p) {
			if in(name, "shared/sim/...", "shared/archtest", "agent/agenttest/...", "cloud/cloudtest/...", "agent/relay/relaytest", "agent/device/devicetest") {
				t.Errorf("%s ships %s", p.name(), name)
			}
		}
		for _, dep := range p.Deps {
			// The job queue imports test helpers of its own from its product code; nothing of ours may.
			if p.name() == "cmd/vestibule-cloud" && slices.Contains(p.Deps, "github.com/riverqueue/river/rivershared/riversharedtest") {
				break
			}
			if dep == "testing" || dep == "net/http/httptest" {
				t.Errorf("%s ships the package %s", p.name(), dep)
			}
		}
		for _, ours := range tr.ours {
			if ours != p && !slices.Contains(tr.reaches(p), ours.name()) {
				continue
			}
			for _, name := range ours.Imports {
				if name == "testing" || name == "net/http/httptest" {
					t.Errorf("%s, which %s ships, imports %s", ours.name(), p.name(), name)
				}
			}
		}
	}
}

// The tag may stand in the crash point package alone: everywhere else a build with it would be another program.
func TestCrashPoints_TagStandsInOnePackage(t *testing.T) {
	found := 0
	for _, s := range sources(t) {
		for _, group := range s.file.Comments {
			for _, c := range group.List {
				if !constraint.IsGoBuild(c.Text) || c.Pos() > s.file.Package {
					continue
				}
				expr, err := constraint.Parse(c.Text)
				if err != nil {
					t.Fatalf("%s: %v", s.path, err)
				}
				if !strings.Contains(expr.String(), "crashpoints") {
					continue
				}
				found++
				if s.pkg != "shared/crashpoint" && !s.test {
					t.Errorf("%s is built by the tag crashpoints: only shared/crashpoint may be", s.path)
				}
			}
		}
	}
	if found == 0 {
		t.Error("no file with the tag was seen: the check looked at nothing")
	}
	for _, p := range load(t).ours {
		if p.name() == "shared/crashpoint" && slices.Contains(p.GoFiles, "hit_armed.go") {
			t.Error("an ordinary build of shared/crashpoint contains the armed file")
		}
	}
}

// What is not in the program cannot be switched on in a building: the finished binaries are searched, built as `make build` builds them.
func TestShipped_BinariesHoldNoCrashPointsAndNoSimulation(t *testing.T) {
	tr := load(t)
	out := t.TempDir()
	for _, p := range tr.ours {
		if !slices.Contains(shipped, p.name()) {
			continue
		}
		program := filepath.Join(out, filepath.Base(p.name()))
		cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", program, "./"+p.name())
		cmd.Dir = tr.root
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", p.name(), err, text)
		}
		raw, err := os.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"VESTIBULE_CRASH_AT", "vestibule/shared/sim", "crashpoint.parse"} {
			if bytes.Contains(raw, []byte(word)) {
				t.Errorf("%s contains %q", p.name(), word)
			}
		}
		info, err := buildinfo.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range info.Settings {
			if s.Key == "CGO_ENABLED" && s.Value != "0" || s.Key == "-tags" && strings.Contains(s.Value, "crashpoints") {
				t.Errorf("%s was built with %s=%s", p.name(), s.Key, s.Value)
			}
		}
	}
}
