package sip

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"vestibule/agent/sip/sipstate"
	"vestibule/shared/logkey"
)

// ledger writes what calls leave on the disk, many things with one commit: a commit costs more than all else about a call. A leg is on
// the disk before its INVITE leaves (put and wait); what follows may come a moment later, and what is overtaken meanwhile is never
// written: most rows of a short call.
type ledger struct {
	legs   Legs
	inTx   func(ctx context.Context, fn func(ctx context.Context) error) error
	linger time.Duration // how long the unhurried waits for company
	most   time.Duration // how long one commit may take
	log    *slog.Logger

	mu    sync.Mutex
	next  *page
	busy  bool // a goroutine writes until there is no next page
	hurry chan struct{}
	idle  *sync.Cond
}

// page is what one commit takes.
type page struct {
	legs    map[string]*sipstate.Leg // by SIP Call-ID; nil: forgotten
	entries []func(ctx context.Context) error
	hurried bool
	done    chan struct{} // closed when it is written, or cannot be
}

func newLedger(cfg Config) *ledger {
	l := &ledger{legs: cfg.Legs, inTx: cfg.InTx, linger: cfg.Timers.Linger, most: cfg.Timers.Store, log: cfg.Logger, hurry: make(chan struct{}, 1)}
	l.idle = sync.NewCond(&l.mu)
	return l
}

// put takes the newest state of a leg; the channel is closed when it is on the disk. Without hurry it waits for company.
func (l *ledger) put(leg sipstate.Leg, hurry bool) <-chan struct{} {
	return l.add(hurry, func(p *page) { p.legs[leg.SIPCallID] = &leg })
}

// forget deletes a leg.
func (l *ledger) forget(sipCallID string) { l.add(false, func(p *page) { p.legs[sipCallID] = nil }) }

// enter takes writes that belong together; legs that were put or forgotten before are written before.
func (l *ledger) enter(write func(ctx context.Context) error) {
	l.add(false, func(p *page) { p.entries = append(p.entries, write) })
}

func (l *ledger) add(hurry bool, on func(p *page)) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.next == nil {
		l.next = &page{legs: map[string]*sipstate.Leg{}, done: make(chan struct{})}
	}
	p := l.next
	on(p)
	if hurry && !p.hurried {
		p.hurried = true
		select {
		case l.hurry <- struct{}{}:
		default:
		}
	}
	if !l.busy {
		l.busy = true
		go l.run()
	}
	return p.done
}

// await waits for what put gave, but not for ever: a store that hangs holds no call up.
func (l *ledger) await(done <-chan struct{}) {
	timer := time.NewTimer(l.most)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		l.log.Error("not stored in time")
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
	for {
		l.company()
		l.mu.Lock()
		p := l.next
		l.next = nil
		if p == nil {
			l.busy = false
			l.idle.Broadcast()
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()
		l.write(p)
		close(p.done)
	}
}

// company waits until somebody is in a hurry, a moment at most, unless nothing is to be written.
func (l *ledger) company() {
	l.mu.Lock()
	wait := l.next != nil && !l.next.hurried
	l.mu.Unlock()
	if !wait {
		select {
		case <-l.hurry: // it was about this page
		default:
		}
		return
	}
	timer := time.NewTimer(l.linger)
	defer timer.Stop()
	select {
	case <-l.hurry:
	case <-timer.C:
	}
}

// write commits a page; when that fails, each thing on its own, so that one takes no other with it.
func (l *ledger) write(p *page) {
	var all []func(ctx context.Context) error
	for id, leg := range p.legs {
		all = append(all, func(ctx context.Context) error {
			if leg == nil {
				return l.legs.DeleteLeg(ctx, id)
			}
			return l.legs.PutLeg(ctx, *leg)
		})
	}
	all = append(all, p.entries...)
	if l.commit(all) == nil {
		return
	}
	for _, one := range all {
		if err := l.commit([]func(ctx context.Context) error{one}); err != nil && !errors.Is(err, context.Canceled) {
			l.log.Error("not stored", slog.String(logkey.Kind, "call"), slog.Any(logkey.Err, err))
		}
	}
}

func (l *ledger) commit(all []func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), l.most)
	defer cancel()
	return l.inTx(ctx, func(ctx context.Context) error {
		for _, one := range all {
			if err := one(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}
