// Package tunnel carries bytes between the cloud and the pages of one device. The agent dials out, shows its certificate, and then takes streams
// that each lead to the same address and port; it reads nothing of what passes.
//
// It must never lead anywhere but to the document's address of the device that the command names: not to the box itself, its own page, a loopback
// or link-local address, and never to where a page would like to send it.
package tunnel
