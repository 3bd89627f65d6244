package eventlog

import (
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// Cursor is how far a stream of an agent's epoch is stored: everything up to Acked. Digest is that of the last row. After a
// row whose digest is wrong, Other is what it should have been: the agent may have gone on from either.
type Cursor struct {
	Acked  uint64
	Digest [32]byte
	Other  [32]byte
}

// Reasons of rows that are kept raw.
const (
	Tampered   = "tampered"   // digest or body does not fit the row before it
	Unreadable = "unreadable" // the body is not what its kind has
)

// Dead is a row that is not taken as it is.
type Dead struct {
	Row    wire.Row
	Reason string
}

// Outcome is what a batch leads to.
type Outcome struct {
	Cursor Cursor
	Insert []wire.Row
	Bodies []any // of Insert, as read; nil where a row has none
	Dead   []Dead
	Ack    wire.Ack
	// Doubled counts the rows that were stored before.
	Doubled int
}

// highest bounds numbers from the link: the databases store signed integers.
const highest = 1 << 62

// Step judges a batch against the cursor: pure. before gives the digest of an older stored row, for a gap row that reaches back
// over rows that are stored already.
func Step(agent domain.AgentID, cur Cursor, b wire.Events, before func(seq uint64) ([32]byte, bool)) Outcome {
	out := Outcome{Cursor: cur, Ack: wire.Ack{Epoch: b.Epoch, Stream: b.Stream}}
	for _, row := range b.Rows {
		first := row.Seq
		if row.From != 0 {
			first = row.From
		}
		if row.Seq == 0 || row.Seq > highest || first > row.Seq || row.From != 0 && row.Kind != domain.EventGap {
			break // not a batch of an outbox: nothing from here on is taken
		}
		if row.Seq <= out.Cursor.Acked {
			out.Doubled++ // its acknowledgement was lost
			continue
		}
		if first > out.Cursor.Acked+1 {
			out.Ack.Expect = out.Cursor.Acked + 1
			break
		}
		reason, body := judge(agent, out.Cursor, b, row, first, before)
		next := Cursor{Acked: row.Seq, Digest: row.Digest}
		switch reason {
		case "":
			out.Insert, out.Bodies = append(out.Insert, row), append(out.Bodies, body)
		case Tampered:
			next.Other = wire.Chain(agent, b.Epoch, b.Stream, out.Cursor.Digest, row)
			fallthrough
		default:
			out.Dead = append(out.Dead, Dead{Row: row, Reason: reason})
			out.Ack.Rejected = append(out.Ack.Rejected, wire.Rejection{Seq: row.Seq, Reason: reason})
		}
		out.Cursor = next
	}
	out.Ack.Through = out.Cursor.Acked
	return out
}

// judge gives the reason why a row is not taken; empty when it is, and then its body.
func judge(agent domain.AgentID, cur Cursor, b wire.Events, row wire.Row, first uint64, before func(uint64) ([32]byte, bool)) (reason string, body any) {
	last := cur.Digest
	if first <= cur.Acked {
		var ok bool
		if last, ok = before(first - 1); !ok {
			return Tampered, nil
		}
	}
	fits := wire.Chain(agent, b.Epoch, b.Stream, last, row) == row.Digest
	if !fits && cur.Other != ([32]byte{}) {
		fits = wire.Chain(agent, b.Epoch, b.Stream, cur.Other, row) == row.Digest
	}
	fits = fits || beginsAnew(agent, b.Epoch, b.Stream, row)
	if !fits || len(row.Body) > 0 && wire.HashBody(row.Salt, row.Body) != row.BodyHash {
		return Tampered, nil
	}
	body, ok := read(row)
	if !ok {
		return Unreadable, nil
	}
	return "", body
}

// beginsAnew tells whether the chain begins anew with this row: a hole over rows that the agent had been told were safe and that this cloud, restored from
// a backup, does not have. Their digests are gone with them on both sides.
func beginsAnew(agent domain.AgentID, epoch domain.EpochID, stream domain.Stream, row wire.Row) bool {
	if row.Kind != domain.EventGap || wire.Chain(agent, epoch, stream, [32]byte{}, row) != row.Digest {
		return false
	}
	var gap domain.GapBody
	return wire.Unmarshal(row.Body, &gap) == nil && gap.Reason == domain.GapNotWithCloud
}
