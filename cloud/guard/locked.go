package guard

import (
	"errors"
	"fmt"
	"time"

	"vestibule/shared/fault"
)

// LockedError is the cause of a Limit error: how long to wait before the next try counts.
type LockedError struct{ Wait time.Duration }

// Error says how long.
func (e *LockedError) Error() string { return "locked for " + e.Wait.String() }

// Locked gives the Limit error that tells when to come back, with words for a person.
func Locked(wait time.Duration, format string, args ...any) error {
	return fault.Wrap(&LockedError{Wait: wait}, fault.Limit, format, args...)
}

// In says how long to wait in words, in whole minutes rounded up: "in 5 minutes".
func In(wait time.Duration) string {
	if minutes := int((wait + time.Minute - 1) / time.Minute); minutes > 1 {
		return fmt.Sprintf("in %d minutes", minutes)
	}
	return "in one minute"
}

// RetryAfter reads the wait out of an error; zero when it is not about a lock.
func RetryAfter(err error) time.Duration {
	var l *LockedError
	if errors.As(err, &l) {
		return l.Wait
	}
	return 0
}
