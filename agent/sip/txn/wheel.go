package txn

import (
	"sync"
	"time"
)

// A wheel keeps the timers of all transactions in slots of a tick each: to set and to stop one costs no more than a few pointers, and nothing is asked of
// the runtime but one timer while any is set.
const (
	tick  = 20 * time.Millisecond
	slots = 2048 // longer than any time of a transaction; what is further away goes round once more
)

// bell is a timer inside a transaction. Its fields belong to the wheel.
type bell struct {
	prev, next *bell
	due        int64 // in ticks since the wheel was made
	set        bool
	turn       uint32 // goes up when it is set or stopped, which its transaction does with its own lock held: a ring on its way is then an old one
	of         ringer
	means      input
}

// ringer is a transaction. It is called without any lock.
type ringer interface {
	rang(b *bell, turn uint32)
}

type wheel struct {
	mu    sync.Mutex
	slots [slots]*bell
	began time.Time
	at    int64 // the last tick that was served
	count int
	timer *time.Timer
	going bool
	shut  bool
}

func newWheel() *wheel { return &wheel{began: time.Now()} }

func (w *wheel) ticks() int64 { return int64(time.Since(w.began) / tick) }

// start sets a bell to ring after a time, never sooner.
func (w *wheel) start(b *bell, after time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	b.turn++
	w.remove(b)
	if w.shut {
		return
	}
	now := w.ticks()
	if !w.going { // nothing was served meanwhile, and nothing was there to be served
		w.at, w.going = now, true
		if w.timer == nil {
			w.timer = time.AfterFunc(tick, w.turn)
		} else {
			w.timer.Reset(tick)
		}
	}
	b.due = now + 1 + int64((after+tick-1)/tick)
	b.set = true
	head := &w.slots[b.due%slots]
	b.prev, b.next = nil, *head
	if *head != nil {
		(*head).prev = b
	}
	*head = b
	w.count++
}

// stop keeps a bell from ringing; what was on its way is known by its turn.
func (w *wheel) stop(b *bell) {
	w.mu.Lock()
	defer w.mu.Unlock()
	b.turn++
	w.remove(b)
}

// remove is called with mu held.
func (w *wheel) remove(b *bell) {
	if !b.set {
		return
	}
	if b.prev != nil {
		b.prev.next = b.next
	} else {
		w.slots[b.due%slots] = b.next
	}
	if b.next != nil {
		b.next.prev = b.prev
	}
	b.prev, b.next, b.set = nil, nil, false
	w.count--
}

// ringing is a bell whose time has come.
type ringing struct {
	bell *bell
	turn uint32
}

// turn rings what is due and sets the next tick while anything is left.
func (w *wheel) turn() {
	var due []ringing
	w.mu.Lock()
	for now := w.ticks(); w.at < now; {
		w.at++
		for b := w.slots[w.at%slots]; b != nil; {
			following := b.next
			if b.due <= w.at {
				w.remove(b)
				due = append(due, ringing{b, b.turn})
			}
			b = following
		}
	}
	if w.going = w.count > 0 && !w.shut; w.going {
		w.timer.Reset(tick)
	}
	w.mu.Unlock()
	for _, one := range due {
		one.bell.of.rang(one.bell, one.turn)
	}
}

// close stops the wheel; nothing rings any more but what is on its way.
func (w *wheel) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.shut = true
	if w.timer != nil {
		w.timer.Stop()
	}
}
