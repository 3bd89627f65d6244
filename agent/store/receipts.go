package store

import (
	"context"
	"database/sql"
	"errors"

	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// PutReceipt stores what a device has of the document.
func (s *Store) PutReceipt(ctx context.Context, r wire.DeviceReport) error {
	raw, err := wire.Marshal(r)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, "INSERT INTO receipts (device_id, body) VALUES (?, ?) ON CONFLICT (device_id) DO UPDATE SET body = excluded.body", r.DeviceID, raw)
	return wrap(err, "store a receipt")
}

// Receipts lists what each device has of the document.
func (s *Store) Receipts(ctx context.Context) ([]wire.DeviceReport, error) {
	return list(ctx, s, "SELECT body FROM receipts ORDER BY device_id", func(r wire.DeviceReport) wire.DeviceReport { return r })
}

// DropReceipt forgets a device that left the document, with the digest of what was written to it.
func (s *Store) DropReceipt(ctx context.Context, device [16]byte) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		id := domain.DeviceID(device)
		if _, err := s.exec(ctx, "DELETE FROM receipts WHERE device_id = ?", id); err != nil {
			return wrap(err, "delete a receipt")
		}
		_, err := s.exec(ctx, "DELETE FROM written WHERE device_id = ?", id)
		return wrap(err, "delete a receipt")
	})
}

// PutWritten stores the digest of what was last written to a device.
func (s *Store) PutWritten(ctx context.Context, device domain.DeviceID, hash [32]byte) error {
	_, err := s.exec(ctx, "INSERT INTO written (device_id, hash) VALUES (?, ?) ON CONFLICT (device_id) DO UPDATE SET hash = excluded.hash", device, hash[:])
	return wrap(err, "store what was written")
}

// Written gives the digest of what was last written to a device; false when nothing was.
func (s *Store) Written(ctx context.Context, device domain.DeviceID) (hash [32]byte, ok bool, err error) {
	var raw []byte
	err = s.from(ctx).QueryRowContext(ctx, "SELECT hash FROM written WHERE device_id = ?", device).Scan(&raw)
	if errors.Is(err, sql.ErrNoRows) {
		return hash, false, nil
	}
	return hash, copy(hash[:], raw) == len(hash), wrap(err, "read what was written")
}
