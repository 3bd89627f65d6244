package callback

import (
	"strings"
	"testing"
	"unicode"
)

func TestMessage_TakesTheWordsOfOneLine(t *testing.T) {
	for raw, want := range map[string]string{
		"<134>Nov 29 07:00:00 R29 phone 1: words": "Nov 29 07:00:00 R29 phone 1: words",
		"<0>words\r\n": "words",
		"words\x00":    "words",
		"<134words":    "", "<1345>words": "", "<a>words": "", "<>words": "", "": "", "<1>": "", "a\nb": "", "a\x1b[31m": "", "\xff": "",
		strings.Repeat("x", maxLine+1): "",
	} {
		if got, ok := message([]byte(raw)); got != want || ok != (want != "") {
			t.Errorf("%.40q: %q %v", raw, got, ok)
		}
	}
}

func FuzzMessage(f *testing.F) {
	f.Add([]byte("<134>Nov 29 07:00:00 R29 phone 1: OPENDOOR_LOG:Type:RF KeyCode:0A Relay:1 Status:Successful"))
	f.Add([]byte("<165>1 2026-11-29T07:00:00Z host app - - - words"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if text, ok := message(raw); ok && (strings.TrimSpace(text) == "" || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\t' })) {
			t.Fatalf("%q", text)
		}
	})
}
