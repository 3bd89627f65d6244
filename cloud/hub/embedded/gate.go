package embedded

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"

	"vestibule/cloud/limit"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
)

// listenerID names our one listener inside the broker.
const listenerID = "agents"

// gate accepts connections, finishes TLS, asks who stands behind the certificate and only then lets the broker read.
type gate struct {
	*Hub
	listener  net.Listener
	handshake chan struct{} // places at the handshake
	atWork    atomic.Int64  // see working
	ctx       context.Context
	end       context.CancelFunc

	agents    *limit.Limiter[domain.AgentID] // connections
	addresses *limit.Limiter[string]         // handshakes of those that are hot

	mu    sync.Mutex
	conns map[net.Conn]struct{}
	greet map[string]int       // connections that wait for their handshake or are at it, by address
	hot   map[string]time.Time // until when an address is
	room  []waiting            // who waits for the handshake, in order
	came  chan struct{}        // somebody waits
}

var _ listeners.Listener = (*gate)(nil)

// Numbers of the gate.
const (
	greetWithin    = 10 * time.Second // TLS and CONNECT
	maxHandshakes  = 512
	maxFromAddress = 128 // at or before their handshake: many agents may stand behind one address
)

// known is a connection whose agent is known; the broker's hooks ask it.
type known struct {
	net.Conn
	agent domain.AgentID
	will  []byte        // what its CONNECT left to say at its end
	pace  pace          // of its packets
	acks  acks          // not written yet
	due   time.Time     // when it has been silent for too long
	wire  net.Conn      // below TLS: its end asks nobody and waits for nobody
	ended chan struct{} // closed when the broker has forgotten the connection
}

// dueEvery is how exact the end of a silent connection is: the broker sets it anew for each packet, by seconds.
const dueEvery = time.Second

// SetDeadline bounds how long the agent may be silent. Only the broker's reading goroutine calls it.
func (k *known) SetDeadline(t time.Time) error {
	if late := t.Sub(k.due); !t.IsZero() && late >= 0 && late < dueEvery {
		return nil
	}
	k.due = t
	return k.Conn.SetDeadline(t)
}

// Init is the broker's; the listener is open already.
func (g *gate) Init(*slog.Logger) error { return nil }

// ID names the listener.
func (g *gate) ID() string { return listenerID }

// Address is where it listens.
func (g *gate) Address() string { return g.listener.Addr().String() }

// Protocol names the transport.
func (g *gate) Protocol() string { return "tls" }

// Serve accepts until the gate is closed.
func (g *gate) Serve(establish listeners.EstablishFn) {
	go g.admit(establish)
	for {
		conn, err := g.listener.Accept()
		if err != nil {
			if g.ctx.Err() != nil {
				return
			}
			// Out of file descriptors, most likely: let some close.
			g.logger.Error("connection is not accepted", logkey.Err, err)
			wait := time.NewTimer(100 * time.Millisecond)
			select {
			case <-g.ctx.Done():
				wait.Stop()
				return
			case <-wait.C:
			}
			continue
		}
		if !g.enter(conn) {
			g.counters.refused.Add(1)
			_ = conn.Close()
		}
	}
}

// enter puts a connection into the room; false when it is full, or the gate is closed.
func (g *gate) enter(conn net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	from := host(conn)
	now := time.Now()
	if g.ctx.Err() != nil || len(g.room) >= maxWaiting || g.greet[from] >= maxFromAddress || !g.cool(from, now) {
		return false
	}
	g.greet[from]++
	g.conns[conn] = struct{}{}
	g.room = append(g.room, waiting{conn, now})
	select {
	case g.came <- struct{}{}:
	default:
	}
	return true
}

// greeted ends the handshake of a connection, or its wait for one.
func (g *gate) greeted(conn net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	from := host(conn)
	if g.greet[from]--; g.greet[from] == 0 {
		delete(g.greet, from)
	}
}

