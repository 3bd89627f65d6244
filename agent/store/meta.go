package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"vestibule/agent/enroll"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// Names in the table meta.
const (
	metaIdentity = "identity"
	metaPending  = "pending_key" // of a renewal that is not answered yet
	metaTime     = "time"
	metaEpoch    = "epoch"
)

// Meta reads a named value; nil when it was never set. Other jobs may keep small things under names of their own, such as lan_pin.
func (s *Store) Meta(ctx context.Context, name string) ([]byte, error) {
	var value []byte
	err := s.from(ctx).QueryRowContext(ctx, "SELECT value FROM meta WHERE name = ?", name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return value, wrap(err, "read "+name)
}

// SetMeta stores a named value.
func (s *Store) SetMeta(ctx context.Context, name string, value []byte) error {
	_, err := s.exec(ctx, "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value)
	return wrap(err, "store "+name)
}

// DeleteMeta removes a named value.
func (s *Store) DeleteMeta(ctx context.Context, name string) error {
	_, err := s.exec(ctx, "DELETE FROM meta WHERE name = ?", name)
	return wrap(err, "delete "+name)
}

// Identity gives what the claim gave; false before the claim.
func (s *Store) Identity(ctx context.Context) (enroll.Identity, bool, error) {
	var id enroll.Identity
	raw, err := s.Meta(ctx, metaIdentity)
	if err != nil || raw == nil {
		return id, false, err
	}
	if err := wire.Unmarshal(raw, &id); err != nil {
		return id, false, fmt.Errorf("stored identity: %w", err)
	}
	return id, true, nil
}

// SaveIdentity stores changes of the identity: a renewed certificate, new trust.
func (s *Store) SaveIdentity(ctx context.Context, id enroll.Identity) error {
	raw, err := wire.Marshal(id)
	if err != nil {
		return err
	}
	return s.SetMeta(ctx, metaIdentity, raw)
}

// Adopt stores the identity of a new claim: the outbox starts empty with a new epoch, the fence at zero, and nothing of
// an earlier site stays.
func (s *Store) Adopt(ctx context.Context, id enroll.Identity) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		s.txOf(ctx).forget()
		for _, table := range []string{
			"blocks", "kept", "quarantine", "journal", "receipts", "written", "desired_entities", "desired_undo", "starts", "bindings", "calls",
		} {
			if _, err := s.exec(ctx, "DELETE FROM "+table); err != nil {
				return wrap(err, "empty "+table)
			}
		}
		for _, query := range []string{
			"UPDATE streams SET last = 0, acked = 0, sent = 0, digest = zeroblob(32), count = 0, bytes = 0, dropped = 0, link = x'', base = x'', since = 0, number = number + 1",
			"UPDATE desired_head SET version = 0, hash = x'', good_version = 0, good_hash = x'', rejected = 0",
			"DELETE FROM meta WHERE name = 'pending_key'",
		} {
			if _, err := s.exec(ctx, query); err != nil {
				return wrap(err, "start anew")
			}
		}
		if _, err := s.exec(ctx, "UPDATE fence SET generation = ?, counter = 0", id.Generation); err != nil {
			return wrap(err, "reset the fence")
		}
		if err := s.SetEpoch(ctx, domain.NewID[domain.EpochID](time.Now())); err != nil {
			return err
		}
		return s.SaveIdentity(ctx, id)
	})
}

// SaveTrust stores the roots and command keys of a new document in the identity.
func (s *Store) SaveTrust(ctx context.Context, roots, commandKeys [][]byte) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		id, ok, err := s.Identity(ctx)
		if err != nil || !ok {
			return err
		}
		id.Roots, id.CommandKeys = roots, commandKeys
		return s.SaveIdentity(ctx, id)
	})
}

// PendingKey gives the key of a renewal that is under way; nil when there is none.
func (s *Store) PendingKey(ctx context.Context) ([]byte, error) { return s.Meta(ctx, metaPending) }

// SavePendingKey stores the key of a renewal before it is asked for.
func (s *Store) SavePendingKey(ctx context.Context, pem []byte) error {
	return s.SetMeta(ctx, metaPending, pem)
}

// ClearPendingKey ends a renewal.
func (s *Store) ClearPendingKey(ctx context.Context) error { return s.DeleteMeta(ctx, metaPending) }

// NextCounter raises the fence by one and gives it: one number per connection, never given twice.
func (s *Store) NextCounter(ctx context.Context) (generation uint32, counter uint64, err error) {
	err = s.InTx(ctx, func(ctx context.Context) error {
		tx, err := s.txOf(ctx).begun(ctx)
		if err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, "UPDATE fence SET counter = counter + 1 RETURNING generation, counter").Scan(&generation, &counter)
	})
	return generation, counter, wrap(err, "raise the fence")
}

// JumpFence lifts the fence so that the next counter lies above fence and the generation is at least generation.
func (s *Store) JumpFence(ctx context.Context, generation uint32, fence uint64) error {
	_, err := s.exec(ctx, "UPDATE fence SET counter = max(counter, ?), generation = max(generation, ?)", int64(fence), generation)
	return wrap(err, "jump the fence")
}

// LastTime is the latest time that was ever stored; zero when none was. The wall clock is never believed to be before it.
func (s *Store) LastTime(ctx context.Context) (time.Time, error) {
	raw, err := s.Meta(ctx, metaTime)
	if err != nil || len(raw) != 8 {
		return time.Time{}, err
	}
	return time.UnixMilli(int64(binary.BigEndian.Uint64(raw))).UTC(), nil
}

// SaveTime stores a believed time; an earlier one changes nothing.
func (s *Store) SaveTime(ctx context.Context, now time.Time) error {
	last, err := s.LastTime(ctx)
	if err != nil || !now.After(last) {
		return err
	}
	return s.SetMeta(ctx, metaTime, binary.BigEndian.AppendUint64(nil, uint64(now.UnixMilli())))
}

// ensureEpoch gives a new file its epoch.
func (s *Store) ensureEpoch(ctx context.Context) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		if raw, err := s.Meta(ctx, metaEpoch); err != nil || raw != nil {
			return err
		}
		return s.SetEpoch(ctx, domain.NewID[domain.EpochID](time.Now()))
	})
}

// SetEpoch stores the outbox's epoch.
func (s *Store) SetEpoch(ctx context.Context, epoch domain.EpochID) error {
	if t := s.txOf(ctx); t != nil {
		if t.shelf != nil {
			t.shelf.marks.Epoch = epoch
		} else {
			t.unknown = true
		}
	}
	return s.SetMeta(ctx, metaEpoch, epoch[:])
}

// wrap names what was being done; nil stays nil.
func wrap(err error, doing string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}
