package store_test

import (
	"context"
	"errors"
	"maps"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"vestibule/agent/outbox"
	"vestibule/agent/store"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// shelf is the outbox as plain rows: what the store has to be, whatever lies in one block.
type shelf struct {
	rows  [2]map[uint64]wire.Row
	marks [2]outbox.Mark
}

func (s shelf) clone() shelf {
	s.rows = [2]map[uint64]wire.Row{maps.Clone(s.rows[0]), maps.Clone(s.rows[1])}
	return s
}

// plainly runs the same on the store and on plain rows.
type plainly struct {
	t *rapid.T
	s *store.Store
	shelf
}

func stream(i int) domain.Stream { return domain.Stream(i + 1) }

// put adds the next row of a stream, or a hole at a number whose rows went.
func (p *plainly) put(ctx context.Context, i int, seq, from uint64) error {
	m := &p.marks[i]
	r := wire.Row{Seq: seq, From: from, Kind: domain.EventDoor, Digest: [32]byte{byte(seq), 1}}
	r.Body = rapid.SliceOfN(rapid.Just(byte(7)), 0, rapid.SampledFrom([]int{10, 300, 300, 2000, 6000}).Draw(p.t, "most")).Draw(p.t, "body")
	if len(r.Body) == 0 {
		r.Body = nil
	}
	size, err := p.s.PutRow(ctx, stream(i), r)
	if err != nil {
		return err
	}
	p.rows[i][seq] = r
	m.Count++
	m.Bytes += size
	if from == 0 {
		m.Last, m.Link = seq, r.Digest
	}
	return p.s.SetMark(ctx, *m)
}

// drop takes rows away, as an acknowledgement does, or with a hole in their place.
func (p *plainly) drop(ctx context.Context, i int) error {
	m := &p.marks[i]
	from := rapid.Uint64Range(m.Acked+1, m.Last+1).Draw(p.t, "from")
	to := min(m.Last, from+rapid.Uint64Range(0, 40).Draw(p.t, "through"))
	if from > to {
		return nil
	}
	var want int64
	for seq := range p.rows[i] {
		if seq >= from && seq <= to {
			delete(p.rows[i], seq)
			want++
		}
	}
	count, bytes, err := p.s.DropRows(ctx, stream(i), from, to)
	if err != nil || count != want {
		return errors.Join(err, errors.New("another number of rows was dropped"))
	}
	m.Count -= count
	m.Bytes -= bytes
	if rapid.Bool().Draw(p.t, "a hole") {
		return p.put(ctx, i, to, from)
	}
	if from == m.Acked+1 {
		m.Acked = to
	}
	return p.s.SetMark(ctx, *m)
}

var errUndo = errors.New("undo")

// transaction does some things at once, and undoes them some of the time.
func (p *plainly) transaction() {
	before := p.clone()
	err := p.s.InTx(ctx, func(ctx context.Context) error {
		for range rapid.IntRange(1, 4).Draw(p.t, "steps") {
			if err := p.step(ctx); err != nil {
				return err
			}
		}
		if rapid.IntRange(0, 5).Draw(p.t, "undo") == 0 {
			return errUndo
		}
		return nil
	})
	if errors.Is(err, errUndo) {
		p.shelf = before
	} else if err != nil {
		p.t.Fatal(err)
	}
}

func (p *plainly) step(ctx context.Context) error {
	i := rapid.IntRange(0, 1).Draw(p.t, "stream")
	switch rapid.SampledFrom([]string{"one", "one", "some", "many", "drop", "read", "other"}).Draw(p.t, "what") {
	case "one":
		return p.put(ctx, i, p.marks[i].Last+1, 0)
	case "some", "many":
		for range rapid.IntRange(2, 40).Draw(p.t, "rows") {
			if err := p.put(ctx, i, p.marks[i].Last+1, 0); err != nil {
				return err
			}
		}
	case "drop":
		return p.drop(ctx, i)
	case "read":
		p.look(ctx)
	default:
		return p.s.SetMeta(ctx, "other", []byte("something"))
	}
	return nil
}

// look compares marks and rows.
func (p *plainly) look(ctx context.Context) {
	m, err := p.s.Marks(ctx)
	if err != nil || m.Audit != p.marks[0] || m.Status != p.marks[1] {
		p.t.Fatalf("%v\n%+v\n%+v\nwant\n%+v", err, m.Audit, m.Status, p.marks)
	}
	for i := range p.rows {
		after := rapid.Uint64Range(0, p.marks[i].Last).Draw(p.t, "after")
		most := rapid.IntRange(1, 100).Draw(p.t, "most")
		got, err := p.s.Rows(ctx, stream(i), after, most, 1<<40)
		if err != nil {
			p.t.Fatal(err)
		}
		want := slices.DeleteFunc(slices.Sorted(maps.Keys(p.rows[i])), func(seq uint64) bool { return seq <= after })
		if want = want[:min(most, len(want))]; len(got) != len(want) {
			p.t.Fatalf("stream %d: %d rows after %d, want %d", stream(i), len(got), after, len(want))
		}
		for n, r := range got {
			if w := p.rows[i][want[n]]; r.Seq != want[n] || r.From != w.From || len(r.Body) != len(w.Body) || r.Digest != w.Digest {
				p.t.Fatalf("stream %d: row %d where %d should be", stream(i), r.Seq, want[n])
			}
		}
	}
}

// Whatever is added, dropped, given up and undone in whatever order: the store has the rows that plain rows would be, under the same numbers, and knows where
// its streams stand, also when it has forgotten and reads it from the disk.
//
// shows EDGE-06/R06 by agent/store/shelf.go: "*newest = behind // none: the next row begins a block"
func TestShelf_BlocksArePlainRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "shelf")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		p := plainly{t: t, s: must(store.Open(ctx, dir)), shelf: shelf{rows: [2]map[uint64]wire.Row{{}, {}}}}
		defer func() { _ = p.s.Close() }()
		m := must(p.s.Marks(ctx))
		p.marks = [2]outbox.Mark{m.Audit, m.Status}
		for range rapid.IntRange(1, 12).Draw(t, "transactions") {
			p.transaction()
			if rapid.IntRange(0, 3).Draw(t, "forget") == 0 {
				p.s.ForgetShelf()
			}
			p.look(ctx)
		}
		if err := p.s.Close(); err != nil {
			t.Fatal(err)
		}
		p.s = must(store.Open(ctx, dir))
		p.look(ctx)
	})
}

// Rows that come one by one go by statements that are compiled once: a driver whose connection looks different would make each of them cost more, and be seen
// nowhere else.
//
// shows EDGE-06/R06 by agent/store/compiled.go: "c.stmt = libc.AtomicLoadPUintptr(into)"
func TestAppend_StatementsAreCompiledOnce(t *testing.T) {
	s := open(t, t.TempDir())
	o := newOutbox(s)
	for range 70 {
		if err := o.Append(ctx, domain.EventDoor, domain.DoorBody{By: "somebody whose name takes its time to read"}); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.Compiled(); n < 4 { // those that write one block, two, and a checkpoint
		t.Errorf("%d statements are compiled", n)
	}
}
