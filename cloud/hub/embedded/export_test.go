package embedded

import (
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
