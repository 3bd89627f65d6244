package trunk

import (
	"fmt"
	"time"

	"vestibule/shared/wire"
)

// Times of a registration.
const (
	Ask          = 5 * time.Minute // asked for; short, so that the way through a router stays open
	leastRefresh = 20 * time.Second
	firstRetry   = 5 * time.Second
	longestRetry = 5 * time.Minute
	firstPardon  = time.Minute // after a refusal: carriers shut out who guesses
	longestWait  = 30 * time.Minute
)

// Registration is how it stands with the carrier between two answers. It is changed by its methods alone, which are pure: rnd is randomness in [0, 1).
type Registration struct {
	State  wire.TrunkState
	Reason string
	Until  time.Time     // the registration holds
	Next   time.Time     // when the carrier is asked again
	Ask    time.Duration // what is asked for
	fails  int
}

// Begin is a registration of which nothing is known; the carrier is asked at once.
func Begin(now time.Time) Registration {
	return Registration{State: wire.TrunkConnecting, Next: now, Ask: Ask}
}

// Answered takes the carrier's final answer: its status, for how long it registered, and how long it wants to be left alone.
func (r Registration) Answered(code int, text string, granted, retry time.Duration, now time.Time, rnd float64) Registration {
	switch {
	case code >= 200 && code < 300:
		next := max(leastRefresh, granted*8/10)
		return Registration{State: wire.TrunkRegistered, Until: now.Add(granted), Next: now.Add(next), Ask: r.Ask}
	case code == 423 && granted > r.Ask: // RFC 3261 section 10.3: too brief; granted is the least
		r.Ask, r.Next = min(granted, time.Hour), now
		return r
	case code == 408 || code >= 500 && code < 600:
		return r.lost(fmt.Sprintf("%d %s", code, text), max(retry, 0), now, rnd)
	}
	r.fails++
	r.State, r.Reason, r.Until = wire.TrunkRefused, fmt.Sprintf("%d %s", code, text), time.Time{}
	r.Next = now.Add(max(backOff(firstPardon, longestWait, r.fails, rnd), min(retry, time.Hour)))
	return r
}

// Lost takes that no answer came. While the last registration holds, calls go on.
func (r Registration) Lost(why string, now time.Time, rnd float64) Registration {
	return r.lost(why, 0, now, rnd)
}

func (r Registration) lost(why string, retry time.Duration, now time.Time, rnd float64) Registration {
	r.fails++
	if !now.Before(r.Until) {
		r.State, r.Reason = wire.TrunkUnreachable, why
	}
	r.Next = now.Add(max(backOff(firstRetry, longestRetry, r.fails, rnd), min(retry, time.Hour)))
	if r.State == wire.TrunkRegistered && r.Next.After(r.Until) {
		r.Next = r.Until
	}
	return r
}

// Reached is Answered for a trunk that does not register: any answer at all means that the carrier is there.
func (r Registration) Reached(now time.Time) Registration {
	return Registration{State: wire.TrunkReady, Next: now.Add(time.Minute), Ask: r.Ask, Until: now.Add(3 * time.Minute)}
}

// backOff doubles from first to longest, with a part of chance: agents of a town do not come back in one second.
func backOff(first, longest time.Duration, fails int, rnd float64) time.Duration {
	wait := first
	for range fails - 1 {
		if wait *= 2; wait >= longest {
			wait = longest
			break
		}
	}
	return wait/2 + time.Duration(rnd*float64(wait/2))
}
