package store

import (
	"context"
	"time"

	"vestibule/agent/configsync"
	"vestibule/shared/desired"
)

var _ configsync.Shelf = (*Store)(nil)

// Document reads the version in force.
func (s *Store) Document(ctx context.Context) (configsync.Held, *desired.Document, error) {
	held, err := s.held(ctx)
	if err != nil {
		return held, nil, err
	}
	doc := desired.New()
	rows, err := s.from(ctx).QueryContext(ctx, "SELECT section, key, body FROM desired_entities")
	if err != nil {
		return held, nil, wrap(err, "read the document")
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var sec desired.Section
		var key, body []byte
		if err := rows.Scan(&sec, &key, &body); err != nil {
			return held, nil, wrap(err, "read the document")
		}
		var k desired.Key
		copy(k[:], key)
		doc.Put(sec, k, body)
	}
	return held, doc, wrap(rows.Err(), "read the document")
}

func (s *Store) held(ctx context.Context) (configsync.Held, error) {
	var h configsync.Held
	var hash, good []byte
	err := s.from(ctx).QueryRowContext(ctx, "SELECT version, hash, good_version, good_hash, rejected FROM desired_head").
		Scan(&h.Version, &hash, &h.Good, &good, &h.Rejected)
	copy(h.Hash[:], hash)
	copy(h.GoodHash[:], good)
	return h, wrap(err, "read which version is held")
}

// SaveVersion makes a version current and keeps the way back to the last good one.
func (s *Store) SaveVersion(ctx context.Context, version uint64, hash desired.Hash, ops []desired.Op) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		tx, err := s.txOf(ctx).begun(ctx)
		if err != nil {
			return err
		}
		undo, err := tx.PrepareContext(ctx, "INSERT OR IGNORE INTO desired_undo (section, key, body) VALUES (?1, ?2, (SELECT body FROM desired_entities WHERE section = ?1 AND key = ?2))")
		if err != nil {
			return wrap(err, "store the document")
		}
		defer func() { _ = undo.Close() }()
		put, err := tx.PrepareContext(ctx, "INSERT INTO desired_entities (section, key, body) VALUES (?, ?, ?) ON CONFLICT (section, key) DO UPDATE SET body = excluded.body")
		if err != nil {
			return wrap(err, "store the document")
		}
		defer func() { _ = put.Close() }()
		for _, op := range ops {
			if _, err := undo.ExecContext(ctx, op.Section, op.Key[:]); err != nil {
				return wrap(err, "store the document")
			}
			if len(op.Body) == 0 {
				_, err = tx.ExecContext(ctx, "DELETE FROM desired_entities WHERE section = ? AND key = ?", op.Section, op.Key[:])
			} else {
				_, err = put.ExecContext(ctx, op.Section, op.Key[:], op.Body)
			}
			if err != nil {
				return wrap(err, "store the document")
			}
		}
		_, err = tx.ExecContext(ctx, "UPDATE desired_head SET version = ?, hash = ?", int64(version), hash[:])
		return wrap(err, "store the version")
	})
}

// MarkGood makes the current version the one to fall back to.
func (s *Store) MarkGood(ctx context.Context) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		for _, query := range []string{
			"DELETE FROM desired_undo",
			"DELETE FROM starts",
			"UPDATE desired_head SET good_version = version, good_hash = hash",
		} {
			if _, err := s.exec(ctx, query); err != nil {
				return wrap(err, "mark the version good")
			}
		}
		return nil
	})
}

// FallBack makes the last good version current again.
func (s *Store) FallBack(ctx context.Context) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		for _, query := range []string{
			"DELETE FROM desired_entities WHERE EXISTS (SELECT 1 FROM desired_undo u WHERE u.section = desired_entities.section AND u.key = desired_entities.key)",
			"INSERT INTO desired_entities (section, key, body) SELECT section, key, body FROM desired_undo WHERE body IS NOT NULL",
			"DELETE FROM desired_undo",
			"DELETE FROM starts",
			"UPDATE desired_head SET rejected = version, version = good_version, hash = good_hash",
		} {
			if _, err := s.exec(ctx, query); err != nil {
				return wrap(err, "fall back to the last good version")
			}
		}
		return nil
	})
}

// Reject notes a version that this agent refuses to run.
func (s *Store) Reject(ctx context.Context, version uint64) error {
	_, err := s.exec(ctx, "UPDATE desired_head SET rejected = ?", int64(version))
	return wrap(err, "note the rejected version")
}

// NoteStart notes a start of the program on a version and counts the starts since an instant. Starts that seem to lie
// ahead, because the clock was set back, count too.
func (s *Store) NoteStart(ctx context.Context, version uint64, now, since time.Time) (int, error) {
	var n int
	err := s.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.exec(ctx, "DELETE FROM starts WHERE version <> ? OR at < ?", int64(version), since.UnixMilli()); err != nil {
			return err
		}
		if _, err := s.exec(ctx, "INSERT INTO starts (at, version) VALUES (?, ?)", now.UnixMilli(), int64(version)); err != nil {
			return err
		}
		return s.from(ctx).QueryRowContext(ctx, "SELECT count(*) FROM starts").Scan(&n)
	})
	return n, wrap(err, "note the start")
}

// ForgetStarts ends the count: the program was stopped on purpose.
func (s *Store) ForgetStarts(ctx context.Context) error {
	_, err := s.exec(ctx, "DELETE FROM starts")
	return wrap(err, "forget the starts")
}
