package watch

import (
	"context"
	"sync"
)

// Point is a place to wait at. The zero value is ready.
type Point struct {
	mu sync.Mutex
	ch chan struct{}
}

// Notify wakes every waiter so that it looks at its condition again. Call it after the change, without the lock that
// guards the state.
func (p *Point) Notify() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ch != nil {
		close(p.ch)
		p.ch = nil
	}
}

// Wait returns nil once cond is true, or the context's error. cond is called on the waiter's goroutine.
func (p *Point) Wait(ctx context.Context, cond func() bool) error {
	for {
		ch := p.next()
		if cond() {
			return nil
		}
		select {
		case <-ch:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (p *Point) next() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ch == nil {
		p.ch = make(chan struct{})
	}
	return p.ch
}
