package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// module is the name in go.mod.
const module = "vestibule"

// listed is what `go list` tells about one package.
type listed struct {
	Dir          string
	ImportPath   string
	Standard     bool
	Module       *struct{ Path string }
	GoFiles      []string
	IgnoredFiles []string `json:"IgnoredGoFiles"`
	TestGoFiles  []string
	XTestGoFiles []string
	Imports      []string
	Deps         []string
	TestImports  []string
	XTestImports []string
	Error        *struct{ Err string }
}

// name is the import path inside the module: "agent/call"; the module's own root would be "".
func (p *listed) name() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
}

// library is the module that an outside package comes from; empty for ours and the standard library.
func (p *listed) library() string {
	if p.Standard || p.Module == nil || p.Module.Path == module {
		return ""
	}
	return p.Module.Path
}

// tree is the whole module and everything it depends on, by import path.
type tree struct {
	root string
	all  map[string]*listed
	ours []*listed
}

var (
	once   sync.Once
	loaded tree
	failed error
)

// load asks the go command once for the whole module.
func load(t *testing.T) tree {
	t.Helper()
	once.Do(func() { loaded, failed = list() })
	if failed != nil {
		t.Fatal(failed)
	}
	return loaded
}

func list() (tree, error) {
	gomod, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return tree{}, err
	}
	got := tree{root: filepath.Dir(strings.TrimSpace(string(gomod))), all: map[string]*listed{}}
	fields := "Dir,ImportPath,Standard,Module,GoFiles,IgnoredGoFiles,TestGoFiles,XTestGoFiles,Imports,Deps,TestImports,XTestImports,Error"
	cmd := exec.Command("go", "list", "-e", "-deps", "-json="+fields, "./...")
	cmd.Dir = got.root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return tree{}, errors.New("go list: " + stderr.String())
	}
	decoder := json.NewDecoder(bytes.NewReader(out))
	for {
		p := new(listed)
		if err := decoder.Decode(p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return tree{}, err
		}
		got.all[p.ImportPath] = p
		if p.Module != nil && p.Module.Path == module {
			got.ours = append(got.ours, p)
		}
	}
	if len(got.ours) == 0 {
		return tree{}, errors.New("go list found no package of the module")
	}
	return got, nil
}

// in tells whether name is one of the folders; "agent/..." means the folder and all below it, as the go command has it.
func in(name string, patterns ...string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		folder, tree := strings.CutSuffix(pattern, "/...")
		return name == folder || tree && strings.HasPrefix(name, folder+"/")
	})
}

// reaches gives the packages of the module that p depends on, at any distance.
func (tr tree) reaches(p *listed) []string {
	var names []string
	for _, dep := range p.Deps {
		if q := tr.all[dep]; q != nil && q.Module != nil && q.Module.Path == module {
			names = append(names, q.name())
		}
	}
	return names
}

// source is one Go file of the module with its syntax.
type source struct {
	path  string // from the module's root
	pkg   string // folder, from the module's root
	test  bool
	lines int
	set   *token.FileSet
	file  *ast.File
}

var parse = sync.OnceValues(func() ([]source, error) {
	var all []source
	for _, p := range loaded.ours {
		for _, name := range slices.Concat(p.GoFiles, p.IgnoredFiles, p.TestGoFiles, p.XTestGoFiles) {
			full := filepath.Join(p.Dir, name)
			rel, err := filepath.Rel(loaded.root, full)
			if err != nil {
				return nil, err
			}
			raw, err := os.ReadFile(full)
			if err != nil {
				return nil, err
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, rel, raw, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				return nil, err
			}
			if ast.IsGenerated(file) {
				continue
			}
			all = append(all, source{
				path: filepath.ToSlash(rel), pkg: p.name(), test: strings.HasSuffix(name, "_test.go"),
				lines: set.File(file.Pos()).LineCount(), set: set, file: file,
			})
		}
	}
	return all, nil
})

// sources parses every Go file of the module that a person wrote, files behind build tags included.
func sources(t *testing.T) []source {
	t.Helper()
	load(t)
	all, err := parse()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestModule_Loads(t *testing.T) {
	for _, p := range load(t).ours {
		if p.Error != nil {
			t.Errorf("%s: %s", p.ImportPath, p.Error.Err)
		}
	}
}
