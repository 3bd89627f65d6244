package desired

import (
	"encoding/binary"

	"vestibule/shared/fault"
)

// Unpack makes the delta again from the pieces of Pack in one. before is the document that the receiver holds: the one of version from, when the delta
// is to fit. Bytes that are not a packed delta, or need more memory than a document may, are Invalid.
func Unpack(data []byte, based bool, before *Document, from, to uint64) (Delta, error) {
	u := &unpacker{ids: newIDs(), in: data}
	delta := Delta{From: from, To: to}
	copy(delta.ToHash[:], u.take(uint64(len(delta.ToHash))))
	if from != 0 {
		delta.FromHash = before.Hash()
	}
	var lists []list
	for id := u.byte(); id != 0 && !u.bad; id = u.byte() {
		of := u.keys(Section(id))
		lists = append(lists, of)
		for _, key := range of.gone {
			delta.Ops = append(delta.Ops, Op{Section: of.section, Key: key})
		}
		for _, key := range of.puts {
			delta.Ops = append(delta.Ops, Op{Section: of.section, Key: key})
		}
	}
	if based {
		u.ids.know(before, delta.Ops)
	}
	at := 0
	for _, of := range lists {
		at += len(of.gone)
		u.columns(of, delta.Ops[at:at+len(of.puts)])
		at += len(of.puts)
	}
	if u.bad || len(u.in) > 0 {
		return Delta{}, fault.New(fault.Invalid, "The configuration is not packed as it should be.")
	}
	return delta, nil
}

// unpacker reads. The first thing that does not fit makes it bad, and from then on it reads zeros.
type unpacker struct {
	ids  *ids
	in   []byte
	bad  bool
	made int // bytes of values so far
	last int // number of the last id of the column
}

func (u *unpacker) spoil() { u.bad, u.in = true, nil }

// make counts bytes that are about to be made.
func (u *unpacker) make(n int) bool {
	if u.made += n; u.made > mostUnpacked {
		u.spoil()
	}
	return !u.bad
}

func (u *unpacker) take(n uint64) []byte {
	if n > uint64(len(u.in)) {
		u.spoil()
		return nil
	}
	out := u.in[:n]
	u.in = u.in[n:]
	return out
}

