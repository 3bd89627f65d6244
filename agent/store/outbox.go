package store

import (
	"context"
	"database/sql"
	"fmt"
	"runtime"

	"vestibule/agent/outbox"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

var _ outbox.Shelf = (*Store)(nil)

// overhead is what a row costs on the disk beside its bytes.
const overhead = 32

// keepQuarantined bounds the rows put aside.
const keepQuarantined = 1000

const (
	// The end of a stream lies behind its rows, see tail.
	marksQuery = `SELECT s.stream, last, acked, sent, digest, count, bytes, dropped, link, base, since, (SELECT value FROM meta WHERE name = 'epoch'), t.row
FROM streams s LEFT JOIN outbox t ON t.stream = s.stream + 1 AND t.seq = 0`

	setMarkQuery = `UPDATE streams SET last = ?, acked = ?, sent = ?, digest = ?, count = ?, bytes = ?, dropped = ?, link = ?, base = ?, since = ? WHERE stream = ?`

	rowsQuery = `SELECT row FROM outbox WHERE stream = ? AND seq > ? ORDER BY seq LIMIT ?`

	weighQuery = `SELECT count(*), coalesce(sum(length(row) + 32), 0) FROM outbox WHERE stream = ? AND seq BETWEEN ? AND ?`

	dropRowsQuery = `DELETE FROM outbox WHERE stream = ? AND seq BETWEEN ? AND ?`
)

// Marks reads where the outbox stands; a transaction reads it once.
func (s *Store) Marks(ctx context.Context) (outbox.Marks, error) {
	t := s.txOf(ctx)
	if t == nil {
		return s.readMarks(ctx, nil)
	}
	if t.marks == nil && s.known != nil && !t.unknown {
		m := *s.known
		t.marks = &m
	}
	if t.marks == nil {
		m, err := s.readMarks(ctx, t)
		if err != nil {
			return m, err
		}
		t.marks = &m
	}
	return *t.marks, nil
}

func (s *Store) readMarks(ctx context.Context, t *transaction) (outbox.Marks, error) {
	m := outbox.Marks{Audit: outbox.Mark{Stream: domain.StreamAudit}, Status: outbox.Mark{Stream: domain.StreamStatus}}
	var rows *sql.Rows
	var err error
	if t != nil {
		stmt, failed := t.statement(ctx, s.marks)
		if failed != nil {
			return m, failed
		}
		rows, err = stmt.QueryContext(ctx)
	} else {
		rows, err = s.marksBeside.QueryContext(ctx)
	}
	if err != nil {
		return m, wrap(err, "read the outbox's marks")
	}
	return m, scanMarks(rows, &m)
}

func scanMarks(rows *sql.Rows, m *outbox.Marks) error {
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var mark outbox.Mark
		var digest, link, base, epoch, end []byte
		err := rows.Scan(&mark.Stream, &mark.Last, &mark.Acked, &mark.Sent, &digest, &mark.Count, &mark.Bytes, &mark.Dropped, &link, &base, &mark.Since, &epoch, &end)
		if err != nil {
			return wrap(err, "read the outbox's marks")
		}
		copy(mark.Digest[:], digest)
		copy(mark.Link[:], link)
		if err := readTail(end, &mark); err != nil {
			return err
		}
		copy(mark.Base[:], base)
		copy(m.Epoch[:], epoch)
		*m.Of(mark.Stream) = mark
	}
	return wrap(rows.Err(), "read the outbox's marks")
}

// SetMark stores where a stream stands: with the end of the transaction, however often it was set in it.
func (s *Store) SetMark(ctx context.Context, m outbox.Mark) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.Marks(ctx); err != nil {
			return err
		}
		t := s.txOf(ctx)
		*t.marks.Of(m.Stream) = m
		if t.moved == nil {
			t.moved = map[domain.Stream]bool{}
		}
		t.moved[m.Stream] = true
		return nil
	})
}

// writeMarks is the last thing that a transaction does.
func (s *Store) writeMarks(ctx context.Context, t *transaction, known *outbox.Marks) error {
	for stream := range t.moved {
		m := t.marks.Of(stream)
		end, err := tailOf(*m)
		if err != nil {
			return err
		}
		if err := put(ctx, t.tx, []putting{end}); err != nil {
			return err
		}
		if known != nil && sameBegin(*known.Of(stream), *m) {
			continue
		}
		err = s.hot(ctx, s.setMark, int64(m.Last), int64(m.Acked), int64(m.Sent), m.Digest[:], m.Count, m.Bytes, int64(m.Dropped),
			m.Link[:], m.Base[:], int64(m.Since), stream)
		if err != nil {
			return wrap(err, "store the outbox's mark")
		}
	}
	return nil
}

