// Package maintenance restarts devices and brings them back to the factory's settings, and waits until they have come back. The agent's
// wiring hands it to remote; provision is told, so that a restarting device is shown as away and is configured again as soon as it answers.
//
// It must never say that a device restarted before the device was seen to have: an order that was taken is not a restart.
package maintenance
