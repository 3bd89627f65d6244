package akuvox

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// noRetcode marks an answer without a retcode.
const noRetcode flexible = -1 << 30

// flexible is a number that some firmware writes in quotes.
type flexible int

// UnmarshalJSON reads 1 and "1".
func (f *flexible) UnmarshalJSON(raw []byte) error {
	n, err := strconv.Atoi(strings.Trim(string(raw), `"`))
	if err != nil {
		return fmt.Errorf("number: %w", err)
	}
	*f = flexible(n)
	return nil
}

// text is a value that should be a string and on some firmware is a bare number or boolean.
type text string

// UnmarshalJSON reads "1", 1, true and null; objects and lists are no values.
func (t *text) UnmarshalJSON(raw []byte) error {
	s := string(raw)
	switch {
	case s == "null":
		*t = ""
	case strings.HasPrefix(s, `"`):
		return json.Unmarshal(raw, (*string)(t))
	case strings.HasPrefix(s, "{"), strings.HasPrefix(s, "["):
		*t = ""
	default:
		*t = text(s)
	}
	return nil
}

// longest is how much of a device's own words is kept.
const longest = 64

// printable cuts a device's words to what may stand in a log or on a page.
func printable(s string) string {
	out := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, s)
	if runes := []rune(out); len(runes) > longest {
		return string(runes[:longest])
	}
	return out
}
