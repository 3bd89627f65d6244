package archtest

import (
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strings"
	"testing"
)

func TestDocs_OnePackageCommentInEachFolder(t *testing.T) {
	commented, folders := map[string][]string{}, map[string]string{}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		folders[s.pkg] = s.file.Name.Name
		if s.file.Doc == nil {
			continue
		}
		commented[s.pkg] = append(commented[s.pkg], s.path)
		if name := path.Base(s.path); name != "doc.go" && name != "main.go" {
			t.Errorf("%s: the package comment belongs into doc.go (or main.go of a program)", s.path)
		}
		text := s.file.Doc.Text()
		opening := "Package " + s.file.Name.Name + " "
		if s.file.Name.Name == "main" {
			opening = "Command " + path.Base(s.pkg) + " "
		}
		if !strings.HasPrefix(text, opening) {
			t.Errorf("%s: the package comment starts with %q", s.path, opening)
		}
		if len(strings.Fields(text)) < 12 {
			t.Errorf("%s: the package comment says what job this is, who calls it and what it must never do", s.path)
		}
	}
	for folder := range folders {
		if n := len(commented[folder]); n != 1 {
			t.Errorf("%s has %d package comments, want 1: %v", folder, n, commented[folder])
		}
	}
}

// enoughComments is the share of exported names that carry a comment starting with their name.
const enoughComments = 0.95

func TestDocs_ExportedNamesAreExplained(t *testing.T) {
	total, missing := 0, []string(nil)
	for _, s := range sources(t) {
		if s.test || s.file.Name.Name == "main" {
			continue
		}
		for _, name := range exported(s.file) {
			total++
			if !name.explained {
				missing = append(missing, s.set.Position(name.pos).String()+" "+name.name)
			}
		}
	}
	if total == 0 {
		t.Fatal("no exported name found: the check looked at nothing")
	}
	if share := 1 - float64(len(missing))/float64(total); share < enoughComments {
		slices.Sort(missing)
		t.Errorf("%.1f %% of %d exported names are explained, want %.0f %%; without a comment that starts with the name:\n%s",
			100*share, total, 100*enoughComments, strings.Join(missing, "\n"))
	}
}

// exportedName is one name that other packages see.
type exportedName struct {
	name      string
	pos       token.Pos
	explained bool
}

// exported lists the functions, methods of exported types, types, constants and variables that a file exports.
func exported(file *ast.File) []exportedName {
	var names []exportedName
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && receiverExported(d) && !wellKnown(d) {
				names = append(names, exportedName{d.Name.Name, d.Pos(), starts(d.Doc, d.Name.Name)})
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				names = append(names, exportedSpec(d, spec)...)
			}
		}
	}
	return names
}

func exportedSpec(d *ast.GenDecl, spec ast.Spec) []exportedName {
	var names []exportedName
	switch s := spec.(type) {
	case *ast.TypeSpec:
		if s.Name.IsExported() {
			group := d.Lparen.IsValid() && (d.Doc != nil || s.Comment != nil)
			names = append(names, exportedName{s.Name.Name, s.Pos(), starts(s.Doc, s.Name.Name) || starts(d.Doc, s.Name.Name) || group})
		}
	case *ast.ValueSpec:
		for _, id := range s.Names {
			if id.IsExported() {
				// A list of constants is explained by the comment of the list or of the line.
				listed := d.Lparen.IsValid() && d.Doc != nil || s.Doc != nil || s.Comment != nil
				names = append(names, exportedName{id.Name, id.Pos(), listed || starts(d.Doc, id.Name)})
			}
		}
	}
	return names
}

// starts tells whether a comment begins with the name, an article allowed before it.
func starts(doc *ast.CommentGroup, name string) bool {
	words := strings.Fields(doc.Text())
	if len(words) > 1 && slices.Contains([]string{"A", "An", "The"}, words[0]) {
		words = words[1:]
	}
	return len(words) > 1 && strings.Trim(words[0], ".,:;'’") == name
}

func receiverExported(d *ast.FuncDecl) bool {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return true
	}
	typ := d.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	switch generic := typ.(type) {
	case *ast.IndexExpr:
		typ = generic.X
	case *ast.IndexListExpr:
		typ = generic.X
	}
	id, ok := typ.(*ast.Ident)
	return ok && id.IsExported()
}

// wellKnown are methods whose meaning the standard library fixes.
func wellKnown(d *ast.FuncDecl) bool {
	return d.Recv != nil && slices.Contains([]string{
		"Error", "Unwrap", "Is", "As", "String", "GoString", "Format", "LogValue", "Len", "Less", "Swap", "ServeHTTP", "Read", "Write", "Close",
		"MarshalJSON", "UnmarshalJSON", "MarshalText", "UnmarshalText", "MarshalCBOR", "UnmarshalCBOR", "MarshalBinary", "UnmarshalBinary", "Scan", "Value",
	}, d.Name.Name)
}
