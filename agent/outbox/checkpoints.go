package outbox

import (
	"context"
	"encoding/binary"

	"vestibule/shared/domain"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

// Kind says what a kept checkpoint stands for.
type Kind int

// Kinds of kept checkpoints.
const (
	Floor Kind = 1 // where the rows on the shelf begin: everything up to it is with the cloud. One per stream
	Hole  Kind = 2 // a gap row: how the chain goes on behind the rows that it stands for
	Head  Kind = 3 // a row near the end. One per stream
)

// Kept is what the agent signs about its own shelf. The chain at rest is another one than the chain that travels: it is made when a row is
// stored, and it survives holes.
type Kept struct {
	Stream    domain.Stream `cbor:"1,keyasint"`
	Kind      Kind          `cbor:"2,keyasint"`
	Seq       uint64        `cbor:"3,keyasint"`
	Link      [32]byte      `cbor:"4,keyasint"`           // the row after Seq is chained to it
	Row       [32]byte      `cbor:"5,keyasint,omitzero"`  // of a hole: the gap row, chained to the row before it
	Next      [32]byte      `cbor:"6,keyasint,omitzero"`  // when Link is lost with its row: the row after Seq, chained to nothing
	AtMilli   int64         `cbor:"7,keyasint"`           // the agent's wall clock
	Leaf      []byte        `cbor:"8,keyasint,omitempty"` // certificate whose key signed; empty when nobody could
	Signature []byte        `cbor:"9,keyasint,omitempty"`
}

// KeptContext sets these signatures apart from those of other purposes.
const KeptContext = "vestibule kept checkpoint 1"

// Message is what is signed.
func (k Kept) Message(agent domain.AgentID, epoch domain.EpochID) []byte {
	out := append(append(append([]byte{}, agent[:]...), epoch[:]...), byte(k.Stream), byte(k.Kind))
	out = binary.BigEndian.AppendUint64(out, k.Seq)
	out = append(append(append(out, k.Link[:]...), k.Row[:]...), k.Next[:]...)
	return binary.BigEndian.AppendUint64(out, uint64(k.AtMilli))
}

// headEvery is after how many rows the end of a stream is signed.
const headEvery = 64

// link chains a row at rest. Who the agent is, is not known before the claim, so it is in the signatures alone.
func link(epoch domain.EpochID, stream domain.Stream, before [32]byte, r wire.Row) [32]byte {
	return wire.Chain(domain.AgentID{}, epoch, stream, before, r)
}

// keep signs and stores a checkpoint. One that cannot be signed is kept without a signature: a log must not wait for a key.
func (o *Outbox) keep(ctx context.Context, epoch domain.EpochID, k Kept) error {
	k.AtMilli = o.clock.Now().UnixMilli()
	if o.sign != nil {
		var err error
		if k.Signature, k.Leaf, err = o.sign(ctx, KeptContext, k.Message(o.agent(), epoch)); err != nil {
			o.log.Warn("a checkpoint is not signed", logkey.Stream, int(k.Stream), logkey.Seq, k.Seq, logkey.Err, err)
			k.Signature, k.Leaf = nil, nil
		}
	}
	return o.shelf.PutKept(ctx, k)
}

// checkpoint signs the last row of a batch for the cloud; nil when nobody can sign.
func (o *Outbox) checkpoint(ctx context.Context, ev wire.Events) *wire.Checkpoint {
	if o.sign == nil || len(ev.Rows) == 0 {
		return nil
	}
	last := ev.Rows[len(ev.Rows)-1]
	c := wire.Checkpoint{Seq: last.Seq, Digest: last.Digest, AtMilli: o.clock.Now().UnixMilli()}
	var err error
	if c.Signature, _, err = o.sign(ctx, wire.CheckpointContext, c.Message(o.agent(), ev.Epoch, ev.Stream)); err != nil {
		o.log.Warn("a batch leaves without a checkpoint", logkey.Stream, int(ev.Stream), logkey.Err, err)
		return nil
	}
	return &c
}

// linkAt gives the link of a number whose row is here, or of the last acknowledged one; zero when it is lost.
func (o *Outbox) linkAt(ctx context.Context, mark Mark, seq uint64) ([32]byte, error) {
	if seq == mark.Acked {
		return mark.Base, nil
	}
	rows, err := o.shelf.Rows(ctx, mark.Stream, seq-1, 1, 1<<40)
	if err != nil || len(rows) == 0 || rows[0].Seq != seq {
		return [32]byte{}, err
	}
	return rows[0].Digest, nil
}

// behind tells how the chain goes on behind a number whose row is lost: by its link, which is known for the last one alone, or by the next row.
func (o *Outbox) behind(ctx context.Context, epoch domain.EpochID, mark Mark, seq uint64) (Kept, error) {
	k := Kept{Stream: mark.Stream, Seq: seq}
	if seq == mark.Last {
		k.Link = mark.Link
		return k, nil
	}
	rows, err := o.shelf.Rows(ctx, mark.Stream, seq, 1, 1<<40)
	if err == nil && len(rows) > 0 {
		k.Next = link(epoch, mark.Stream, [32]byte{}, rows[0])
	}
	return k, err
}

// keptAt finds the checkpoint of a kind at a number.
func (o *Outbox) keptAt(ctx context.Context, stream domain.Stream, kind Kind, seq uint64) (Kept, error) {
	all, err := o.shelf.Kept(ctx, stream)
	for _, k := range all {
		if k.Kind == kind && k.Seq == seq {
			return k, err
		}
	}
	return Kept{}, err
}
