package main

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"vestibule/agent/configsync"
	"vestibule/agent/link"
	"vestibule/agent/outbox"
	"vestibule/agent/remote"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

var (
	_ outbox.Shelf     = (*shelf)(nil)
	_ configsync.Shelf = (*shelf)(nil)
	_ remote.Journal   = (*shelf)(nil)
	_ link.Fence       = (*shelf)(nil)
)

// shelf is an agent's store in memory. It never fails, so that nothing needs to be undone.
type shelf struct {
	mu sync.Mutex

	generation uint32
	counter    uint64

	marks   outbox.Marks
	rows    map[domain.Stream]map[uint64]wire.Row
	backlog backlog
	kept    []outbox.Kept

	held     configsync.Held
	document *desired.Document
	receipts map[domain.DeviceID]wire.DeviceReport
	acts     map[domain.CommandID]remote.Entry
	ended    []domain.CommandID // whose result was not sent
}

func newShelf(generation uint32) *shelf {
	s := &shelf{
		generation: generation,
		marks: outbox.Marks{
			Epoch: domain.NewID[domain.EpochID](time.Now()), Audit: outbox.Mark{Stream: domain.StreamAudit}, Status: outbox.Mark{Stream: domain.StreamStatus},
		},
		rows:     map[domain.Stream]map[uint64]wire.Row{domain.StreamAudit: {}, domain.StreamStatus: {}},
		document: desired.New(), receipts: map[domain.DeviceID]wire.DeviceReport{}, acts: map[domain.CommandID]remote.Entry{},
	}
	s.held.Hash, s.held.GoodHash = s.document.Hash(), s.document.Hash()
	return s
}

// open is the transaction of a context: what is to run after it.
type open struct{ after []func() }

type openKey struct{}

// InTx runs fn alone, or joins the transaction of ctx.
func (s *shelf) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if ctx.Value(openKey{}) != nil {
		return fn(ctx)
	}
	tx := &open{}
	s.mu.Lock()
	err := fn(context.WithValue(ctx, openKey{}, tx))
	s.mu.Unlock()
	if err == nil {
		for _, f := range tx.after {
			f()
		}
	}
	return err
}

// AfterCommit runs f after the transaction of ctx.
func (s *shelf) AfterCommit(ctx context.Context, f func()) {
	if tx, ok := ctx.Value(openKey{}).(*open); ok {
		tx.after = append(tx.after, f)
		return
	}
	f()
}

// do runs f alone.
func (s *shelf) do(ctx context.Context, f func()) {
	_ = s.InTx(ctx, func(context.Context) error {
		f()
		return nil
	})
}

func (s *shelf) NextCounter(ctx context.Context) (generation uint32, counter uint64, err error) {
	s.do(ctx, func() {
		s.counter++
		generation, counter = s.generation, s.counter
	})
	return generation, counter, nil
}

func (s *shelf) JumpFence(ctx context.Context, generation uint32, fence uint64) error {
	s.do(ctx, func() { s.generation, s.counter = max(s.generation, generation), max(s.counter, fence) })
	return nil
}

func (s *shelf) SaveTime(context.Context, time.Time) error { return nil }

func (s *shelf) Marks(ctx context.Context) (m outbox.Marks, err error) {
	s.do(ctx, func() { m = s.marks })
	return m, nil
}

func (s *shelf) SetMark(ctx context.Context, m outbox.Mark) error {
	s.do(ctx, func() { *s.marks.Of(m.Stream) = m })
	return nil
}

func (s *shelf) SetEpoch(ctx context.Context, epoch domain.EpochID) error {
	s.do(ctx, func() { s.marks.Epoch = epoch })
	return nil
}

// rowSize is what a row counts for; nothing here is so full that it matters.
const rowSize = 300

func (s *shelf) PutRow(ctx context.Context, stream domain.Stream, r wire.Row) (int64, error) {
	s.do(ctx, func() { s.rows[stream][r.Seq] = r })
	return rowSize, nil
}

func (s *shelf) Rows(ctx context.Context, stream domain.Stream, after uint64, most int, mostBytes int64) (out []wire.Row, err error) {
	s.do(ctx, func() {
		for n := after + 1; n <= s.marks.Of(stream).Last && len(out) < most; n++ {
			r, ok := s.row(stream, n)
			if !ok {
				continue
			}
			if mostBytes -= int64(rowSize + len(r.Body)); mostBytes < 0 && len(out) > 0 {
				break
			}
			out = append(out, r)
		}
	})
	return out, nil
}

func (s *shelf) row(stream domain.Stream, n uint64) (wire.Row, bool) {
	if stream == domain.StreamAudit && s.backlog.has(n) {
		return s.backlog.row(n), true
	}
	r, ok := s.rows[stream][n]
	return r, ok
}

func (s *shelf) DropRows(ctx context.Context, stream domain.Stream, from, to uint64) (count, bytes int64, err error) {
	s.do(ctx, func() {
		for n := from; n <= to; n++ {
			if _, ok := s.row(stream, n); ok {
				count++
				delete(s.rows[stream], n)
			}
		}
		if stream == domain.StreamAudit {
			s.backlog.gone = max(s.backlog.gone, to)
		}
	})
	return count, count * rowSize, nil
}

