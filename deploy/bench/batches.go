package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// makeBatches makes what the outbox of an agent would send: rows of doors that opened, as many in a batch as it takes, each batch with its signed checkpoint.
func makeBatches(agent domain.AgentID, rows int) ([]wire.Events, error) {
	now := time.Now()
	epoch := domain.NewID[domain.EpochID](now)
	panels := [4]domain.DeviceID{}
	for i := range panels {
		panels[i] = domain.NewID[domain.DeviceID](now)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	var out []wire.Events
	var before [32]byte
	room := 0
	for seq := uint64(1); seq <= uint64(rows); seq++ {
		body, err := wire.Marshal(domain.DoorBody{
			DeviceID: panels[seq%4], Relay: 1, Means: domain.MeansDTMF, Result: domain.ActDone, By: "Kitchen", ByDevice: domain.NewID[domain.DeviceID](now),
			ApartmentID: domain.NewID[domain.ApartmentID](now), CallID: domain.NewID[domain.CallID](now), TookMilli: 12,
		})
		if err != nil {
			return nil, err
		}
		r := wire.Row{Seq: seq, Kind: domain.EventDoor, WallMilli: now.UnixMilli(), MonoMilli: int64(seq), ClockSure: true, Body: body}
		_, _ = rand.Read(r.Salt[:])
		r.BodyHash = wire.HashBody(r.Salt, body)
		r.Digest = wire.Chain(agent, epoch, domain.StreamOf(r.Kind), before, r)
		before = r.Digest
		raw, err := wire.Marshal(r)
		if err != nil {
			return nil, err
		}
		if room -= len(raw); room < 0 || len(out) == 0 || len(out[len(out)-1].Rows) == wire.MaxBatchRows {
			out = append(out, wire.Events{Epoch: epoch, Stream: domain.StreamOf(r.Kind)})
			room = outboxBatch - len(raw)
		}
		out[len(out)-1].Rows = append(out[len(out)-1].Rows, r)
	}
	for i := range out {
		if err := vouch(&out[i], agent, key, now); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// outboxBatch is how many bytes of rows an outbox sends at once (agent/outbox).
const outboxBatch = wire.MaxBatchBytes - 1024

// vouch signs the last row of a batch.
func vouch(b *wire.Events, agent domain.AgentID, key *ecdsa.PrivateKey, now time.Time) error {
	last := b.Rows[len(b.Rows)-1]
	b.Checkpoint = &wire.Checkpoint{Seq: last.Seq, Digest: last.Digest, AtMilli: now.UnixMilli()}
	sum := sha256.Sum256(append([]byte(wire.CheckpointContext), b.Checkpoint.Message(agent, b.Epoch, b.Stream)...))
	var err error
	b.Checkpoint.Signature, err = ecdsa.SignASN1(rand.Reader, key, sum[:])
	return err
}
