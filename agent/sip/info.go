package sip

import "strings"

// Content types of keys in INFO (RFC 6086; both are in use).
const (
	typeRelay  = "application/dtmf-relay"
	typePlain  = "application/dtmf"
	typeEvents = "application/telephone-event"
)

// maxInfo bounds the body of a key.
const maxInfo = 256

// keyOf reads the key of an INFO; known is false for another content type, key is empty when there is none in it.
func keyOf(contentType string, body []byte) (key string, known bool) {
	kind, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	switch strings.TrimSpace(kind) {
	case typePlain:
		if len(body) > maxInfo {
			return "", true
		}
		return signal(string(body)), true
	case typeRelay, typeEvents:
		if len(body) > maxInfo {
			return "", true
		}
		for line := range strings.Lines(string(body)) {
			name, value, ok := strings.Cut(line, "=")
			if ok && strings.EqualFold(strings.TrimSpace(name), "signal") {
				return signal(value), true
			}
		}
		return "", true
	}
	return "", false
}

// signal reads one key: 0-9 * #, or the event numbers 10 and 11 of RFC 4733 for the last two.
func signal(text string) string {
	switch text = strings.TrimSpace(text); text {
	case "10":
		return "*"
	case "11":
		return "#"
	case "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "#":
		return text
	}
	return ""
}
