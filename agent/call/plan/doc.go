// Package plan decides who rings when a caller dials a number: stages of legs, and for every device that is left out the
// reason. The SIP adapter calls it once a call. It is pure: it never asks the network, a clock or a store, and never names
// a device that is not in the document of this site or not served by this agent.
package plan
