package disturb

import (
	"bufio"
	"net"
	"sync"
	"time"
)

// line is one connection of an agent, carried both ways.
type line struct {
	proxy    *Proxy
	up, down *lane
	once     sync.Once
	ended    chan struct{}
}

// lane is one direction of a line.
type lane struct {
	from, to net.Conn
	wake     chan struct{}

	mu     sync.Mutex
	queue  []item
	stands time.Time // until then nothing goes on
}

// item is a packet on its way. number is the place of a message, zero of everything else and of second copies.
type item struct {
	packet packet
	number int
}

func newLane(from, to net.Conn) *lane { return &lane{from: from, to: to, wake: make(chan struct{}, 1)} }

func (l *line) run() {
	var work sync.WaitGroup
	for _, w := range []*lane{l.up, l.down} {
		work.Go(func() { l.hear(w) })
		work.Go(func() { l.pass(w) })
	}
	work.Wait()
}

// end closes both sides without a word.
func (l *line) end() {
	l.once.Do(func() {
		close(l.ended)
		// The sockets below: a TLS side would say goodbye first, and wait for a peer that hangs.
		for _, c := range []net.Conn{l.up.from, l.up.to} {
			if under, ok := c.(interface{ NetConn() net.Conn }); ok {
				c = under.NetConn()
			}
			_ = c.Close()
		}
	})
}

// hear reads packets and decides when they go on.
func (l *line) hear(w *lane) {
	defer l.end()
	read := 0
	for in := bufio.NewReader(w.from); ; {
		p, err := readPacket(in)
		if err != nil {
			return
		}
		if !p.message() {
			w.put(item{packet: p})
			continue
		}
		f := l.proxy.draw()
		if f.cut {
			return
		}
		if f.stall > 0 {
			w.stand(f.stall)
		}
		read++
		w.after(f.later, item{p, read})
		if f.again > 0 {
			w.after(f.later+f.again, item{packet: p})
		}
	}
}

// pass writes what may go on.
func (l *line) pass(w *lane) {
	defer l.end()
	newest := 0 // of the messages that went on
	for {
		i, wait := w.next()
		switch {
		case i.packet != nil:
			if i.number != 0 && i.number < newest {
				l.proxy.overtaken.Add(1)
			}
			newest = max(newest, i.number)
			if _, err := w.to.Write(i.packet); err != nil {
				return
			}
		case wait > 0:
			select {
			case <-l.ended:
				return
			case <-time.After(wait):
			}
		default:
			select {
			case <-l.ended:
				return
			case <-w.wake:
			}
		}
	}
}

// after puts a packet into the lane, now or later; one that comes after the end goes nowhere.
func (w *lane) after(d time.Duration, i item) {
	if d <= 0 {
		w.put(i)
		return
	}
	time.AfterFunc(d, func() { w.put(i) })
}

func (w *lane) put(i item) {
	w.mu.Lock()
	w.queue = append(w.queue, i)
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// stand lets nothing go on for d from now.
func (w *lane) stand(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if until := time.Now().Add(d); until.After(w.stands) {
		w.stands = until
	}
}

// next gives the first packet that may go on, or how long there is none.
func (w *lane) next() (i item, wait time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if wait = time.Until(w.stands); wait > 0 {
		return i, wait
	}
	if len(w.queue) > 0 {
		i, w.queue = w.queue[0], w.queue[1:]
	}
	return i, 0
}
