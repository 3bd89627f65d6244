package wire

import (
	"encoding/binary"

	"vestibule/shared/domain"
)

// Checkpoint is an agent's signed word about its log: row Seq of a stream has this digest, and with it stands every row before.
type Checkpoint struct {
	Seq       uint64   `cbor:"1,keyasint"`
	Digest    [32]byte `cbor:"2,keyasint"`
	AtMilli   int64    `cbor:"3,keyasint"` // the agent's wall clock
	Signature []byte   `cbor:"4,keyasint"` // by the key of the agent's certificate, see CheckpointContext
}

// CheckpointContext sets the signature of a checkpoint apart from those of other purposes.
const CheckpointContext = "vestibule checkpoint 1"

// Message is what is signed: the place in the log, the digest and the instant.
func (c Checkpoint) Message(agent domain.AgentID, epoch domain.EpochID, stream domain.Stream) []byte {
	out := append(append(append([]byte{}, agent[:]...), epoch[:]...), byte(stream))
	out = binary.BigEndian.AppendUint64(out, c.Seq)
	out = append(out, c.Digest[:]...)
	return binary.BigEndian.AppendUint64(out, uint64(c.AtMilli))
}
