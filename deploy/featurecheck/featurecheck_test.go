package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The table of this repository says what its tests say.
func TestFeatures_TableIsTrue(t *testing.T) {
	root, err := findRoot()
	if err != nil {
		t.Fatal(err)
	}
	doc, faults, err := check(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range faults {
		t.Error(fault)
	}
	if len(doc.features) < 200 || len(doc.rules) < 50 {
		t.Errorf("%d features and %d rules were read: the check looked at nothing", len(doc.features), len(doc.rules))
	}
}

const sample = `# Features

| Id | What | State | Shown by |
|---|---|---|---|
| DEMO-01 | rings the bell | not yet |  |
| DEMO-02 | opens the door | works | ` + "`x TestGone`" + ` |
| DEMO-03 | closes the door | not yet |  |
| DEMO-04 | sings a song | not yet |  |

| Rule | What |
|---|---|
| DEMO-03/R07 | closes it softly |
`

const sampleTests = `package x

import "testing"

// shows DEMO-01
func TestBell(t *testing.T) {}

// shows DEMO-03/R07
func TestSoft(t *testing.T) {}

// shows DEMO-03/R08
func TestHard(t *testing.T) {}

// shows DEMO-09
func TestNine(t *testing.T) {}
`

func write(t *testing.T, root, name, content string) {
	t.Helper()
	full := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestCheck_NamesEveryDisagreement(t *testing.T) {
	root := t.TempDir()
	write(t, root, table, sample)
	write(t, root, "x/x_test.go", sampleTests)
	_, faults, err := check(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`DEMO-01 says "not yet", the tests say "works"`, `DEMO-02 says "works", the tests say "not yet"`, `"x TestGone", which does not cite it`,
		`DEMO-03 says "not yet", the tests say "partly"`, "DEMO-03/R08 is no rule", "x_test.go:14: DEMO-09 is in no row", "DEMO-09 is cited by x TestNine",
	} {
		if !strings.Contains(strings.Join(faults, "\n"), want) {
			t.Errorf("no fault says %q in:\n%s", want, strings.Join(faults, "\n"))
		}
	}
	if len(faults) != 7 {
		t.Errorf("%d faults, want 7:\n%s", len(faults), strings.Join(faults, "\n"))
	}
}

func TestRewrite_SetsTheColumnsAndNothingElse(t *testing.T) {
	root := t.TempDir()
	write(t, root, table, sample)
	write(t, root, "x/x_test.go", strings.Split(sampleTests, "// shows DEMO-03/R08")[0])
	if err := rewrite(root); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(root, table))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.NewReplacer(
		"bell | not yet |  |", "bell | works | `x TestBell` |",
		"opens the door | works | `x TestGone` |", "opens the door | not yet |  |",
		"closes the door | not yet |  |", "closes the door | partly | `x TestSoft` |",
	).Replace(sample)
	if string(raw) != want {
		t.Errorf("rewritten:\n%s\nwant:\n%s", raw, want)
	}
	if _, faults, err := check(root); err != nil || len(faults) != 0 {
		t.Errorf("after the rewrite: %v %v", faults, err)
	}
}
