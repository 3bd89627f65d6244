package capability

import (
	"cmp"
	"strconv"
	"strings"
)

// Version is a firmware version: model number, platform, branch and build.
type Version [4]uint32

// maxVersion bounds the text of a version: four numbers of nine digits and their dots.
const maxVersion = 4*maxPart + 3

const maxPart = 9

// ParseVersion reads a version such as 29.30.10.205: four decimal numbers of at most nine digits. ok is false for any other text.
func ParseVersion(text string) (v Version, ok bool) {
	if len(text) > maxVersion {
		return Version{}, false
	}
	parts := strings.Split(text, ".")
	if len(parts) != len(v) {
		return Version{}, false
	}
	for i, part := range parts {
		if len(part) == 0 || len(part) > maxPart || strings.Trim(part, "0123456789") != "" {
			return Version{}, false
		}
		n, err := strconv.ParseUint(part, 10, 32)
		if err != nil {
			return Version{}, false
		}
		v[i] = uint32(n)
	}
	return v, true
}

// String gives the version as devices show it.
func (v Version) String() string {
	parts := make([]string, len(v))
	for i, n := range v {
		parts[i] = strconv.FormatUint(uint64(n), 10)
	}
	return strings.Join(parts, ".")
}

// Compare is below zero when v is older than o, number by number from the left: 912.30.11.49 is higher than 912.30.10.225.
func (v Version) Compare(o Version) int {
	for i := range v {
		if c := cmp.Compare(v[i], o[i]); c != 0 {
			return c
		}
	}
	return 0
}

// Meets tells whether v reaches the minimum: the first numbers are equal, because they name the model, and the rest is not lower (DEV-25).
func (v Version) Meets(minimum Version) bool {
	return v[0] == minimum[0] && v.Compare(minimum) >= 0
}
