// Package presence knows which agents are there: online, quiet, offline, refused or never seen. Hellos, heartbeats and last
// wills from the link go through one pure step function; the service keeps its state in the database, and a sweeper notices
// silence. Hub calls it for every message, the API reads it, commands ask it before they promise anything.
//
// Invariant: one connection of an agent is in force at a time, and only a hello whose (generation, counter) is above the
// stored pair puts another in its place (TestStep_FencesConnections). It never believes a broker about who is online.
package presence
