package hub

import (
	"context"

	"vestibule/shared/domain"
)

// Hub carries bytes to and from agents. A message may be lost in either direction; what is delivered comes from, and goes to,
// the agent that the broker authenticated.
type Hub interface {
	// Run serves until ctx ends.
	Run(ctx context.Context) error
	// Publish sends to one connection of an agent at QoS 0. Offline when this connection is known to have ended, Unavailable when the broker cannot be
	// reached, Limit when data is over wire.MaxMessage or the agent reads too slowly.
	Publish(agent domain.AgentID, conn domain.ConnID, data []byte) error
	// Serving tells whether agents can come in. With a broker elsewhere it stays true once both connections stood: all clouds lose that broker at once,
	// and none of them should turn people away for it.
	Serving() bool
	// Figures are what the hub counts.
	Figures() Figures
	// Kick closes the agent's connection, if there is one. It may come back.
	Kick(agent domain.AgentID)
}

// Handler takes one message of an agent. Messages of one agent come in order, one at a time; data is the handler's own.
type Handler func(ctx context.Context, agent domain.AgentID, data []byte)

// Figures are what a hub counts: totals since the start, and what waits now. What a kind of hub cannot have stays zero.
type Figures struct {
	Connections int   // of agents, to this process
	Dropped     int64 // messages without room, up or down
	Refused     int64 // connections, topics and clients that may not
	Oversize    int64 // packets over the limit
	Panics      int64 // handlers that failed by a bug
	Lost        int64 // connections to a broker elsewhere
	Waiting     int   // messages of agents in the queue
	Bytes       int   // of these
}
