// Package lab makes the building's network for system tests: network namespaces of its own, joined by a bridge (the LAN) and
// by a wire to the test's own namespace (the WAN) that can be cut without a reset. Enter puts the whole test program into
// fresh namespaces first, so that nothing outside is touched and everything is gone when the program ends.
package lab
