// Package legfile keeps the live legs of calls in a plain file. What is written is safe from the death of the program at once, without a wait for the
// disk, and from a loss of power a second later: a call costs the disk nothing.
package legfile
