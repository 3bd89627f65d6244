package outbox

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"slices"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

// MaxBody bounds one event's body in bytes, so that any row fits into a message.
const MaxBody = 32 << 10

// Append stores an event in the transaction of ctx, or in its own; it leaves when the link lets it. The number, the salt
// and the instant are given here, so that the order of the log is the order of the commits. A body over MaxBody is a Limit error.
func (o *Outbox) Append(ctx context.Context, kind domain.EventKind, body any) error {
	raw, err := wire.Marshal(body)
	if err != nil {
		return fmt.Errorf("event %s: %w", kind, err)
	}
	if len(raw) > MaxBody {
		return fault.New(fault.Limit, "An event of %d bytes is over the limit of %d.", len(raw), MaxBody)
	}
	return o.shelf.InTx(ctx, func(ctx context.Context) error {
		m, err := o.shelf.Marks(ctx)
		if err != nil {
			return err
		}
		row := o.row(kind, raw)
		if err := o.put(ctx, m.Epoch, m.Of(domain.StreamOf(kind)), row); err != nil {
			return err
		}
		if call, ok := body.(domain.CallBody); ok {
			if err := o.shelf.PutCall(ctx, row.WallMilli, call); err != nil {
				return err
			}
		}
		if err := o.bound(ctx, &m); err != nil {
			return err
		}
		o.shelf.AfterCommit(ctx, o.added)
		return nil
	})
}

// put gives the row the next number of its stream, chains it and stores both.
func (o *Outbox) put(ctx context.Context, epoch domain.EpochID, m *Mark, row wire.Row) error {
	m.Last++
	row.Seq = m.Last
	row.Digest = link(epoch, m.Stream, m.Link, row)
	m.Link = row.Digest
	size, err := o.shelf.PutRow(ctx, m.Stream, row)
	if err != nil {
		return err
	}
	m.Count++
	m.Bytes += size
	if m.Last%headEvery == 0 {
		if err := o.keep(ctx, epoch, Kept{Stream: m.Stream, Kind: Head, Seq: m.Last, Link: m.Link}); err != nil {
			return err
		}
	}
	return o.shelf.SetMark(ctx, *m)
}

// row makes a row without a number.
func (o *Outbox) row(kind domain.EventKind, body []byte) wire.Row {
	now := o.clock.Now()
	row := wire.Row{
		Kind: kind, WallMilli: now.UnixMilli(), MonoMilli: now.Sub(o.started).Milliseconds(), Boot: o.boot, ClockSure: o.sure(), Body: body,
	}
	_, _ = rand.Read(row.Salt[:]) // never fails
	row.BodyHash = wire.HashBody(row.Salt, body)
	return row
}

// bound keeps the outbox inside its limits: the oldest status rows go first, then the oldest audit rows.
func (o *Outbox) bound(ctx context.Context, m *Marks) error {
	over := func() bool {
		return m.Audit.Count+m.Status.Count > o.maxRows || m.Audit.Bytes+m.Status.Bytes > o.maxBytes
	}
	for over() {
		dropped, err := o.dropOldest(ctx, m)
		if err != nil || !dropped {
			return err
		}
	}
	return nil
}

// MakeRoom gives rows up because the disk is full; the agent's store calls it inside a transaction of its own.
func (o *Outbox) MakeRoom(ctx context.Context) error {
	m, err := o.shelf.Marks(ctx)
	if err != nil {
		return err
	}
	_, err = o.dropOldest(ctx, &m)
	return err
}

// dropOldest replaces one block of rows by a gap row that stands for their numbers; false when there is no block.
// Rows that may be with the cloud already (Sent) are left alone: a hole may not cover what was delivered.
func (o *Outbox) dropOldest(ctx context.Context, m *Marks) (bool, error) {
	block := int(min(max(o.maxRows/100, 2), 1000))
	for _, mark := range []*Mark{&m.Status, &m.Audit} {
		rows, err := o.shelf.Rows(ctx, mark.Stream, max(mark.Acked, mark.Sent), block, 1<<40)
		if err != nil {
			return false, err
		}
		if len(rows) < 2 {
			continue
		}
		from, to := rows[0].Seq, rows[len(rows)-1].Seq
		if rows[0].From != 0 {
			from = rows[0].From
		}
		for _, r := range rows {
			if r.Kind != domain.EventGap {
				mark.Dropped++
			}
		}
		behind := Kept{Seq: to, Link: rows[len(rows)-1].Digest}
		if behind.Link == ([32]byte{}) && to > mark.Since { // a hole over lost rows is the last of them
			if behind, err = o.behind(ctx, m.Epoch, *mark, to); err != nil {
				return false, err
			}
		}
		if err := o.remove(ctx, mark, rows[0].Seq, to); err != nil {
			return false, err
		}
		return true, o.hole(ctx, m.Epoch, mark, from, domain.GapFull, behind)
	}
	return false, nil
}

