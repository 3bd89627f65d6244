// Package crashpoint names places in the code where a power cut would hurt, so that a test can have one exactly there.
//
// Code that keeps a promise on disk calls Hit between its steps. In every shipped program Hit is empty and the compiler
// removes it. Built with the tag crashpoints, Hit kills its own process with SIGKILL when the environment names the point:
//
//	VESTIBULE_CRASH_AT=door.pulsed      the first time the point is reached
//	VESTIBULE_CRASH_AT=door.pulsed:2    the second time
//
// Called by agent and cloud packages. It must never do anything else than die: no clean-up, no log line, because
// a power cut leaves neither.
package crashpoint
