package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"vestibule/cloud/portal"
)

const firstScript = "portal: script of the first page, gzipped"

// mostScript is the ceiling of firstScript, in kB.
const mostScript = 300

var wantedScript = []string{firstScript}

var (
	named    = regexp.MustCompile(`<(?:script|link)[^>]* (?:src|href)="/([^"]+\.js)"`)
	imported = regexp.MustCompile(`(?:from|import)\s*["']([^"']+\.js)["']`)
)

// measureScript weighs what a browser loads before it can draw the first page: the scripts of index.html and what they import.
func measureScript() ([]figure, error) { return weighScript(portal.Files()) }

func weighScript(files fs.FS) ([]figure, error) {
	index, err := fs.ReadFile(files, "index.html")
	if err != nil {
		return nil, fmt.Errorf("the portal is not built: %w", err)
	}
	var open []string
	for _, m := range named.FindAllSubmatch(index, -1) {
		open = append(open, string(m[1]))
	}
	seen, total := map[string]bool{}, 0
	for len(open) > 0 {
		name := open[0]
		open = open[1:]
		if seen[name] {
			continue
		}
		seen[name] = true
		script, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		size, err := zipped(script)
		if err != nil {
			return nil, err
		}
		total += size
		for _, m := range imported.FindAllSubmatch(script, -1) {
			open = append(open, path.Join(path.Dir(name), strings.TrimPrefix(string(m[1]), "./")))
		}
	}
	how := fmt.Sprintf("%d files: what index.html loads and they import at once, gzip -6", len(seen))
	return []figure{{name: firstScript, value: float64(total) / 1000, unit: "kB", how: how}}, nil
}

// zipped is the size of text after gzip.
func zipped(text []byte) (int, error) {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(text); err != nil {
		return 0, err
	}
	err := w.Close()
	return out.Len(), err
}
