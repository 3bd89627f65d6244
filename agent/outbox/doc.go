// Package outbox carries the agent's events to the cloud, each exactly once and in order, over any number of breaks,
// restarts and months without a link. Everyone who has something to tell calls Append inside the transaction that stores
// the fact; the agent's wiring runs Run and hands it the session. DESIGN.md beside this file tells how and why.
//
// It must never make a door wait: a full disk thins the log instead of refusing the act.
package outbox
