// Package desiredstate keeps the document of each site in versions and brings it to the agents. Fleet calls Bump inside the
// transaction of an edit and Announce after it; the link brings hellos, beats, pulls and reports. Truth is the database;
// announcements may be lost at any time, because every beat carries what the agent holds.
//
// Invariants: version order is commit order (Bump locks the site's head); what leaves is sealed for one agent; an agent has
// at most one announcement in flight (TestStep_OneAnnouncementInFlight). The package never sends what it did not commit.
package desiredstate
