// Command featurecheck keeps deploy/docs/features.md true: every id that a test cites is a row, a row that works names a test
// that cites it, and a row that no test cites says "not yet".
//
// Run from anywhere in the repository by `make lint`; with -fix (`make fmt`) it rewrites the state and test columns from
// the citations. It must never invent a row or touch its words.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sort"
)

// table is where the rows stand, from the root of the repository.
const table = "deploy/docs/features.md"

func main() {
	fix := flag.Bool("fix", false, "rewrite the state and test columns from the citations")
	flag.Parse()
	faults, err := run(*fix)
	for _, fault := range faults {
		fmt.Fprintln(os.Stderr, fault)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "featurecheck:", err)
	}
	if err != nil || len(faults) > 0 {
		os.Exit(1)
	}
}

func run(fix bool) ([]string, error) {
	root, err := findRoot()
	if err != nil {
		return nil, err
	}
	if fix {
		if err := rewrite(root); err != nil {
			return nil, err
		}
	}
	doc, faults, err := check(root)
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	for _, row := range doc.features {
		counts[row.state]++
	}
	states := make([]string, 0, len(counts))
	for state := range counts {
		states = append(states, state)
	}
	sort.Strings(states)
	for _, state := range states {
		fmt.Printf("%-8s %4d\n", state, counts[state])
	}
	return faults, nil
}

// findRoot is the folder with go.mod at or above the working directory.
func findRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod at or above the working directory")
		}
		dir = parent
	}
}
