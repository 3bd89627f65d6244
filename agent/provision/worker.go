package provision

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"vestibule/shared/domain"
)

// call is what a worker is told; several together.
type call uint8

const (
	changed call = 1 << iota // the document is another
	moved                    // the device was found or changed its address
	gone                     // the device took the order to restart
	spoke                    // the device registered or signed off
	due                      // the time that the worker had set itself has come
)

// worker carries out the steps of one device. It has a goroutine only while it has something to do: most devices want nothing most of the time, and what a
// goroutine for each holds would be a tenth of the agent's memory.
type worker struct {
	c   *Converger
	id  domain.DeviceID
	ctx context.Context // ends with the worker
	end context.CancelFunc

	mu    sync.Mutex
	told  call
	busy  bool        // it has a goroutine
	over  bool        // nothing begins any more
	timer *time.Timer // of who has none

	state     State // of the goroutine
	registrar netip.AddrPort
}

// newWorker makes a worker that knows what was told of the device before. c.mu is held.
func newWorker(ctx context.Context, c *Converger, id domain.DeviceID) *worker {
	w := &worker{c: c, id: id}
	w.ctx, w.end = context.WithCancel(ctx)
	w.state.Report = c.stored[id]
	w.state.Report.DeviceID = id
	return w
}

// nudge tells the worker something; it goes to work unless it is there.
func (w *worker) nudge(what call) {
	w.mu.Lock()
	w.told |= what
	starts := !w.busy && !w.over
	if starts {
		w.busy = true
		w.c.running.Add(1)
		if w.timer != nil {
			w.timer.Stop()
		}
	}
	w.mu.Unlock()
	if starts {
		go w.work() // beside all others
	}
}

// work does what the worker is told until there is nothing more.
func (w *worker) work() {
	defer w.c.running.Done()
	for {
		told, over := w.next()
		switch {
		case over:
			w.forget(w.ctx)
			return
		case told == 0:
			return
		}
		w.do(told)
	}
}

// next gives what was told meanwhile. When there is nothing, the worker rests until the time that it set itself.
func (w *worker) next() (told call, over bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	told, w.told = w.told, 0
	if told != 0 || w.over {
		return told, w.over
	}
	w.busy = false
	after := max(0, time.Until(w.due()))
	if w.timer == nil {
		w.timer = time.AfterFunc(after, func() { w.nudge(due) })
	} else {
		w.timer.Reset(after)
	}
	return 0, false
}

func (w *worker) do(told call) {
	if told&changed != 0 {
		w.look(w.ctx)
	}
	if told&moved != 0 {
		w.step(w.ctx, Moved{})
	}
	if told&gone != 0 {
		w.step(w.ctx, Restarting{})
	}
	if told&spoke != 0 {
		w.spoken(w.ctx)
	}
	if told&due != 0 {
		w.look(w.ctx)
		w.step(w.ctx, w.tick())
	}
}

// stop ends the worker: what it is at ends early, and nothing begins any more.
func (w *worker) stop() {
	w.end()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return
	}
	w.over = true
	if w.timer != nil {
		w.timer.Stop()
	}
	if !w.busy { // who is at work sees it at the end of that
		w.busy = true
		w.c.running.Add(1)
		go w.work()
	}
}
