// Package provision brings the devices of the document to what the document says, one worker a device: identify, compare, write, read back. A
// receipt is applied only when the device shows what is wanted. The agent runs it; it talks to devices through package device.
//
// Step is pure; workers carry its effects out. Invariant: no device's silence delays another (TestFailure27_DeadDevicesDelayNobody). It must never write
// to a device that shows another MAC, nor to one that is set up by hand.
package provision
