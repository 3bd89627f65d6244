// Package wire is the link's language: CBOR messages with integer keys, topics, one growing protocol number, the
// digest chain of event rows and the sealing of configuration. It has no logic beyond reading and writing.
//
// Keys are never reused; unknown keys are ignored; decoding is strict (duplicate keys, depth, size and indefinite
// lengths are refused). deploy/docs/protocol.md tells the same in prose.
package wire
