package domain

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

// AutoP is what an installer adds to the settings of a device in the words of its maker. Lines may hold passwords, so texts are secrets.
type AutoP struct {
	DeviceID DeviceID      `cbor:"1,keyasint"`
	Revision uint64        `cbor:"2,keyasint"`           // of Text
	Text     secret.String `cbor:"3,keyasint"`           // regular lines: always valid, sent again at every provisioning (AUTOP-01)
	Orders   []AutoPOrder  `cbor:"4,keyasint,omitempty"` // one-time lines that were not carried out yet (AUTOP-02)
}

// AutoPOrder is lines that are carried out once.
type AutoPOrder struct {
	ID   AutoPID       `cbor:"1,keyasint"`
	Text secret.String `cbor:"2,keyasint"`
}

// AutoPState is how far lines got on a device.
type AutoPState string

// States of lines; told is the first, the others end an order.
const (
	AutoPTold    AutoPState = "told"
	AutoPApplied AutoPState = "applied" // the device was read and holds them
	AutoPRefused AutoPState = "refused" // the device does not hold some of them
	AutoPLapsed  AutoPState = "lapsed"  // the device was reset (AUTOP-05)
)

// Bounds of AutoP texts.
const (
	MaxAutoPLine    = 1024
	MaxAutoPLines   = 500
	MaxAutoPText    = 32 << 10
	MaxAutoPDevices = 500 // of one batch (AUTOP-03)
)

// Words of security rows about provisioning files.
const (
	NoteFileServed       = "file_served"        // a device got its file with secrets
	NoteFileFetchedAgain = "file_fetched_again" // somebody asked for it once more while the window was open: the password is changed
)

// AutoPLine is one line: a comment has no key.
type AutoPLine struct{ Key, Value string }

// String gives the line as it is stored and sent.
func (l AutoPLine) String() string {
	if l.Key == "" {
		return l.Value
	}
	return l.Key + "=" + l.Value
}

// ReadAutoP reads a text into lines. Empty lines go, and lines that say the same twice stand once (AUTOP-06). A line that is none is named in the
// error at path (AUTOP-07).
func ReadAutoP(path, text string) ([]AutoPLine, error) {
	var f fault.Fields
	f.Check(len(text) <= MaxAutoPText, path, "At most %d KiB.", MaxAutoPText>>10)
	if err := f.Err(); err != nil {
		return nil, err
	}
	var out []AutoPLine
	for i, raw := range strings.Split(text, "\n") {
		line := strings.TrimSpace(raw)
		if line == "" {
			continue
		}
		read, wrong := readAutoPLine(line)
		f.Check(wrong == "", path, "Line %s: %s", strconv.Itoa(i+1), wrong)
		out = append(out, read)
	}
	f.Check(len(out) <= MaxAutoPLines, path, "At most %d lines.", MaxAutoPLines)
	return MergeAutoP(nil, out), f.Err()
}

// readAutoPLine reads one line, or says what is wrong with it; the words never repeat it, because it may hold a password.
func readAutoPLine(line string) (read AutoPLine, wrong string) {
	switch {
	case len(line) > MaxAutoPLine:
		return read, "longer than 1 KiB."
	case !utf8.ValidString(line) || strings.ContainsFunc(line, unicode.IsControl):
		return read, "a character that cannot be typed."
	case line[0] == '#' || line[0] == ';':
		return AutoPLine{Value: line}, ""
	}
	key, value, found := strings.Cut(line, "=")
	key = strings.TrimSpace(key)
	switch {
	case !found:
		return read, "no = between a setting and its value."
	case key == "":
		return read, "no setting before the =."
	}
	return AutoPLine{Key: key, Value: strings.TrimSpace(value)}, ""
}

// MergeAutoP adds lines to stored ones: a line that stands there already stays once, and a setting with another value replaces the older (AUTOP-06).
func MergeAutoP(stored, added []AutoPLine) []AutoPLine {
	out := slices.Clone(stored)
	for _, line := range added {
		at := slices.IndexFunc(out, func(o AutoPLine) bool { return o == line || line.Key != "" && o.Key == line.Key })
		if at < 0 {
			out = append(out, line)
			continue
		}
		out[at] = line
	}
	return out
}

// WriteAutoP gives lines as a text.
func WriteAutoP(lines []AutoPLine) string {
	words := make([]string, len(lines))
	for i, line := range lines {
		words[i] = line.String()
	}
	return strings.Join(words, "\n")
}

// autoPSettings gives the lines of a stored text that set something.
func autoPSettings(text secret.String) []AutoPLine {
	lines, err := ReadAutoP("text", text.Reveal())
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(lines, func(l AutoPLine) bool { return l.Key == "" })
}

// Lines gives the regular lines that set something.
func (a AutoP) Lines() []AutoPLine { return autoPSettings(a.Text) }

// Lines gives the lines of an order that set something.
func (o AutoPOrder) Lines() []AutoPLine { return autoPSettings(o.Text) }

// Validate checks what an agent reads.
func (a AutoP) Validate() error {
	_, err := ReadAutoP("text", a.Text.Reveal())
	for _, o := range a.Orders {
		if err == nil {
			_, err = ReadAutoP("orders", o.Text.Reveal())
		}
	}
	return err
}
