package main

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"vestibule/deploy/citation"
)

var (
	unusedName   = regexp.MustCompile(`(\S+\.go):\d+:\d+: declared and not used: (\w+)`)
	unusedImport = regexp.MustCompile(`(\S+\.go):(\d+):\d+: "[^"]+" imported (?:as \w+ )?and not used`)
	importLine   = regexp.MustCompile(`^(\s*(?:import )?)(?:\w+ )?(")`)
)

// repair mends a change that does not compile only because something has no use without the line: the name is
// mentioned where the line was, the import is kept as blank. Neither does anything. ok is false when there is nothing to mend.
func repair(p *citation.Production, content string, at int, output string) (mended string, ok bool) {
	lines := strings.Split(content, "\n")
	for _, m := range unusedName.FindAllStringSubmatch(output, -1) {
		if use := "_ = " + m[2] + ";"; path.Clean(m[1]) == p.Path && !strings.Contains(lines[at-1], use) {
			lines[at-1] = use + lines[at-1]
		}
	}
	for _, m := range unusedImport.FindAllStringSubmatch(output, -1) {
		n, err := strconv.Atoi(m[2])
		if err == nil && path.Clean(m[1]) == p.Path && n <= len(lines) {
			lines[n-1] = importLine.ReplaceAllString(lines[n-1], "${1}_ $2")
		}
	}
	return strings.Join(lines, "\n"), !slices.Equal(lines, strings.Split(content, "\n"))
}
