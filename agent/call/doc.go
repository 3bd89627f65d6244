// Package call is the life of one call as a pure machine, Step(state, input, now) → state, effects, and a thin runner that
// gives each call one goroutine and one mailbox. The SIP adapter feeds it and carries out its effects. It never touches the
// network, a clock, a store or the link: a call in the building does not wait for the cloud.
package call
