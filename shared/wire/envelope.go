package wire

import (
	"github.com/fxamacker/cbor/v2"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// Kind says what a body is. Numbers are never reused: up below 32, down from 32.
type Kind uint8

// Kinds of messages.
const (
	KindHello   Kind = 1
	KindBeat    Kind = 2
	KindReport  Kind = 3
	KindEvents  Kind = 4
	KindResult  Kind = 5
	KindPull    Kind = 6
	KindRenew   Kind = 7
	KindGone    Kind = 8 // the last will
	KindSignal  Kind = 9
	KindAskTurn Kind = 10

	KindWelcome       Kind = 32
	KindBeatAck       Kind = 33
	KindAnnounce      Kind = 34
	KindChunk         Kind = 35
	KindAck           Kind = 36
	KindCommand       Kind = 37
	KindRenewed       Kind = 38
	KindReported      Kind = 39
	KindSignalled     Kind = 40
	KindSignalRefused Kind = 41
	KindTurn          Kind = 42
)

var kindNames = map[Kind]string{
	KindHello: "hello", KindBeat: "beat", KindReport: "report", KindEvents: "events", KindResult: "result", KindPull: "pull",
	KindRenew: "renew", KindGone: "gone", KindWelcome: "welcome", KindBeatAck: "beat_ack", KindAnnounce: "announce",
	KindChunk: "chunk", KindAck: "ack", KindCommand: "command", KindRenewed: "renewed", KindReported: "reported",
	KindSignal: "signal", KindAskTurn: "ask_turn", KindSignalled: "signalled", KindSignalRefused: "signal_refused", KindTurn: "turn",
}

// String names the kind as it stands in up topics.
func (k Kind) String() string {
	if name := kindNames[k]; name != "" {
		return name
	}
	return "unknown"
}

// Envelope is the outside of every message. Conn is the connection it belongs to, in both directions.
type Envelope struct {
	Proto int             `cbor:"1,keyasint"`
	Kind  Kind            `cbor:"2,keyasint"`
	Conn  domain.ConnID   `cbor:"3,keyasint"`
	Body  cbor.RawMessage `cbor:"4,keyasint"`
}

var encoder = must(cbor.CoreDetEncOptions().EncMode())

var decoder = must(cbor.DecOptions{
	DupMapKey:        cbor.DupMapKeyEnforcedAPF,
	IndefLength:      cbor.IndefLengthForbidden,
	TagsMd:           cbor.TagsForbidden,
	MaxNestedLevels:  8,
	MaxArrayElements: 8192,
	MaxMapPairs:      8192,
}.DecMode())

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Marshal writes any message body or stored value in canonical CBOR.
func Marshal(v any) ([]byte, error) { return encoder.Marshal(v) }

// Unmarshal reads strictly; malformed bytes are Invalid.
func Unmarshal(data []byte, v any) error {
	return fault.Wrap(decoder.Unmarshal(data, v), fault.Invalid, "These bytes are not a message of the link.")
}

// Seal puts a body into an envelope. A message over MaxMessage is a Limit error and must not be published.
func Seal(kind Kind, conn domain.ConnID, body any) ([]byte, error) {
	raw, err := encoder.Marshal(body)
	if err != nil {
		return nil, err
	}
	data, err := encoder.Marshal(Envelope{Proto: Proto, Kind: kind, Conn: conn, Body: raw})
	if err != nil {
		return nil, err
	}
	if len(data) > MaxMessage {
		return nil, fault.New(fault.Limit, "A message of %d bytes is over the limit of %d.", len(data), MaxMessage)
	}
	return data, nil
}

// KindOf gives the kind of a message as Seal writes it, by its first bytes alone; 0 for any other bytes. It is for who puts messages in order, not for who reads
// them: that is Open.
func KindOf(data []byte) Kind {
	// A map of four: 1 is the protocol, 2 is the kind (RFC 8949 section 4.2.1: the shortest form, keys in order).
	if len(data) < 5 || data[0] != 0xa4 || data[1] != 1 || data[2] > 23 || data[3] != 2 {
		return 0
	}
	switch {
	case data[4] < 24:
		return Kind(data[4])
	case data[4] == 24 && len(data) > 5:
		return Kind(data[5])
	}
	return 0
}

// Open reads an envelope. Too long, not CBOR, or a protocol outside the window is an error; the caller drops and counts.
func Open(data []byte) (Envelope, error) {
	var e Envelope
	if len(data) > MaxMessage {
		return e, fault.New(fault.Limit, "A message of %d bytes is over the limit of %d.", len(data), MaxMessage)
	}
	if err := Unmarshal(data, &e); err != nil {
		return e, err
	}
	if e.Proto < MinProto || e.Proto > Proto {
		return e, fault.New(fault.Invalid, "Protocol %d is not spoken here.", e.Proto)
	}
	return e, nil
}

// Body reads an envelope's body as T.
func Body[T any](e Envelope) (T, error) {
	var v T
	err := Unmarshal(e.Body, &v)
	return v, err
}
