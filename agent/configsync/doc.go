// Package configsync brings the site's document into the building: it follows the cloud's head by deltas and pulled
// chunks, verifies every hash, stores a version before anybody sees it, and gives every job one read-only view. It also
// carries back what each device has of it. The agent's wiring runs it; jobs take Current. DESIGN.md beside this file tells how.
//
// It must never show a version that is not on the disk, and never let a version that keeps crashing the agent keep it from its work.
package configsync
