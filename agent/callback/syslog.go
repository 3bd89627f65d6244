package callback

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// message gives the words of a syslog datagram without its priority. What stands between (RFC 3164 and RFC 5424 differ, and devices keep to neither)
// stays: who reads the words looks for what it knows.
func message(raw []byte) (string, bool) {
	if len(raw) == 0 || len(raw) > maxLine || !utf8.Valid(raw) {
		return "", false
	}
	text := strings.TrimRight(string(raw), "\r\n\x00")
	if rest, ok := strings.CutPrefix(text, "<"); ok {
		priority, words, closed := strings.Cut(rest, ">")
		if !closed || len(priority) == 0 || len(priority) > 3 || strings.Trim(priority, "0123456789") != "" {
			return "", false
		}
		text = words
	}
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\t' }) {
		return "", false // more than one line, or none for people
	}
	return text, strings.TrimSpace(text) != ""
}
