package txn

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// Key names a transaction (RFC 3261 sections 17.1.3 and 17.2.3). A client's has no host and port.
type Key struct {
	Branch, Host string
	Port         int
	Method       string
}

// Way is where a transaction sends to.
type Way interface {
	// Send sends one message.
	Send(text []byte) error
	// Reliable tells whether nothing that is sent can be lost.
	Reliable() bool
	// Close is called once, at the end of the transaction.
	Close()
}

// Errors of transactions.
var (
	ErrOver      = errors.New("the transaction is over")
	ErrCancelled = errors.New("the transaction was cancelled")
	ErrTaken     = errors.New("the transaction exists already")
)

// Layer holds all transactions. R is an answer as its user knows it.
type Layer[R any] struct {
	times Times
	wheel *wheel

	mu      sync.Mutex
	clients map[Key]*Client[R]
	servers map[Key]*Server
	closed  bool
}

// New makes a layer without transactions.
func New[R any](times Times) *Layer[R] {
	times.defaults()
	return &Layer[R]{times: times, wheel: newWheel(), clients: map[Key]*Client[R]{}, servers: map[Key]*Server{}}
}

// Close ends all transactions and takes no more.
func (l *Layer[R]) Close() {
	l.mu.Lock()
	l.closed = true
	var ends []func()
	for _, c := range l.clients {
		ends = append(ends, c.End)
	}
	for _, s := range l.servers {
		ends = append(ends, s.end)
	}
	l.mu.Unlock()
	l.wheel.close()
	for _, end := range ends {
		end()
	}
}

// Count is how many transactions there are.
func (l *Layer[R]) Count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.clients) + len(l.servers)
}

// core is what clients and servers share.
type core struct {
	kind  kind
	key   Key
	way   Way
	times *Times
	wheel *wheel

	mu    sync.Mutex
	at    state
	last  []byte // what went out last, or goes out again
	pause time.Duration
	beat  bell // the next repetition
	limit bell // the end
	gone  atomic.Bool
}

// setUp names the bells' owner.
func (c *core) setUp(of ringer) {
	c.beat.of, c.beat.means, c.limit.of, c.limit.means = of, pulse, of, late
}

// drive carries out what a step says about time. It is called with mu held.
func (c *core) drive(do action) (ended bool) {
	reliable := c.way.Reliable()
	if do&still != 0 {
		c.wheel.stop(&c.beat)
	}
	if do&slow != 0 {
		c.pause = c.times.T2
	}
	if do&beat != 0 && !reliable {
		c.pause = c.times.longer(c.kind, c.pause)
		c.wheel.start(&c.beat, c.pause)
	}
	switch {
	case do&endless != 0:
		c.wheel.stop(&c.limit)
	case do&patience != 0:
		c.wheel.start(&c.limit, c.times.GiveUp)
	case do&rest != 0:
		stays := c.times.rest(c.kind, c.at, reliable)
		if stays == 0 {
			c.at = over
			return true
		}
		c.wheel.start(&c.limit, stays)
	}
	return c.at == over
}

// quiet stops both bells. It is called with mu held.
func (c *core) quiet() {
	c.wheel.stop(&c.beat)
	c.wheel.stop(&c.limit)
}
