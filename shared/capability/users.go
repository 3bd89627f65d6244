package capability

import "strings"

// rooms is how many users with keys a model keeps, where that is known.
var rooms = []struct {
	model string
	users int
}{{"R20", 1000}, {"E12", 1000}, {"S532", 10_000}}

// Users tells how many users with keys a model has room for; 0: nobody knows.
func Users(model string) int {
	for _, r := range rooms {
		if strings.HasPrefix(strings.ToUpper(model), r.model) {
			return r.users
		}
	}
	return 0
}
