// Package proof is digest authentication (RFC 7616, RFC 8760) as the agent asks devices for it, over SIP and HTTP, and gives it to carriers.
//
// Invariants: a challenge costs no memory until it is answered rightly; a nonce is good for the source it was made for, and each count of it once; a
// password is compared in constant time and never told.
package proof
