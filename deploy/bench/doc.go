// Command bench measures the product and prints one table of figures: what the agent adds to the set-up of a call, how a forked
// call compares with Kamailio, the agent's resident memory, how long it takes to bring two hundred devices to the document with dead
// and slow ones among them, how many rows of the log a second the cloud takes, the sizes of configuration, and how long an installer
// waits who looks after a thousand sites. It ends with an error when a figure is missing; one beyond its limit is marked.
//
//	bench              everything (`make bench`), about half an hour and a build
//	bench -part calls  the parts that have the word in their names
//	bench -quick       small numbers: shows that every figure can be taken, says little of its value
//
// It runs the real programs, built without cgo, on loopback and in one temporary folder. It needs SIPp, Kamailio and PostgreSQL (`make peers`)
// and no network. It must never run beside other work whose load would be measured with it.
package main