// remove takes rows from the shelf and from the mark's counts; the caller stores the mark.
func (o *Outbox) remove(ctx context.Context, mark *Mark, from, to uint64) error {
	count, bytes, err := o.shelf.DropRows(ctx, mark.Stream, from, to)
	mark.Count -= count
	mark.Bytes -= bytes
	if err != nil {
		return err
	}
	return o.shelf.DropKept(ctx, mark.Stream, from, to)
}

// hole stores a gap row for the numbers from from to that of behind, which tells how the chain goes on there, and the mark.
func (o *Outbox) hole(ctx context.Context, epoch domain.EpochID, mark *Mark, from uint64, reason string, behind Kept) error {
	body, err := wire.Marshal(domain.GapBody{From: from, To: behind.Seq, Reason: reason})
	if err != nil {
		return err
	}
	row := o.row(domain.EventGap, body)
	row.From, row.Seq, row.Digest = from, behind.Seq, behind.Link
	before, err := o.linkAt(ctx, *mark, from-1)
	if err != nil {
		return err
	}
	behind.Stream, behind.Kind, behind.Row = mark.Stream, Hole, link(epoch, mark.Stream, before, row)
	if err := o.keep(ctx, epoch, behind); err != nil {
		return err
	}
	size, err := o.shelf.PutRow(ctx, mark.Stream, row)
	if err != nil {
		return err
	}
	mark.Count++
	mark.Bytes += size
	return o.shelf.SetMark(ctx, *mark)
}

// first is the lowest number a row stands for.
func first(r wire.Row) uint64 {
	if r.From != 0 {
		return r.From
	}
	return r.Seq
}

// batch reads the next rows of a stream, chained from the last acknowledged one, and notes on the disk that they leave.
// Numbers that are missing on the shelf become a visible hole first.
func (o *Outbox) batch(ctx context.Context, stream domain.Stream, bytes int64) (wire.Events, error) {
	var ev wire.Events
	var out flight
	err := o.shelf.InTx(ctx, func(ctx context.Context) error {
		m, err := o.shelf.Marks(ctx)
		if err != nil {
			return err
		}
		mark := m.Of(stream)
		ev, out = wire.Events{Epoch: m.Epoch, Stream: stream}, flight{epoch: m.Epoch, after: mark.Acked, digest: mark.Digest}
		rows, err := o.shelf.Rows(ctx, stream, mark.Acked, wire.MaxBatchRows, bytes)
		if err != nil {
			return err
		}
		if missing := holeBefore(*mark, rows); missing != 0 {
			behind, err := o.behind(ctx, m.Epoch, *mark, missing)
			if err != nil {
				return err
			}
			if err := o.hole(ctx, m.Epoch, mark, mark.Acked+1, domain.GapLost, behind); err != nil {
				return err
			}
			if rows, err = o.shelf.Rows(ctx, stream, mark.Acked, wire.MaxBatchRows, bytes); err != nil {
				return err
			}
		}
		digest, next := mark.Digest, mark.Acked+1
		for _, r := range rows {
			if first(r) > next {
				break // the hole is mended when it comes first
			}
			link := r.Digest
			r.Digest = wire.Chain(o.agent(), m.Epoch, stream, digest, r)
			digest, next = r.Digest, r.Seq+1
			out.rows = append(out.rows, chained{r.Seq, digest, link})
			ev.Rows = append(ev.Rows, r)
		}
		ev.Checkpoint = o.checkpoint(ctx, ev)
		if next-1 <= mark.Sent {
			return nil
		}
		mark.Sent = next - 1
		return o.shelf.SetMark(ctx, *mark)
	})
	if err == nil {
		o.flights[stream] = out
	}
	return ev, err
}

// flight is what the acknowledgement of a batch needs of its rows, so that they are not read from the disk once more.
type flight struct {
	epoch  domain.EpochID
	after  uint64   // the row before it
	digest [32]byte // of that
	rows   []chained
}

// chained is a row's place in both chains: to the cloud, and at rest.
type chained struct {
	seq          uint64
	digest, link [32]byte
}

