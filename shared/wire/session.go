package wire

import (
	"vestibule/shared/desired"
	"vestibule/shared/domain"
)

// Hello opens a session. (Generation, Counter) is the fence: the cloud takes a hello only when the pair is higher than the stored one.
type Hello struct {
	AgentVersion string         `cbor:"1,keyasint"`
	MinProto     int            `cbor:"2,keyasint"`
	Generation   uint32         `cbor:"3,keyasint"`
	Counter      uint64         `cbor:"4,keyasint"`
	Boot         [16]byte       `cbor:"5,keyasint"` // random per process start
	Epoch        domain.EpochID `cbor:"6,keyasint"` // of the outbox file
	LastAudit    uint64         `cbor:"7,keyasint"` // highest seq given out
	LastStatus   uint64         `cbor:"8,keyasint"`
	Config       uint64         `cbor:"9,keyasint"`
	ConfigHash   desired.Hash   `cbor:"10,keyasint"`
	MonoMilli    int64          `cbor:"11,keyasint"` // our monotonic clock, echoed back
	WallMilli    int64          `cbor:"12,keyasint"`
	ClockSure    bool           `cbor:"13,keyasint"`
	LANAddress   string         `cbor:"14,keyasint,omitempty"` // host:port of the agent's own page
	Rejected     uint64         `cbor:"15,keyasint,omitempty"` // a version this agent refuses to run
	Packs        bool           `cbor:"16,keyasint,omitempty"` // reads configuration in its packed form; see SealConfig
	FilesAddress string         `cbor:"17,keyasint,omitempty"` // host:port of provisioning files over HTTP, as devices reach it
}

// Welcome answers a hello. Refuse is empty when the session stands.
type Welcome struct {
	Proto       int          `cbor:"1,keyasint"`
	ServerMilli int64        `cbor:"2,keyasint"` // database time
	BoundMilli  int64        `cbor:"3,keyasint"` // its error bound
	EchoMilli   int64        `cbor:"4,keyasint"` // Hello.MonoMilli
	Config      uint64       `cbor:"5,keyasint"`
	ConfigHash  desired.Hash `cbor:"6,keyasint"`
	AckedAudit  uint64       `cbor:"7,keyasint"` // for the hello's epoch
	AckedStatus uint64       `cbor:"8,keyasint"`
	BeatMilli   int64        `cbor:"9,keyasint"`
	RetryMilli  int64        `cbor:"10,keyasint,omitempty"` // with Refuse: wait this long first
	Refuse      Refusal      `cbor:"11,keyasint,omitempty"`
	Fence       uint64       `cbor:"12,keyasint,omitempty"` // with RefuseStale: the counter to jump above
	Generation  uint32       `cbor:"13,keyasint,omitempty"`
	Told        uint64       `cbor:"14,keyasint,omitempty"` // Told of the last report that is stored
}

// Refusal is why a session does not stand.
type Refusal string

// Refusals.
const (
	RefuseNone    Refusal = ""
	RefuseStale   Refusal = "stale"   // counter at or below the fence: restored from a backup, or a clone
	RefuseRevoked Refusal = "revoked" // certificate or agent revoked
	RefuseClone   Refusal = "clone"   // quarantined until claimed again
	RefuseUpgrade Refusal = "upgrade" // protocol outside the window
	RefuseBusy    Refusal = "busy"    // too many hellos: wait RetryMilli
)

// Beat is the heartbeat.
type Beat struct {
	MonoMilli  int64        `cbor:"1,keyasint"`
	Config     uint64       `cbor:"2,keyasint"`
	ConfigHash desired.Hash `cbor:"3,keyasint"`
	Pending    uint64       `cbor:"4,keyasint"` // rows in the outbox
	Dropped    uint64       `cbor:"5,keyasint,omitempty"`
}

// BeatAck answers a beat with a clock sample.
type BeatAck struct {
	EchoMilli   int64        `cbor:"1,keyasint"`
	ServerMilli int64        `cbor:"2,keyasint"`
	BoundMilli  int64        `cbor:"3,keyasint"`
	Config      uint64       `cbor:"4,keyasint"`
	ConfigHash  desired.Hash `cbor:"5,keyasint"`
}

// Gone is the body of the last will; the envelope's Conn names the connection.
type Gone struct {
	Counter uint64 `cbor:"1,keyasint"`
}

// Renew asks for a certificate for a new key (PKCS #10, DER).
type Renew struct {
	CSR []byte `cbor:"1,keyasint"`
}

// Renewed carries the new chain (DER, leaf first) or the words of a refusal.
type Renewed struct {
	Chain  [][]byte `cbor:"1,keyasint,omitempty"`
	Refuse string   `cbor:"2,keyasint,omitempty"`
}
