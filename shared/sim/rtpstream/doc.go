// Package rtpstream is the sound of a simulated device: a G.711 tone out, a count of what comes in, keypad digits both
// ways by RFC 4733, and the session descriptions (RFC 3264, RFC 8866) that go with it. Written by hand, so that it can
// disagree with the other end. It knows no signalling.
package rtpstream
