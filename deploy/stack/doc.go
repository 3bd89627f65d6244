// Package stack starts the whole product on one machine: cloud, agent and a simulated building, joined over real
// listeners on loopback, with a proxy in the link that can be cut. The demo, the story, the system tests and the benchmarks use it; it
// speaks to the cloud through its public API alone.
package stack
