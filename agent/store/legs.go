package store

import (
	"context"

	"vestibule/agent/sip/sipstate"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

const (
	putLegQuery = `INSERT INTO live_legs (sip_call_id, body) VALUES (?, ?) ON CONFLICT (sip_call_id) DO UPDATE SET body = excluded.body`

	deleteLegQuery = `DELETE FROM live_legs WHERE sip_call_id = ?`
)

// storedLeg is a live leg on the disk.
type storedLeg struct {
	CallID     domain.CallID   `cbor:"1,keyasint"`
	DeviceID   domain.DeviceID `cbor:"2,keyasint"`
	SIPCallID  string          `cbor:"3,keyasint"`
	LocalTag   string          `cbor:"4,keyasint"`
	RemoteTag  string          `cbor:"5,keyasint"`
	LocalURI   string          `cbor:"6,keyasint"`
	RemoteURI  string          `cbor:"7,keyasint"`
	Target     string          `cbor:"8,keyasint"`
	Via        string          `cbor:"9,keyasint"`
	CSeqMethod string          `cbor:"10,keyasint"`
	CSeq       uint32          `cbor:"11,keyasint"`
	State      string          `cbor:"12,keyasint"`
	Route      []string        `cbor:"13,keyasint"`
	Carrier    string          `cbor:"14,keyasint,omitempty"`
	Transport  string          `cbor:"15,keyasint,omitempty"`
}

// PutLeg stores a live leg; its SIP Call-ID names the row.
func (s *Store) PutLeg(ctx context.Context, l sipstate.Leg) error {
	raw, err := wire.Marshal(storedLeg(l))
	if err != nil {
		return err
	}
	return wrap(s.hot(ctx, s.putLeg, l.SIPCallID, raw), "store a leg")
}

// Legs lists the stored legs.
func (s *Store) Legs(ctx context.Context) ([]sipstate.Leg, error) {
	return list(ctx, s, "SELECT body FROM live_legs ORDER BY sip_call_id", func(l storedLeg) sipstate.Leg { return sipstate.Leg(l) })
}

// DeleteLeg forgets a leg that has ended.
func (s *Store) DeleteLeg(ctx context.Context, sipCallID string) error {
	return wrap(s.hot(ctx, s.deleteLeg, sipCallID), "delete a leg")
}
