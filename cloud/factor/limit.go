package factor

import (
	"time"

	"vestibule/cloud/guard"
)

// Limits on guessing, for one account whatever the sessions, and on beginning passkey sign-ins, for one place.
const (
	maxWrong    = 10
	wrongWithin = 15 * time.Minute
	maxBegun    = 120
)

func tooMany(wait time.Duration) error {
	return guard.Locked(wait, "Too many wrong codes. Try again %s.", guard.In(wait))
}
