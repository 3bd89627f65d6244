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
