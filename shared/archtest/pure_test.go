package archtest

import (
	"go/ast"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// pure are the packages that decide: the same input gives the same answer, in a test, in a replay and in a cellar.
var pure = []string{"agent/call", "agent/call/plan", "agent/access"}

// touchesTheWorld tells whether a standard package reads or changes something outside the process.
func touchesTheWorld(path string) bool {
	switch path {
	case "net/netip", "net/url", "net/mail", "net/textproto", "database/sql/driver": // types and parsers
		return false
	case "database/sql", "syscall", "crypto/rand", "math/rand", "math/rand/v2", "io/ioutil", "plugin":
		return true
	}
	return path == "net" || strings.HasPrefix(path, "net/") || path == "os" || strings.HasPrefix(path, "os/")
}

// randomIsInput: shared types make ids and hide secrets; only the deciding package itself must not draw lots.
func randomIsInput(path string) bool { return strings.Contains(path, "rand") }

func TestPure_ReachesNoWorld(t *testing.T) {
	tr := load(t)
	for _, p := range tr.ours {
		if !slices.Contains(pure, p.name()) {
			continue
		}
		for _, name := range append(tr.reaches(p), p.name()) {
			q := tr.all[module+"/"+name]
			for _, path := range q.Imports {
				if dep := tr.all[path]; dep != nil && dep.library() != "" && !in(name, "shared/...") {
					t.Errorf("%s reaches the library %s through %s: decisions are standard library and ours", p.name(), dep.library(), name)
				}
				if touchesTheWorld(path) && (q == p || !randomIsInput(path)) {
					t.Errorf("%s reaches %s through %s: a decision asks nobody", p.name(), path, name)
				}
			}
		}
	}
}

// clocks are the names of package time that read a clock or start one.
var clocks = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}

func TestPure_ReadsNoClock(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || !slices.Contains(pure, s.pkg) {
			continue
		}
		local := importName(s.file, "time")
		ast.Inspect(s.file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && local != "" {
				if x, ok := sel.X.(*ast.Ident); ok && x.Name == local && slices.Contains(clocks, sel.Sel.Name) {
					t.Errorf("%s: time.%s; the runner hands now to Step", s.set.Position(sel.Pos()), sel.Sel.Name)
				}
			}
			return true
		})
	}
}

// importName is the name under which a file knows a package; empty when it does not.
func importName(file *ast.File, path string) string {
	for _, spec := range file.Imports {
		if got, err := strconv.Unquote(spec.Path.Value); err != nil || got != path {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return path[strings.LastIndexByte(path, '/')+1:]
	}
	return ""
}
