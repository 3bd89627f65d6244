// Package media carries speech and pictures over the agent where they must not go from device to device: it rewrites
// session descriptions, relays RTP and RTCP between two announced addresses and hears the keys of RFC 4733. The SIP adapter
// makes one anchor a call. It never decides about a door, and never forwards a packet of a source that was not announced.
package media
