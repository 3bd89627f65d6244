package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"vestibule/agent/enroll"
	"vestibule/agent/outbox"
	"vestibule/agent/store/block"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

const (
	keptQuery = `SELECT body FROM kept WHERE stream = ? ORDER BY seq, kind`

	dropKeptQuery = `DELETE FROM kept WHERE stream = ? AND kind = ?`

	putKeptQuery = `REPLACE INTO kept (stream, kind, seq, body) VALUES (?, ?, ?, ?)`
)

// PutKept stores a checkpoint of the outbox; a floor or a head takes the place of the one before.
func (s *Store) PutKept(ctx context.Context, k outbox.Kept) error {
	body, err := wire.Marshal(k)
	if err != nil {
		return err
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		if k.Kind != outbox.Hole {
			if err := s.hot(ctx, s.dropKept, int64(k.Stream), int64(k.Kind)); err != nil {
				return wrap(err, "store a checkpoint")
			}
		}
		return wrap(s.hot(ctx, s.putKept, int64(k.Stream), int64(k.Kind), int64(k.Seq), body), "store a checkpoint")
	})
}

// Kept gives the checkpoints of a stream.
func (s *Store) Kept(ctx context.Context, stream domain.Stream) ([]outbox.Kept, error) {
	return readKept(ctx, s.from(ctx), stream)
}

// DropKept removes the checkpoints at the numbers from..to.
func (s *Store) DropKept(ctx context.Context, stream domain.Stream, from, to uint64) error {
	_, err := s.exec(ctx, "DELETE FROM kept WHERE stream = ? AND seq BETWEEN ? AND ?", stream, int64(from), int64(to))
	return wrap(err, "drop checkpoints")
}

func readKept(ctx context.Context, q querier, stream domain.Stream) ([]outbox.Kept, error) {
	rows, err := q.QueryContext(ctx, keptQuery, stream)
	if err != nil {
		return nil, wrap(err, "read checkpoints")
	}
	defer func() { _ = rows.Close() }()
	var out []outbox.Kept
	for rows.Next() {
		var body []byte
		if err := rows.Scan(&body); err != nil {
			return nil, wrap(err, "read checkpoints")
		}
		var k outbox.Kept
		_ = wire.Unmarshal(body, &k) // one that cannot be read proves nothing: verify names it
		out = append(out, k)
	}
	return out, wrap(rows.Err(), "read checkpoints")
}

// Log is the outbox of a data folder as it stands at one moment, for reading alone. The agent may run meanwhile.
type Log struct {
	db *sql.DB
	tx *sql.Tx
}

var _ outbox.Reader = (*Log)(nil)

// OpenLog opens the log of the agent whose data lie in dir; NotFound when there is none.
func OpenLog(ctx context.Context, dir string) (*Log, error) {
	path := filepath.Join(dir, File)
	if _, err := os.Stat(path); err != nil {
		return nil, fault.Wrap(err, fault.NotFound, "There is no agent's store in this folder.")
	}
	db, err := sql.Open("sqlite", dsn(path, "_txlock=deferred", "cache_size(-512)", "query_only(1)"))
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("database: %w", err), db.Close())
	}
	return &Log{db: db, tx: tx}, nil
}

// Close ends the reading.
func (l *Log) Close() error { return errors.Join(l.tx.Rollback(), l.db.Close()) }

// Identity gives whose log it is; false before the claim.
func (l *Log) Identity(ctx context.Context) (enroll.Identity, bool, error) {
	var id enroll.Identity
	var raw []byte
	err := l.tx.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = ?", metaIdentity).Scan(&raw)
	if errors.Is(err, sql.ErrNoRows) {
		return id, false, nil
	}
	if err != nil {
		return id, false, wrap(err, "read the identity")
	}
	return id, true, wire.Unmarshal(raw, &id)
}

// Marks tells where the log stands.
func (l *Log) Marks(ctx context.Context) (outbox.Marks, error) {
	rows, err := l.tx.QueryContext(ctx, shelfQuery)
	if err != nil {
		return outbox.Marks{}, wrap(err, "read the outbox's marks")
	}
	read, err := scanShelf(rows)
	if errors.Is(err, block.ErrCut) {
		err = nil // verify names what cannot be read
	}
	return read.marks, err
}

// Kept gives the checkpoints of a stream.
func (l *Log) Kept(ctx context.Context, stream domain.Stream) ([]outbox.Kept, error) {
	return readKept(ctx, l.tx, stream)
}

// Each gives the rows of a stream by the number under which they lie. Bytes in which no row can be found are given as one.
func (l *Log) Each(ctx context.Context, stream domain.Stream, see func(seq uint64, raw []byte) bool) error {
	rows, err := l.tx.QueryContext(ctx, blocksQuery, lowest(stream), lowest(stream), highest(stream))
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
		at := numberAt(id)
		b, err := block.Read(at, body)
		if err == nil {
			err = b.Each(func(seq uint64, raw []byte) bool {
				at, more = seq+1, see(seq, raw)
				return more
			})
		}
		if err != nil {
			more = more && see(at, nil)
		}
	}
	return wrap(rows.Err(), "read rows")
}
