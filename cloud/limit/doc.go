// Package limit bounds how often each of many may do something: claim from one address, connect as one agent, say hello. It keeps its
// counts in memory, so each replica has its own.
package limit
