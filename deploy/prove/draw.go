package main

import (
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"vestibule/deploy/citation"
)

// proof is one id, and the citation that is tried for it.
type proof struct {
	id   string
	cite citation.Citation
}

// provable tells whether the test can be run alone: Go tests and portal unit tests. Browser tests need a whole stack and are started by a Go test.
func provable(c citation.Citation) bool {
	return c.By != nil && !strings.Contains(c.File, ".spec.")
}

// draw picks the ids and, for each, one of its citations; the same seed over the same tests gives the same list.
func draw(all []citation.Citation, o options) []proof {
	by := map[string][]citation.Citation{}
	for _, c := range all {
		if !provable(c) || o.only != nil && !o.only.MatchString(c.File+" "+c.Test+" "+c.By.Path) {
			continue
		}
		for _, id := range c.IDs {
			by[id.String()] = append(by[id.String()], c)
		}
	}
	ids := slices.Sorted(maps.Keys(by))
	var proofs []proof
	if o.all {
		for _, id := range ids {
			for _, c := range by[id] {
				proofs = append(proofs, proof{id, c})
			}
		}
		return proofs
	}
	lots := rand.New(rand.NewPCG(o.seed, 0))
	lots.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	for _, id := range ids[:min(o.n, len(ids))] {
		proofs = append(proofs, proof{id, by[id][lots.IntN(len(by[id]))]})
	}
	return proofs
}

// missing lists the citations whose production line is not there, or there more than once.
func missing(root string, all []citation.Citation) []citation.Fault {
	var faults []citation.Fault
	for _, c := range all {
		if c.By == nil {
			continue
		}
		say := func(err error) {
			faults = append(faults, citation.Fault{File: c.File, Line: c.Line, Text: c.By.Path + ": " + err.Error()})
		}
		if !filepath.IsLocal(c.By.Path) || citation.IsTest(c.By.Path) {
			say(fmt.Errorf("is no production file of the repository"))
			continue
		}
		content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(c.By.Path)))
		if err != nil {
			say(err)
			continue
		}
		if _, _, err := c.By.Find(string(content)); err != nil {
			say(err)
		}
	}
	return faults
}

// bare prints the cited ids for which no test names a line: they cannot be drawn.
func bare(out io.Writer, all []citation.Citation) {
	named := map[string]bool{}
	for _, c := range all {
		for _, id := range c.IDs {
			named[id.String()] = named[id.String()] || provable(c)
		}
	}
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(named)) {
		if !named[id] {
			ids = append(ids, id)
		}
	}
	fmt.Fprintf(out, "%d ids are cited, %d name a production line", len(named), len(named)-len(ids))
	if len(ids) > 0 {
		fmt.Fprintf(out, "; without one: %s", strings.Join(ids, " "))
	}
	fmt.Fprintln(out)
}
