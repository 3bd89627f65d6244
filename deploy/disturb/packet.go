package disturb

import (
	"bufio"
	"errors"
	"io"
)

// maxPacket bounds a packet: a message of the link has 64 KiB at most.
const maxPacket = 1 << 20

// publish is the type of a packet that carries a message (MQTT 3.1.1 section 2.2.1).
const publish = 3

// packet is one MQTT control packet as it came, its header included.
type packet []byte

// message tells whether the packet carries a message.
func (p packet) message() bool { return p[0]>>4 == publish }

// readPacket reads one packet: a byte, the length in seven bits a byte, the lowest first (section 2.2.3), and the rest.
func readPacket(r *bufio.Reader) (packet, error) {
	first, err := r.ReadByte()
	if err != nil {
		return nil, err
	}
	p, length := packet{first}, 0
	for shift := 0; ; shift += 7 {
		b, err := r.ReadByte()
		if err != nil {
			return nil, err
		}
		p = append(p, b)
		length |= int(b&0x7f) << shift
		if b&0x80 == 0 {
			break
		}
		if shift == 21 {
			return nil, errors.New("the length of a packet has more than four bytes")
		}
	}
	if length > maxPacket {
		return nil, errors.New("a packet is too long")
	}
	whole := make(packet, len(p)+length)
	_, err = io.ReadFull(r, whole[copy(whole, p):])
	return whole, err
}
