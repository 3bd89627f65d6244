package block_test

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"vestibule/agent/store/block"
)

// rows are what a block has, by number.
type rows map[uint64]string

func of(t *rapid.T, b block.Block) rows {
	out := rows{}
	if err := b.Each(func(seq uint64, row []byte) bool {
		out[seq] = string(row)
		return true
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func same(a, b rows) bool {
	for seq, row := range a {
		if other, ok := b[seq]; !ok || other != row {
			return false
		}
	}
	return len(a) == len(b)
}

// A block has the rows that joined it under their numbers, whatever is cut out of it, and reads back as it was written; what it was made of stays as it was.
func TestBlock_IsItsRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := rapid.Uint64Range(1, 1<<40).Draw(t, "first")
		var b block.Block
		want := rows{}
		for n := range rapid.IntRange(1, 30).Draw(t, "rows") {
			row, seq := rapid.SliceOfN(rapid.Byte(), 1, 600).Draw(t, "row"), first+uint64(n)
			if n > 0 && !b.Takes(seq, row) {
				break
			}
			before, held := b, len(want)
			b = b.With(seq, row, [32]byte{byte(n)})
			if len(of(t, before)) != held {
				t.Fatal("a row joined the block that it grew out of")
			}
			want[seq] = string(row)
		}
		if len(b.Body()) > block.Page && len(want) > 1 {
			t.Fatalf("%d bytes do not fit into a page", len(b.Body()))
		}
		b.More, b.Count, b.Bytes, b.Mark = rapid.Bool().Draw(t, "more"), 7, 8, 9
		read, err := block.Read(first, b.Body())
		if err != nil || read.First != first || read.End != b.End || !same(of(t, read), want) || !bytes.Equal(read.Body(), b.Body()) {
			t.Fatalf("read back: %+v %v", read.End, err)
		}
		from := rapid.Uint64Range(first-1, first+uint64(len(want))).Draw(t, "from")
		to := from + rapid.Uint64Range(0, uint64(len(want))).Draw(t, "through")
		cutOut(t, read, want, from, to)
	})
}

func cutOut(t *rapid.T, b block.Block, want rows, from, to uint64) {
	ahead, after := rows{}, rows{}
	for seq, row := range want {
		switch {
		case seq < from:
			ahead[seq] = row
		case seq > to:
			after[seq] = row
		}
	}
	taken := 0
	before, behind, err := b.Cut(from, to, func([]byte) { taken++ })
	if err != nil || !same(of(t, before), ahead) || !same(of(t, behind), after) || taken != len(want)-len(ahead)-len(after) {
		t.Fatalf("%d..%d of %d..%d: %d before, %d taken, %d behind (%v)", from, to, b.First, b.Last, len(of(t, before)), taken, len(of(t, behind)), err)
	}
	if before.First != 0 && before.Last != min(b.Last, from-1) || behind.First != 0 && behind.Last != b.Last {
		t.Fatalf("ends at %d and %d", before.Last, behind.Last)
	}
}

// Bytes that were altered are an error or other rows, and never a crash; a block that is cut off is an error.
func TestRead_TakesAnyBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, err := block.Read(1, rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "bytes"))
		if err != nil {
			return
		}
		_, _, _ = b.Cut(2, 3, func([]byte) {})
	})
	whole := block.Block{}.With(1, []byte("a row"), [32]byte{}).Body()
	for n := range len(whole) - 1 {
		b, err := block.Read(1, whole[:n])
		if err == nil && n > len(whole)-len("a row")-1 {
			err = b.Each(func(uint64, []byte) bool { return true })
		}
		if !errors.Is(err, block.ErrCut) && n != len(whole)-len("a row")-1 {
			t.Fatalf("%d of %d bytes: %v", n, len(whole), err)
		}
	}
}
