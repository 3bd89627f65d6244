// Package agent wires the parts of a building's box: it opens the store and the page on the LAN, waits for the claim, and then runs calls,
// doors, devices and the link until its context ends. It decides nothing itself; every rule lives in the part it belongs to.
package agent