// through finds the row that an acknowledgement of a whole stretch from mark on names.
func (f flight) through(epoch domain.EpochID, mark *Mark, seq uint64) (chained, bool) {
	if f.epoch != epoch || f.after != mark.Acked || f.digest != mark.Digest {
		return chained{}, false
	}
	i, ok := slices.BinarySearchFunc(f.rows, seq, func(r chained, seq uint64) int { return cmp.Compare(r.seq, seq) })
	if !ok {
		return chained{}, false
	}
	return f.rows[i], true
}

// holeBefore gives the last number missing in front of rows; 0 when none is.
func holeBefore(m Mark, rows []wire.Row) uint64 {
	switch {
	case len(rows) == 0 && m.Last > m.Acked:
		return m.Last
	case len(rows) > 0 && first(rows[0]) > m.Acked+1:
		return first(rows[0]) - 1
	}
	return 0
}

// settle removes what the cloud has, carries the chain on and puts the rejected rows aside.
func (o *Outbox) settle(ctx context.Context, e Settle) error {
	return o.shelf.InTx(ctx, func(ctx context.Context) error {
		m, err := o.shelf.Marks(ctx)
		if err != nil {
			return err
		}
		mark := m.Of(e.Stream)
		rejected := map[uint64]string{}
		for _, r := range e.Rejected {
			rejected[r.Seq] = r.Reason
		}
		begin, floor := mark.Acked+1, Kept{Seq: mark.Acked, Link: mark.Base}
		if r, ok := o.flights[e.Stream].through(m.Epoch, mark, e.Through); ok && len(rejected) == 0 {
			mark.Acked, mark.Digest, floor = r.seq, r.digest, Kept{Seq: r.seq, Link: r.link}
		}
		for mark.Acked < e.Through {
			rows, err := o.shelf.Rows(ctx, e.Stream, mark.Acked, wire.MaxBatchRows, 1<<40)
			if err != nil {
				return err
			}
			if len(rows) == 0 || rows[0].Seq > e.Through {
				mark.Acked = e.Through
				if floor, err = o.behind(ctx, m.Epoch, *mark, e.Through); err != nil {
					return err
				}
				break
			}
			for _, r := range rows {
				if r.Seq > e.Through {
					break
				}
				mark.Digest = wire.Chain(o.agent(), m.Epoch, e.Stream, mark.Digest, r)
				mark.Acked = r.Seq
				floor = Kept{Seq: r.Seq, Link: r.Digest}
				if reason, ok := rejected[r.Seq]; ok {
					if err := o.shelf.Quarantine(ctx, m.Epoch, e.Stream, r, reason); err != nil {
						return err
					}
				}
			}
		}
		return o.raise(ctx, m.Epoch, mark, begin, floor)
	})
}

// raise removes the acknowledged rows from begin on and signs where the rest begins.
func (o *Outbox) raise(ctx context.Context, epoch domain.EpochID, mark *Mark, begin uint64, floor Kept) error {
	if floor.Link == ([32]byte{}) && floor.Next == ([32]byte{}) && floor.Seq > mark.Since { // it is a hole over lost rows
		hole, err := o.keptAt(ctx, mark.Stream, Hole, floor.Seq)
		if err != nil {
			return err
		}
		floor.Next = hole.Next
	}
	if err := o.remove(ctx, mark, begin, mark.Acked); err != nil {
		return err
	}
	mark.Base = floor.Link
	floor.Stream, floor.Kind = mark.Stream, Floor
	if err := o.keep(ctx, epoch, floor); err != nil {
		return err
	}
	return o.shelf.SetMark(ctx, *mark)
}

// mend puts a hole where the cloud misses rows that were acknowledged and removed long ago.
func (o *Outbox) mend(ctx context.Context, e Mend) error {
	return o.shelf.InTx(ctx, func(ctx context.Context) error {
		m, err := o.shelf.Marks(ctx)
		if err != nil {
			return err
		}
		mark := m.Of(e.Stream)
		if e.From == 0 || e.From > mark.Acked {
			return nil
		}
		behind, err := o.keptAt(ctx, e.Stream, Floor, mark.Acked)
		if err != nil {
			return err
		}
		behind = Kept{Seq: mark.Acked, Link: mark.Base, Next: behind.Next}
		mark.Acked, mark.Digest, mark.Base = e.From-1, [32]byte{}, [32]byte{} // the digests before the hole are gone with their rows
		if err := o.keep(ctx, m.Epoch, Kept{Stream: e.Stream, Kind: Floor, Seq: mark.Acked}); err != nil {
			return err
		}
		return o.hole(ctx, m.Epoch, mark, e.From, domain.GapNotWithCloud, behind)
	})
}
