package domain

import "slices"

// LegMark is one instant in a call's timeline, in milliseconds after the INVITE arrived.
type LegMark struct {
	AtMilli int64  `cbor:"1,keyasint" json:"at_ms"`
	What    string `cbor:"2,keyasint" json:"what"` // invited ringing answered declined cancelled failed left_out ended digit opened moved early_media
	Why     string `cbor:"3,keyasint,omitempty" json:"why,omitempty"`
}

// LegKind is what a leg of a call rings. The caller's line has none, nor has any leg of an agent that did not say yet.
type LegKind string

// Kinds of legs.
const (
	LegDevice   LegKind = "device"
	LegApp      LegKind = "app"
	LegLandline LegKind = "landline"
)

// SignedIn is how a device stood with the agent's registrar when it was to ring.
type SignedIn string

// States of a registration with the agent. Refused: it tries, with a password that is not the one the document has.
const (
	RegLive    SignedIn = "live"
	RegNone    SignedIn = "none"
	RegRefused SignedIn = "refused"
)

// LegNet is what the network had to do with a leg.
type LegNet struct {
	Address    string   `cbor:"1,keyasint,omitempty"` // where the INVITE went, or came from; of a device left out: where it was seen
	Transport  string   `cbor:"2,keyasint,omitempty"` // udp, tcp, tls, ice
	SignedIn   SignedIn `cbor:"3,keyasint,omitempty"`
	Code       int      `cbor:"4,keyasint,omitempty"` // the final SIP answer: its own, or ours to the caller
	OtherGroup bool     `cbor:"5,keyasint,omitempty"` // it stands in another network group than the caller
	Beside     bool     `cbor:"7,keyasint,omitempty"` // it was seen in the network that the caller stands in
	Anew       bool     `cbor:"6,keyasint,omitempty"` // it registered anew during the call, as a device does after a restart
}

// LegBody is one leg of a call's timeline; an empty DeviceID is the caller, or somebody without a device.
type LegBody struct {
	DeviceID DeviceID  `cbor:"1,keyasint"`
	Name     string    `cbor:"2,keyasint,omitempty"`
	Marks    []LegMark `cbor:"3,keyasint"`
	Kind     LegKind   `cbor:"4,keyasint,omitempty"`
	Path     string    `cbor:"5,keyasint,omitempty"` // ip, sip, remote, trunk, cloud
	Stage    int       `cbor:"6,keyasint,omitempty"` // the first is 1
	Net      LegNet    `cbor:"7,keyasint,omitzero"`
	PersonID PersonID  `cbor:"8,keyasint,omitzero"` // whose app or number it is
}

// Has gives the last mark of a kind.
func (l LegBody) Has(what string) (LegMark, bool) {
	for _, m := range slices.Backward(l.Marks) {
		if m.What == what {
			return m, true
		}
	}
	return LegMark{}, false
}

// CallBody is the body of EventCall: the whole record of one ring (BEY-05).
type CallBody struct {
	CallID      CallID      `cbor:"1,keyasint"`
	CallerID    DeviceID    `cbor:"2,keyasint"`
	Dialled     string      `cbor:"3,keyasint"`
	ApartmentID ApartmentID `cbor:"4,keyasint"`
	End         EndReason   `cbor:"5,keyasint"`
	AnsweredBy  DeviceID    `cbor:"6,keyasint"`
	Legs        []LegBody   `cbor:"7,keyasint"` // the caller's line first
	LastsMilli  int64       `cbor:"8,keyasint"`
	WAN         bool        `cbor:"9,keyasint"` // whether the link to the cloud was up
	Anchored    bool        `cbor:"10,keyasint"`
	Cause       Cause       `cbor:"11,keyasint,omitempty"` // why it went as it did; empty from an agent that did not say yet
	Blame       int         `cbor:"12,keyasint,omitempty"` // the leg that the cause is about, the first is 1; 0: none
}

// Cause tells why a ring went as it did, in a word that a person can act on: a closed list, finer than EndReason. Package callrecord finds it.
type Cause string

