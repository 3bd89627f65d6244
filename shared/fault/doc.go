// Package fault is the one error type of the product. Jobs return it, adapters map its code to
// HTTP, SIP and wire in one table each. It never carries secrets: Msg is shown to people.
package fault