// hot runs a prepared statement in the transaction of ctx or in its own. The records of many calls are one transaction: on one processor it would hold
// up those that ring, so it gives way between two statements.
func (s *Store) hot(ctx context.Context, stmt *sql.Stmt, args ...any) error {
	runtime.Gosched()
	return s.InTx(ctx, func(ctx context.Context) error {
		in, err := s.txOf(ctx).statement(ctx, stmt)
		if err != nil {
			return err
		}
		_, err = in.ExecContext(ctx, args...)
		return err
	})
}

// PutRow stores a row of the outbox: with the rows after it, and before anything is read or committed.
func (s *Store) PutRow(ctx context.Context, stream domain.Stream, r wire.Row) (int64, error) {
	raw, err := wire.Marshal(r)
	if err != nil {
		return 0, err
	}
	err = s.InTx(ctx, func(ctx context.Context) error {
		t := s.txOf(ctx)
		if len(t.put) == mostPut {
			_, _ = t.begun(ctx) // t.err keeps what fails
		}
		t.put = append(t.put, putting{stream, int64(r.Seq), raw})
		return t.err
	})
	return int64(len(raw) + overhead), wrap(err, "store a row")
}

// Rows reads rows of the outbox, oldest first.
func (s *Store) Rows(ctx context.Context, stream domain.Stream, after uint64, most int, mostBytes int64) ([]wire.Row, error) {
	var rows *sql.Rows
	var err error
	if t := s.txOf(ctx); t != nil {
		stmt, failed := t.statement(ctx, s.rowsOf)
		if failed != nil {
			return nil, failed
		}
		rows, err = stmt.QueryContext(ctx, stream, int64(after), most)
	} else {
		rows, err = s.read.QueryContext(ctx, rowsQuery, stream, int64(after), most)
	}
	if err != nil {
		return nil, wrap(err, "read rows")
	}
	defer func() { _ = rows.Close() }()
	var out []wire.Row
	for rows.Next() {
		var raw []byte
		if err := rows.Scan(&raw); err != nil {
			return nil, wrap(err, "read rows")
		}
		if mostBytes -= int64(len(raw)); mostBytes < 0 && len(out) > 0 {
			break
		}
		var r wire.Row
		if err := wire.Unmarshal(raw, &r); err != nil {
			return nil, fmt.Errorf("stored row after %d: %w", after, err)
		}
		out = append(out, r)
		runtime.Gosched() // see hot
	}
	return out, wrap(rows.Err(), "read rows")
}

// DropRows removes rows of the outbox by number.
func (s *Store) DropRows(ctx context.Context, stream domain.Stream, from, to uint64) (count, bytes int64, err error) {
	err = s.InTx(ctx, func(ctx context.Context) error {
		weigh, err := s.txOf(ctx).statement(ctx, s.weigh)
		if err != nil {
			return err
		}
		row := weigh.QueryRowContext(ctx, stream, int64(from), int64(to))
		if err := row.Scan(&count, &bytes); err != nil {
			return err
		}
		return s.hot(ctx, s.dropRows, stream, int64(from), int64(to))
	})
	return count, bytes, wrap(err, "drop rows")
}

// Quarantine puts a row aside that the cloud could not read; the newest thousand stay.
func (s *Store) Quarantine(ctx context.Context, epoch domain.EpochID, stream domain.Stream, r wire.Row, reason string) error {
	raw, err := wire.Marshal(r)
	if err != nil {
		return err
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.exec(ctx, "INSERT INTO quarantine (epoch, stream, seq, row, reason) VALUES (?, ?, ?, ?, ?)",
			epoch, stream, int64(r.Seq), raw, reason); err != nil {
			return wrap(err, "put a row aside")
		}
		_, err := s.exec(ctx, "DELETE FROM quarantine WHERE id <= (SELECT max(id) FROM quarantine) - ?", keepQuarantined)
		return wrap(err, "trim the rows put aside")
	})
}

// Quarantined counts the rows put aside.
func (s *Store) Quarantined(ctx context.Context) (int, error) {
	var n int
	err := s.from(ctx).QueryRowContext(ctx, "SELECT count(*) FROM quarantine").Scan(&n)
	return n, wrap(err, "count the rows put aside")
}
