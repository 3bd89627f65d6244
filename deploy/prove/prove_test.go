package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vestibule/deploy/citation"
)

func sampleOptions(t *testing.T) (options, *bytes.Buffer) {
	t.Helper()
	out := new(bytes.Buffer)
	return options{root: "testdata/sample", n: 20, seed: 1, parallel: 2, timeout: time.Minute, out: out, note: new(bytes.Buffer)}, out
}

// Every kind of outcome, on a module of one page.
func TestProve_TellsProofFromAppearance(t *testing.T) {
	o, out := sampleOptions(t)
	o.all = true
	before, err := os.ReadFile("testdata/sample/door.go")
	if err != nil {
		t.Fatal(err)
	}
	all, faults, err := citation.Collect(o.root)
	if err != nil || len(faults) > 0 {
		t.Fatal(err, faults)
	}
	outcomes, err := proveAll(context.Background(), withRoot(t, o), draw(all, o))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"DEMO-01": proven, "DEMO-02": survived, "DEMO-03": broken, "DEMO-04": proven, "DEMO-05": red, "DEMO-06": proven, "DEMO-08": proven}
	for _, got := range outcomes {
		if got.result != want[got.id] {
			t.Errorf("%s: %s, want %s\n%s", got.id, got.result, want[got.id], got.detail)
		}
		delete(want, got.id)
	}
	if len(want) > 0 {
		t.Errorf("not tried: %v", want)
	}
	if failed := report(out, outcomes); failed != 3 || !strings.Contains(out.String(), "4 of 7 proven") {
		t.Errorf("%d failed:\n%s", failed, out)
	}
	after, err := os.ReadFile("testdata/sample/door.go")
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the repository itself was written to (%v)", err)
	}
}

func withRoot(t *testing.T, o options) options {
	t.Helper()
	root, err := filepath.Abs(o.root)
	if err != nil {
		t.Fatal(err)
	}
	o.root = root
	return o
}

func TestRun_FailsWhenALineSurvives(t *testing.T) {
	o, out := sampleOptions(t)
	if err := run(context.Background(), o); !errors.Is(err, errNotProven) {
		t.Errorf("%v\n%s", err, out)
	}
	if !strings.Contains(out.String(), "only 7 ids name a production line") {
		t.Errorf("a short draw is not said:\n%s", out)
	}
}

func TestRun_CheckWantsEveryLineOnce(t *testing.T) {
	o, out := sampleOptions(t)
	o.check = true
	if err := run(context.Background(), o); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if !strings.Contains(out.String(), "8 ids are cited, 7 name a production line; without one: DEMO-07") {
		t.Errorf("said:\n%s", out)
	}
	o, out = sampleOptions(t)
	o.check, o.root = true, t.TempDir()
	for name, content := range map[string]string{
		"go.mod": "module x\n", "a.go": "package x\n\nvar a, b = 1, 1\n",
		"a_test.go": "package x\n\nimport \"testing\"\n\n// shows DEMO-01 by a.go: \"gone\"\n// shows DEMO-02 by a.go: \"1\"\n// shows DEMO-03 by ../a.go: \"x\"\n" +
			"// shows DEMO-04 by b.go: \"x\"\nfunc TestA(t *testing.T) {}\n",
	} {
		if err := os.WriteFile(filepath.Join(o.root, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := run(context.Background(), o); !errors.Is(err, errNotProven) {
		t.Errorf("%v\n%s", err, out)
	}
	for _, want := range []string{"a_test.go:5: a.go: the piece is not in", "a_test.go:6: a.go: the piece stands in the file more than once", "a_test.go:7: ../a.go: is no", "a_test.go:8: b.go: open"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no fault %q in:\n%s", want, out)
		}
	}
}

func TestDraw_SameSeedSameList(t *testing.T) {
	o, _ := sampleOptions(t)
	all, _, err := citation.Collect(o.root)
	if err != nil {
		t.Fatal(err)
	}
	list := func(seed uint64, n int) []string {
		o.seed, o.n = seed, n
		var ids []string
		for _, p := range draw(all, o) {
			ids = append(ids, p.id)
		}
		return ids
	}
	if a, b := list(1, 3), list(1, 3); !slices.Equal(a, b) || len(a) != 3 {
		t.Errorf("one seed gave %v and %v", a, b)
	}
	seen := map[string]bool{}
	for seed := range uint64(50) {
		seen[list(seed, 1)[0]] = true
	}
	if len(seen) != 7 {
		t.Errorf("50 seeds reached %d of 7 ids", len(seen))
	}
}

// The citations of this repository name lines that are there.
func TestRepository_EveryNamedLineIsThere(t *testing.T) {
	root := filepath.Join("..", "..")
	all, faults, err := citation.Collect(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(faults, missing(root, all)...) {
		t.Error(f)
	}
}
