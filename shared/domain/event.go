package domain

// EventKind is the closed list of what a row of the log can say. A retired kind stays in the list.
type EventKind string

// Kinds of events.
const (
	EventDoor          EventKind = "door_log"      // a relay was to be moved: who, by what, with what result
	EventCall          EventKind = "call"          // one finished call with its timeline
	EventDiscovery     EventKind = "discovery"     // a device was found, changed its address or was lost
	EventDeviceStatus  EventKind = "device_status" // a device of the document came or went
	EventCommand       EventKind = "command"       // the result of a remote command
	EventConfig        EventKind = "config"        // a version was received, applied or rejected
	EventSecurity      EventKind = "security"      // a refused caller, digest, spoof, or unknown binding
	EventConflict      EventKind = "conflict"      // a device is not where or what the document says
	EventGap           EventKind = "gap"           // rows were dropped; stands for their numbers
	EventAgent         EventKind = "agent"         // start, stop, rolled-back disk, clone suspicion
	EventLinkCondition EventKind = "condition"     // a health condition was raised or cleared
	EventRelay         EventKind = "relay"         // a channel of a monitor's relay board was to be put on or off
	EventBoardState    EventKind = "board_state"   // what a relay board shows, when it shows something else than before
	EventAlarm         EventKind = "alarm"         // a device says that somebody breaks in or tampers with it
	EventRelayState    EventKind = "relay_state"   // a device says that a contact of its own moved
)

// EventKinds lists every kind once.
func EventKinds() []EventKind {
	return []EventKind{
		EventDoor, EventCall, EventDiscovery, EventDeviceStatus, EventCommand, EventConfig, EventSecurity, EventConflict, EventGap, EventAgent, EventLinkCondition,
		EventRelay, EventBoardState, EventAlarm, EventRelayState,
	}
}

// Stream separates what must never be dropped from what may be thinned.
type Stream uint8

// Streams of events.
const (
	StreamAudit  Stream = 1
	StreamStatus Stream = 2
)

// StreamOf gives the stream a kind belongs to.
func StreamOf(k EventKind) Stream {
	switch k {
	case EventDeviceStatus, EventDiscovery, EventLinkCondition, EventBoardState, EventRelayState:
		return StreamStatus
	}
	return StreamAudit
}

// Means is how somebody asked for a door.
type Means string

// Means of opening.
const (
	MeansRemote Means = "remote" // portal, by command
	MeansDTMF   Means = "dtmf"   // a digit in a call
	MeansLocal  Means = "local"  // the agent's own page: relay test
	MeansVisit  Means = "visit"  // nobody asked: a visitor called and no door was opened (LOG-01)

	// What devices decide themselves, and tell.
	MeansCode   Means = "code"
	MeansCard   Means = "card"
	MeansFace   Means = "face"
	MeansQR     Means = "qr"
	MeansButton Means = "button" // a button on an input of the device, such as the one beside the door inside
	MeansDevice Means = "device" // the device moved its relay and did not say why
)

// ActResult is the honest outcome of an act on a relay.
type ActResult string

// Results of an act. Unknown: the act may have happened; nobody will repeat it. Not opened: there was no act, only a visit.
const (
	ActDone    ActResult = "done"
	ActRefused ActResult = "refused"
	ActFailed  ActResult = "failed"
	ActExpired ActResult = "expired"
	ActUnknown ActResult = "unknown"

	ActNotOpened ActResult = "not_opened"
)

// Reason is a word of the closed lists below: the same word in log, event, metric and API.
type Reason string

// Reasons of refused or failed acts.
const (
	ReasonNone          Reason = ""
	ReasonRelayOff      Reason = "relay_off"        // the relay is switched off in the document
	ReasonUnknownDevice Reason = "unknown_device"   // not in the document, or not this agent's
	ReasonUnknownRelay  Reason = "unknown_relay"    // the device has no such relay, the board no such channel
	ReasonNotAllowed    Reason = "not_allowed"      // the document does not let this one open
	ReasonUnreachable   Reason = "unreachable"      // board or device did not answer; nothing moved
	ReasonTimeout       Reason = "timeout"          // no answer after the write: it may have moved
	ReasonDevice        Reason = "device_error"     // the device said no
	ReasonLate          Reason = "late"             // older than its deadline on arrival
	ReasonClockUnsure   Reason = "clock_unsure"     // age cannot be judged
	ReasonWrongConn     Reason = "wrong_connection" // meant for another connection
	ReasonBadSignature  Reason = "bad_signature"
	ReasonUnknownKind   Reason = "unknown_kind"
	ReasonInterrupted   Reason = "interrupted"   // the agent stopped between the write and the result
	ReasonAgentOffline  Reason = "agent_offline" // nobody to ask
	ReasonNoAnswer      Reason = "no_answer"     // the agent never answered before the deadline

	ReasonReadBack    Reason = "read_back_differs" // the device took the write and shows something else
	ReasonFull        Reason = "device_full"       // it has no room for the keys of everybody
	ReasonWrongDevice Reason = "wrong_device"      // another MAC answers at its address
	ReasonNotFound    Reason = "not_found"         // no address is known
	ReasonNotBack     Reason = "not_back"          // it took the order to restart and has not come back
	ReasonNotAble     Reason = "not_able"          // its driver does not know how
	ReasonBusy        Reason = "busy"              // as much of it as may be at once
	ReasonNoTunnel    Reason = "no_tunnel"         // the agent did not get through to the cloud
	ReasonForbidden   Reason = "forbidden_address" // an address that no tunnel may lead to
	ReasonUnknownKey  Reason = "unknown_key"       // the device did not take a code, card or face
	ReasonWrongGroup  Reason = "wrong_group"       // it does not answer in the network group that the document names, or was seen in another network
)

