package block

import (
	"encoding/binary"
	"errors"
	"slices"
)

// Page is how many bytes of a block SQLite keeps in one page of 4,096 bytes (sqlite.org/fileformat2.html, section 1.6): a block that grows writes that page
// and no other.
const Page = 4050

// head is how long the end of a block is where it lies, with a byte for its form before it.
const (
	form = 1
	head = 1 + 4*8 + 32 + 1
)

// End is how far a stream goes, as its newest block says: with every row that joins, this changes too.
type End struct {
	Last  uint64   // number of the block's last row
	Link  [32]byte // its digest
	Count int64    // rows of the stream
	Bytes int64    // of them
	Mark  uint64   // the stream's mark to which this belongs
	More  bool     // another block follows
}

// Block is rows of one stream with numbers that follow each other. It is a value: what grows out of one leaves its rows as they were. Blocks that grow out of
// the same one share memory, so only the newest of them may grow on or be written.
type Block struct {
	First uint64 // number of the first row; 0: there is none
	End
	body []byte // room for the head; the length of each row, and the row
}

// ErrCut is of bytes that are no block, or no rows.
var ErrCut = errors.New("a block of rows is cut off")

// Read reads a block as it lies on the shelf under the number of its first row.
func Read(first uint64, body []byte) (Block, error) {
	if len(body) < head || body[0] != form {
		return Block{}, ErrCut
	}
	number := func(i int) uint64 { return binary.BigEndian.Uint64(body[1+8*i:]) }
	return Block{
		First: first, body: body,
		End: End{Last: number(0), Count: int64(number(1)), Bytes: int64(number(2)), Mark: number(3), Link: [32]byte(body[33:65]), More: body[65] != 0},
	}, nil
}

// Body is the block as it lies on the shelf. It holds until the block grows.
func (b Block) Body() []byte {
	out := append(b.body[:0], form)
	for _, n := range []uint64{b.Last, uint64(b.Count), uint64(b.Bytes), b.Mark} {
		out = binary.BigEndian.AppendUint64(out, n)
	}
	out = append(out, b.Link[:]...)
	if b.More {
		_ = append(out, 1)
	} else {
		_ = append(out, 0)
	}
	return b.body
}

// Takes tells whether a row may join: its number is the next one, and the page has room.
func (b Block) Takes(seq uint64, row []byte) bool {
	return b.First != 0 && seq == b.Last+1 && len(b.body)+binary.MaxVarintLen32+len(row) <= Page
}

// With gives the block with one more row; the zero Block begins with it. Who calls it asks Takes before.
func (b Block) With(seq uint64, row []byte, digest [32]byte) Block {
	if b.First == 0 {
		b = Block{First: seq, body: make([]byte, head, max(Page, head+binary.MaxVarintLen32+len(row)))}
	}
	b.Last, b.Link = seq, digest
	b.body = append(binary.AppendUvarint(b.body, uint64(len(row))), row...)
	return b
}

// Each gives the rows with their numbers until see says no. Bytes that are no rows are an error, after the rows before them.
func (b Block) Each(see func(seq uint64, row []byte) bool) error {
	if b.First == 0 {
		return nil
	}
	rest := b.body[head:]
	for seq := b.First; len(rest) > 0; seq++ {
		row, after, ok := next(rest)
		if !ok {
			return ErrCut
		}
		if !see(seq, row) {
			return nil
		}
		rest = after
	}
	return nil
}

func next(rest []byte) (row, after []byte, ok bool) {
	n, width := binary.Uvarint(rest)
	if width <= 0 || n > uint64(len(rest)-width) {
		return nil, nil, false
	}
	end := width + int(n) //nolint:gosec // at most len(rest)
	return rest[width:end:end], rest[end:], true
}

// Cut takes the rows numbered from..to out, tells taken of each, and gives what stays before and behind them; a part without a row is zero.
func (b Block) Cut(from, to uint64, taken func(row []byte)) (before, behind Block, err error) {
	begin, end, at := len(b.body), len(b.body), head
	err = b.Each(func(seq uint64, row []byte) bool {
		switch {
		case seq > to:
			end = min(end, at)
		case seq >= from:
			begin = min(begin, at)
			taken(row)
		}
		at += size(row)
		return true
	})
	if begin = min(begin, end); begin > head {
		before = Block{First: b.First, End: b.End, body: slices.Clone(b.body[:begin])}
		before.Last, before.Link = min(b.Last, from-1), [32]byte{}
	}
	if end < len(b.body) {
		behind = Block{First: max(b.First, to+1), End: b.End, body: slices.Concat(b.body[:head], b.body[end:])}
	}
	return before, behind, err
}

func size(row []byte) int {
	var length [binary.MaxVarintLen64]byte
	return binary.PutUvarint(length[:], uint64(len(row))) + len(row)
}
