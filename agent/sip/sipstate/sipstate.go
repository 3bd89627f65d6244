package sipstate

import (
	"time"

	"vestibule/shared/domain"
)

// Binding is where a device was last registered (RFC 3261 section 10). A device has one; a newer one takes its place.
type Binding struct {
	DeviceID  domain.DeviceID
	User      string // SIP user of the document
	Contact   string // SIP URI of the Contact header, without angle brackets
	Source    string // address:port that the REGISTER came from; requests to the device go there
	CallID    string // Call-ID of the REGISTER
	CSeq      uint32 // CSeq of the REGISTER; an older one of the same Call-ID changes nothing
	Transport string // udp or tcp
	ExpiresAt time.Time
}

// States of a stored leg.
const (
	LegInviting = "inviting" // INVITE sent
	LegUp       = "up"       // answered

	// The caller's side of a call is stored as well.
	LegOffered   = "offered"    // the caller waits for an answer; CSeq and Via are those of its INVITE, Target is where it came from
	LegOfferedUp = "offered_up" // the caller was answered; CSeq is the last one of ours
)

// Leg is one live dialog, or dialog to be, of a call: what is needed to end it after a restart with CANCEL or BYE.
type Leg struct {
	CallID     domain.CallID
	DeviceID   domain.DeviceID
	SIPCallID  string // Call-ID header; names the stored row
	LocalTag   string
	RemoteTag  string   // empty until an answer carries one
	LocalURI   string   // From of our requests
	RemoteURI  string   // To of our requests
	Target     string   // request URI: the device's Contact
	Via        string   // value of the top Via of our INVITE; a CANCEL repeats it
	CSeqMethod string   // method of the request that CSeq belongs to
	CSeq       uint32   // our last sequence number
	State      string   // one of the states above
	Route      []string // route set, first hop first
	Carrier    string   // address:port, of a landline's leg; empty: a device's
	Transport  string   // toward the carrier
}
