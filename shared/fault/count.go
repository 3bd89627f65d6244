package fault

import (
	"fmt"
	"strings"
)

// Of is how many there are of something, with its word for one and for many.
type Of struct {
	N         int
	One, Many string
}

// Count tells in words what there is, such as "1 apartment and 2 devices"; what there is none of is left out.
func Count(all ...Of) string {
	var parts []string
	for _, of := range all {
		switch {
		case of.N == 1:
			parts = append(parts, "1 "+of.One)
		case of.N > 1:
			parts = append(parts, fmt.Sprintf("%d %s", of.N, of.Many))
		}
	}
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	last := len(parts) - 1
	return strings.Join(parts[:last], ", ") + " and " + parts[last]
}
