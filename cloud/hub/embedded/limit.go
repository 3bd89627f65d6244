package embedded

import (
	"errors"
	"maps"
	"time"

	"vestibule/shared/domain"
)

// What one agent may ask of the hub. An honest one never comes near: it has one batch in flight and rests before it connects again.
const (
	packetsAtOnce = 200
	packetEvery   = 10 * time.Millisecond

	connectsAtOnce = 30
	connectEvery   = time.Second

	// An address from which an agent connected too often is hot for a while: its connections are closed before the handshake, which is what
	// costs. A few pass, because honest agents may stand behind the same address.
	hotFor    = 10 * time.Second
	hotAtOnce = 2
	hotEvery  = 500 * time.Millisecond
)

var errTooOften = errors.New("the agent connects too often")

// pace spaces the packets of one connection out.
type pace struct{ paid time.Time }

// next counts a packet and tells how long the connection is not to be read.
func (p *pace) next(now time.Time) time.Duration {
	if p.paid.Before(now) {
		p.paid = now
	}
	p.paid = p.paid.Add(packetEvery)
	return p.paid.Sub(now) - packetsAtOnce*packetEvery
}

// mayConnect counts a connection of an agent that has proven who it is; one too many makes its address hot.
func (g *gate) mayConnect(agent domain.AgentID, from string, now time.Time) bool {
	if _, ok := g.agents.Take(agent, now); ok {
		return true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	maps.DeleteFunc(g.hot, func(_ string, until time.Time) bool { return !until.After(now) })
	g.hot[from] = now.Add(hotFor)
	return false
}

// cool tells whether an address may begin a handshake now. The caller holds the lock.
func (g *gate) cool(from string, now time.Time) bool {
	until, is := g.hot[from]
	if !is || !until.After(now) {
		return true
	}
	_, ok := g.addresses.Take(from, now)
	return ok
}
