package embedded

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"vestibule/cloud/hub"
	"vestibule/cloud/limit"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

// Config is what the hub stands on.
type Config struct {
	Listener net.Listener // TCP; the hub closes it
	TLS      *tls.Config  // our certificate
	// Admit tells which agent a client's certificates (leaf first) belong to; an error ends the handshake.
	Admit  func(ctx context.Context, chain []*x509.Certificate) (domain.AgentID, error)
	Handle hub.Handler
	Logger *slog.Logger

	Limits    hub.Limits
	MaxAgents int // connections; 20,000
	// RoomWithin is how long an agent's socket is not read because its messages come faster than they are handled; a second. What finds no room until then is not
	// acknowledged, and the agent has to say it again.
	RoomWithin time.Duration
}

// pendingWrites is how many messages down may wait for a slow reader. The broker makes a channel of this size for each client.
const pendingWrites = 32

// readBuffer is what the broker reads ahead for each client: TLS below it has a buffer of its own, and what is larger goes past this one.
const readBuffer = 128

// packetRoom is what a PUBLISH may carry beside the largest payload: its header and topic.
const packetRoom = 256

// Counters are totals since the start.
type Counters struct {
	Dropped  int64 // queue full, up or down
	Refused  int64 // connections, topics and clients that may not
	Oversize int64 // packets over the limit; their connection was closed
	Panics   int64 // handlers that failed by a bug
}

// Hub is the broker in our process.
type Hub struct {
	cfg      Config
	server   *mqtt.Server
	queue    *hub.Queue
	logger   *slog.Logger
	serving  atomic.Bool
	counters struct{ dropped, refused, oversize, panics atomic.Int64 }

	mu     sync.Mutex
	latest map[domain.AgentID]*known // the connections that the broker knows or is about to know
}

var _ hub.Hub = (*Hub)(nil)

// New makes the hub; it serves when Run is called.
func New(cfg Config) (*Hub, error) {
	if cfg.MaxAgents == 0 {
		cfg.MaxAgents = 20_000
	}
	if cfg.RoomWithin == 0 {
		cfg.RoomWithin = time.Second
	}
	h := &Hub{cfg: cfg, logger: cfg.Logger.With(logkey.Component, "broker"), latest: map[domain.AgentID]*known{}}
	h.queue = hub.NewQueue(cfg.Limits, cfg.Handle, h.logger)
	capabilities := mqtt.NewDefaultServerCapabilities()
	capabilities.MaximumClients = int64(cfg.MaxAgents)
	capabilities.MaximumPacketSize = wire.MaxMessage + packetRoom
	capabilities.MaximumClientWritesPending = pendingWrites
	capabilities.MaximumInflight = 64
	capabilities.ReceiveMaximum = 64
	capabilities.MaximumSessionExpiryInterval = 0
	capabilities.MinimumProtocolVersion = 4
	capabilities.MaximumQos = 1
	capabilities.RetainAvailable = 0
	capabilities.SharedSubAvailable = 0
	capabilities.WildcardSubAvailable = 0
	capabilities.TopicAliasMaximum = 0
	h.server = mqtt.New(&mqtt.Options{
		Capabilities: capabilities, InlineClient: true, SysTopicResendInterval: 3600, ClientNetReadBufferSize: readBuffer,
		// The broker's own log prints packets, and packets hold people's data.
		Logger: slog.New(slog.DiscardHandler),
	})
	if err := h.server.AddHook(&hook{Hub: h}, nil); err != nil {
		return nil, fmt.Errorf("broker hook: %w", err)
	}
	return h, nil
}

// Run serves until ctx ends; then no handler is at work.
func (h *Hub) Run(ctx context.Context) error {
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	h.queue.Serve(work)
	accept, end := context.WithCancel(work)
	g := &gate{
		Hub: h, listener: h.cfg.Listener, handshake: make(chan struct{}, maxHandshakes), ctx: accept, end: end,
		conns: map[net.Conn]struct{}{}, greet: map[string]int{}, hot: map[string]time.Time{}, came: make(chan struct{}, 1),
		agents: limit.New[domain.AgentID](connectsAtOnce, connectEvery), addresses: limit.New[string](hotAtOnce, hotEvery),
	}
	if err := h.server.AddListener(g); err != nil {
		end()
		return fmt.Errorf("broker listener: %w", err)
	}
	if err := h.server.Serve(); err != nil {
		end()
		return fmt.Errorf("broker: %w", err)
	}
	h.serving.Store(true)
	<-ctx.Done()
	h.serving.Store(false)
	drain, cancel := context.WithTimeout(work, hub.DrainWithin)
	defer cancel()
	_ = h.server.Close()
	h.queue.Close(drain)
	stop()
	h.queue.Wait()
	return ctx.Err()
}

// Serving tells whether Run serves.
func (h *Hub) Serving() bool { return h.serving.Load() }

// Publish sends to one connection of an agent, if the agent is connected.
func (h *Hub) Publish(agent domain.AgentID, conn domain.ConnID, data []byte) error {
	if len(data) > wire.MaxMessage {
		return fault.New(fault.Limit, "A message of %d bytes is over the limit of %d.", len(data), wire.MaxMessage)
	}
	cl, ok := h.server.Clients.Get(agent.String())
	if !ok || cl.Closed() {
		return fault.New(fault.Offline, "The agent is not connected.")
	}
	return h.server.Publish(wire.DownTopic(agent, conn), data, false, 0)
}

// Kick closes an agent's connection.
func (h *Hub) Kick(agent domain.AgentID) {
	if cl, ok := h.server.Clients.Get(agent.String()); ok {
		cl.Stop(packets.ErrAdministrativeAction)
	}
}

// Figures are what the hub counts.
func (h *Hub) Figures() hub.Figures {
	c := h.Counters()
	f := hub.Figures{Connections: h.agents(), Dropped: c.Dropped, Refused: c.Refused, Oversize: c.Oversize, Panics: c.Panics}
	f.Waiting, f.Bytes = h.queue.Depth()
	return f
}

// agents counts the connections of agents; our own client is none.
func (h *Hub) agents() int { return int(max(0, h.server.Info.Clone().ClientsConnected)) }

// Counters gives the totals.
func (h *Hub) Counters() Counters {
	return Counters{
		Dropped: h.counters.dropped.Load(), Refused: h.counters.refused.Load(),
		Oversize: h.counters.oversize.Load(), Panics: h.counters.panics.Load() + h.queue.Panics(),
	}
}
