package store

import (
	"context"
	"database/sql"
	"errors"

	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// Before there were blocks each row of the outbox was a row of the table outbox, and the end of a stream lay there behind its rows, under the next stream and
// number 0.

// moveSome is how many such rows one transaction moves: a large outbox need not lie on the disk twice.
const moveSome = 1000

// singleEnd is the end of a stream among them.
type singleEnd struct {
	Last  uint64   `cbor:"1,keyasint"`
	Count int64    `cbor:"2,keyasint"`
	Bytes int64    `cbor:"3,keyasint"`
	Link  [32]byte `cbor:"4,keyasint"`
}

// moveSingles brings the rows of an older agent into blocks. What a stop leaves is moved by the next start.
func (s *Store) moveSingles(ctx context.Context) error {
	for {
		var left int
		if err := s.write.QueryRowContext(ctx, "SELECT count(*) FROM (SELECT 1 FROM outbox LIMIT 1)").Scan(&left); err != nil || left == 0 {
			return wrap(err, "look for rows of an older agent")
		}
		s.giveReserve() // Open takes it again
		err := s.InTx(ctx, func(ctx context.Context) error {
			for _, stream := range []domain.Stream{domain.StreamAudit, domain.StreamStatus} {
				if err := errors.Join(s.moveEnd(ctx, stream), s.moveRows(ctx, stream)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return wrap(err, "move rows of an older agent")
		}
	}
}

// moveEnd takes the end of a stream into its mark.
func (s *Store) moveEnd(ctx context.Context, stream domain.Stream) error {
	var raw []byte
	err := s.from(ctx).QueryRowContext(ctx, "DELETE FROM outbox WHERE stream = ? AND seq = 0 RETURNING row", stream+1).Scan(&raw)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	var end singleEnd
	if err == nil {
		err = wire.Unmarshal(raw, &end)
	}
	if err != nil {
		return err
	}
	m, err := s.Marks(ctx)
	if err != nil {
		return err
	}
	mark := m.Of(stream)
	mark.Last, mark.Count, mark.Bytes, mark.Link = end.Last, end.Count, end.Bytes, end.Link
	return s.SetMark(ctx, *mark)
}

// moveRows moves the oldest rows of a stream.
func (s *Store) moveRows(ctx context.Context, stream domain.Stream) error {
	rows, err := s.from(ctx).QueryContext(ctx, "SELECT seq, row FROM outbox WHERE stream = ? AND seq > 0 ORDER BY seq LIMIT ?", stream, moveSome)
	if err != nil {
		return err
	}
	type single struct {
		seq int64
		raw []byte
	}
	var singles []single
	for rows.Next() {
		var one single
		if err := rows.Scan(&one.seq, &one.raw); err != nil {
			return errors.Join(err, rows.Close())
		}
		singles = append(singles, one)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil || len(singles) == 0 {
		return err
	}
	for _, one := range singles {
		var r wire.Row
		_ = wire.Unmarshal(one.raw, &r) // one that cannot be read stays as it is: verify names it
		if err := s.putRaw(ctx, stream, uint64(one.seq), one.raw, r.Digest); err != nil {
			return err
		}
	}
	_, err = s.exec(ctx, "DELETE FROM outbox WHERE stream = ? AND seq BETWEEN 1 AND ?", stream, singles[len(singles)-1].seq)
	return err
}
