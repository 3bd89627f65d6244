package hub

import (
	"sync"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

// Ended remembers of each agent the connection whose last will came last: of a broker elsewhere no cloud knows more about who is connected. The zero value
// is ready.
type Ended struct {
	mu   sync.Mutex
	last map[domain.AgentID]domain.ConnID
}

// Will takes what a broker says for a connection that ended.
func (e *Ended) Will(agent domain.AgentID, data []byte) {
	said, err := wire.Open(data)
	if err != nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.last == nil {
		e.last = map[domain.AgentID]domain.ConnID{}
	}
	e.last[agent] = said.Conn
}

// Check tells why a message cannot go to a connection: Limit when it is too large, Offline when the connection ended.
func (e *Ended) Check(agent domain.AgentID, conn domain.ConnID, data []byte) error {
	if len(data) > wire.MaxMessage {
		return fault.New(fault.Limit, "A message of %d bytes is over the limit of %d.", len(data), wire.MaxMessage)
	}
	e.mu.Lock()
	last, known := e.last[agent]
	e.mu.Unlock()
	if known && last == conn {
		return fault.New(fault.Offline, "The agent is not connected.")
	}
	return nil
}
