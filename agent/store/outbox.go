package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"runtime"

	"vestibule/agent/outbox"
	"vestibule/agent/store/block"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

var _ outbox.Shelf = (*Store)(nil)

// overhead is what a row costs on the disk beside its bytes.
const overhead = 32

// rowRoom is enough for a row without its body.
const rowRoom = 256

// keepQuarantined bounds the rows put aside.
const keepQuarantined = 1000

const (
	shelfQuery = `SELECT s.stream, last, acked, sent, digest, count, bytes, dropped, link, base, since, number, (SELECT value FROM meta WHERE name = 'epoch'), coalesce(b.id, 0), b.body
FROM streams s LEFT JOIN blocks b ON b.id = (SELECT max(id) FROM blocks WHERE id BETWEEN s.stream << 48 AND (s.stream + 1 << 48) - 1)`

	setMarkQuery = `UPDATE streams SET last = ?, acked = ?, sent = ?, digest = ?, count = ?, bytes = ?, dropped = ?, link = ?, base = ?, since = ?, number = ? WHERE stream = ?`

	// It begins with the block that may hold the number ?2.
	blocksQuery = `SELECT id, body FROM blocks WHERE id BETWEEN coalesce((SELECT max(id) FROM blocks WHERE id BETWEEN ?1 AND ?2), ?1) AND ?3 ORDER BY id`

	dropBlocksQuery = `DELETE FROM blocks WHERE id BETWEEN ? AND ?`
)

// weight is what a row costs on the disk.
func weight(row []byte) int64 { return int64(len(row) + overhead) }

// Marks reads where the outbox stands; a transaction reads it once.
func (s *Store) Marks(ctx context.Context) (outbox.Marks, error) {
	t := s.txOf(ctx)
	if t == nil {
		rows, err := s.shelfBeside.QueryContext(ctx)
		if err != nil {
			return outbox.Marks{}, wrap(err, "read the outbox's marks")
		}
		read, err := scanShelf(rows)
		return read.marks, err
	}
	if err := t.know(ctx); err != nil {
		return outbox.Marks{}, err
	}
	return t.shelf.marks, nil
}

// know reads the shelf unless the transaction knows it.
func (t *transaction) know(ctx context.Context) error {
	if t.shelf == nil && t.store.known != nil && !t.unknown {
		known := *t.store.known
		t.shelf = &known
	}
	if t.shelf != nil {
		return nil
	}
	stmt, err := t.statement(ctx, t.store.shelf)
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(ctx)
	if err != nil {
		return wrap(err, "read the outbox's marks")
	}
	read, err := scanShelf(rows)
	if err == nil {
		t.shelf = &read
	}
	return err
}

// scanShelf gives what it read even when a newest block cannot be read; that is block.ErrCut.
func scanShelf(rows *sql.Rows) (s shelf, err error) {
	defer func() { _ = rows.Close() }()
	s.marks = outbox.Marks{Audit: outbox.Mark{Stream: domain.StreamAudit}, Status: outbox.Mark{Stream: domain.StreamStatus}}
	for rows.Next() {
		var m outbox.Mark
		var digest, link, base, epoch, body []byte
		var id, number int64
		failed := rows.Scan(&m.Stream, &m.Last, &m.Acked, &m.Sent, &digest, &m.Count, &m.Bytes, &m.Dropped, &link, &base, &m.Since, &number, &epoch, &id, &body)
		if failed != nil {
			return s, wrap(failed, "read the outbox's marks")
		}
		copy(m.Digest[:], digest)
		copy(m.Link[:], link)
		copy(m.Base[:], base)
		copy(s.marks.Epoch[:], epoch)
		var newest block.Block
		if body != nil {
			var bad error
			newest, bad = block.Read(numberAt(id), body)
			err = errors.Join(err, bad)
		}
		s.beside(m, uint64(number), newest)
	}
	return s, errors.Join(err, wrap(rows.Err(), "read the outbox's marks"))
}

// SetMark stores where a stream stands: with the end of the transaction, however often it was set in it.
func (s *Store) SetMark(ctx context.Context, m outbox.Mark) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		t := s.txOf(ctx)
		if err := t.know(ctx); err != nil {
			return err
		}
		*t.shelf.marks.Of(m.Stream) = m
		t.moved[m.Stream] = true
		return nil
	})
}

// writeMark writes a mark into the table. What newest blocks say of the end of their stream does not count any more.
func (t *transaction) writeMark(ctx context.Context, m outbox.Mark) error {
	number := &t.shelf.number[m.Stream]
	*number++
	err := t.exec(ctx, t.store.setMark, int64(m.Last), int64(m.Acked), int64(m.Sent), m.Digest[:], m.Count, m.Bytes, int64(m.Dropped),
		m.Link[:], m.Base[:], int64(m.Since), int64(*number), int64(m.Stream))
	return wrap(err, "store the outbox's mark")
}

