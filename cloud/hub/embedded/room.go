package embedded

import (
	"net"
	"runtime"
	"time"

	"github.com/mochi-mqtt/server/v2/listeners"

	"vestibule/shared/wire"
)

// When thousands of agents come at once, all but a few wait in the room before their handshake, where one costs a file descriptor: who is sent away
// instead is back in a second and costs both sides another handshake, and who is let in while the handlers are behind gives up before its welcome.
const (
	maxWaiting = 16_384
	// waitsFor leaves of an agent's patience what the handshake and CONNECT may need, and some more.
	waitsFor = wire.DialWithin - greetWithin - 5*time.Second
	// freshAfter is the wait from which on the newest goes first: who waits that long may give up in the middle, and all it had cost is lost.
	freshAfter = 30 * time.Second
)

// Who is let in too early has cost a handshake, and is told to come again; so a crowd goes as fast as the handlers keep up. It begins at a handshake's and a
// welcome's time on every processor.
const (
	// behind is how far handlers may be (Queue.Lag) before one goes every unhurried.
	behind    = 200 * time.Millisecond
	unhurried = 20 * time.Millisecond
	// uneasy is the lag from which on a crowd goes slower and slower; below it, it goes faster and faster.
	uneasy = 20 * time.Millisecond
	first  = 2500 * time.Microsecond
	least  = 50 * time.Microsecond
	// many handshakes at work for each processor: what they will ask of the handlers is not seen yet, so others wait for them, as for handlers that are behind.
	// A handshake that takes longer than promised says nothing of that: who is there stays silent.
	many     = 48
	promised = time.Second
	// overslept is how much time that admit did not get is made good.
	overslept = 20 * time.Millisecond
)

// stride is how a crowd goes through the gate.
type stride struct {
	gap time.Duration // between two of it
	due time.Time     // when the next may go
}

// next lets one go after the wait that it gives. atWork are the handshakes that began within promised and are not done; crowd tells that others wait behind.
func (s stride) next(now time.Time, lag time.Duration, atWork int, crowd bool) (stride, time.Duration) {
	gap, processors := s.gap, runtime.GOMAXPROCS(0)
	switch {
	case lag > behind:
		s.gap, gap = 0, unhurried
	case !crowd:
		s.gap, gap = 0, 0
	case gap == 0:
		s.gap = first / time.Duration(processors)
		gap = s.gap
	case atWork > many*processors:
		gap = unhurried
	case lag > uneasy:
		s.gap = min(gap+gap/16, unhurried)
	default:
		s.gap = max(gap-gap/16, least)
	}
	if earliest := now.Add(-overslept); s.due.Before(earliest) {
		s.due = earliest
	}
	s.due = s.due.Add(gap)
	return s, max(0, s.due.Sub(now))
}

// working counts a handshake as one at work until it ends or takes longer than promised.
func (g *gate) working() (end func()) {
	g.atWork.Add(1)
	late := time.AfterFunc(promised, func() { g.atWork.Add(-1) })
	return func() {
		if late.Stop() {
			g.atWork.Add(-1)
		}
	}
}

// crowded tells whether others wait.
func (g *gate) crowded() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.room) > 0
}

// waiting is a connection before its handshake.
type waiting struct {
	net.Conn
	since time.Time
}

// admit lets connections out of the room to their handshakes, until the gate is closed.
func (g *gate) admit(establish listeners.EstablishFn) {
	pause := time.NewTimer(0)
	defer pause.Stop()
	var crowd stride
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
		var wait time.Duration
		if crowd, wait = crowd.next(time.Now(), g.queue.Lag(), int(g.atWork.Load()), g.crowded()); wait > 0 {
			pause.Reset(wait)
			select {
			case <-g.ctx.Done():
				return
			case <-pause.C:
			}
		}
		go g.serve(conn, establish, g.working())
	}
}

// first takes who is to go next; those that wait too long are sent away, because they are about to give up.
func (g *gate) first() (net.Conn, bool) {
	for {
		w, late, ok := g.next(time.Now())
		if !ok {
			return nil, false
		}
		if !late {
			return w, true
		}
		g.counters.refused.Add(1)
		g.greeted(w)
		g.leave(w)
	}
}

// next takes a connection out of the room: who waits longest, or the newest when that is long. late tells that it waited too long.
func (g *gate) next(now time.Time) (conn net.Conn, late, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.room) == 0 {
		g.room = nil // a crowd that came once is no reason to keep its room
		return nil, false, false
	}
	oldest, last := g.room[0], len(g.room)-1
	waited := now.Sub(oldest.since)
	if waited >= freshAfter && waited < waitsFor {
		conn = g.room[last].Conn
		g.room[last], g.room = waiting{}, g.room[:last]
		return conn, false, true
	}
	g.room[0], g.room = waiting{}, g.room[1:]
	return oldest.Conn, waited >= waitsFor, true
}
