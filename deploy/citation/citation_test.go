package citation

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const goTests = `package x

import "testing"

// TestA says something.
//
// shows DEMO-01 DEMO-02/R07 by x/y.go: "a := b(\"c\")"
func TestA(t *testing.T) {
	// shows DEMO-03 by x/y.go: "return refuse("busy")" => "_ = 1"
	t.Run("inside", func(t *testing.T) {})
}

// shows DEMO-04, DEMO-05.

func TestB(t *testing.T) {}

// shows that comments in plain words are no citation.
func helper() {}

// shows DEMO-06
func other() {}

// shows DEMO-7
func TestC(t *testing.T) {}

// shows DEMO-08 by nowhere
func TestD(t *testing.T) {}
`

const scriptTests = `import { test } from 'vitest'

// shows DEMO-01 by web/src/a.ts: "return"
test('opens the door', async () => {
  // shows DEMO-02
  await open()
})
`

func TestCollect_ReadsWhatTestsClaim(t *testing.T) {
	root := t.TempDir()
	for name, content := range map[string]string{
		"x/x_test.go": goTests, "web/a.test.ts": scriptTests, "x/testdata/z_test.go": goTests, "x/y.go": "// shows DEMO-01", "node_modules/a/a.test.ts": scriptTests,
	} {
		full := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, faults, err := Collect(root)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range all {
		line := c.File + " " + c.Test
		for _, id := range c.IDs {
			line += " " + id.String()
		}
		if c.By != nil {
			line += " by " + c.By.Path
		}
		got = append(got, line)
	}
	want := []string{
		"web/a.test.ts opens the door DEMO-01 by web/src/a.ts",
		"web/a.test.ts opens the door DEMO-02",
		"x/x_test.go TestA DEMO-01 DEMO-02/R07 by x/y.go",
		"x/x_test.go TestA DEMO-03 by x/y.go",
		"x/x_test.go TestB DEMO-04 DEMO-05",
	}
	if !slices.Equal(got, want) {
		t.Errorf("citations:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	var lines []int
	for _, f := range faults {
		lines = append(lines, f.Line)
	}
	if !slices.Equal(lines, []int{20, 23, 26}) {
		t.Errorf("faults %v: want one for the helper, one for the short number, one for the path without a piece", faults)
	}
}

func TestProduction_FindsAndChangesOneLine(t *testing.T) {
	const content = "one\n\ta := b(\"c\")\n\tif x <= y {\n\t\treturn refuse(\"busy\")\n\t}\ntwice twice\n"
	for _, c := range []struct {
		text string
		line int
		want string
		err  error
	}{
		{`f.go: "a := b(\"c\")"`, 2, "one\n\n\tif x", nil},
		{`f.go: "a := b("c")"`, 2, "one\n\n\tif x", nil},
		{"f.go: `return refuse(\"busy\")` => `_ = 1`", 4, "\t\t_ = 1\n", nil},
		{`f.go: "x <= y" => "false"`, 3, "if false {", nil},
		{`f.go: "three"`, 0, "", ErrAbsent},
		{`f.go: "twice"`, 0, "", ErrAmbiguous},
		{`f.go: " "`, 0, "", ErrAmbiguous},
	} {
		p, fault := parseProduction(c.text)
		if fault != "" {
			t.Errorf("%s: %s", c.text, fault)
			continue
		}
		line, _, err := p.Find(content)
		if line != c.line || !errors.Is(err, c.err) {
			t.Errorf("%s: line %d, %v; want %d, %v", c.text, line, err, c.line, c.err)
			continue
		}
		mutants, err := p.Mutants(content)
		if err == nil && !strings.Contains(mutants[0], c.want) {
			t.Errorf("%s: %q does not contain %q", c.text, mutants[0], c.want)
		}
	}
	for _, bad := range []string{"", "f.go", `f.go: x`, `f.go: "x`, `f.go: "x" => y`} {
		if p, fault := parseProduction(bad); fault == "" {
			t.Errorf("%q was read as %+v", bad, p)
		}
	}
}
