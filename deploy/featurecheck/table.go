package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// The states a row can have.
const (
	works  = "works"
	partly = "partly"
	notYet = "not yet"
)

// row is one feature of the table, or one rule (state and tests stay empty).
type row struct {
	id    string // EDGE-09, or EDGE-09/R19 of a rule
	words string
	state string
	tests []string
	line  int // from 0
}

// document is features.md with its rows found.
type document struct {
	lines    []string
	features map[string]*row
	rules    map[string]*row
}

var rowForm = regexp.MustCompile(`^\| ([A-Z]+-[0-9]{2}(?:/R[0-9]{2})?) \|`)

func readTable(root string) (*document, []string, error) {
	raw, err := os.ReadFile(filepath.Join(root, table))
	if err != nil {
		return nil, nil, err
	}
	doc := &document{lines: strings.Split(string(raw), "\n"), features: map[string]*row{}, rules: map[string]*row{}}
	var faults []string
	for i, line := range doc.lines {
		m := rowForm.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), " | ")
		for j := range cells {
			cells[j] = strings.Trim(cells[j], " |")
		}
		r := &row{id: m[1], line: i}
		kind, want := doc.features, 4
		if strings.Contains(r.id, "/") {
			kind, want = doc.rules, 2
		}
		if len(cells) != want {
			faults = append(faults, fmt.Sprintf("%s:%d: %s has %d cells, want %d", table, i+1, r.id, len(cells), want))
			continue
		}
		if kind[r.id] != nil {
			faults = append(faults, fmt.Sprintf("%s:%d: %s stands here twice", table, i+1, r.id))
		}
		r.words = cells[1]
		if want == 4 {
			r.state, r.tests = cells[2], readTests(cells[3])
		}
		kind[r.id] = r
	}
	return doc, faults, nil
}

// readTests splits "`agent/outbox TestA` `agent/door TestB`".
func readTests(cell string) []string {
	var tests []string
	for i, part := range strings.Split(cell, "`") {
		if i%2 == 1 {
			tests = append(tests, part)
		}
	}
	return tests
}

func (r *row) String() string {
	tests := strings.Join(r.tests, "` `")
	if tests != "" {
		tests = "`" + tests + "`"
	}
	return strings.Join([]string{"| " + r.id, r.words, r.state, tests}, " | ") + " |"
}
