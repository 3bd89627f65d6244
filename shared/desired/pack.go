package desired

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"maps"
	"slices"
)

// Packed is a delta as it travels: entities by column, ids by number. Pieces follow each other and compress best each for itself.
type Packed struct {
	Pieces [][]byte
	Based  bool // numbers the ids of the document that it starts from as well
}

// Pack writes a delta small. after is the document that it ends in, nil when that is not at hand. ok is false for a delta that holds other bytes than
// maps with rising integer keys: it travels as it is.
//
// The packed form holds no more than is needed to make the same ops again: ToHash is in it, FromHash is not, because a delta upon another document ends
// in another hash and is refused for that.
func Pack(delta Delta, after *Document) (packed Packed, ok bool) {
	lists, ok := bySection(delta.Ops)
	if !ok {
		return Packed{}, false
	}
	p := &packer{ids: newIDs(), out: delta.ToHash[:len(delta.ToHash):len(delta.ToHash)]}
	for _, of := range lists {
		p.keys(of)
	}
	p.out = append(p.out, 0)
	if delta.From != 0 && after != nil && after.count() <= mostKnown {
		packed.Based = true
		p.ids.know(after, delta.Ops)
	}
	for _, of := range lists {
		if !p.columns(of.rows, of.own) {
			return Packed{}, false
		}
	}
	p.cut()
	packed.Pieces = p.pieces
	return packed, true
}

// list is what a delta does to one section.
type list struct {
	section Section
	gone    []Key
	puts    []Key
	rows    [][]field // of puts
	own     bool      // all of them carry their id in ownField
}

// bySection sorts ops by section and key. An entity that is named twice, or cannot be split, makes it not ok.
func bySection(ops []Op) (out []list, ok bool) {
	ops = slices.Clone(ops)
	slices.SortFunc(ops, func(a, b Op) int {
		return cmp.Or(cmp.Compare(a.Section, b.Section), bytes.Compare(a.Key[:], b.Key[:]))
	})
	for i, op := range ops {
		if op.Section == 0 || i > 0 && op.Section == ops[i-1].Section && op.Key == ops[i-1].Key {
			return nil, false
		}
		if len(out) == 0 || out[len(out)-1].section != op.Section {
			out = append(out, list{section: op.Section, own: true})
		}
		of := &out[len(out)-1]
		if len(op.Body) == 0 {
			of.gone = append(of.gone, op.Key)
			continue
		}
		row, ok := fields(op.Body)
		if !ok {
			return nil, false
		}
		of.own = of.own && len(row) > 0 && row[0].key == ownField && bytes.Equal(row[0].value, idBytes(op.Key))
		of.puts, of.rows = append(of.puts, op.Key), append(of.rows, row)
	}
	return out, true
}

// packer writes.
type packer struct {
	ids    *ids
	pieces [][]byte
	out    []byte // the piece that is being written
	column column
}

// column is what is remembered while the same field of one entity after the other is written.
type column struct {
	last   int            // number of the last id
	values map[string]int // by their bytes: how many different ones were before
}

func (p *packer) cut() {
	if len(p.out) > 0 {
		p.pieces, p.out = append(p.pieces, p.out), nil
	}
}

func (p *packer) begin() { p.column = column{values: map[string]int{}} }

func (p *packer) uvarint(n uint64) { p.out = binary.AppendUvarint(p.out, n) }

// keys writes which entities of a section go and come.
func (p *packer) keys(of list) {
	p.out = append(p.out, byte(of.section))
	head := uint64(len(of.puts)) << 2
	if of.own {
		head |= hasOwn
	}
	if len(of.gone) > 0 {
		head |= hasGone
	}
	p.uvarint(head)
	if len(of.gone) > 0 {
		p.uvarint(uint64(len(of.gone)))
	}
	p.begin()
	for _, key := range slices.Concat(of.gone, of.puts) {
		p.id(key)
	}
}

// columns writes the fields that any of the entities has, in rising order, and a zero behind them.
func (p *packer) columns(rows [][]field, own bool) bool {
	if len(rows) == 0 {
		return true
	}
	names := map[uint64]bool{}
	for _, row := range rows {
		for _, f := range row {
			names[f.key] = !own || f.key != ownField
		}
	}
	next := make([]int, len(rows)) // the field of each row that is not written yet
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if len(rows) > 1 {
			p.cut()
		}
		p.begin()
		if names[name] {
			p.uvarint(name + 1)
		}
		for i, row := range rows {
			var value []byte
			if next[i] < len(row) && row[next[i]].key == name {
				value = row[next[i]].value
				next[i]++
			}
			if names[name] && !p.cell(value) {
				return false
			}
		}
	}
	p.uvarint(0)
	return true
}

// cell writes a field of one entity; nil: it has none.
func (p *packer) cell(value []byte) bool {
	if value == nil {
		p.out = append(p.out, tokenAbsent)
		return true
	}
	if n, seen := p.column.values[string(value)]; seen {
		if n < manySeen {
			p.out = append(p.out, tokenSeen+byte(n))
		} else {
			p.out = append(p.out, tokenSeenAt)
			p.uvarint(uint64(n))
		}
		return true
	}
	if remembered(value, len(p.column.values)) {
		p.column.values[string(value)] = len(p.column.values)
	}
	rest, ok := p.item(value, 0)
	return ok && len(rest) == 0
}

// item writes the first item of in, which is canonical CBOR, and gives the rest.
func (p *packer) item(in []byte, depth int) (rest []byte, ok bool) {
	h, ok := readHead(in)
	if !ok || depth > deepest {
		return nil, false
	}
	switch h.major {
	case majorBytes, majorText:
		end := h.size + int(h.arg)
		p.text(h, in[:end])
		return in[end:], true
	case majorTag:
		return nil, false
	}
	p.out = append(p.out, in[:h.size]...)
	rest = in[h.size:]
	for range h.inside() {
		if rest, ok = p.item(rest, depth+1); !ok {
			return nil, false
		}
	}
	return rest, true
}

// text writes bytes or a text with its head: an id by its number, digits two in a byte, others as they are.
func (p *packer) text(h head, whole []byte) {
	body := whole[h.size:]
	switch {
	case isID(whole):
		p.id(Key(body))
	case h.major == majorText && len(body) >= leastDigits && len(body) <= mostDigits && allDigits(body):
		p.out = append(p.out, tokenDigits, byte(len(body)))
		for i := 0; i < len(body); i += 2 {
			two := digit(body[i]) << 4
			if i+1 < len(body) {
				two |= digit(body[i+1])
			}
			p.out = append(p.out, two)
		}
	default:
		p.out = append(p.out, whole...)
	}
}

// id writes an id: the number of one that was named before, else its time as a difference and the rest.
func (p *packer) id(key Key) {
	if key == (Key{}) {
		p.out = append(p.out, tokenZero)
		return
	}
	n, known := p.ids.number[key]
	if known {
		p.out = append(p.out, tokenKnown)
		p.out = binary.AppendVarint(p.out, int64(n-p.column.last))
		p.column.last = n
		return
	}
	later := binary.AppendVarint(nil, int64(timeOf(key))-int64(p.ids.time))
	if len(later) < timeBytes {
		p.out = append(append(append(p.out, tokenNew), later...), key[timeBytes:]...)
	} else {
		p.out = append(p.out, idBytes(key)...)
	}
	p.column.last = p.ids.add(key)
}
