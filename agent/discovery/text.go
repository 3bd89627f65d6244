package discovery

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// label undoes the library's escapes of one label (\. \032 \195\188) and cleans what comes out.
func label(s string) string { return clean(unescape(s)) }

// unescape reads \X and \DDD.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 >= len(s) {
			b.WriteByte(s[i])
			continue
		}
		if i+3 < len(s) && digit(s[i+1]) && digit(s[i+2]) && digit(s[i+3]) {
			if n := int(s[i+1]-'0')*100 + int(s[i+2]-'0')*10 + int(s[i+3]-'0'); n < 256 {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		i++
		b.WriteByte(s[i])
	}
	return b.String()
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// maxText bounds one name or value that is shown to people.
const maxText = 255

// clean keeps printable UTF-8 and bounds it.
func clean(s string) string {
	out := strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
	for len(out) > maxText {
		_, size := utf8.DecodeLastRuneInString(out)
		out = out[:len(out)-size]
	}
	return out
}

// texts reads key=value strings of a TXT record (RFC 6763 section 6): keys fold case, the first of a key counts, bounds hold.
func texts(list []string) map[string]string {
	out := map[string]string{}
	total := 0
	for _, s := range list {
		key, value, _ := strings.Cut(unescape(s), "=")
		key, value = strings.ToLower(clean(key)), clean(value)
		total += len(key) + len(value)
		if len(out) >= maxTexts || total > maxTextBytes {
			break
		}
		if _, twice := out[key]; key != "" && !twice {
			out[key] = value
		}
	}
	return out
}
