package archtest

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// explained reads deploy/docs/dependencies.md: library → version; portal libraries have none.
func explained(t *testing.T, root string) map[string]string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, "deploy", "docs", "dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (?:(v[0-9][^ ]*) \\|)?").FindAllStringSubmatch(string(raw), -1) {
		rows[m[1]] = m[2]
	}
	return rows
}

func TestDependencies_EachLibraryInUseIsExplained(t *testing.T) {
	tr := load(t)
	rows := explained(t, tr.root)
	gomod, err := os.ReadFile(filepath.Join(tr.root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, p := range tr.ours {
		for _, path := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			if q := tr.all[path]; q != nil && q.library() != "" {
				used[q.library()] = true
			}
		}
	}
	for library := range used {
		if rows[library] == "" {
			t.Errorf("%s is imported and has no line with its version in deploy/docs/dependencies.md", library)
		}
	}
	for library, version := range rows {
		if version != "" && !strings.Contains(string(gomod), library+" "+version+"\n") && !strings.Contains(string(gomod), library+" "+version+" //") {
			t.Errorf("deploy/docs/dependencies.md says %s %s, go.mod says something else", library, version)
		}
	}
}

func TestDependencies_EachPortalLibraryIsExplained(t *testing.T) {
	tr := load(t)
	raw, err := os.ReadFile(filepath.Join(tr.root, "cloud", "portal", "web", "package.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct{ Dependencies, DevDependencies map[string]string }
	if err := json.Unmarshal(raw, &manifest); err != nil {
		t.Fatal(err)
	}
	rows := explained(t, tr.root)
	for _, libraries := range []map[string]string{manifest.Dependencies, manifest.DevDependencies} {
		for library, version := range libraries {
			if _, ok := rows[library]; !ok && !strings.HasPrefix(library, "@types/") {
				t.Errorf("%s is in package.json and has no line in deploy/docs/dependencies.md", library)
			}
			if strings.ContainsAny(version, "^~*") {
				t.Errorf("%s %s: versions are exact", library, version)
			}
		}
	}
}
