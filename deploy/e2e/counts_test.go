package e2e

import "os"

// soak tells whether this is the long run: race-watched programs and full counts.
func soak() bool { return os.Getenv("VESTIBULE_SOAK") == "1" }

// times gives how often a heavy test repeats itself: few in every run, many in a soak.
func times(few, many int) int {
	if soak() {
		return many
	}
	return few
}

// The counts of the heavy tests, side by side.
var (
	ringCrashes  = times(1, 25)
	relayCrashes = times(1, 25)
	wanCuts      = times(1, 15)
	plainCalls   = times(1, 40)
	sheetCrashes = times(2, 40)
)