func (g *gate) leave(conn net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.conns, conn)
	_ = conn.Close()
}

func host(conn net.Conn) string {
	if a, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
		return a.IP.String()
	}
	return ""
}

// serve takes one connection from its first byte to the broker; met hears that its handshake is over.
func (g *gate) serve(conn net.Conn, establish listeners.EstablishFn, met func()) {
	meeting := true
	defer func() {
		if meeting {
			g.leave(conn)
		}
	}()
	defer g.recover()
	below := &socket{Conn: conn}
	agent, secure, err := g.meet(below)
	met()
	<-g.handshake
	g.greeted(conn)
	if err == nil && !g.mayConnect(agent, host(conn), time.Now()) {
		err = errTooOften
	}
	if err != nil {
		g.counters.refused.Add(1)
		g.logger.Info("connection refused", logkey.Addr, conn.RemoteAddr().String(), logkey.Err, err)
		return
	}
	meeting = false
	// A goroutine of its own: the handshake left this one with a stack many times as large as the rest of the connection needs.
	below.above = &known{Conn: secure, agent: agent, wire: conn, ended: make(chan struct{})}
	go g.attend(below.above, establish)
}

// attend gives a connection to the broker and sees it to its last byte.
func (g *gate) attend(k *known, establish listeners.EstablishFn) {
	defer g.leave(k.wire)
	defer g.recover()
	defer g.forget(k)
	if err := establish(listenerID, k); errors.Is(err, packets.ErrPacketTooLarge) {
		g.counters.oversize.Add(1)
		g.logger.Warn("packet too large, connection closed", logkey.Agent, k.agent, logkey.Addr, k.wire.RemoteAddr().String())
	}
}

// recover is deferred: a bug ends one connection.
func (g *gate) recover() {
	if p := recover(); p != nil {
		g.counters.panics.Add(1)
		g.logger.Error("connection ended by a bug", logkey.Err, fmt.Sprint(p), logkey.Reason, string(debug.Stack()))
	}
}

// succeed makes k the connection of its agent and gives the one before it, if the broker still knows that.
func (h *Hub) succeed(k *known) (older *known) {
	h.mu.Lock()
	defer h.mu.Unlock()
	older = h.latest[k.agent]
	h.latest[k.agent] = k
	return older
}

// forget ends k's time as the connection of its agent.
func (h *Hub) forget(k *known) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.latest[k.agent] == k {
		delete(h.latest, k.agent)
	}
	close(k.ended)
}

// meet finishes TLS and asks who it is. The deadline also holds for CONNECT; the broker sets its own after it.
func (g *gate) meet(conn net.Conn) (domain.AgentID, *tls.Conn, error) {
	if err := conn.SetDeadline(time.Now().Add(greetWithin)); err != nil {
		return domain.AgentID{}, nil, err
	}
	ctx, cancel := context.WithTimeout(g.ctx, greetWithin)
	defer cancel()
	var agent domain.AgentID
	config := g.cfg.TLS.Clone()
	config.ClientAuth = tls.RequireAnyClientCert
	config.SessionTicketsDisabled = true
	config.VerifyConnection = func(state tls.ConnectionState) error {
		var err error
		agent, err = g.cfg.Admit(ctx, state.PeerCertificates)
		return err
	}
	secure := tls.Server(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		return domain.AgentID{}, nil, err
	}
	config.VerifyConnection = nil // the connection keeps its config for as long as it lives, and this would keep what only the handshake needed
	if agent.IsZero() {
		return agent, nil, errors.New("no agent")
	}
	return agent, secure, nil
}

// Close stops accepting and cuts every connection. The broker's own way writes to each first, and would wait for a peer that reads nothing.
func (g *gate) Close(listeners.CloseFn) {
	g.end()
	_ = g.listener.Close()
	g.mu.Lock()
	defer g.mu.Unlock()
	for conn := range g.conns {
		_ = conn.Close()
	}
}
