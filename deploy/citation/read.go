package citation

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strings"
)

// readGo finds the citations of a Go test file and the test that each stands by.
func readGo(path, content string) ([]Citation, []Fault, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, content, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, nil, err
	}
	var all []Citation
	var faults []Fault
	for _, group := range file.Comments {
		for _, comment := range group.List {
			for i, text := range commentLines(comment.Text) {
				line := set.Position(comment.Pos()).Line + i
				ids, by, fault, ok := parseLine(text)
				if !ok {
					continue
				}
				test := testAt(file, comment)
				if fault == "" && test == "" {
					fault = "the citation stands by no test function"
				}
				if fault != "" {
					faults = append(faults, Fault{path, line, fault})
					continue
				}
				all = append(all, Citation{IDs: ids, File: path, Line: line, Test: test, By: by})
			}
		}
	}
	return all, faults, nil
}

// commentLines takes the comment marks off.
func commentLines(text string) []string {
	if line, ok := strings.CutPrefix(text, "//"); ok {
		return []string{line}
	}
	lines := strings.Split(strings.TrimSuffix(strings.TrimPrefix(text, "/*"), "*/"), "\n")
	for i := range lines {
		lines[i] = strings.TrimPrefix(strings.TrimSpace(lines[i]), "*")
	}
	return lines
}

// testAt names the test function around the comment, else the one that follows next.
func testAt(file *ast.File, comment *ast.Comment) string {
	for _, decl := range file.Decls {
		if decl.End() < comment.Pos() {
			continue
		}
		f, ok := decl.(*ast.FuncDecl)
		if !ok && decl.Pos() < comment.Pos() {
			return "" // inside a table or a type of the file
		}
		if !ok {
			continue
		}
		if f.Recv == nil && (strings.HasPrefix(f.Name.Name, "Test") || strings.HasPrefix(f.Name.Name, "Fuzz")) {
			return f.Name.Name
		}
		return ""
	}
	return ""
}

var title = regexp.MustCompile("\\b(?:test|it)(?:\\.\\w+)*\\(\\s*(?:'([^']+)'|\"([^\"]+)\"|`([^`]+)`)")

// readScript finds the citations of a portal test: the test is the next title within a few lines, else the one above.
func readScript(path, content string) ([]Citation, []Fault, error) {
	lines := strings.Split(content, "\n")
	var all []Citation
	var faults []Fault
	for i, line := range lines {
		_, text, found := strings.Cut(line, "//")
		if !found {
			text, found = strings.CutPrefix(strings.TrimSpace(line), "*")
		}
		if !found {
			continue
		}
		ids, by, fault, ok := parseLine(text)
		if !ok {
			continue
		}
		test := titleNear(lines, i)
		if fault == "" && test == "" {
			fault = "the citation stands by no test"
		}
		if fault != "" {
			faults = append(faults, Fault{path, i + 1, fault})
			continue
		}
		all = append(all, Citation{IDs: ids, File: path, Line: i + 1, Test: test, By: by})
	}
	return all, faults, nil
}

func titleNear(lines []string, at int) string {
	for i := at; i < len(lines) && i <= at+4; i++ {
		if name := titleIn(lines[i]); name != "" {
			return name
		}
	}
	for i := at - 1; i >= 0; i-- {
		if name := titleIn(lines[i]); name != "" {
			return name
		}
	}
	return ""
}

func titleIn(line string) string {
	m := title.FindStringSubmatch(line)
	if m == nil {
		return ""
	}
	return m[1] + m[2] + m[3]
}
