package citation

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Production is the line that carries a feature.
type Production struct {
	Path string // from the root, with slashes

	pieces  []string // ways to read the quoted text, the likeliest first
	Replace *string  // what stands there instead; nil = the line is blanked
}

// Piece is the quoted text as the citation means it.
func (p *Production) Piece() string { return p.pieces[0] }

var productionForm = regexp.MustCompile(`^(\S+?):\s*(.+)$`)

// parseProduction reads `path/file.go: "piece"` with or without ` => "replacement"`.
func parseProduction(text string) (*Production, string) {
	m := productionForm.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return nil, `after "by" stand a path, a colon and a quoted piece of the line`
	}
	piece, replacement, replaced := m[2], "", false
	if i := strings.LastIndex(m[2], `" => "`); i >= 0 {
		piece, replacement, replaced = m[2][:i+1], m[2][i+5:], true
	} else if i := strings.LastIndex(m[2], "` => "); i >= 0 {
		piece, replacement, replaced = m[2][:i+1], m[2][i+5:], true
	}
	p := &Production{Path: m[1], pieces: readings(piece)}
	if len(p.pieces) == 0 {
		return nil, fmt.Sprintf("%s is not a quoted piece of a line", piece)
	}
	if replaced {
		words := readings(replacement)
		if len(words) == 0 {
			return nil, fmt.Sprintf("%s is not a quoted replacement", replacement)
		}
		p.Replace = &words[0]
	}
	return p, ""
}

// readings gives what a quoted text may mean: with Go's escapes, and literally for people who did not escape inner quotes.
func readings(quoted string) []string {
	quoted = strings.TrimRight(strings.TrimSpace(quoted), ".")
	if len(quoted) < 2 || quoted[0] != quoted[len(quoted)-1] || quoted[0] != '"' && quoted[0] != '`' {
		return nil
	}
	var all []string
	if text, err := strconv.Unquote(quoted); err == nil {
		all = append(all, text)
	}
	if text := quoted[1 : len(quoted)-1]; len(all) == 0 || all[0] != text {
		all = append(all, text)
	}
	return all
}

// ErrAbsent and ErrAmbiguous say why a piece names no line.
var (
	ErrAbsent    = errors.New("the piece is not in the file")
	ErrAmbiguous = errors.New("the piece stands in the file more than once")
)

// Find gives the number of the line (from 1) and the reading of the piece that is in it.
func (p *Production) Find(content string) (line int, piece string, err error) {
	for _, piece := range p.pieces {
		switch strings.Count(content, piece) {
		case 0:
			continue
		case 1:
			if strings.TrimSpace(piece) == "" || strings.Contains(piece, "\n") {
				return 0, "", fmt.Errorf("%w: %q is no piece of one line", ErrAbsent, piece)
			}
			return 1 + strings.Count(content[:strings.Index(content, piece)], "\n"), piece, nil
		default:
			return 0, "", fmt.Errorf("%w: %q", ErrAmbiguous, piece)
		}
	}
	return 0, "", fmt.Errorf("%w: %q", ErrAbsent, p.Piece())
}

// Mutants gives the contents to try, the first that compiles counts: the line blanked, or the piece replaced and, should that
// not compile, the whole line replaced.
func (p *Production) Mutants(content string) ([]string, error) {
	n, piece, err := p.Find(content)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(content, "\n")
	with := func(line string) string {
		changed := append([]string(nil), lines...)
		changed[n-1] = line
		return strings.Join(changed, "\n")
	}
	if p.Replace == nil {
		return []string{with("")}, nil
	}
	return []string{with(strings.Replace(lines[n-1], piece, *p.Replace, 1)), with(*p.Replace)}, nil
}
