package desired

import "encoding/binary"

// In a packed delta values are CBOR, and where a tag would begin (which documents never hold) one of these stands.
const (
	tokenAbsent byte = 0xc0 // the entity has no such field
	tokenZero   byte = 0xc1 // the id that is all zero
	tokenKnown  byte = 0xc2 // an id that was named before: its number, as a difference to the last one of the column
	tokenNew    byte = 0xc3 // an id that was not: its time as a difference to the id before, and ten bytes
	tokenDigits byte = 0xc4 // a text of 0-9 and A-F: how many, and two in each byte
	tokenSeenAt byte = 0xc5 // a value that the column had before, by its number
	tokenSeen   byte = 0xd0 // the same for the first sixteen
)

const (
	manySeen        = 16
	leastRemembered = 3 // bytes of a value that is worth a number
	mostRemembered  = 4096
	leastDigits     = 6
	mostDigits      = 255
	deepest         = 16
	mostKnown       = 1 << 14 // entities of a document whose ids are numbered for a delta: larger ones cost more time than they save bytes
	mostUnpacked    = 128 << 20
)

// ownField is where entities carry their own id; hasOwn says that all of the section do, hasGone that some are deleted.
const (
	ownField uint64 = 1
	hasGone  uint64 = 1
	hasOwn   uint64 = 2
)

// Major types of CBOR (RFC 8949 section 3.1).
const (
	majorBytes byte = 2
	majorText  byte = 3
	majorArray byte = 4
	majorMap   byte = 5
	majorTag   byte = 6
)

// head is the beginning of a CBOR item.
type head struct {
	major byte
	arg   uint64
	size  int // of the head itself
}

// readHead reads the head of the first item; ok is false when the head, or the text behind it, is not whole.
func readHead(in []byte) (h head, ok bool) {
	if len(in) == 0 {
		return h, false
	}
	h.major, h.size = in[0]>>5, 1
	switch low := in[0] & 31; {
	case low < 24:
		h.arg = uint64(low)
	case low < 28:
		h.size = 1 + 1<<(low-24)
		if len(in) < h.size {
			return h, false
		}
		for _, b := range in[1:h.size] {
			h.arg = h.arg<<8 | uint64(b)
		}
	default:
		return h, false // indefinite or reserved
	}
	if h.major == majorBytes || h.major == majorText {
		return h, h.arg <= uint64(len(in)-h.size)
	}
	return h, true
}

// inside is how many items follow that belong to this one.
func (h head) inside() uint64 {
	switch h.major {
	case majorArray:
		return h.arg
	case majorMap:
		if h.arg > mostUnpacked {
			return mostUnpacked
		}
		return 2 * h.arg
	}
	return 0
}

// appendHead writes a head in its shortest form.
func appendHead(out []byte, major byte, arg uint64) []byte {
	switch {
	case arg < 24:
		return append(out, major<<5|byte(arg))
	case arg < 1<<8:
		return append(out, major<<5|24, byte(arg))
	case arg < 1<<16:
		return binary.BigEndian.AppendUint16(append(out, major<<5|25), uint16(arg))
	case arg < 1<<32:
		return binary.BigEndian.AppendUint32(append(out, major<<5|26), uint32(arg))
	}
	return binary.BigEndian.AppendUint64(append(out, major<<5|27), arg)
}

// field is one pair of a map.
type field struct {
	key   uint64
	value []byte
}

// fields splits an entity; ok is false for anything but one map with rising integer keys, all heads of the map as short as can be.
func fields(body []byte) (out []field, ok bool) {
	h, ok := readHead(body)
	if !ok || h.major != majorMap || h.arg > uint64(len(body)) || len(appendHead(nil, majorMap, h.arg)) != h.size {
		return nil, false
	}
	rest := body[h.size:]
	for range h.arg {
		k, ok := readHead(rest)
		if !ok || k.major != 0 || k.arg >= 1<<32 || len(appendHead(nil, 0, k.arg)) != k.size || len(out) > 0 && k.arg <= out[len(out)-1].key {
			return nil, false
		}
		value := rest[k.size:]
		if rest, ok = skip(value, 0); !ok {
			return nil, false
		}
		out = append(out, field{k.arg, value[:len(value)-len(rest)]})
	}
	return out, len(rest) == 0
}

// skip gives what follows the first item.
func skip(in []byte, depth int) (rest []byte, ok bool) {
	h, ok := readHead(in)
	if !ok || depth > deepest {
		return nil, false
	}
	rest = in[h.size:]
	if h.major == majorBytes || h.major == majorText {
		return rest[h.arg:], true
	}
	for range h.inside() {
		if rest, ok = skip(rest, depth+1); !ok {
			return nil, false
		}
	}
	return rest, true
}

// remembered tells whether a value gets a number in its column: ids have others.
func remembered(value []byte, before int) bool {
	return len(value) >= leastRemembered && before < mostRemembered && !isID(value)
}

// idHead is the head of 16 bytes.
const idHead = majorBytes<<5 | 16

func isID(item []byte) bool { return len(item) == 17 && item[0] == idHead }

func idBytes(key Key) []byte { return append([]byte{idHead}, key[:]...) }

// timeBytes is how much of an id is its time (UUIDv7).
const timeBytes = 6

func timeOf(key Key) uint64 {
	return binary.BigEndian.Uint64(append([]byte{0, 0}, key[:timeBytes]...))
}

// ids numbers ids in the order in which they are named.
type ids struct {
	number map[Key]int
	keys   []Key
	time   uint64 // of the newest number
}

func newIDs() *ids { return &ids{number: map[Key]int{}} }

func (s *ids) add(key Key) int {
	n := len(s.keys)
	s.number[key] = n
	s.keys = append(s.keys, key)
	s.time = timeOf(key)
	return n
}

// know numbers the keys of the entities that ops leave alone, which are the same in the document before and in the one after.
func (s *ids) know(d *Document, ops []Op) {
	type place struct {
		section Section
		key     Key
	}
	touched := make(map[place]bool, len(ops))
	for _, op := range ops {
		touched[place{op.Section, op.Key}] = true
	}
	for _, id := range d.Sections() {
		for _, p := range d.sections[id].parts {
			for i := range p.entities {
				key := p.entities[i].key
				if _, known := s.number[key]; !known && key != (Key{}) && !touched[place{id, key}] {
					s.add(key)
				}
			}
		}
	}
}

// count is how many entities the document has.
func (d *Document) count() int {
	n := 0
	for _, s := range d.sections {
		n += s.len()
	}
	return n
}

func allDigits(text []byte) bool {
	for _, b := range text {
		if (b < '0' || b > '9') && (b < 'A' || b > 'F') {
			return false
		}
	}
	return true
}

// digit gives the number of a character that allDigits has let through.
func digit(b byte) byte {
	if b >= 'A' {
		return b - 'A' + 10
	}
	return b - '0'
}

const digits = "0123456789ABCDEF"
