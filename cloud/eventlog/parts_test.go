package eventlog_test

import (
	"context"
	"errors"
	"testing"

	"vestibule/cloud/cloudtest/linktest"
	"vestibule/cloud/eventlog"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// counted is a database that counts transactions, and of which the one with a number fails.
type counted struct {
	eventlog.Store
	begun, fails int
}

func (s *counted) InTx(ctx context.Context, fn func(context.Context) error) error {
	if s.begun++; s.begun == s.fails {
		return errors.New("the disk is gone")
	}
	return s.Store.InTx(ctx, fn)
}

// A batch of a backlog is stored in parts of thirty rows. One dies: nothing is acknowledged, and what was stored before it is stored once when the batch comes
// again. The acknowledgement names every row that was refused, in whichever part; a row of the present is one transaction.
//
// shows EDGE-06 by cloud/eventlog/service.go: "out.Ack.Rejected = append(ack.Rejected, out.Ack.Rejected...)" => ""
func TestTake_ABacklogInPartsIsStoredOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var db *counted
		c := linktest.New(t, s, linktest.Hooks{Events: func(cfg *eventlog.Config) {
			db = &counted{Store: cfg.Store, fails: 3}
			cfg.Store, cfg.Part = db, 30
		}})
		b := c.NewBox(c.Site)
		b.Join()
		const n, bad, worse = wire.MaxBatchRows / 2, 5, 65
		batch := wire.Events{Epoch: b.Epoch, Stream: domain.StreamAudit}
		var good []uint64
		for seq := uint64(1); seq <= n; seq++ {
			if seq == bad || seq == worse {
				batch.Rows = append(batch.Rows, b.RawRow(domain.EventDoor, []byte{0xff, 0x00}))
				continue
			}
			batch.Rows, good = append(batch.Rows, b.Row(domain.EventAgent, note("sample"))), append(good, seq)
		}
		if ack, err := c.Events.Take(t.Context(), b.ID, batch); err == nil {
			t.Fatalf("a part was lost, and %+v is told", ack)
		}
		want(t, c, good[:59]...) // two parts of thirty, with one bad row
		ack, err := c.Events.Take(t.Context(), b.ID, batch)
		if err != nil || ack.Through != n || len(ack.Rejected) != 1 || ack.Rejected[0].Seq != worse {
			t.Fatalf("again: %+v %v", ack, err)
		}
		want(t, c, good...)

		db.begun, db.fails = 0, 0
		for i := range batch.Rows {
			if batch.Rows[i] = b.Row(domain.EventAgent, note("sample")); i == bad || i == worse {
				batch.Rows[i].Kind = "Bad Kind\x00"
			}
		}
		if ack, err = c.Events.Take(t.Context(), b.ID, batch); err != nil || ack.Through != 2*n || db.begun != 4 {
			t.Fatalf("%d transactions: %+v %v", db.begun, ack, err)
		}
		if len(ack.Rejected) != 2 || ack.Rejected[0].Seq != n+1+bad || ack.Rejected[1].Seq != n+1+worse {
			t.Errorf("refused: %+v", ack.Rejected)
		}
		db.begun = 0
		if ack, ok := b.Upload(b.Row(domain.EventAgent, note("now"))); !ok || ack.Through != 2*n+1 || db.begun != 1 {
			t.Errorf("the present: %+v %v in %d transactions", ack, ok, db.begun)
		}
	})
}
