package wire

import "encoding/binary"

// Append writes the row as Marshal does, behind out: rows are stored one by one, and this takes a fifth of the time.
func (r Row) Append(out []byte) []byte {
	pairs := byte(9)
	if len(r.Body) > 0 {
		pairs++
	}
	if r.From != 0 {
		pairs++
	}
	out = append(out, mapType|pairs)
	out = appendHead(append(out, 1), uintType, r.Seq)
	out = append(appendHead(append(out, 2), textType, uint64(len(r.Kind))), r.Kind...)
	out = appendInt(append(out, 3), r.WallMilli)
	out = appendInt(append(out, 4), r.MonoMilli)
	out = appendBytes(append(out, 5), r.Boot[:])
	if r.ClockSure {
		out = append(out, 6, trueByte)
	} else {
		out = append(out, 6, falseByte)
	}
	if len(r.Body) > 0 {
		out = appendBytes(append(out, 7), r.Body)
	}
	out = appendBytes(append(out, 8), r.Salt[:])
	out = appendBytes(append(out, 9), r.BodyHash[:])
	out = appendBytes(append(out, 10), r.Digest[:])
	if r.From != 0 {
		out = appendHead(append(out, 11), uintType, r.From)
	}
	return out
}

// Major types and simple values of CBOR (RFC 8949, section 3).
const (
	uintType  = 0 << 5
	negType   = 1 << 5
	bytesType = 2 << 5
	textType  = 3 << 5
	mapType   = 5 << 5
	falseByte = 0xf4
	trueByte  = 0xf5
)

func appendHead(out []byte, major byte, n uint64) []byte {
	switch {
	case n < 24:
		return append(out, major|byte(n))
	case n < 1<<8:
		return append(out, major|24, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(out, major|25), uint16(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32(append(out, major|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(out, major|27), n)
}

func appendInt(out []byte, n int64) []byte {
	if n < 0 {
		return appendHead(out, negType, uint64(-1-n))
	}
	return appendHead(out, uintType, uint64(n))
}

func appendBytes(out, raw []byte) []byte {
	return append(appendHead(out, bytesType, uint64(len(raw))), raw...)
}
