// Package eventlog takes batches of events from agents, once each and in order, and shows them. The link calls Take and sends
// the answer after commit; the API lists. Rows are chained by digests: what was altered on the way or later is found and
// named, never shown as true.
//
// Invariants: a row is acknowledged only after commit; a number is stored at most once per (agent, epoch, stream); a row that
// cannot be read never stops the ones behind it (TestStep_*). The package never changes or drops a stored row.
package eventlog