func (u *unpacker) byte() byte {
	if b := u.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (u *unpacker) uvarint() uint64 {
	n, size := binary.Uvarint(u.in)
	if size <= 0 {
		u.spoil()
		return 0
	}
	u.in = u.in[size:]
	return n
}

func (u *unpacker) varint() int64 {
	n, size := binary.Varint(u.in)
	if size <= 0 {
		u.spoil()
		return 0
	}
	u.in = u.in[size:]
	return n
}

// keys reads which entities of a section go and come.
func (u *unpacker) keys(section Section) list {
	of := list{section: section}
	head := u.uvarint()
	of.own = head&hasOwn != 0
	gone := uint64(0)
	if head&hasGone != 0 {
		gone = u.uvarint()
	}
	u.last = 0
	for range gone {
		if u.bad {
			return of
		}
		of.gone = append(of.gone, u.key())
	}
	for range head >> 2 {
		if u.bad {
			return of
		}
		of.puts = append(of.puts, u.key())
	}
	return of
}

// key reads an id that stands alone.
func (u *unpacker) key() Key {
	item := u.item(nil, 0)
	if !isID(item) {
		u.spoil()
		return Key{}
	}
	return Key(item[1:])
}

// columns reads the fields of the entities that come and puts these together.
func (u *unpacker) columns(of list, puts []Op) {
	if len(puts) == 0 {
		return
	}
	counts, sizes := make([]uint64, len(puts)), make([]int, len(puts))
	type cell struct {
		row  int
		name uint64
		item []byte
	}
	var cells []cell
	add := func(row int, name uint64, item []byte) {
		counts[row]++
		sizes[row] += headRoom + len(item)
		cells = append(cells, cell{row, name, item})
	}
	if of.own {
		for i, op := range puts {
			add(i, ownField, idBytes(op.Key))
		}
	}
	for name := u.uvarint(); name != 0 && !u.bad; name = u.uvarint() {
		var seen [][]byte
		u.last = 0
		for i := range puts {
			item := u.cell(&seen)
			if u.bad {
				return
			}
			if item != nil && u.make(headRoom+len(item)) {
				add(i, name-1, item)
			}
		}
	}
	for i := range puts {
		puts[i].Body = appendHead(make([]byte, 0, sizes[i]+headRoom), majorMap, counts[i])
	}
	for _, c := range cells {
		puts[c.row].Body = append(appendHead(puts[c.row].Body, 0, c.name), c.item...)
	}
}

// headRoom is more than the heads beside a field take as a rule.
const headRoom = 3

// cell reads a field of one entity; nil: it has none.
func (u *unpacker) cell(seen *[][]byte) []byte {
	if len(u.in) == 0 {
		u.spoil()
		return nil
	}
	switch token := u.in[0]; {
	case token == tokenAbsent:
		u.in = u.in[1:]
		return nil
	case token == tokenSeenAt:
		u.in = u.in[1:]
		return u.at(*seen, u.uvarint())
	case token >= tokenSeen && token < tokenSeen+manySeen:
		u.in = u.in[1:]
		return u.at(*seen, uint64(token-tokenSeen))
	}
	item := u.item(nil, 0)
	if remembered(item, len(*seen)) {
		*seen = append(*seen, item)
	}
	return item
}

func (u *unpacker) at(seen [][]byte, n uint64) []byte {
	if n >= uint64(len(seen)) {
		u.spoil()
		return nil
	}
	return seen[n]
}

// item reads one item and adds it to out in canonical CBOR.
func (u *unpacker) item(out []byte, depth int) []byte {
	h, token := head{}, byte(0)
	if len(u.in) > 0 {
		token = u.in[0]
	}
	if token>>5 == majorTag {
		u.in = u.in[1:]
		return u.token(out, token)
	}
	h, ok := readHead(u.in)
	if !ok || depth > deepest {
		u.spoil()
		return out
	}
	size := uint64(h.size)
	if h.major == majorBytes || h.major == majorText {
		size += h.arg
	}
	item := u.take(size)
	if isID(item) {
		if _, known := u.ids.number[Key(item[1:])]; !known {
			u.last = u.ids.add(Key(item[1:]))
		}
	}
	if !u.make(len(item)) {
		return out
	}
	out = append(out, item...)
	for range h.inside() {
		if u.bad {
			return out
		}
		out = u.item(out, depth+1)
	}
	return out
}

// token reads what stands behind a token and adds what it means to out.
func (u *unpacker) token(out []byte, token byte) []byte {
	var key Key
	switch token {
	case tokenZero:
	case tokenKnown:
		at := int64(u.last) + u.varint()
		if at < 0 || at >= int64(len(u.ids.keys)) {
			u.spoil()
			return out
		}
		u.last, key = int(at), u.ids.keys[at]
	case tokenNew:
		var at [8]byte
		binary.BigEndian.PutUint64(at[:], uint64(int64(u.ids.time)+u.varint()))
		copy(key[:], at[8-timeBytes:])
		copy(key[timeBytes:], u.take(uint64(len(key)-timeBytes)))
		u.last = u.ids.add(key)
	case tokenDigits:
		n := int(u.byte())
		two := u.take(uint64(n+1) / 2)
		if !u.make(n) {
			return out
		}
		out = appendHead(out, majorText, uint64(n))
		for i := range n {
			out = append(out, digits[two[i/2]>>(4*(1-i%2))&15])
		}
		return out
	default:
		u.spoil()
		return out
	}
	if !u.make(len(key)) {
		return out
	}
	return append(out, idBytes(key)...)
}
