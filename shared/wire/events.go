package wire

import (
	"crypto/sha256"
	"encoding/binary"

	"vestibule/shared/domain"
)

// Row is one event as it lies in the outbox and travels. Its key is (agent, epoch, stream, seq).
type Row struct {
	Seq       uint64           `cbor:"1,keyasint"`
	Kind      domain.EventKind `cbor:"2,keyasint"`
	WallMilli int64            `cbor:"3,keyasint"` // the agent's wall clock
	MonoMilli int64            `cbor:"4,keyasint"`
	Boot      [16]byte         `cbor:"5,keyasint"`
	ClockSure bool             `cbor:"6,keyasint"`
	Body      []byte           `cbor:"7,keyasint,omitempty"`  // CBOR of the kind's body; empty once erased
	Salt      [16]byte         `cbor:"8,keyasint"`            // zero once erased
	BodyHash  [32]byte         `cbor:"9,keyasint"`            // SHA-256(salt, body): stays after erasure
	Digest    [32]byte         `cbor:"10,keyasint"`           // see Chain
	From      uint64           `cbor:"11,keyasint,omitempty"` // gap rows: first missing number, the row stands for From..Seq
}

// HashBody gives SHA-256(salt || body).
func HashBody(salt [16]byte, body []byte) [32]byte {
	h := sha256.New()
	h.Write(salt[:])
	h.Write(body)
	var sum [32]byte
	h.Sum(sum[:0])
	return sum
}

// Chain gives the digest of row after the digest of the row before it in the same epoch and stream (zero for the first).
// It covers the body only through BodyHash, so that erasing body and salt leaves the chain whole.
func Chain(agent domain.AgentID, epoch domain.EpochID, stream domain.Stream, before [32]byte, r Row) [32]byte {
	var room [256]byte
	out := append(room[:0], "vestibule row 1"...)
	out = append(out, before[:]...)
	out = append(append(out, agent[:]...), epoch[:]...)
	out = append(out, byte(stream))
	for _, v := range []uint64{r.Seq, uint64(r.WallMilli), uint64(r.MonoMilli), r.From} {
		out = binary.BigEndian.AppendUint64(out, v)
	}
	out = append(out, r.Boot[:]...)
	if r.ClockSure {
		out = append(out, 1)
	} else {
		out = append(out, 0)
	}
	out = binary.BigEndian.AppendUint64(out, uint64(len(r.Kind)))
	out = append(append(out, r.Kind...), r.BodyHash[:]...)
	return sha256.Sum256(out)
}

// Events is a batch: rows of one epoch and stream in rising, unbroken order (a gap row stands for its numbers).
type Events struct {
	Epoch  domain.EpochID `cbor:"1,keyasint"`
	Stream domain.Stream  `cbor:"2,keyasint"`
	Rows   []Row          `cbor:"3,keyasint"`
	// Checkpoint is the agent's word about the last row, when it could sign; a cloud that does not know it ignores it.
	Checkpoint *Checkpoint `cbor:"4,keyasint,omitempty"`
}

// Ack answers a batch after commit: everything up to Through is the cloud's. Expect is set when rows before the batch are missing.
type Ack struct {
	Epoch     domain.EpochID `cbor:"1,keyasint"`
	Stream    domain.Stream  `cbor:"2,keyasint"`
	Through   uint64         `cbor:"3,keyasint"`
	Expect    uint64         `cbor:"4,keyasint,omitempty"`
	Rejected  []Rejection    `cbor:"5,keyasint,omitempty"`
	WaitMilli int64          `cbor:"6,keyasint,omitempty"`
}

// Rejection is the verdict on a row that the cloud keeps only as raw bytes; the agent quarantines it.
type Rejection struct {
	Seq    uint64 `cbor:"1,keyasint"`
	Reason string `cbor:"2,keyasint"`
}
