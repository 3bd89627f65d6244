package collector

import "runtime"

// mark is found by the next sweep.
type mark struct{ look func() }

// AfterEach calls look soon after each sweep from the next one on, one call at a time, for as long as the program lives. look must be quick: who else waits
// for a sweep waits for it.
func AfterEach(look func()) {
	runtime.AddCleanup(&mark{look}, func(look func()) {
		look()
		AfterEach(look)
	}, look)
}
