// Package callback takes what devices say happens at them: calls of action URLs over HTTP, each with the secret of its device and from its own card,
// and syslog lines over UDP, from its card alone. It writes rows that tell how far each can be trusted, the same happening once, whichever way it
// came, and never what the agent did itself. What comes in here opens nothing, and no code ever stands in a row or a log.
package callback
