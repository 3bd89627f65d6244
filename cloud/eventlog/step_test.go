package eventlog_test

import (
	"testing"

	"pgregory.net/rapid"

	"vestibule/cloud/eventlog"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

var (
	agent = domain.AgentID{1}
	epoch = domain.EpochID{2}
)

// chain makes n rows, some of them gaps.
func chain(t *rapid.T, n int) []wire.Row {
	var rows []wire.Row
	var last [32]byte
	seq := uint64(0)
	for range n {
		r := wire.Row{Kind: domain.EventAgent, Body: []byte{0xa0}}
		seq++
		if rapid.IntRange(0, 9).Draw(t, "gap") == 0 {
			r.Kind, r.From = domain.EventGap, seq
			seq += rapid.Uint64Range(0, 5).Draw(t, "width")
		}
		r.Seq, r.BodyHash = seq, wire.HashBody(r.Salt, r.Body)
		r.Digest = wire.Chain(agent, epoch, domain.StreamAudit, last, r)
		last = r.Digest
		rows = append(rows, r)
	}
	return rows
}

// Batches come in any cut, twice, late and in any order: every row is stored once, in order, and none is skipped.
//
// shows EDGE-06 by cloud/eventlog/step.go: "if first > out.Cursor.Acked+1 {" => "if false {"
func TestStep_AnyDeliveryStoresEachRowOnceInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := chain(t, rapid.IntRange(1, 40).Draw(t, "rows"))
		var cur eventlog.Cursor
		var stored []wire.Row
		deliver := func(from, to int) {
			out := eventlog.Step(agent, cur, wire.Events{Epoch: epoch, Stream: domain.StreamAudit, Rows: rows[from:to]}, func(seq uint64) ([32]byte, bool) {
				for _, r := range stored {
					if r.Seq == seq {
						return r.Digest, true
					}
				}
				return [32]byte{}, seq == 0
			})
			if len(out.Dead) > 0 {
				t.Fatalf("dead rows: %+v", out.Dead)
			}
			if out.Ack.Through < cur.Acked {
				t.Fatal("the cursor sank")
			}
			stored, cur = append(stored, out.Insert...), out.Cursor
		}
		for range rapid.IntRange(0, 30).Draw(t, "deliveries") {
			from := rapid.IntRange(0, len(rows)-1).Draw(t, "from")
			deliver(from, rapid.IntRange(from, len(rows)).Draw(t, "to"))
		}
		for at := 0; at < len(rows); at += 7 {
			deliver(at, min(at+7, len(rows)))
		}
		if len(stored) != len(rows) {
			t.Fatalf("%d of %d rows", len(stored), len(rows))
		}
		for i := range rows {
			if stored[i].Seq != rows[i].Seq {
				t.Fatalf("row %d is %d", rows[i].Seq, stored[i].Seq)
			}
		}
	})
}
