package media

import (
	"encoding/binary"
	"strconv"
	"sync"

	"github.com/pion/sdp/v3"
)

const (
	leastPacket = 8  // RTCP without anything; RTP has twelve bytes
	mostSources = 32 // of one direction: a device has one or two for each line
)

// lanes finds the media line of a packet that came over a way which all lines share (RFC 9143 section 9.2): RTP by its payload type and then
// by its source, RTCP by the source that speaks or the one that it speaks of.
type lanes struct {
	mu     sync.Mutex
	types  [128]int8 // line + 1; 0: none
	theirs map[uint32]int
	ours   map[uint32]int
}

// learn takes the payload types of a description. A type that two lines use belongs to the first.
func (l *lanes) learn(d *sdp.SessionDescription) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, m := range d.MediaDescriptions {
		if !live(m) {
			continue
		}
		for _, text := range m.MediaName.Formats {
			if n, err := strconv.ParseUint(text, 10, 7); err == nil && l.types[n] == 0 {
				l.types[n] = int8(i + 1) //nolint:gosec // maxLines
			}
		}
	}
}

// sent notes which line the device's own source belongs to: the other side's reports speak of it.
func (l *lanes) sent(line int, packet []byte) {
	if len(packet) < 12 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	note(&l.ours, binary.BigEndian.Uint32(packet[8:]), line)
}

func note(m *map[uint32]int, source uint32, line int) {
	if *m == nil {
		*m = map[uint32]int{}
	}
	if _, known := (*m)[source]; known || len(*m) < mostSources {
		(*m)[source] = line
	}
}

// of gives the line of a packet of the other side.
func (l *lanes) of(rtcp bool, packet []byte) (int, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if rtcp {
		if len(packet) < leastPacket {
			return 0, false
		}
		if line, ok := l.theirs[binary.BigEndian.Uint32(packet[4:])]; ok {
			return line, true
		}
		if len(packet) < 12 {
			return 0, false
		}
		line, ok := l.ours[binary.BigEndian.Uint32(packet[8:])]
		return line, ok
	}
	if len(packet) < 12 {
		return 0, false
	}
	line := int(l.types[packet[1]&0x7f]) - 1
	if line >= 0 {
		note(&l.theirs, binary.BigEndian.Uint32(packet[8:]), line)
	}
	return line, line >= 0
}
