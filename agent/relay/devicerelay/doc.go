// Package devicerelay moves a door phone's own relays through its device driver; the device's own timer lets go. Package door calls it. It must
// never pulse a device that has not shown its own MAC at its present address.
package devicerelay
