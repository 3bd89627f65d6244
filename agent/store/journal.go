package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"vestibule/agent/remote"
	"vestibule/shared/domain"
)

var _ remote.Journal = (*Store)(nil)

const entryColumns = "SELECT id, kind, started, coalesce(result, ''), reason FROM journal "

func scanEntry(row interface{ Scan(...any) error }) (remote.Entry, error) {
	var e remote.Entry
	var started int64
	err := row.Scan(&e.ID, &e.Kind, &started, &e.Result, &e.Reason)
	e.Started = time.UnixMilli(started).UTC()
	return e, err
}

// Entry reads a command of the journal.
func (s *Store) Entry(ctx context.Context, id domain.CommandID) (remote.Entry, bool, error) {
	e, err := scanEntry(s.from(ctx).QueryRowContext(ctx, entryColumns+"WHERE id = ?", id))
	if errors.Is(err, sql.ErrNoRows) {
		return e, false, nil
	}
	return e, err == nil, wrap(err, "read the journal")
}

// Start promises an act; false when the command is in the journal already.
func (s *Store) Start(ctx context.Context, e remote.Entry) (bool, error) {
	res, err := s.exec(ctx, "INSERT INTO journal (id, kind, started) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", e.ID, e.Kind, e.Started.UnixMilli())
	if err != nil {
		return false, wrap(err, "write the journal")
	}
	n, err := res.RowsAffected()
	return n == 1, wrap(err, "write the journal")
}

// Finish ends a command, promised or not; false when it had ended already, and then it stays as it is.
func (s *Store) Finish(ctx context.Context, e remote.Entry) (bool, error) {
	res, err := s.exec(ctx, `INSERT INTO journal (id, kind, started, result, reason) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET result = excluded.result, reason = excluded.reason WHERE result IS NULL`,
		e.ID, e.Kind, e.Started.UnixMilli(), e.Result, e.Reason)
	if err != nil {
		return false, wrap(err, "write the journal")
	}
	n, err := res.RowsAffected()
	return n == 1, wrap(err, "write the journal")
}

// Open lists commands that were promised and never ended.
func (s *Store) Open(ctx context.Context) ([]remote.Entry, error) {
	return s.entries(ctx, "WHERE told = 0 AND result IS NULL ORDER BY started")
}

// Untold lists ended commands whose result was never sent.
func (s *Store) Untold(ctx context.Context) ([]remote.Entry, error) {
	return s.entries(ctx, "WHERE told = 0 AND result IS NOT NULL ORDER BY started LIMIT 100")
}

func (s *Store) entries(ctx context.Context, where string, args ...any) ([]remote.Entry, error) {
	rows, err := s.from(ctx).QueryContext(ctx, entryColumns+where, args...)
	if err != nil {
		return nil, wrap(err, "read the journal")
	}
	defer func() { _ = rows.Close() }()
	var out []remote.Entry
	for rows.Next() {
		e, err := scanEntry(rows)
		if err != nil {
			return nil, wrap(err, "read the journal")
		}
		out = append(out, e)
	}
	return out, wrap(rows.Err(), "read the journal")
}

// Told notes that a result was sent.
func (s *Store) Told(ctx context.Context, id domain.CommandID) error {
	_, err := s.exec(ctx, "UPDATE journal SET told = 1 WHERE id = ?", id)
	return wrap(err, "write the journal")
}

// Forget removes ended commands that are older than before.
func (s *Store) Forget(ctx context.Context, before time.Time) error {
	_, err := s.exec(ctx, "DELETE FROM journal WHERE started < ? AND result IS NOT NULL", before.UnixMilli())
	return wrap(err, "trim the journal")
}
