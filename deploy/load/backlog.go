package main

import (
	"encoding/binary"
	"time"

	"vestibule/agent/outbox"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// backlog is the audit rows 1 to last of an agent that was away for long. A million of them would not fit into memory ten times, so each
// is made when it is read: the same each time, and chained by the outbox as it leaves.
type backlog struct {
	last, gone uint64
	from       time.Time // of row 1; one a second
	body       []byte
}

func (b backlog) has(n uint64) bool { return b.gone < n && n <= b.last }

func (b backlog) row(n uint64) wire.Row {
	r := wire.Row{
		Seq: n, Kind: domain.EventDoor, WallMilli: b.from.Add(time.Duration(n) * time.Second).UnixMilli(), MonoMilli: int64(n) * 1000, ClockSure: true, Body: b.body,
	}
	binary.BigEndian.PutUint64(r.Salt[:], n)
	r.BodyHash = wire.HashBody(r.Salt, r.Body)
	return r
}

// pile puts n rows before the shelf's own. It is for a shelf that nobody uses yet.
func (s *shelf) pile(n uint64, device domain.DeviceID) error {
	body, err := wire.Marshal(domain.DoorBody{DeviceID: device, Relay: 1, Means: domain.MeansDTMF, Result: domain.ActDone, TookMilli: 40, By: "Monitor 101"})
	if err != nil {
		return err
	}
	s.backlog = backlog{last: n, body: body, from: time.Now().Add(-time.Duration(n) * time.Second)}
	s.marks.Audit = outbox.Mark{Stream: domain.StreamAudit, Last: n, Count: int64(n), Bytes: int64(n) * rowSize, Since: n}
	return nil
}
