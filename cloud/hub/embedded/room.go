package embedded

import (
	"net"
	"time"

	"github.com/mochi-mqtt/server/v2/listeners"
)

// When thousands of agents come at once, all but a few wait in the room before their handshake, where one costs a file descriptor: who is sent away
// instead is back in a second and costs both sides another handshake, and who is let in while the handlers are behind gives up before its welcome.
const (
	maxWaiting = 16_384
	// waitsFor is shorter than an agent's patience with a dial, of which the handshake and CONNECT need a part.
	waitsFor = 15 * time.Second
	// behind is how long messages may wait for a handler before agents are let in no faster than at unhurried.
	behind    = 500 * time.Millisecond
	unhurried = 20 * time.Millisecond
)

// waiting is a connection before its handshake.
type waiting struct {
	net.Conn
	since time.Time
}

// admit lets connections out of the room to their handshakes, until the gate is closed.
func (g *gate) admit(establish listeners.EstablishFn) {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		conn, ok := g.first()
		if !ok {
			select {
			case <-g.ctx.Done():
				return
			case <-g.came:
			}
			continue
		}
		select {
		case <-g.ctx.Done():
			return // Close has closed the connection
		case g.handshake <- struct{}{}:
		}
		if g.queue.Lag() > behind {
			pause.Reset(unhurried)
			select {
			case <-g.ctx.Done():
				return
			case <-pause.C:
			}
		}
		go g.serve(conn, establish)
	}
}

// first takes who waits longest; those that wait too long are sent away, because they are about to give up.
func (g *gate) first() (net.Conn, bool) {
	for {
		g.mu.Lock()
		if len(g.room) == 0 {
			g.room = nil // a crowd that came once is no reason to keep its room
			g.mu.Unlock()
			return nil, false
		}
		w := g.room[0]
		g.room[0], g.room = waiting{}, g.room[1:]
		g.mu.Unlock()
		if time.Since(w.since) < waitsFor {
			return w.Conn, true
		}
		g.counters.refused.Add(1)
		g.greeted(w.Conn)
		g.leave(w.Conn)
	}
}
