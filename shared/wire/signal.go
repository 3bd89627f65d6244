package wire

import "vestibule/shared/domain"

// SignalKind is what one agent tells another about a leg between them.
type SignalKind string

// Kinds of signals.
const (
	SignalOffer    SignalKind = "offer"    // from the caller's agent: ring this device
	SignalPath     SignalKind = "path"     // either way: how media reaches me, and more candidates of it
	SignalRinging  SignalKind = "ringing"  // from here on from the callee's agent
	SignalAnswered SignalKind = "answered" // with the device's description
	SignalDeclined SignalKind = "declined"
	SignalFailed   SignalKind = "failed" // also the answer to a cancel: nothing rings any more
	SignalDigit    SignalKind = "digit"  // a key of a device that the callee's agent authenticated
	SignalCancel   SignalKind = "cancel" // from the caller's agent
	SignalBye      SignalKind = "bye"    // either way
	SignalAck      SignalKind = "ack"    // nothing but Ack; it has no number
)

// SignalBody is the signed part of a signal. From, To and the instant are inside the signature, so that the pipe can neither forge,
// redirect nor keep one for later.
type SignalBody struct {
	Leg         domain.LegID    `cbor:"1,keyasint"` // random, of one leg
	From        domain.AgentID  `cbor:"2,keyasint"`
	To          domain.AgentID  `cbor:"3,keyasint"`
	Seq         uint32          `cbor:"4,keyasint,omitempty"` // 1, 2, 3 … in each direction
	Ack         uint32          `cbor:"5,keyasint,omitempty"` // everything up to it has arrived
	IssuedMilli int64           `cbor:"6,keyasint"`           // the sender's estimate of the cloud's time
	BoundMilli  int64           `cbor:"7,keyasint"`           // its error bound
	Kind        SignalKind      `cbor:"8,keyasint"`
	Call        domain.CallID   `cbor:"9,keyasint,omitempty"`  // offer
	Caller      domain.DeviceID `cbor:"10,keyasint,omitempty"` // offer
	Device      domain.DeviceID `cbor:"11,keyasint,omitempty"` // offer: which device; digit: whose key
	Dialled     string          `cbor:"12,keyasint,omitempty"` // offer
	Description []byte          `cbor:"13,keyasint,omitempty"` // offer, answered: SDP
	Path        *MediaPath      `cbor:"14,keyasint,omitempty"` // offer, path
	Why         string          `cbor:"15,keyasint,omitempty"` // declined, failed
	Busy        bool            `cbor:"16,keyasint,omitempty"` // declined
	Key         string          `cbor:"17,keyasint,omitempty"` // digit
	How         string          `cbor:"18,keyasint,omitempty"` // digit: info or rfc4733
}

// MediaPath is how an agent is reached with media (RFC 8445, RFC 5763). The first of a leg has all but candidates; later ones only those.
type MediaPath struct {
	Ufrag       string   `cbor:"1,keyasint,omitempty"`
	Password    string   `cbor:"2,keyasint,omitempty"`
	Fingerprint []byte   `cbor:"3,keyasint,omitempty"` // SHA-256 of the DTLS certificate
	Candidates  []string `cbor:"4,keyasint,omitempty"` // RFC 8839 section 5.1, without "candidate:"
}

// SignalContext stands before the body in what is signed: ECDSA P-256 over SHA-256(SignalContext, a zero byte, Body), ASN.1.
const SignalContext = "vestibule signal 1"

// Signal is a signal with its proof. Up, Peer is who it is for; down, who sent it, from the certificate of the connection that it came on.
type Signal struct {
	Peer      domain.AgentID `cbor:"1,keyasint"`
	Leg       domain.LegID   `cbor:"2,keyasint"` // for the cloud's refusal; the one that counts is in Body
	Body      []byte         `cbor:"3,keyasint"` // CBOR of SignalBody
	Signature []byte         `cbor:"4,keyasint"`
	Chain     [][]byte       `cbor:"5,keyasint"` // the sender's certificate, leaf first, DER
}

// SignalRefused tells the sender that a signal goes nowhere.
type SignalRefused struct {
	Leg domain.LegID `cbor:"1,keyasint"`
	Why string       `cbor:"2,keyasint"`
}

// Words of SignalRefused.
const (
	RefusedUnknownAgent = "unknown_agent" // none of this site
	RefusedAgentOffline = "agent_offline"
	RefusedTooMany      = "too_many"
)

// AskTurn asks for a login at the TURN server beside the cloud.
type AskTurn struct{}

// TurnLogin is a login at the TURN server (RFC 8656) for a time. No addresses: there is none.
type TurnLogin struct {
	URLs     []string `cbor:"1,keyasint,omitempty"` // turn:host:port?transport=udp
	User     string   `cbor:"2,keyasint,omitempty"`
	Password string   `cbor:"3,keyasint,omitempty"`
	TTLMilli int64    `cbor:"4,keyasint,omitempty"`
}
