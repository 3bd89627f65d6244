// Package remote carries out what the cloud asks for at once: today, to open a door, to restart or reset a device, or to make a way to its pages. It checks the cloud's signature, the
// connection, the age and the journal, promises the act on the disk before it happens, and tells the honest result. The
// agent's wiring hands it the session's commands.
//
// It must never act twice on one command, never after its deadline, and never on the word of the broker alone.
package remote
