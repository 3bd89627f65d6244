// Package watch lets many goroutines wait for a condition about somebody else's state without polling: the owner
// calls Notify after every change, the waiter gives a condition. The simulated devices are its only users. It must
// never hold the owner's lock.
package watch
