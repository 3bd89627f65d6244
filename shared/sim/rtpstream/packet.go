package rtpstream

import (
	"encoding/binary"
	"errors"
)

// packet is an RTP packet (RFC 3550 section 5.1).
type packet struct {
	payloadType uint8
	marker      bool
	sequence    uint16
	timestamp   uint32
	ssrc        uint32
	payload     []byte
}

var errNotRTP = errors.New("not an RTP packet")

func (p packet) bytes() []byte {
	b := make([]byte, 12, 12+len(p.payload))
	b[0] = 2 << 6
	b[1] = p.payloadType
	if p.marker {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], p.sequence)
	binary.BigEndian.PutUint32(b[4:], p.timestamp)
	binary.BigEndian.PutUint32(b[8:], p.ssrc)
	return append(b, p.payload...)
}

func parsePacket(b []byte) (packet, error) {
	if len(b) < 12 || b[0]>>6 != 2 {
		return packet{}, errNotRTP
	}
	p := packet{
		payloadType: b[1] & 0x7f, marker: b[1]&0x80 != 0, sequence: binary.BigEndian.Uint16(b[2:]),
		timestamp: binary.BigEndian.Uint32(b[4:]), ssrc: binary.BigEndian.Uint32(b[8:]),
	}
	rest := b[12:]
	skip := 4 * int(b[0]&0x0f)
	if len(rest) < skip {
		return packet{}, errNotRTP
	}
	rest = rest[skip:]
	if b[0]&0x10 != 0 { // header extension
		if len(rest) < 4 {
			return packet{}, errNotRTP
		}
		n := 4 + 4*int(binary.BigEndian.Uint16(rest[2:]))
		if len(rest) < n {
			return packet{}, errNotRTP
		}
		rest = rest[n:]
	}
	if b[0]&0x20 != 0 { // padding
		if len(rest) == 0 || int(rest[len(rest)-1]) > len(rest) || rest[len(rest)-1] == 0 {
			return packet{}, errNotRTP
		}
		rest = rest[:len(rest)-int(rest[len(rest)-1])]
	}
	p.payload = rest
	return p, nil
}

const digits = "0123456789*#ABCD" // event codes 0 to 15, RFC 4733 section 3.2

// event is a telephone event (RFC 4733 section 2.3).
type event struct {
	code     uint8
	end      bool
	duration uint16 // samples
}

func (e event) bytes() []byte {
	b := []byte{e.code, 10, 0, 0} // volume -10 dBm0
	if e.end {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], e.duration)
	return b
}

func parseEvent(b []byte) (event, bool) {
	if len(b) < 4 || int(b[0]) >= len(digits) {
		return event{}, false
	}
	return event{code: b[0], end: b[1]&0x80 != 0, duration: binary.BigEndian.Uint16(b[2:])}, true
}

// mulaw encodes one sample (ITU-T G.711).
func mulaw(sample int16) byte {
	const bias, clip = 0x84, 32635
	v := int(sample)
	sign := byte(0)
	if v < 0 {
		v, sign = -v, 0x80
	}
	v = min(v, clip) + bias
	exponent := byte(7)
	for mask := 0x4000; v&mask == 0 && exponent > 0; mask >>= 1 {
		exponent--
	}
	mantissa := byte(v>>(exponent+3)) & 0x0f
	return ^(sign | exponent<<4 | mantissa)
}
