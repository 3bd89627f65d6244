// Package twon is the driver of 2N intercoms by their HTTP API, written after the maker's public manual and not tried on hardware yet: who the device
// is, its account at the agent, its directory, its switches, restarts and its picture. Package device decides when it is asked. Entries of the
// directory that somebody else made are never touched.
package twon
