package outbox

import (
	"context"

	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// Reader reads a log as it stood at one moment.
type Reader interface {
	Marks(ctx context.Context) (Marks, error)
	Kept(ctx context.Context, s domain.Stream) ([]Kept, error)
	// Each gives the stored rows in the order of the numbers under which they lie, until see says no.
	Each(ctx context.Context, s domain.Stream, see func(seq uint64, raw []byte) bool) error
}

// Proof tells whether a certificate of this agent signed a message.
type Proof func(leaf []byte, purpose string, message, signature []byte) bool

// Words of Finding.Bad.
const (
	BadMissing = "missing" // the row is not there
	BadAltered = "altered" // it is not the one that was written at this place
	BadForged  = "forged"  // a checkpoint there was not signed by this agent
)

// Finding is what Verify says about one stream. Bad is empty when every row on the shelf stands as it was written; else Seq is the first bad row.
type Finding struct {
	Stream domain.Stream
	From   uint64 // first number that waits here; what is before it is with the cloud
	To     uint64 // last number given out
	Rows   uint64 // that were looked at
	Holes  uint64 // of them gap rows
	Signed uint64 // up to here the agent's signature vouches
	Bad    string
	Seq    uint64
}

// Verify walks both streams of a log and names the first bad row of each.
func Verify(ctx context.Context, log Reader, agent domain.AgentID, proof Proof) ([]Finding, error) {
	marks, err := log.Marks(ctx)
	if err != nil {
		return nil, err
	}
	var out []Finding
	for _, mark := range []Mark{marks.Audit, marks.Status} {
		w := walker{
			Finding: Finding{Stream: mark.Stream, From: mark.Acked + 1, To: mark.Last}, mark: mark, epoch: marks.Epoch,
			holes: map[uint64]Kept{}, heads: map[uint64][32]byte{}, at: mark.Acked, last: mark.Base,
		}
		kept, err := log.Kept(ctx, mark.Stream)
		if err != nil {
			return nil, err
		}
		for _, k := range kept {
			w.checkpoint(k, len(k.Signature) > 0 && proof(k.Leaf, KeptContext, k.Message(agent, marks.Epoch), k.Signature))
		}
		if w.Bad == "" {
			if err := log.Each(ctx, mark.Stream, w.see); err != nil {
				return nil, err
			}
			w.end()
		}
		out = append(out, w.Finding)
	}
	return out, nil
}

// walker follows one stream.
type walker struct {
	Finding
	mark  Mark
	epoch domain.EpochID
	holes map[uint64]Kept
	heads map[uint64][32]byte
	high  uint64 // highest number that a checkpoint knows
	at    uint64 // last number seen
	last  [32]byte
	next  [32]byte // when last is lost: what the next row must be by itself
}

func (w *walker) bad(word string, seq uint64) bool {
	w.Bad, w.Seq = word, seq
	return false
}

// checkpoint takes one that lies on the shelf. One without a signature bridges its hole and proves nothing else; one with a wrong signature is forged.
func (w *walker) checkpoint(k Kept, signed bool) {
	switch {
	case w.Bad != "":
	case !signed && (len(k.Signature) > 0 || k.Seq == 0 && k.Kind == 0):
		w.bad(BadForged, max(k.Seq, w.mark.Acked+1))
	case k.Kind == Floor && signed:
		if k.Seq != w.mark.Acked || k.Link != w.mark.Base {
			w.bad(BadAltered, w.mark.Acked+1)
			return
		}
		w.next, w.Signed = k.Next, k.Seq
	case k.Kind == Hole:
		w.holes[k.Seq] = k
		w.high = max(w.high, k.Seq)
	case k.Kind == Head && signed:
		w.heads[k.Seq] = k.Link
		w.high = max(w.high, k.Seq)
	}
}

// see takes the next row: it lies under its own number, follows the one before, its link fits, and its body is the one that it was written with.
func (w *walker) see(seq uint64, raw []byte) bool {
	var r wire.Row
	from := seq
	if err := wire.Unmarshal(raw, &r); err == nil && r.From != 0 {
		from = r.From
	}
	switch {
	case from > w.at+1:
		return w.bad(BadMissing, w.at+1)
	case r.Seq != seq || from <= w.at || wire.HashBody(r.Salt, r.Body) != r.BodyHash:
		return w.bad(BadAltered, seq)
	}
	if hole, is := w.holes[seq]; is && r.From != 0 {
		if hole.Row != link(w.epoch, w.Stream, w.last, r) || r.Digest != hole.Link {
			return w.bad(BadAltered, seq)
		}
		if w.next = hole.Next; len(hole.Signature) > 0 {
			w.Signed = seq
		}
		var gap domain.GapBody
		if wire.Unmarshal(r.Body, &gap) == nil && gap.Reason == domain.GapLost {
			return w.bad(BadMissing, from) // the agent met it before and said so
		}
		w.Holes++
	} else if !w.fits(r) {
		return w.bad(BadAltered, seq)
	}
	if head, is := w.heads[seq]; is {
		if head != r.Digest {
			return w.bad(BadAltered, w.Signed+1)
		}
		w.Signed = seq
	}
	w.Rows++
	w.at, w.last = seq, r.Digest
	return true
}

// fits tells whether a row is chained to the one before it.
func (w *walker) fits(r wire.Row) bool {
	before, want := w.last, r.Digest
	switch {
	case r.Seq <= w.mark.Since:
		return r.Digest == [32]byte{}
	case w.next != [32]byte{}:
		before, want, w.next = [32]byte{}, w.next, [32]byte{}
	}
	return link(w.epoch, w.Stream, before, r) == want
}

// end looks at what should still have come.
func (w *walker) end() {
	switch {
	case w.Bad != "":
	case w.at < max(w.mark.Last, w.high):
		w.bad(BadMissing, w.at+1)
	case w.last != w.mark.Link && w.at > w.mark.Since:
		w.bad(BadMissing, w.at+1) // the number was set back with the rows that went
	}
}
