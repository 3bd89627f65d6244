package peer

import "time"

// again is how long a word waits for its acknowledgement before it is said once more.
const again = 500 * time.Millisecond

// mostWaiting bounds what is said into a line that does not answer.
const mostWaiting = 64

// order makes what one side says arrive once and in its order over a pipe that loses and repeats: words are numbered, only the next number
// is taken, and what is not acknowledged is said again. It is pure.
type order struct {
	sent    uint32 // the last number given out
	got     uint32 // the last number taken
	waiting []word // not acknowledged, by number
}

type word struct {
	seq  uint32
	data any
	last time.Time // said
}

// number gives the next word its number; false when too many wait.
func (o *order) number() (uint32, bool) {
	if len(o.waiting) >= mostWaiting {
		return 0, false
	}
	o.sent++
	return o.sent, true
}

// said notes a word that went out.
func (o *order) said(seq uint32, data any, now time.Time) {
	o.waiting = append(o.waiting, word{seq: seq, data: data, last: now})
}

// acked forgets what has arrived.
func (o *order) acked(through uint32) {
	for len(o.waiting) > 0 && o.waiting[0].seq <= through {
		o.waiting = o.waiting[1:]
	}
}

// take tells whether a word is the next one.
//
// Invariant: each number is taken once, in order (TestOrder_OnceAndInOrder).
func (o *order) take(seq uint32) bool {
	if seq != o.got+1 {
		return false
	}
	o.got = seq
	return true
}

// due gives what is to be said again: everything that waits, or nothing.
func (o *order) due(now time.Time) []any {
	if len(o.waiting) == 0 || now.Sub(o.waiting[0].last) < again {
		return nil
	}
	var out []any
	for i := range o.waiting {
		o.waiting[i].last = now
		out = append(out, o.waiting[i].data)
	}
	return out
}
