// Package autop serves provisioning files to the devices of the document: over HTTP and HTTPS, found by SIP PnP or by a DHCP option. A file goes only
// to the card that the neighbour table shows, or to who proves to be the device, and its secrets leave once, while the device's pairing window is open.
package autop
