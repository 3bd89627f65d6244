// Package neighbour tells which network card a source address belongs to, from the kernel's neighbour table of this network namespace. Package sip
// asks it whether a direct call comes from the device it claims to be. It only reads: it must never make the kernel ask, and never guess.
package neighbour
