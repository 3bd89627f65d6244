// Package citation reads what tests claim: lines such as
//
//	// shows EDGE-06 EDGE-09/R19
//	// shows EDGE-06 by agent/outbox/step.go: "a unique piece of the line that carries it"
//	// shows EDGE-06 by agent/outbox/step.go: "piece" => "what stands there instead"
//
// above or inside a test function. An id is a row of deploy/docs/features.md, the part after the slash one rule of it.
// The production line after "by" is what prove takes out. Called by featurecheck and prove; it judges nothing but the form.
package citation
