package sip

import (
	"net/netip"

	"vestibule/agent/call"
	"vestibule/shared/domain"
)

// leg is one way to somebody that a call tries: a device of this agent, one of another agent, a landline, an app. What happens on it
// comes back as inputs of the call (LegRinging, LegAnswered, LegDeclined, LegFailed, LegBye, Digit), from any goroutine.
// All methods but run return at once.
type leg interface {
	// run invites, and returns when it is certain that nothing rings: that may be long after the call. It has a goroutine of its own.
	run()
	// cancel ends the ringing. It may come before run and again. An answer that crosses it is told all the same, and may still win while
	// the call rings elsewhere.
	cancel()
	// hangUp ends a leg that answered. It may come again.
	hangUp()
	// answer starts the media of the leg that won and gives the description that the caller gets.
	answer() ([]byte, error)
	// relayed tells whether the media passes through the agent.
	relayed() bool
	// net is what the network has to do with it, for the record of the call.
	net() domain.LegNet
	// by is who opens a door when a key of this leg does.
	by() (name string, device domain.DeviceID)
}

// owner is the call that a leg to a device belongs to: one of this agent, or one that another agent makes.
type owner interface {
	callID() domain.CallID
	calling() domain.Device
	// post takes what happens on the leg.
	post(in call.Input)
	// offerFor gives what the device is offered, and whether its media passes through the agent; bound: it is registered.
	offerFor(d domain.Device, bound bool, local netip.Addr) (anchored bool, offer []byte)
	// anchorTo starts the media toward a device that answered an offer of the agent, and gives the description for the caller. from is where
	// the device's signalling comes from; onKey hears its RFC 4733 keys.
	anchorTo(answer []byte, from netip.Addr, onKey func(key byte)) ([]byte, error)
	// settled is the Reason header of a CANCEL (RFC 3326): that somebody else has answered; empty for none.
	settled() string
	// tries tells whether the call rings a device already.
	tries(d domain.DeviceID) bool
}
