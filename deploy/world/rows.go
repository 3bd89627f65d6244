package main

import (
	"cmp"
	"context"
	"slices"
	"time"

	"vestibule/cloud/eventlog"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// The log in the database.

func (b *base) LockCursor(_ context.Context, agent domain.AgentID, epoch domain.EpochID, s domain.Stream) (domain.SiteID, eventlog.Cursor, error) {
	return b.sites[agent], b.cursors[chain{agent, epoch, s}], nil
}

func (b *base) SaveCursor(_ context.Context, _ domain.SiteID, agent domain.AgentID, epoch domain.EpochID, s domain.Stream, c eventlog.Cursor, _ *wire.Checkpoint) error {
	return b.change(func() { put(&b.memory, b.cursors, chain{agent, epoch, s}, c) })
}

func (b *base) Acked(_ context.Context, agent domain.AgentID, epoch domain.EpochID) (audit, status uint64, err error) {
	return b.cursors[chain{agent, epoch, domain.StreamAudit}].Acked, b.cursors[chain{agent, epoch, domain.StreamStatus}].Acked, nil
}

func (b *base) DigestAt(_ context.Context, agent domain.AgentID, epoch domain.EpochID, s domain.Stream, seq uint64) ([32]byte, bool, error) {
	if seq == 0 {
		return [32]byte{}, true, nil
	}
	l, ok := b.rows[chain{agent, epoch, s}][seq]
	return l.Row.Digest, ok, nil
}

// keep stores one row, taken or dead.
func (b *base) keep(site domain.SiteID, c chain, l eventlog.Link) {
	rows := b.rows[c]
	if rows == nil {
		rows = map[uint64]eventlog.Link{}
		b.rows[c] = rows
	}
	if _, twice := rows[l.Row.Seq]; twice {
		b.w.broke("row %d of agent %d is stored a second time", l.Row.Seq, b.w.number(c.agent))
	}
	put(&b.memory, rows, l.Row.Seq, l)
	grow(&b.memory, &b.order, stored{site, c.agent, l.Row})
}

func (b *base) InsertEvents(_ context.Context, rows []eventlog.Stored) error {
	return b.change(func() {
		for _, r := range rows {
			b.keep(r.Site, chain{r.Agent, r.Epoch, r.Stream}, eventlog.Link{Row: r.Row, Received: r.Received})
		}
	})
}

func (b *base) InsertDead(_ context.Context, site domain.SiteID, agent domain.AgentID, epoch domain.EpochID, s domain.Stream, at time.Time, dead []eventlog.Dead) error {
	return b.change(func() {
		for _, d := range dead {
			b.w.broke("row %d of agent %d is not taken: %s", d.Row.Seq, b.w.number(agent), d.Reason)
			b.keep(site, chain{agent, epoch, s}, eventlog.Link{Row: d.Row, Reason: d.Reason, Received: at})
		}
	})
}

func (b *base) InsertCalls(context.Context, []eventlog.CallLine) error { return nil }

func (b *base) NamesOf(context.Context, domain.SiteID, []domain.DeviceID, []domain.ApartmentID) (eventlog.Names, error) {
	return eventlog.Names{}, nil
}

func (b *base) PutCandidate(context.Context, domain.SiteID, eventlog.Candidate) error { return nil }

func (b *base) DropCandidate(context.Context, domain.SiteID, domain.MAC) error { return nil }

func (b *base) PutBoardState(context.Context, domain.SiteID, eventlog.BoardState) error { return nil }

func (b *base) BoardStates(context.Context, domain.SiteID) ([]eventlog.BoardState, error) {
	return nil, errNobody
}

func (b *base) Events(context.Context, domain.SiteID, eventlog.Query, eventlog.Position) ([]eventlog.Stored, error) {
	return nil, errNobody
}

func (b *base) Calls(context.Context, domain.SiteID, eventlog.CallQuery) (eventlog.CallList, error) {
	return eventlog.CallList{}, errNobody
}

func (b *base) Call(context.Context, domain.SiteID, domain.CallID) (eventlog.Call, eventlog.Stored, error) {
	return eventlog.Call{}, eventlog.Stored{}, errNobody
}

func (b *base) Candidates(context.Context, domain.SiteID) ([]eventlog.Candidate, error) {
	return nil, errNobody
}

func (b *base) Chains(_ context.Context, site domain.SiteID) ([]eventlog.ChainKey, error) {
	var out []eventlog.ChainKey
	for c, cur := range b.cursors {
		if b.sites[c.agent] == site {
			out = append(out, eventlog.ChainKey{Agent: c.agent, Epoch: c.epoch, Stream: c.stream, Acked: cur.Acked})
		}
	}
	return out, nil
}

func (b *base) Checkpoints(context.Context, eventlog.ChainKey) ([]wire.Checkpoint, error) {
	return nil, nil
}

func (b *base) Resets(context.Context, domain.SiteID) ([]eventlog.Reset, error) { return nil, nil }

func (b *base) ChainRows(_ context.Context, key eventlog.ChainKey, after uint64, limit int) ([]eventlog.Link, error) {
	var out []eventlog.Link
	for seq, l := range b.rows[chain{key.Agent, key.Epoch, key.Stream}] {
		if seq > after {
			out = append(out, l)
		}
	}
	slices.SortFunc(out, func(x, y eventlog.Link) int { return cmp.Compare(x.Row.Seq, y.Row.Seq) })
	return out[:min(limit, len(out))], nil
}
