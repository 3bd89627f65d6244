package store

import (
	"context"
	"database/sql"
	"strings"

	"vestibule/agent/outbox"
	"vestibule/agent/store/block"
	"vestibule/shared/crashpoint"
	"vestibule/shared/domain"
)

// shelf is where the outbox stands: its marks, and of each stream the newest block, to which rows are added. A row that joins it is one statement and, as a
// rule, one page, for the block says how far its stream goes (block.End). The table streams has everything else of a mark, and a number that says to which
// state of it the end belongs: where the numbers differ, the table counts, for it was written later.
type shelf struct {
	marks  outbox.Marks
	number [streams]uint64      // of the mark in the table, by stream
	newest [streams]block.Block // zero: no row can join one
}

// streams is one more than the highest stream.
const streams = domain.StreamStatus + 1

// lowest and highest bound the places of a stream, see place.
func lowest(s domain.Stream) int64  { return int64(s) << 48 }
func highest(s domain.Stream) int64 { return int64(s+1)<<48 - 1 }

// place is where a block lies whose first row has this number.
func place(s domain.Stream, seq uint64) int64 { return lowest(s) + int64(min(seq, 1<<48-1)) }

// numberAt is the number of the first row of the block in a place.
func numberAt(id int64) uint64 { return uint64(id) & (1<<48 - 1) }

// placed is a block and where it lies.
type placed struct {
	id    int64
	block block.Block
}

// beside takes a mark as the table has it, with the newest block.
func (s *shelf) beside(m outbox.Mark, number uint64, newest block.Block) {
	s.number[m.Stream], s.newest[m.Stream] = number, newest
	if newest.First != 0 && newest.Mark == number {
		m.Last, m.Link, m.Count, m.Bytes = newest.Last, newest.Link, newest.Count, newest.Bytes
		if newest.More {
			m.Last++ // what followed is gone, and is missed
		}
	}
	*s.marks.Of(m.Stream) = m
}

// sameBegin tells whether two marks of a stream differ in their ends alone.
func sameBegin(a, b outbox.Mark) bool {
	a.Last, a.Count, a.Bytes, a.Link = b.Last, b.Count, b.Bytes, b.Link
	return a == b
}

// add puts a row behind the others of its stream, or beside them: a hole.
func (t *transaction) add(stream domain.Stream, seq uint64, row []byte, digest [32]byte) {
	newest := &t.shelf.newest[stream]
	switch {
	case newest.Takes(seq, row):
		*newest = newest.With(seq, row, digest)
	case newest.First != 0 && seq < newest.First:
		t.put = append(t.put, placed{place(stream, seq), block.Block{}.With(seq, row, digest)})
		t.fresh[stream] = true
		return
	default:
		t.fresh[stream] = t.fresh[stream] || newest.First == 0
		newest.More = true // so that a newest block that vanishes is missed
		t.close(stream)
		*newest = block.Block{}.With(seq, row, digest)
	}
	t.grown[stream] = true
}

// close puts the newest block of a stream to those that are written.
func (t *transaction) close(stream domain.Stream) {
	newest := &t.shelf.newest[stream]
	if newest.First == 0 {
		return
	}
	m := t.shelf.marks.Of(stream)
	newest.Count, newest.Bytes, newest.Mark = m.Count, m.Bytes, t.shelf.number[stream]
	t.put = append(t.put, placed{place(stream, newest.First), *newest})
	t.grown[stream] = false
}

// cut puts back what stays of the blocks from which rows were dropped, the last of them with the number to.
func (t *transaction) cut(stream domain.Stream, to uint64, before, behind block.Block) {
	for _, b := range []block.Block{before, behind} {
		if b.First != 0 {
			t.put = append(t.put, placed{place(stream, b.First), b})
		}
	}
	if newest := &t.shelf.newest[stream]; newest.First <= to {
		*newest = behind // none: the next row begins a block
	}
	t.fresh[stream] = true
}

// mostPut is how many blocks one statement writes: the records of many calls give way to those that ring, see hot.
const mostPut = 16

// putQuery is the statement that writes so many blocks.
func putQuery(blocks int) string {
	return "REPLACE INTO blocks VALUES (?, ?)" + strings.Repeat(", (?, ?)", blocks-1)
}

type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// write brings the blocks that wait into the file, by one statement.
func (t *transaction) write(ctx context.Context, in execer) error {
	for stream, grown := range t.grown {
		if grown {
			t.close(domain.Stream(stream))
		}
	}
	if len(t.put) == 0 {
		return nil
	}
	args := make([]any, 0, 2*len(t.put))
	for _, p := range t.put {
		args = append(args, p.id, p.block.Body())
	}
	var err error
	if few := t.store.putFew; len(t.put) <= len(few) {
		err = few[len(t.put)-1].exec(ctx, t.conn, in, args...)
	} else {
		_, err = in.ExecContext(ctx, putQuery(len(t.put)), args...)
	}
	t.put = t.put[:0]
	return wrap(err, "store rows")
}

// flush writes the blocks that wait, before the table is read or changed. What fails ends the transaction.
func (t *transaction) flush(ctx context.Context) error {
	tx, err := t.begun(ctx)
	if err != nil {
		return err
	}
	t.err = t.write(ctx, tx)
	return t.err
}

// forget drops what the transaction knew and had not written: the outbox is changed by other means.
func (t *transaction) forget() {
	t.shelf, t.put, t.unknown = nil, nil, true
	t.moved, t.fresh, t.grown = [streams]bool{}, [streams]bool{}, [streams]bool{}
}

// moves gives the streams whose marks go into the table streams: more has changed than rows that joined the newest block.
func (t *transaction) moves(known *shelf) (out []domain.Stream) {
	if t.unknown {
		known = nil
	}
	for stream := range streams {
		if !t.moved[stream] {
			continue
		}
		m, end := t.shelf.marks.Of(stream), t.shelf.newest[stream].End
		if t.grown[stream] {
			end.Count, end.Bytes, end.Mark = m.Count, m.Bytes, t.shelf.number[stream]
		}
		says := block.End{Last: m.Last, Link: m.Link, Count: m.Count, Bytes: m.Bytes, Mark: t.shelf.number[stream]}
		if t.fresh[stream] || known == nil || !sameBegin(*known.marks.Of(stream), *m) || end != says {
			out = append(out, stream)
		}
	}
	return out
}

// end is the last thing that a transaction does: it writes what waits, and commits. Rows that join the newest block are one statement, which is a transaction
// by itself: either all of it is on the disk or nothing.
func (t *transaction) end(ctx context.Context, known *shelf) error {
	moves := t.moves(known)
	if t.tx == nil && t.err == nil && !t.unknown && len(moves) == 0 {
		crashpoint.Hit("store.before_commit")
		return t.write(ctx, t.conn)
	}
	if err := t.flush(ctx); err != nil {
		return err
	}
	for _, stream := range moves {
		if err := t.writeMark(ctx, *t.shelf.marks.Of(stream)); err != nil {
			return err
		}
	}
	crashpoint.Hit("store.before_commit")
	return wrap(t.tx.Commit(), "commit")
}
