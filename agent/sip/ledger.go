package sip

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"vestibule/shared/logkey"
)

// ledger writes the records of calls, many with one commit: a commit costs more than all else about a call. Until its record is written the stored
// leg of its caller stands for it, so that nothing is lost with the program.
type ledger struct {
	inTx   func(ctx context.Context, fn func(ctx context.Context) error) error
	linger time.Duration // how long a record waits for company
	most   time.Duration // how long one commit may take
	log    *slog.Logger

	mu    sync.Mutex
	next  []entry
	busy  bool          // a goroutine writes until there is nothing left
	hurry chan struct{} // the program ends
	idle  *sync.Cond
}

// entry is one record: what writes it, all or nothing, and what follows once it is on the disk.
type entry struct {
	write func(ctx context.Context) error
	then  func()
}

func newLedger(cfg Config) *ledger {
	l := &ledger{inTx: cfg.InTx, linger: cfg.Timers.Linger, most: cfg.Timers.Store, log: cfg.Logger, hurry: make(chan struct{}, 1)}
	l.idle = sync.NewCond(&l.mu)
	return l
}

// enter takes a record; it is written soon.
func (l *ledger) enter(e entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next = append(l.next, e)
	if !l.busy {
		l.busy = true
		go l.run()
	}
}

// drain waits until everything is written; nothing may be added meanwhile.
func (l *ledger) drain() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.busy {
		select {
		case l.hurry <- struct{}{}:
		default:
		}
		l.idle.Wait()
	}
}

func (l *ledger) run() {
	timer := time.NewTimer(l.linger)
	defer timer.Stop()
	for {
		select {
		case <-l.hurry:
		case <-timer.C:
		}
		l.mu.Lock()
		page := l.next
		l.next = nil
		l.mu.Unlock()
		l.write(page)
		l.mu.Lock()
		if len(l.next) == 0 {
			l.busy = false
			l.idle.Broadcast()
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()
		timer.Reset(l.linger)
	}
}

// write commits a page; when that fails, each record on its own, so that one takes no other with it.
func (l *ledger) write(page []entry) {
	if l.commit(page) == nil {
		return
	}
	for i := range page {
		if err := l.commit(page[i : i+1]); err != nil && !errors.Is(err, context.Canceled) {
			l.log.Error("not stored", slog.String(logkey.Kind, "call"), slog.Any(logkey.Err, err))
		}
	}
}

func (l *ledger) commit(page []entry) error {
	ctx, cancel := context.WithTimeout(context.Background(), l.most)
	defer cancel()
	err := l.inTx(ctx, func(ctx context.Context) error {
		for _, e := range page {
			if err := e.write(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, e := range page {
		e.then()
	}
	return nil
}