// hot runs a compiled statement in the transaction of ctx or in its own. The records of many calls are one transaction: on one processor it would hold
// up those that ring, so it gives way between two statements.
func (s *Store) hot(ctx context.Context, c *compiled, args ...any) error {
	runtime.Gosched()
	return s.InTx(ctx, func(ctx context.Context) error { return s.txOf(ctx).exec(ctx, c, args...) })
}

func (t *transaction) exec(ctx context.Context, c *compiled, args ...any) error {
	tx, err := t.begun(ctx)
	if err != nil {
		return err
	}
	return c.exec(ctx, t.conn, tx, args...)
}

// PutRow stores a row of the outbox: with the rows after it, and before anything of the outbox is read or committed.
func (s *Store) PutRow(ctx context.Context, stream domain.Stream, r wire.Row) (int64, error) {
	raw := r.Append(make([]byte, 0, rowRoom+len(r.Body)))
	return weight(raw), wrap(s.putRaw(ctx, stream, r.Seq, raw, r.Digest), "store a row")
}

func (s *Store) putRaw(ctx context.Context, stream domain.Stream, seq uint64, raw []byte, digest [32]byte) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		t := s.txOf(ctx)
		if err := t.know(ctx); err != nil {
			return err
		}
		t.add(stream, seq, raw, digest)
		if len(t.put) < mostPut {
			return nil
		}
		runtime.Gosched() // see hot
		return t.flush(ctx)
	})
}

// Rows reads rows of the outbox, oldest first.
func (s *Store) Rows(ctx context.Context, stream domain.Stream, after uint64, most int, mostBytes int64) (out []wire.Row, err error) {
	read := func(seq uint64, raw []byte) bool {
		if seq <= after {
			return true
		}
		if mostBytes -= int64(len(raw)); len(out) == most || mostBytes < 0 && len(out) > 0 {
			most = len(out)
			return false
		}
		var r wire.Row
		if err = wire.Unmarshal(raw, &r); err != nil {
			err = fmt.Errorf("stored row %d: %w", seq, err)
			return false
		}
		out = append(out, r)
		return true
	}
	bad := s.blocks(ctx, stream, after+1, math.MaxInt64, func(b block.Block) (bool, error) {
		bad := b.Each(read)
		runtime.Gosched() // see hot
		return len(out) < most, errors.Join(err, bad)
	})
	return out, bad
}

// blocks reads the blocks of a stream that may hold the numbers from..to, while see says yes.
func (s *Store) blocks(ctx context.Context, stream domain.Stream, from, to uint64, see func(block.Block) (bool, error)) error {
	stmt := s.blocksBeside
	if t := s.txOf(ctx); t != nil {
		err := t.flush(ctx)
		if err == nil {
			stmt, err = t.statement(ctx, s.blocksOf)
		}
		if err != nil {
			return err
		}
	}
	rows, err := stmt.QueryContext(ctx, lowest(stream), place(stream, from), place(stream, to))
	if err != nil {
		return wrap(err, "read rows")
	}
	defer func() { _ = rows.Close() }()
	for more := true; more && rows.Next(); {
		var id int64
		var body []byte
		if err := rows.Scan(&id, &body); err != nil {
			return wrap(err, "read rows")
		}
		b, err := block.Read(numberAt(id), body)
		if err == nil {
			more, err = see(b)
		}
		if err != nil {
			return wrap(err, fmt.Sprintf("stored rows from %d on", numberAt(id)))
		}
	}
	return wrap(rows.Err(), "read rows")
}

// DropRows removes rows of the outbox by number.
func (s *Store) DropRows(ctx context.Context, stream domain.Stream, from, to uint64) (count, bytes int64, err error) {
	err = s.InTx(ctx, func(ctx context.Context) error {
		t := s.txOf(ctx)
		if err := t.know(ctx); err != nil {
			return err
		}
		var before, behind block.Block
		err := s.blocks(ctx, stream, from, to, func(b block.Block) (bool, error) {
			ahead, after, err := b.Cut(from, to, func(row []byte) {
				count++
				bytes += weight(row)
			})
			if before.First == 0 {
				before = ahead
			}
			behind = after
			return true, err
		})
		if err != nil {
			return err
		}
		if err := s.hot(ctx, s.dropBlocks, place(stream, from), place(stream, to)); err != nil {
			return err
		}
		t.cut(stream, to, before, behind)
		return nil
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
