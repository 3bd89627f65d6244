// Package digestauth is HTTP and SIP digest authentication (RFC 7616, RFC 8760) of the simulated devices, both sides:
// they answer a registrar's challenge and guard their own web interface with one. It is written by hand so that it can
// disagree with the library of the other end. It must never be used to protect anything real.
package digestauth
