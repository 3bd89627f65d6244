package wire

import (
	"encoding/binary"
	"reflect"

	"vestibule/shared/desired"
	"vestibule/shared/domain"
)

// Announce tells the head of the site's document. Sealed, when present, is a sealed Delta from From to Version (see SealConfig);
// else the agent pulls.
type Announce struct {
	Version uint64       `cbor:"1,keyasint"`
	Hash    desired.Hash `cbor:"2,keyasint"`
	From    uint64       `cbor:"3,keyasint,omitempty"`
	Sealed  []byte       `cbor:"4,keyasint,omitempty"`
}

// Pull asks for one chunk of what turns version From (0: nothing) into Version. Whole names the payload being resumed; zero at Index 0.
type Pull struct {
	From    uint64   `cbor:"1,keyasint"`
	Version uint64   `cbor:"2,keyasint"` // 0: the head
	Index   uint32   `cbor:"3,keyasint"`
	Whole   [32]byte `cbor:"4,keyasint"`
	Packs   bool     `cbor:"5,keyasint,omitempty"` // as in Hello: pulls may reach another replica than the hello did
}

// Chunk is one piece of a sealed Delta. Whole is the SHA-256 of all pieces; when it differs from the one being pulled, start again at 0.
type Chunk struct {
	Version uint64   `cbor:"1,keyasint"`
	From    uint64   `cbor:"2,keyasint"`
	Index   uint32   `cbor:"3,keyasint"`
	Count   uint32   `cbor:"4,keyasint"`
	Whole   [32]byte `cbor:"5,keyasint"`
	Data    []byte   `cbor:"6,keyasint"`
}

// ReceiptState is where an edit stands on a device (BEY-07).
type ReceiptState string

// Receipt states in rising order; Failed and Manual stand beside them.
const (
	ReceiptHeld    ReceiptState = "held"    // stored by the agent
	ReceiptWritten ReceiptState = "written" // the device said yes
	ReceiptApplied ReceiptState = "applied" // read back equal
	ReceiptFailed  ReceiptState = "failed"  // written, but read back different or refused; tried again
	ReceiptManual  ReceiptState = "manual"  // set up by hand; nothing is written
)

// DeviceReport is one device's receipt and presence.
type DeviceReport struct {
	DeviceID  domain.DeviceID `cbor:"1,keyasint"`
	State     ReceiptState    `cbor:"2,keyasint"`
	Version   uint64          `cbor:"3,keyasint"` // newest version that State is true of
	Reason    domain.Reason   `cbor:"4,keyasint,omitempty"`
	Online    bool            `cbor:"5,keyasint"`
	SeenMilli int64           `cbor:"6,keyasint,omitempty"` // wall clock of the agent
	Address   string          `cbor:"7,keyasint,omitempty"`
	Model     string          `cbor:"8,keyasint,omitempty"`
	Firmware  string          `cbor:"9,keyasint,omitempty"`
	SIP       bool            `cbor:"10,keyasint,omitempty"` // has a live registration
	MAC       domain.MAC      `cbor:"12,keyasint,omitempty"` // of the hardware that the rest is about; empty from agents before it was told
	AutoP     []AutoPReport   `cbor:"13,keyasint,omitempty"` // how far the lines of installers got
	Resets    uint32          `cbor:"14,keyasint,omitempty"` // how often it was found as from the factory after it had been set up
	SetUp     bool            `cbor:"15,keyasint,omitempty"` // was seen to hold a document since it was last as from the factory
	ToldMilli int64           `cbor:"16,keyasint,omitempty"` // when it last said something by itself, to within some minutes; wall clock of the agent
	Withheld  []string        `cbor:"11,keyasint,omitempty"` // features of shared/capability that its firmware does not reach: wanted, and not written
}

// AutoPReport is how far AutoP lines got on a device. Refused names settings, never values.
type AutoPReport struct {
	Order    domain.AutoPID    `cbor:"1,keyasint"`           // zero: the regular text
	Revision uint64            `cbor:"2,keyasint,omitempty"` // of the regular text
	State    domain.AutoPState `cbor:"3,keyasint"`
	Refused  []string          `cbor:"4,keyasint,omitempty"`
}

// Equal tells whether two reports say the same.
func (r DeviceReport) Equal(o DeviceReport) bool { return reflect.DeepEqual(r, o) }

// Report tells where the agent stands: which version it holds, and per device (own groups only) what is on it. Full reports
// list every device; others only what changed.
type Report struct {
	Seq      uint64         `cbor:"1,keyasint"` // grows within a connection; answered by Reported
	Version  uint64         `cbor:"2,keyasint"`
	Hash     desired.Hash   `cbor:"3,keyasint"`
	Rejected uint64         `cbor:"4,keyasint,omitempty"`
	Full     bool           `cbor:"5,keyasint,omitempty"`
	Devices  []DeviceReport `cbor:"6,keyasint,omitempty"`
	Trunk    *TrunkReport   `cbor:"7,keyasint,omitempty"` // when it changed; nil says nothing
	Reach    *Reach         `cbor:"8,keyasint,omitempty"` // likewise
}

// Told names a report in a few bytes: the agent's last one, named in a welcome, need not be said again. Connections are named at random, so that two
// reports of an agent have the same name by a chance of 1 in 2^62.
func Told(conn domain.ConnID, seq uint64) uint64 {
	return (binary.BigEndian.Uint64(conn[8:])<<2>>2 + seq) &^ (1 << 63)
}

// Reported acknowledges reports up to Seq after commit.
type Reported struct {
	Seq uint64 `cbor:"1,keyasint"`
}
