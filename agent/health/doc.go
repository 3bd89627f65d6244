// Package health keeps the named conditions of the agent: what is wrong now, since when, and where. Jobs raise and clear them, the agent's page
// lists them, and every change becomes a row of the log. A condition has a code of the closed list here; it must never carry a secret, and
// raising one must never stop the job that does it.
package health
