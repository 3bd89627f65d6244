package sip

import (
	"net/netip"
	"sync"
	"time"
)

// doubts remembers sources that were challenged and have not answered yet.
type doubts struct {
	mu  sync.Mutex
	all map[netip.AddrPort]time.Time
}

const (
	mostDoubts  = 4096
	doubtsAfter = 10 * time.Minute
)

// again notes a challenge to source and tells whether one before it stayed without an answer.
func (d *doubts) again(source netip.AddrPort, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	at, seen := d.all[source]
	if !seen && len(d.all) >= mostDoubts {
		clear(d.all) // strangers filled it; the worst is one more round for a phone without MD5
	}
	d.all[source] = now
	return seen && now.Sub(at) < doubtsAfter
}

// answered forgets a source that answers its challenges.
func (d *doubts) answered(source netip.AddrPort) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.all, source)
}
