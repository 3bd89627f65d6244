// Package peer lets two agents of one site talk about a leg between them: what one says arrives at the other once, in order, and proved.
// The wiring gives it the session with the cloud; package sip rings over it. Media goes its own way, see agent/peer/path. See DESIGN.md.
//
// It must never let a late offer or a late key through, never take a word that the other agent's certificate does not prove, and never
// talk with an agent that the site's document does not name.
package peer
