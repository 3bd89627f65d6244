// Package path is the way of media between this agent and another end: ICE (RFC 8445) finds it, directly or over the relay beside the
// cloud, DTLS (RFC 5763) proves the other end by the fingerprint that the signalling carried, and SRTP (RFC 3711) protects what passes.
// It carries packets as they are and knows no codec. Package sip uses it for legs to devices of other agents; legs to apps will.
//
// It must never carry a packet to or from an end whose certificate is not the announced one, and it leaves no socket behind.
package path
