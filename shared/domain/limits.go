package domain

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"vestibule/shared/fault"
)

// Lengths in characters.
const (
	MaxSiteName      = 128
	MaxBuildingName  = 128 // SITE-23
	MaxApartmentName = 64
	MaxPersonName    = 64
	MaxDeviceName    = 64 // DEV-02
	MaxRelayName     = 64 // DEV-15
	MaxGroupName     = 64
	MaxPartyName     = 128 // SITE-39
	MaxRemark        = 255 // PEOPLE-13
	MaxEmail         = 254
	MaxPhone         = 32
)

// checkName wants 1 to most printable characters without leading or trailing blanks.
func checkName(f *fault.Fields, path, name string, most int) {
	n := utf8.RuneCountInString(name)
	switch {
	case strings.TrimSpace(name) == "":
		f.Add(path, "A name is needed.")
	case n > most:
		f.Add(path, "At most %d characters; this has %d.", most, n)
	case !printable(name):
		f.Add(path, "Only printable characters.")
	case strings.TrimSpace(name) != name:
		f.Add(path, "No blanks at the start or the end.")
	}
}

// CheckName notes a fault at path unless name has 1 to most printable characters without leading or trailing blanks.
func CheckName(f *fault.Fields, path, name string, most int) { checkName(f, path, name, most) }

// checkText is checkName for a field that may stay empty.
func checkText(f *fault.Fields, path, text string, most int) {
	if text != "" {
		checkName(f, path, text, most)
	}
}

func printable(text string) bool {
	if !utf8.ValidString(text) {
		return false
	}
	for _, r := range text {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}
