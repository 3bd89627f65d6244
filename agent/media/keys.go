package media

import (
	"sync/atomic"

	"github.com/pion/rtp"
)

// keyNames are the events 0 to 11 of RFC 4733 section 3.2; others are no keys of a door.
const keyNames = "0123456789*#"

// keys hears presses in one stream: each is told once, at the first packet of its end (RFC 4733 section 2.5.1.4: the end is
// sent three times under one timestamp), or when the next press begins and the ends were lost.
type keys struct {
	types   atomic.Pointer[[128]bool] // payload types of keys; nil: none
	heard   bool                      // the press under stamp was told
	open    bool                      // the press under stamp has begun
	stamp   uint32
	source  uint32
	pressed byte
}

// listen sets the payload types that carry keys; a description may change them during a call.
func (k *keys) listen(types []uint8) {
	var set [128]bool
	for _, pt := range types {
		set[pt&0x7f] = true
	}
	k.types.Store(&set)
}

// hear looks at one packet: is it of a key stream, and which keys does it complete? Nothing is allocated.
func (k *keys) hear(packet []byte, tell func(key byte)) (ofKeys bool) {
	var h rtp.Header
	n, err := h.Unmarshal(packet)
	types := k.types.Load()
	if err != nil || types == nil || !types[h.PayloadType&0x7f] {
		return false
	}
	body := packet[n:]
	if len(body) < 4 || int(body[0]) >= len(keyNames) {
		return true
	}
	key, end := keyNames[body[0]], body[1]&0x80 != 0
	if k.stamp != h.Timestamp || k.source != h.SSRC {
		if k.open && !k.heard {
			tell(k.pressed)
		}
		k.stamp, k.source, k.pressed, k.open, k.heard = h.Timestamp, h.SSRC, key, true, false
	}
	k.open = true
	if end && !k.heard {
		k.heard = true
		tell(k.pressed)
	}
	return true
}
