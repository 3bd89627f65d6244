// Package door is the only way to a relay: decide, note that it begins, pulse, record. Calls, remote commands and the agent's page call Open.
// Each board and each device has one owner goroutine, so that two asks never meet on a wire; a contact without a timer of its own is let go by
// a watchdog that outlives the asker.
//
// Invariant: an ask leads to at most one write; a write that may have arrived is never repeated (TestOpen_LostAnswerIsUnknownAndNeverRepeated).
// Invariant: every ask leaves one row with what is known about it (TestOpen_EveryAskLeavesOneRow). It must never wait for the cloud.
package door
