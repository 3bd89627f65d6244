package domain

import (
	"crypto/rand"
	"encoding/binary"
	"time"
)

// NewID makes a version 7 UUID (RFC 9562 section 5.7) for the instant now, as in NewID[SiteID](now): 48 bits of milliseconds, then randomness.
func NewID[T ~[16]byte](now time.Time) T {
	var id T
	// crypto/rand never fails: the runtime ends the program when the system has no randomness.
	_, _ = rand.Read(id[:])
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(now.UnixMilli()))
	copy(id[:6], ms[2:])
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return id
}
