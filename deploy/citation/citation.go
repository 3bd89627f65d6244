package citation

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// ID names a feature, and one rule of it when Rule is not empty.
type ID struct{ Feature, Rule string }

// String is the form in which tests write it: EDGE-09 or EDGE-09/R19.
func (id ID) String() string {
	if id.Rule == "" {
		return id.Feature
	}
	return id.Feature + "/" + id.Rule
}

// Citation is one line of one test.
type Citation struct {
	IDs  []ID
	File string // the test's file, from the root, with slashes
	Line int
	Test string // TestX of Go, the title of a portal test
	By   *Production
}

// Package is the folder of the test.
func (c Citation) Package() string {
	if i := strings.LastIndexByte(c.File, '/'); i >= 0 {
		return c.File[:i]
	}
	return "."
}

// Fault is something that looks like a citation and is none.
type Fault struct {
	File string
	Line int
	Text string
}

// String is one line for a terminal: file:line: text.
func (f Fault) String() string { return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Text) }

var (
	idForm = regexp.MustCompile(`^([A-Z]+-[0-9]{2})(?:/(R[0-9]{2}))?$`)
	shows  = regexp.MustCompile(`^\s*shows\s+([A-Z]+-[0-9].*)$`)
)

// skipped are folders that hold nothing we wrote, or samples of this very form.
var skipped = []string{".git", "node_modules", "dist", "bin", "testdata", "test-results", "screenshots"}

// IsTest tells whether a file of that name may cite.
func IsTest(name string) bool {
	for _, end := range []string{"_test.go", ".spec.ts", ".spec.tsx", ".test.ts", ".test.tsx"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

// Walk calls visit for every test file below root, path and content.
func Walk(root string, visit func(path, content string) error) error {
	return filepath.WalkDir(root, func(full string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if full != root && slices.Contains(skipped, entry.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		if !entry.Type().IsRegular() || !IsTest(entry.Name()) {
			return nil
		}
		raw, err := os.ReadFile(full)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, full)
		if err != nil {
			return err
		}
		return visit(filepath.ToSlash(rel), string(raw))
	})
}

// Collect reads every test file below root: the citations by file and line, and what is badly formed.
func Collect(root string) ([]Citation, []Fault, error) {
	var all []Citation
	var faults []Fault
	err := Walk(root, func(path, content string) error {
		read := readScript
		if strings.HasSuffix(path, ".go") {
			read = readGo
		}
		found, bad, err := read(path, content)
		if err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
		all, faults = append(all, found...), append(faults, bad...)
		return nil
	})
	slices.SortStableFunc(all, func(a, b Citation) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line)
	})
	return all, faults, err
}

// parseLine reads the text of one comment line; ok is false when it is no citation at all.
func parseLine(text string) (ids []ID, by *Production, fault string, ok bool) {
	m := shows.FindStringSubmatch(text)
	if m == nil {
		return nil, nil, "", false
	}
	list, production, hasBy := strings.Cut(m[1], " by ")
	for _, word := range strings.FieldsFunc(list, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' }) {
		parts := idForm.FindStringSubmatch(strings.TrimRight(word, ".;:"))
		if parts == nil {
			return nil, nil, fmt.Sprintf("%q is no feature id (EDGE-06 or EDGE-09/R19)", word), true
		}
		ids = append(ids, ID{Feature: parts[1], Rule: parts[2]})
	}
	if hasBy {
		if by, fault = parseProduction(production); fault != "" {
			return nil, nil, fault, true
		}
	}
	return ids, by, "", true
}
