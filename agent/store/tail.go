package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"strings"

	"vestibule/agent/outbox"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// tail is the end of a stream: what changes with every row. It lies beside the newest rows, behind the last one of its stream (in the place of a row 0 of
// the next stream, where none ever is), so that a row and the new end are one statement and, as a rule, one page of the disk. A stream whose end is not
// there has the one of the table streams, which is written with everything else that changes.
type tail struct {
	Last  uint64   `cbor:"1,keyasint"`
	Count int64    `cbor:"2,keyasint"`
	Bytes int64    `cbor:"3,keyasint"`
	Link  [32]byte `cbor:"4,keyasint"`
}

func tailOf(m outbox.Mark) (putting, error) {
	raw, err := wire.Marshal(tail{m.Last, m.Count, m.Bytes, m.Link})
	return putting{m.Stream + 1, 0, raw}, err
}

func readTail(raw []byte, into *outbox.Mark) error {
	if raw == nil {
		return nil
	}
	var end tail
	if err := wire.Unmarshal(raw, &end); err != nil {
		return fmt.Errorf("the end of stream %d: %w", into.Stream, err)
	}
	into.Last, into.Count, into.Bytes, into.Link = end.Last, end.Count, end.Bytes, end.Link
	return nil
}

// sameBegin tells whether two marks of a stream differ in their ends alone.
func sameBegin(a, b outbox.Mark) bool {
	a.Last, a.Count, a.Bytes, a.Link = b.Last, b.Count, b.Bytes, b.Link
	return a == b
}

// putting is a row that is written with the next ones: a statement costs more than its row.
type putting struct {
	stream domain.Stream
	seq    int64
	raw    []byte
}

// mostPut is how many rows one statement writes: the records of many calls give way to those that ring, see hot.
const mostPut = 16

// putQueries are the statements that write 1 to mostPut rows and two ends. Only an end is ever written over.
var putQueries = func() (out [mostPut + 3]string) {
	for n := range out {
		out[n] = "INSERT INTO outbox (stream, seq, row) VALUES (?, ?, ?)" + strings.Repeat(", (?, ?, ?)", max(0, n-1)) +
			" ON CONFLICT (stream, seq) DO UPDATE SET row = excluded.row WHERE excluded.seq = 0"
	}
	return out
}()

type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// put writes rows by one statement.
func put(ctx context.Context, in execer, rows []putting) error {
	runtime.Gosched() // see hot
	args := make([]any, 0, 3*len(rows))
	for _, r := range rows {
		args = append(args, r.stream, r.seq, r.raw)
	}
	done, err := in.ExecContext(ctx, putQueries[len(rows)], args...)
	if err != nil {
		return wrap(err, "store rows")
	}
	if n, err := done.RowsAffected(); err != nil || n != int64(len(rows)) {
		return errors.Join(err, fmt.Errorf("store rows: %d of %d were taken, the others have numbers that are given out", n, len(rows)))
	}
	return nil
}

// flush writes the rows that wait, before the transaction does anything else with the file. What fails ends the transaction.
func (t *transaction) flush(ctx context.Context) {
	rows := t.put
	t.put = nil
	if len(rows) == 0 || t.err != nil {
		return
	}
	t.err = put(ctx, t.tx, rows)
}

// grew tells whether the transaction did nothing but put rows to the outbox.
func (t *transaction) grew(known *outbox.Marks) bool {
	if t.unknown || known == nil && len(t.moved) > 0 {
		return false
	}
	for stream := range t.moved {
		if !sameBegin(*known.Of(stream), *t.marks.Of(stream)) {
			return false
		}
	}
	return true
}

// append writes rows and the new ends of their streams as one statement, which is a transaction by itself: either all of it is on the disk or nothing.
func (t *transaction) append(ctx context.Context) error {
	rows := t.put
	for _, stream := range []domain.Stream{domain.StreamAudit, domain.StreamStatus} {
		if !t.moved[stream] {
			continue
		}
		end, err := tailOf(*t.marks.Of(stream))
		if err != nil {
			return err
		}
		rows = append(rows, end)
	}
	if len(rows) == 0 {
		return nil
	}
	return put(ctx, t.conn, rows)
}
