package outbox

import (
	"context"

	"vestibule/shared/domain"
)

// NewEpoch renumbers what waits under a new epoch and says why in the log: this disk is older than what the cloud has.
func (o *Outbox) NewEpoch(ctx context.Context, why string) error {
	return o.shelf.InTx(ctx, func(ctx context.Context) error {
		m, err := o.shelf.Marks(ctx)
		if err != nil {
			return err
		}
		epoch := domain.NewID[domain.EpochID](o.clock.Now())
		if err := o.shelf.SetEpoch(ctx, epoch); err != nil {
			return err
		}
		for _, mark := range []*Mark{&m.Audit, &m.Status} {
			if err := o.renumber(ctx, epoch, mark); err != nil {
				return err
			}
		}
		return o.Append(ctx, domain.EventAgent, domain.NoteBody{What: why})
	})
}

// renumber gives the waiting rows of a stream numbers from 1. New numbers are never above the old ones, so a page is
// taken off the shelf before its rows are put back.
func (o *Outbox) renumber(ctx context.Context, epoch domain.EpochID, mark *Mark) error {
	fresh := Mark{Stream: mark.Stream, Dropped: mark.Dropped}
	if err := o.shelf.DropKept(ctx, mark.Stream, 0, mark.Last); err != nil {
		return err
	}
	after := mark.Acked
	for {
		rows, err := o.shelf.Rows(ctx, mark.Stream, after, 1000, 1<<20)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		after = rows[len(rows)-1].Seq
		if _, _, err := o.shelf.DropRows(ctx, mark.Stream, rows[0].Seq, after); err != nil {
			return err
		}
		for _, r := range rows {
			r.From = 0 // renumbered: a gap's body keeps the numbers it stood for
			if err := o.put(ctx, epoch, &fresh, r); err != nil {
				return err
			}
		}
	}
	*mark = fresh
	return o.shelf.SetMark(ctx, fresh)
}
