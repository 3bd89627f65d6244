package archtest

import (
	"go/ast"
	"go/token"
	"testing"
)

// A file is a room that somebody has to live in, a function is a thing one can hold in one look.
const (
	fileLines     = 400
	testFileLines = 600
	functionLines = 60
)

func TestSizes_FilesAndFunctionsCanBeReadAtOnce(t *testing.T) {
	for _, s := range sources(t) {
		limit := fileLines
		if s.test {
			limit = testFileLines
		}
		if s.lines > limit {
			t.Errorf("%s has %d lines, at most %d", s.path, s.lines, limit)
		}
		if s.test {
			continue
		}
		comments := commentLines(s)
		for _, decl := range s.file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			if n := bodyLines(s.set, f, comments); n > functionLines {
				t.Errorf("%s: %s has %d lines, at most %d", s.set.Position(f.Pos()), f.Name.Name, n, functionLines)
			}
		}
	}
}

// bodyLines counts the lines between the braces; lines that are comment from end to end cost nothing.
func bodyLines(set *token.FileSet, f *ast.FuncDecl, comments map[int]bool) int {
	n := 0
	for line := set.Position(f.Body.Lbrace).Line + 1; line < set.Position(f.Body.Rbrace).Line; line++ {
		if !comments[line] {
			n++
		}
	}
	return n
}

// commentLines are the lines of a file on which a comment starts the line.
func commentLines(s source) map[int]bool {
	code, lines := map[int]bool{}, map[int]bool{}
	ast.Inspect(s.file, func(n ast.Node) bool {
		switch n.(type) {
		case nil, *ast.CommentGroup, *ast.Comment, *ast.File:
			return true
		}
		code[s.set.Position(n.Pos()).Line] = true
		code[s.set.Position(n.End()).Line] = true
		return true
	})
	for _, group := range s.file.Comments {
		for line := s.set.Position(group.Pos()).Line; line <= s.set.Position(group.End()).Line; line++ {
			lines[line] = !code[line]
		}
	}
	return lines
}
