package embedded

import (
	"bytes"
	"net"
	"time"
)

// Order gives in which order connections leave the room that came at these times before now, and how many are sent away for their wait.
func Order(now time.Time, came ...time.Duration) (out []int, late int) {
	g := &gate{}
	conns := map[net.Conn]int{}
	for i, before := range came {
		conn, _ := net.Pipe()
		conns[conn] = i
		g.room = append(g.room, waiting{conn, now.Add(-before)})
	}
	for {
		conn, gone, ok := g.next(now)
		if !ok {
			return out, late
		}
		if gone {
			late++
			continue
		}
		out = append(out, conns[conn])
	}
}

// Through gives when each of a crowd of n goes that comes at once and of which so many are at their handshake, while the handlers are behind by lag.
func Through(n, atWork int, lag func(since time.Duration) time.Duration) (went []time.Duration) {
	var s stride
	began := time.Now()
	now := began
	for i := range n {
		var wait time.Duration
		s, wait = s.next(now, lag(now.Sub(began)), atWork, i < n-1)
		now = now.Add(wait)
		went = append(went, now.Sub(began))
	}
	return went
}

// Held is a connection whose agent's words are being taken, and what reached the line below it.
type Held struct {
	*known
	*line
}

type line struct {
	net.Conn
	Wrote [][]byte
	Due   []time.Time
	Fails error
}

func (l *line) Write(b []byte) (int, error) {
	l.Wrote = append(l.Wrote, bytes.Clone(b))
	return len(b), l.Fails
}

func (l *line) SetDeadline(t time.Time) error {
	l.Due = append(l.Due, t)
	return l.Fails
}

// NewHeld makes one.
func NewHeld() *Held {
	l := &line{}
	h := &Held{known: &known{Conn: l}, line: l}
	h.Work()
	return h
}

// Work is what follows a read, and Rest what precedes it.
func (h *Held) Work() { h.known.work() }

// Rest writes what is held.
func (h *Held) Rest() error { return h.known.rest() }

// Write writes by the connection.
func (h *Held) Write(b []byte) (int, error) { return h.known.Write(b) }

// SetDeadline sets it by the connection.
func (h *Held) SetDeadline(t time.Time) error { return h.known.SetDeadline(t) }
