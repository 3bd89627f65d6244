package main

import (
	"context"
	"time"

	"vestibule/agent/link"
	"vestibule/cloud/hub"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

// pipe is one direction of a connection.
type pipe struct {
	free    time.Time // when the last message has passed the narrow place
	last    time.Time // when it arrives
	stalled time.Time // nothing arrives before
	dead    bool      // nothing arrives at all, and nobody is told
	waiting int       // messages on their way
}

// line is one connection of an agent.
type line struct {
	id     domain.ConnID
	agent  *agent
	boot   int // of the agent
	up     pipe
	down   pipe
	open   bool // as the agent sees it
	served bool // as the broker sees it
	opened bool // the jobs have it
	will   []byte
	timing *link.Timing
}

// broker carries messages, keeps none and promises nothing. It is the hub of the cloud.
type broker struct {
	w     *world
	lines map[domain.AgentID]*line
	seen  []signed // commands that went by, for somebody who owns the broker
}

// signed is a command that somebody heard.
type signed struct {
	agent *agent
	sign1 []byte
}

func newBroker(w *world) *broker { return &broker{w: w, lines: map[domain.AgentID]*line{}} }

// carry sends one message through a pipe. It may be slow, lost, doubled or out of order.
func (w *world) carry(p *pipe, a *agent, at time.Time, size int, arrive func()) {
	if p.dead || !w.calm && w.one(0.004) {
		return // lost: no broker promises that it is not
	}
	start := at
	if p.free.After(start) {
		start = p.free
	}
	if a.slow.After(w.now) {
		start = start.Add(time.Duration(size) * time.Millisecond) // one kilobyte a second
	}
	p.free = start
	due := start.Add(w.between(2*time.Millisecond, 60*time.Millisecond))
	if due.Before(p.last) && (w.calm || !w.one(0.01)) {
		due = p.last
	}
	if due.After(p.last) {
		p.last = due
	}
	p.waiting++
	w.land(p, due, true, arrive)
	if !w.calm && w.one(0.02) {
		w.land(p, due.Add(w.between(0, 20*time.Second)), false, arrive) // twice
	}
}

// land has a message arrive at an instant, or when the pipe moves again.
func (w *world) land(p *pipe, due time.Time, counts bool, arrive func()) {
	w.in(due.Sub(w.now), "arrive", func() {
		if p.stalled.After(w.now) {
			w.land(p, p.stalled, counts, arrive)
			return
		}
		if counts {
			p.waiting--
		}
		if !p.dead {
			arrive()
		}
	})
}

// dial makes a connection; the agent hears of it later.
func (b *broker) dial(a *agent, l *line, will []byte) {
	w := b.w
	l.agent, l.boot, l.will, l.timing = a, a.boots, will, link.NewTiming(a.started)
	if a.away.After(w.now) || !w.cloud.up {
		a.later(w.between(100*time.Millisecond, 4*time.Second), "no answer", func() { a.lost(l) })
		return
	}
	w.in(w.between(20*time.Millisecond, 200*time.Millisecond), "connect", func() {
		if !w.cloud.up || a.boots != l.boot || a.line != l {
			return
		}
		if b.w.base.links[a.id].Revoked {
			a.later(0, "refused", func() { a.lost(l) })
			return
		}
		if before := b.lines[a.id]; before != nil {
			b.end(before, true) // taken over
		}
		b.lines[a.id], l.served, l.open = l, true, true
		w.tell("broker serves agent %d", a.number)
		a.later(w.between(2*time.Millisecond, 40*time.Millisecond), "connected", func() { a.connected(l) })
	})
}

// end is the broker's end of a connection. The last will goes out, most times.
func (b *broker) end(l *line, told bool) {
	if !l.served {
		return
	}
	l.served = false
	if b.lines[l.agent.id] == l {
		delete(b.lines, l.agent.id)
	}
	b.w.tell("broker ends a connection of agent %d", l.agent.number)
	if b.w.calm || b.w.one(0.8) {
		b.w.in(b.w.between(0, 3*time.Second), "will", func() { b.w.cloud.hear(l.agent, l.will) })
	}
	if told {
		l.agent.later(b.w.between(0, 2*time.Second), "told", func() { l.agent.lost(l) })
	}
}

// hang makes a connection half-open: nothing passes, and each side finds out by itself.
func (b *broker) hang(l *line) {
	l.up.dead, l.down.dead = true, true
	b.w.in(45*time.Second, "keep-alive", func() { b.end(l, false) })
}

// up takes a message of an agent.
func (b *broker) up(l *line, at time.Time, data []byte) error {
	switch {
	case !l.open:
		return fault.New(fault.Offline, "The connection has ended.")
	case l.up.waiting >= 64:
		return fault.New(fault.Limit, "The line does not move.")
	}
	b.w.carry(&l.up, l.agent, at, len(data), func() {
		if l.served {
			b.w.cloud.hear(l.agent, data)
		}
	})
	return nil
}

// Run is for a broker that has a life of its own.
func (b *broker) Run(context.Context) error { return nil }

// Publish sends to one connection of an agent.
func (b *broker) Publish(id domain.AgentID, conn domain.ConnID, data []byte) error {
	l := b.lines[id]
	if l == nil {
		return fault.New(fault.Offline, "The agent is not connected.")
	}
	if len(data) > wire.MaxMessage {
		b.w.broke("a message of %d bytes was to leave", len(data))
	}
	b.listen(l.agent, data)
	if l.id == conn {
		b.deliver(l, data)
	}
	return nil
}

// deliver sends bytes down a connection.
func (b *broker) deliver(l *line, data []byte) {
	b.w.carry(&l.down, l.agent, b.w.now, len(data), func() {
		l.agent.do("heard", l.boot, func() { l.agent.heard(l, data) })
	})
}

// listen keeps the commands that go by.
func (b *broker) listen(a *agent, data []byte) {
	e, err := wire.Open(data)
	if err != nil || e.Kind != wire.KindCommand {
		return
	}
	if c, err := wire.Body[wire.SignedCommand](e); err == nil {
		b.seen = append(b.seen, signed{a, c.Sign1})
	}
}

// replay sends a command that went by once more, to its agent or to another one, in an envelope of the connection that stands now.
func (b *broker) replay() {
	if len(b.seen) == 0 {
		return
	}
	old := b.seen[b.w.chance.IntN(len(b.seen))]
	to := old.agent
	if b.w.one(0.3) {
		to = b.w.agents[b.w.chance.IntN(len(b.w.agents))]
	}
	l := b.lines[to.id]
	if l == nil {
		return
	}
	data, err := wire.Seal(wire.KindCommand, l.id, wire.SignedCommand{Sign1: old.sign1})
	if err == nil {
		b.w.tell("somebody plays an old command to agent %d", to.number)
		b.deliver(l, data)
	}
}

// Serving is always so: the broker of the world needs nothing.
func (b *broker) Serving() bool { return true }

// Figures are none.
func (b *broker) Figures() hub.Figures { return hub.Figures{} }

// Kick closes an agent's connection.
func (b *broker) Kick(id domain.AgentID) {
	if l := b.lines[id]; l != nil {
		b.end(l, true)
	}
}
