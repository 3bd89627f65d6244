// Package device says what an intercom driver can do, as small capability interfaces, and what a device should know, as a pure function of the
// desired document. Package provision writes it onto devices; the relay driver of a device's own relays pulses through it. Drivers never decide:
// they never open a relay that nobody asked for, and never talk to a device that shows another MAC.
package device
