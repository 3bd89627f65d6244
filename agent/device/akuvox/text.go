package akuvox

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
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
