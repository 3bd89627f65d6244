// Command world runs the whole link in one process: the services of the cloud, a broker and the jobs of many agents, driven by one thread from one
// queue of events, with one virtual clock and one seeded source of chance. The same seed gives the same story, event for event.
//
//	world -seed 7            one world; prints its story's digest
//	world -seed 7 -runs 20   the same world twenty times: every digest must be the same (`make world SEED=7`)
//	world -seed 7 -story     every event of the story, in order
//	world -seed 1 -worlds 50 fifty worlds, seeds 1 to 50
//
// What is real: link.Step and link.Timing, outbox, configsync and remote of the agent; router, presence, desiredstate, eventlog and command of the cloud;
// wire, desired and the cryptography. What is played: disks and the database (memory that commits, fails and crashes), the network and the broker
// (delay, stall, cut, half-open, twice, out of order, one kilobyte a second) and the doors. The real broker, library and stores have tests of their own.
//
// Promises that are watched: no door after its deadline; no act twice; a result never lies; every accepted event in the cloud exactly once after
// quiet; documents equal after quiet; presence true within its bound; nothing crosses tenants. A broken promise names its seed, and that replays it.
package main