// DoorBody is the body of EventDoor.
type DoorBody struct {
	DeviceID    DeviceID    `cbor:"1,keyasint"`
	Relay       int         `cbor:"2,keyasint"`
	Means       Means       `cbor:"3,keyasint"`
	Result      ActResult   `cbor:"4,keyasint"`
	Reason      Reason      `cbor:"5,keyasint,omitempty"`
	By          string      `cbor:"6,keyasint,omitempty"` // display words: account name, monitor name
	ByDevice    DeviceID    `cbor:"7,keyasint"`           // the monitor whose digit it was
	ApartmentID ApartmentID `cbor:"8,keyasint"`
	CallID      CallID      `cbor:"9,keyasint"`
	CommandID   CommandID   `cbor:"10,keyasint"`
	TookMilli   int64       `cbor:"11,keyasint,omitempty"` // from the ask to the relay's confirmation
	Trust       Trust       `cbor:"12,keyasint,omitempty"` // empty: the agent did it itself
}

// RelayBody is the body of EventRelay.
type RelayBody struct {
	DeviceID  DeviceID  `cbor:"1,keyasint"` // the monitor
	Channel   int       `cbor:"2,keyasint"`
	On        bool      `cbor:"3,keyasint"`
	Means     Means     `cbor:"4,keyasint"`
	Result    ActResult `cbor:"5,keyasint"`
	Reason    Reason    `cbor:"6,keyasint,omitempty"`
	By        string    `cbor:"7,keyasint,omitempty"`
	CommandID CommandID `cbor:"8,keyasint"`
	TookMilli int64     `cbor:"9,keyasint,omitempty"`
}

// BoardStateBody is the body of EventBoardState. Bit 0 is channel 1; without Online nothing is known of them.
type BoardStateBody struct {
	BoardID  BoardID  `cbor:"1,keyasint"`
	DeviceID DeviceID `cbor:"2,keyasint"` // the monitor whose board it is; zero: a board of the site
	Online   bool     `cbor:"3,keyasint"`
	Channels int      `cbor:"4,keyasint"`
	Outputs  uint32   `cbor:"5,keyasint"`
	Inputs   uint32   `cbor:"6,keyasint"`
}

// EndReason tells why a call ended: a closed list, one word everywhere.
type EndReason string

// Reasons of call ends.
const (
	EndAnswered         EndReason = "answered"    // talked, then hung up
	EndOpened           EndReason = "opened"      // talked and a door was opened
	EndNoAnswer         EndReason = "no_answer"   // rang, nobody answered in time
	EndDeclined         EndReason = "declined"    // somebody declined
	EndCallerGone       EndReason = "caller_gone" // the visitor gave up
	EndUnknownApartment EndReason = "unknown_apartment"
	EndNoTargets        EndReason = "no_targets"  // the apartment has nothing that can ring
	EndUnreachable      EndReason = "unreachable" // every leg failed
	EndRefusedCaller    EndReason = "refused_caller"
	EndNotAllowed       EndReason = "not_allowed" // the site does not let this one call whom it dialled (CALL-08)
	EndBusy             EndReason = "busy"
	EndLoop             EndReason = "loop"        // the same call came twice
	EndInterrupted      EndReason = "interrupted" // the agent restarted
	EndBug              EndReason = "bug"
)

// DiscoveryBody is the body of EventDiscovery.
type DiscoveryBody struct {
	MAC      MAC      `cbor:"1,keyasint"`
	Model    string   `cbor:"2,keyasint,omitempty"`
	Firmware string   `cbor:"3,keyasint,omitempty"`
	Address  string   `cbor:"4,keyasint"`
	Service  string   `cbor:"5,keyasint,omitempty"`
	DeviceID DeviceID `cbor:"6,keyasint"` // zero: not in the document
	Lost     bool     `cbor:"7,keyasint,omitempty"`
}

// StatusBody is the body of EventDeviceStatus.
type StatusBody struct {
	DeviceID DeviceID `cbor:"1,keyasint"`
	Online   bool     `cbor:"2,keyasint"`
	Address  string   `cbor:"3,keyasint,omitempty"`
}

// CommandBody is the body of EventCommand.
type CommandBody struct {
	CommandID CommandID `cbor:"1,keyasint"`
	Kind      string    `cbor:"2,keyasint"`
	Result    ActResult `cbor:"3,keyasint"`
	Reason    Reason    `cbor:"4,keyasint,omitempty"`
}

// NoteBody is the body of config, security, conflict, agent and condition events: a word and what it is about.
type NoteBody struct {
	What     string   `cbor:"1,keyasint"` // closed word, for example wrong_digest, unknown_caller, spoofed_source, started
	DeviceID DeviceID `cbor:"2,keyasint"`
	Detail   string   `cbor:"3,keyasint,omitempty"` // addresses, numbers; never a secret
	Version  uint64   `cbor:"4,keyasint,omitempty"`
	Cleared  bool     `cbor:"5,keyasint,omitempty"`
}

// Reasons of holes in the log.
const (
	GapFull         = "full"           // the disk or the outbox had no room
	GapLost         = "lost"           // numbers were missing on the agent's disk
	GapNotWithCloud = "not_with_cloud" // acknowledged and removed, and the cloud does not have them: it was restored from a backup
)

// GapBody is the body of EventGap.
type GapBody struct {
	From   uint64 `cbor:"1,keyasint"`
	To     uint64 `cbor:"2,keyasint"`
	Reason string `cbor:"3,keyasint"`
}