// Causes.
const (
	CauseAnswered Cause = "answered" // somebody talked with the visitor
	CauseOpened   Cause = "opened"   // and opened the door

	// People.
	CauseNobodyHome Cause = "nobody_home" // it rang and nobody answered
	CauseDeclined   Cause = "declined"
	CauseBusy       Cause = "busy"
	CauseGaveUp     Cause = "gave_up"     // the visitor went away while it rang
	CauseLateAnswer Cause = "late_answer" // somebody answered when the ringing had just ended

	// The plan.
	CauseUnknownNumber Cause = "unknown_number"
	CauseNoMonitors    Cause = "no_monitors" // nothing in the home that could ring
	CauseNotAllowed    Cause = "not_allowed" // the site does not let this one call that one
	CauseNoApp         Cause = "no_app"      // the home is called on its apps, and none is signed in
	CauseNoTrunk       Cause = "no_trunk"    // the home is called by telephone, and the site has no line
	CauseLandlineOff   Cause = "landline_off"
	CauseBadNumber     Cause = "bad_number"  // the stored number is none that can be called
	CauseNoTransfer    Cause = "no_transfer" // the door phone has no internet, and not exactly one monitor of its network passes calls on
	CauseWrongGroup    Cause = "wrong_group" // the device is here, but the document puts it into another network

	// Devices and the network.
	CauseNotRegistered Cause = "not_registered"
	CauseWrongPassword Cause = "wrong_password" // the device tries to sign in with another password
	CauseCodecs        Cause = "codecs"         // caller and device have no sound or picture format in common
	CauseDeviceRefused Cause = "device_refused" // the device answered with an error
	CauseNoReply       Cause = "no_reply"       // the device is known and says nothing
	CauseNoRoute       Cause = "no_route"       // nothing could be sent to the device
	CauseWANDown       Cause = "wan_down"       // the way leads over the internet, and that was down
	CauseOtherAgent    Cause = "other_agent"    // the device belongs to another agent, which could not be reached
	CauseTrunkLimit    Cause = "trunk_limit"    // a limit of the telephone line
	CauseTrunkRefused  Cause = "trunk_refused"  // the telephone line did not take the call

	// The door phone and the agent.
	CauseCallerRefused Cause = "caller_refused" // who called is no door phone of this agent
	CausePanelLost     Cause = "panel_lost"     // the door phone went away during the call
	CauseLoop          Cause = "loop"           // the same call came twice
	CauseTooMany       Cause = "too_many_calls" // the door phone or the agent had too many calls at once
	CauseRestarted     Cause = "agent_restarted"
	CauseBug           Cause = "bug"
	CauseUnclear       Cause = "unclear" // the record says something that this version does not know
)

// Causes lists every cause once.
func Causes() []Cause {
	return []Cause{
		CauseAnswered, CauseOpened, CauseNobodyHome, CauseDeclined, CauseBusy, CauseGaveUp, CauseLateAnswer, CauseUnknownNumber, CauseNoMonitors,
		CauseNotAllowed, CauseNoApp, CauseNoTrunk, CauseLandlineOff, CauseBadNumber, CauseNoTransfer, CauseWrongGroup, CauseNotRegistered, CauseWrongPassword, CauseCodecs, CauseDeviceRefused,
		CauseNoReply, CauseNoRoute, CauseWANDown, CauseOtherAgent, CauseTrunkLimit, CauseTrunkRefused, CauseCallerRefused, CausePanelLost,
		CauseLoop, CauseTooMany, CauseRestarted, CauseBug, CauseUnclear,
	}
}

// Technical tells whether a cause is nothing that people did: somebody has to look at a device, a network or a setting.
func (c Cause) Technical() bool {
	switch c {
	case CauseAnswered, CauseOpened, CauseNobodyHome, CauseDeclined, CauseBusy, CauseGaveUp, CauseLateAnswer, CauseUnknownNumber, CauseNotAllowed, CauseTooMany:
		return false
	}
	return true
}
