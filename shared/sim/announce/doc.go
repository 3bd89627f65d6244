// Package announce is the multicast DNS responder (RFC 6762, RFC 6763) of the simulated building: one socket on one
// named interface, loopback included, speaks for all its devices. It needs no root and no routes. It answers and never
// asks: names come from the configuration, so it does not probe for conflicts, and it answers at once, without the
// pauses that spare a crowded network.
package announce
