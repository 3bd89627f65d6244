// Package turn is the TURN server beside the cloud (RFC 8656): media between two agents goes over it when no direct way exists. The wiring
// starts it when the operator gave it an address; package signal hands its logins out.
//
// It must never be a way into a network: it sends to public addresses and to its own relayed ports alone, and to networks that the
// operator named. It must never carry anything for somebody without a login of this cloud that is still good.
package turn
