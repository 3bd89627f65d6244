package embedded

import (
	"net"
	"sync"
)

// acks are the PUBACKs of one connection that are not written yet. A record and a system call for each would be a third of what a message costs, so they leave
// together, when nothing is left of what the agent sent: nobody waits for one any longer than for those after it.
type acks struct {
	mu   sync.Mutex
	busy bool // what the agent sent is being taken, and its socket is read again after it
	held []byte
}

const (
	ackSize = 4  // a PUBACK of MQTT 3.1.1 (3.4): type and length, and the packet's id
	ackType = 4  // its type, in the upper half of the first byte
	acksMax = 64 // bytes held
)

// isAck tells a PUBACK from all else that the broker writes.
func isAck(b []byte) bool { return len(b) == ackSize && b[0]>>4 == ackType }

// socket is the connection below TLS: whoever reads it has taken all that the agent sent.
type socket struct {
	net.Conn
	above *known // nil until the handshake is over
}

// Read writes what is held, then waits for the agent.
func (s *socket) Read(b []byte) (int, error) {
	if s.above == nil {
		return s.Conn.Read(b)
	}
	if err := s.above.rest(); err != nil {
		return 0, err
	}
	n, err := s.Conn.Read(b)
	s.above.work()
	return n, err
}

// work says that the socket is going to be read again.
func (k *known) work() {
	k.acks.mu.Lock()
	k.acks.busy = true
	k.acks.mu.Unlock()
}

// rest writes what is held; from now on nothing is held until work.
func (k *known) rest() error {
	k.acks.mu.Lock()
	defer k.acks.mu.Unlock()
	k.acks.busy = false
	return k.write(nil)
}

// flush writes what is held. When it cannot, the next read tells.
func (k *known) flush() {
	k.acks.mu.Lock()
	defer k.acks.mu.Unlock()
	_ = k.write(nil)
}

// Write writes to the agent behind everything written before; a PUBACK may be held until the socket is read.
func (k *known) Write(b []byte) (int, error) {
	k.acks.mu.Lock()
	defer k.acks.mu.Unlock()
	if k.acks.busy && isAck(b) && len(k.acks.held)+len(b) <= acksMax {
		k.acks.held = append(k.acks.held, b...)
		return len(b), nil
	}
	if err := k.write(b); err != nil {
		return 0, err
	}
	return len(b), nil
}

// write is Write under the lock: what is held, and b with it.
func (k *known) write(b []byte) error {
	if len(k.acks.held) > 0 {
		b = append(k.acks.held, b...) // in one record
		k.acks.held = k.acks.held[:0]
	}
	if len(b) == 0 {
		return nil
	}
	_, err := k.Conn.Write(b)
	return err
}