func (s *shelf) PutKept(ctx context.Context, k outbox.Kept) error {
	s.do(ctx, func() {
		s.kept = slices.DeleteFunc(s.kept, func(was outbox.Kept) bool {
			return was.Stream == k.Stream && was.Kind == k.Kind && (k.Kind != outbox.Hole || was.Seq == k.Seq)
		})
		s.kept = append(s.kept, k)
	})
	return nil
}

func (s *shelf) Kept(ctx context.Context, stream domain.Stream) (out []outbox.Kept, err error) {
	s.do(ctx, func() {
		for _, k := range s.kept {
			if k.Stream == stream {
				out = append(out, k)
			}
		}
	})
	slices.SortFunc(out, func(a, b outbox.Kept) int { return cmp.Compare(a.Seq, b.Seq) })
	return out, nil
}

func (s *shelf) DropKept(ctx context.Context, stream domain.Stream, from, to uint64) error {
	s.do(ctx, func() {
		s.kept = slices.DeleteFunc(s.kept, func(k outbox.Kept) bool { return k.Stream == stream && from <= k.Seq && k.Seq <= to })
	})
	return nil
}

func (s *shelf) Quarantine(context.Context, domain.EpochID, domain.Stream, wire.Row, string) error {
	return nil
}

func (s *shelf) PutCall(context.Context, int64, domain.CallBody) error { return nil }

func (s *shelf) Document(ctx context.Context) (held configsync.Held, d *desired.Document, err error) {
	s.do(ctx, func() { held, d = s.held, s.document.Clone() })
	return held, d, nil
}

func (s *shelf) SaveVersion(ctx context.Context, version uint64, hash desired.Hash, ops []desired.Op) error {
	s.do(ctx, func() {
		for _, op := range ops {
			if len(op.Body) == 0 {
				s.document.Delete(op.Section, op.Key)
			} else {
				s.document.Put(op.Section, op.Key, op.Body)
			}
		}
		s.held.Version, s.held.Hash = version, hash
	})
	return nil
}

func (s *shelf) MarkGood(ctx context.Context) error {
	s.do(ctx, func() { s.held.Good, s.held.GoodHash = s.held.Version, s.held.Hash })
	return nil
}

// FallBack has nothing to go back to: no agent here starts twice.
func (s *shelf) FallBack(context.Context) error { return nil }

func (s *shelf) Reject(ctx context.Context, version uint64) error {
	s.do(ctx, func() { s.held.Rejected = version })
	return nil
}

func (s *shelf) NoteStart(context.Context, uint64, time.Time, time.Time) (int, error) { return 1, nil }

func (s *shelf) ForgetStarts(context.Context) error { return nil }

func (s *shelf) SaveTrust(context.Context, [][]byte, [][]byte) error { return nil }

func (s *shelf) PutReceipt(ctx context.Context, r wire.DeviceReport) error {
	s.do(ctx, func() { s.receipts[r.DeviceID] = r })
	return nil
}

func (s *shelf) DropReceipt(ctx context.Context, device [16]byte) error {
	s.do(ctx, func() { delete(s.receipts, domain.DeviceID(device)) })
	return nil
}

func (s *shelf) Receipts(ctx context.Context) (out []wire.DeviceReport, err error) {
	s.do(ctx, func() { out = slices.Collect(maps.Values(s.receipts)) })
	return out, nil
}

func (s *shelf) Entry(ctx context.Context, id domain.CommandID) (e remote.Entry, ok bool, err error) {
	s.do(ctx, func() { e, ok = s.acts[id] })
	return e, ok, nil
}

func (s *shelf) Start(ctx context.Context, e remote.Entry) (fresh bool, err error) {
	s.do(ctx, func() {
		if _, there := s.acts[e.ID]; !there {
			s.acts[e.ID], fresh = e, true
		}
	})
	return fresh, nil
}

func (s *shelf) Finish(ctx context.Context, e remote.Entry) (fresh bool, err error) {
	s.do(ctx, func() {
		if was := s.acts[e.ID]; was.Result == "" {
			s.acts[e.ID], fresh = e, true
			s.ended = append(s.ended, e.ID)
		}
	})
	return fresh, nil
}

// Open has nothing: no agent here starts twice.
func (s *shelf) Open(context.Context) ([]remote.Entry, error) { return nil, nil }

func (s *shelf) Untold(ctx context.Context) (out []remote.Entry, err error) {
	s.do(ctx, func() {
		for _, id := range s.ended {
			out = append(out, s.acts[id])
		}
	})
	return out, nil
}

func (s *shelf) Told(ctx context.Context, id domain.CommandID) error {
	s.do(ctx, func() { s.ended = slices.DeleteFunc(s.ended, func(e domain.CommandID) bool { return e == id }) })
	return nil
}

func (s *shelf) Forget(context.Context, time.Time) error { return nil }
