package store

import (
	"context"
	"time"

	"vestibule/agent/sip/sipstate"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// storedBinding is a binding on the disk.
type storedBinding struct {
	DeviceID  domain.DeviceID `cbor:"1,keyasint"`
	User      string          `cbor:"2,keyasint"`
	Contact   string          `cbor:"3,keyasint"`
	Source    string          `cbor:"4,keyasint"`
	CallID    string          `cbor:"5,keyasint"`
	CSeq      uint32          `cbor:"6,keyasint"`
	Transport string          `cbor:"7,keyasint"`
	Expires   int64           `cbor:"8,keyasint"`
}

// PutBinding stores where a device is registered; it replaces the device's earlier one.
func (s *Store) PutBinding(ctx context.Context, b sipstate.Binding) error {
	raw, err := wire.Marshal(storedBinding{b.DeviceID, b.User, b.Contact, b.Source, b.CallID, b.CSeq, b.Transport, b.ExpiresAt.UnixMilli()})
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, "INSERT INTO bindings (device_id, body) VALUES (?, ?) ON CONFLICT (device_id) DO UPDATE SET body = excluded.body", b.DeviceID, raw)
	return wrap(err, "store a binding")
}

// Bindings lists the stored registrations, expired ones too.
func (s *Store) Bindings(ctx context.Context) ([]sipstate.Binding, error) {
	return list(ctx, s, "SELECT body FROM bindings ORDER BY device_id", func(b storedBinding) sipstate.Binding {
		return sipstate.Binding{
			DeviceID: b.DeviceID, User: b.User, Contact: b.Contact, Source: b.Source, CallID: b.CallID, CSeq: b.CSeq,
			Transport: b.Transport, ExpiresAt: time.UnixMilli(b.Expires).UTC(),
		}
	})
}

// DeleteBinding forgets where a device is registered.
func (s *Store) DeleteBinding(ctx context.Context, device domain.DeviceID) error {
	_, err := s.exec(ctx, "DELETE FROM bindings WHERE device_id = ?", device)
	return wrap(err, "delete a binding")
}

// list reads bodies of one column as S and gives each as T.
func list[S, T any](ctx context.Context, s *Store, query string, give func(S) T, args ...any) ([]T, error) {
	rows, err := s.from(ctx).QueryContext(ctx, query, args...)
	if err != nil {
		return nil, wrap(err, "read the store")
	}
	defer func() { _ = rows.Close() }()
	var out []T
	for rows.Next() {
		var raw []byte
		if err := rows.Scan(&raw); err != nil {
			return nil, wrap(err, "read the store")
		}
		var stored S
		if err := wire.Unmarshal(raw, &stored); err != nil {
			return nil, wrap(err, "read the store")
		}
		out = append(out, give(stored))
	}
	return out, wrap(rows.Err(), "read the store")
}
