package domain

import (
	"crypto/rand"
	"encoding/binary"
	"sync"
	"time"
)

// ordered gives what follows the milliseconds of an id: 12 bits that count up within one millisecond (RFC 9562 section 6.2, method 1).
var ordered struct {
	sync.Mutex
	ms   int64
	next uint16
}

// NewID makes a version 7 UUID (RFC 9562 section 5.7) for the instant now, as in NewID[SiteID](now): 48 bits of milliseconds, 12 bits that grow
// from one id to the next of the same millisecond, then randomness. So what one process makes sorts in the order in which it was made.
func NewID[T ~[16]byte](now time.Time) T {
	var id T
	// crypto/rand never fails: the runtime ends the program when the system has no randomness.
	_, _ = rand.Read(id[:])
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(now.UnixMilli()))
	copy(id[:6], ms[2:])
	binary.BigEndian.PutUint16(id[6:8], 0x7000|count(now.UnixMilli(), binary.BigEndian.Uint16(id[6:8])))
	id[8] = id[8]&0x3f | 0x80
	return id
}

// count gives the 12 bits of the next id: in a new millisecond it begins in the lower half, so that two thousand more have room before it wraps.
func count(ms int64, random uint16) uint16 {
	ordered.Lock()
	defer ordered.Unlock()
	if ms == ordered.ms {
		ordered.next++
	} else {
		ordered.ms, ordered.next = ms, random&0x07ff
	}
	return ordered.next & 0x0fff
}
