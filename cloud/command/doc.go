// Package command asks an agent to act now, and tells honestly what came of it. The API calls Open and waits; the link brings
// results. A command is live only: an agent that is not online is refused at once, and nothing is ever sent again on
// another connection or after the deadline.
//
// Invariants: the signature covers agent, connection, id and deadline, so the broker alone can open nothing; one
// Idempotency-Key of an account leads to one command; a result that no agent told is unknown, never done and never expired (TestStep_*).
package command
