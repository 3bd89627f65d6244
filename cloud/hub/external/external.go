package external

import (
	"context"
	"crypto/tls"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"vestibule/cloud/hub"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

// Config is what the hub stands on.
type Config struct {
	Address string      // host:port of the broker's listener for the cloud
	TLS     *tls.Config // whom we trust and our certificate
	Handle  hub.Handler
	Logger  *slog.Logger
	Limits  hub.Limits
}

// group is the name of the shared subscription: the broker gives each message to one replica of it.
const group = "vestibule"

// upTopics are what agents say, and wills what the broker says for those that are gone.
const (
	upTopics = "v1/+/up/+"
	wills    = "v1/+/up/gone"
)

// Times of the connections to the broker.
const (
	answerWithin = 10 * time.Second
	keepAlive    = 15 * time.Second
	firstPause   = 100 * time.Millisecond
	longestPause = 5 * time.Second
	leaveWithin  = time.Second
)

// Counters are totals since the start.
type Counters struct {
	Dropped int64 // queue full
	Foreign int64 // topics that are no agent's
	Lost    int64 // connections to the broker
	Panics  int64 // handlers that failed by a bug
}

// Hub is the way to agents over a broker elsewhere.
type Hub struct {
	cfg      Config
	queue    *hub.Queue
	logger   *slog.Logger
	voice    atomic.Pointer[mqtt.Client] // what the cloud says leaves here; nil without a connection
	standing atomic.Int32                // connections
	served   atomic.Bool                 // both stood
	counters struct{ dropped, foreign, lost atomic.Int64 }
	ended    hub.Ended
	told     func(data []byte) // by another replica, or by ourselves
	missed   func()
}

var _ hub.Peers = (*Hub)(nil)

// New makes the hub; it connects when Run is called.
func New(cfg Config) *Hub {
	h := &Hub{cfg: cfg, logger: cfg.Logger.With(logkey.Component, "broker"), told: func([]byte) {}, missed: func() {}}
	h.queue = hub.NewQueue(cfg.Limits, cfg.Handle, h.logger)
	return h
}

// Run keeps two connections until ctx ends: one that hears, so that a flood from agents holds up nothing that the cloud says, and one that speaks. At the end it
// hears nothing more first, and answers what it heard; then no handler is at work.
func (h *Hub) Run(ctx context.Context) error {
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	h.queue.Serve(work)
	speak, silence := context.WithCancel(work)
	var voice sync.WaitGroup
	voice.Go(func() { h.stay(speak, map[string]byte{wills: 0, hub.HintTopic: 0}, h.will, &h.voice) })
	h.stay(ctx, map[string]byte{"$share/" + group + "/" + upTopics: 1}, h.hear, nil)
	drain, cancel := context.WithTimeout(work, hub.DrainWithin)
	defer cancel()
	h.queue.Close(drain)
	silence()
	voice.Wait()
	stop()
	h.queue.Wait()
	return ctx.Err()
}

// stay connects and subscribes again and again until ctx ends. While the connection stands it lies in voice.
func (h *Hub) stay(ctx context.Context, filters map[string]byte, hear mqtt.MessageHandler, voice *atomic.Pointer[mqtt.Client]) {
	pause := firstPause
	for ctx.Err() == nil {
		lost := make(chan struct{})
		client, err := h.connect(ctx, filters, hear, lost)
		if err != nil {
			h.logger.WarnContext(ctx, "the broker cannot be reached", logkey.Addr, h.cfg.Address, logkey.Err, err)
		} else {
			pause = firstPause
			if h.standing.Add(1) == 2 {
				h.served.Store(true)
			}
			if voice != nil {
				voice.Store(&client)
				h.missed()
			}
			select {
			case <-ctx.Done():
				leave(client, filters)
			case <-lost:
				h.counters.lost.Add(1)
				h.logger.WarnContext(ctx, "the connection to the broker is lost", logkey.Addr, h.cfg.Address)
			}
			if voice != nil {
				voice.Store(nil)
			}
			h.standing.Add(-1)
			client.Disconnect(0)
		}
		select {
		case <-ctx.Done():
		case <-time.After(rand.N(pause)):
		}
		pause = min(2*pause, longestPause)
	}
}

// leave lets the broker give what comes now to others; what it gave us before has arrived when it answers.
func leave(client mqtt.Client, filters map[string]byte) {
	ctx, cancel := context.WithTimeout(context.Background(), leaveWithin)
	defer cancel()
	_ = answered(ctx, client.Unsubscribe(slices.Collect(maps.Keys(filters))...)) // if not, agents say it again
}

// connect opens one connection and subscribes. A subscription that the broker refused looks like one that it took (3.1.1): nothing then arrives, and the
// agents get no welcome.
func (h *Hub) connect(ctx context.Context, filters map[string]byte, hear mqtt.MessageHandler, lost chan struct{}) (mqtt.Client, error) {
	o := h.options("cloud-" + domain.NewID[domain.ConnID](time.Now()).String())
	o.SetDefaultPublishHandler(hear).SetConnectionLostHandler(func(mqtt.Client, error) { close(lost) })
	client := mqtt.NewClient(o)
	for _, ask := range []func() mqtt.Token{client.Connect, func() mqtt.Token { return client.SubscribeMultiple(filters, hear) }} {
		if err := answered(ctx, ask()); err != nil {
			client.Disconnect(0)
			return nil, err
		}
	}
	return client, nil
}

func (h *Hub) options(id string) *mqtt.ClientOptions {
	o := mqtt.NewClientOptions().AddBroker("tls://" + h.cfg.Address).SetClientID(id).SetProtocolVersion(4).SetCleanSession(true).SetTLSConfig(h.cfg.TLS.Clone())
	o.SetAutoReconnect(false).SetConnectRetry(false).SetKeepAlive(keepAlive).SetConnectTimeout(answerWithin).SetWriteTimeout(answerWithin)
	return o.SetDialer(&net.Dialer{Timeout: answerWithin})
}

// answered waits for the broker's answer.
func answered(ctx context.Context, token mqtt.Token) error {
	late := time.NewTimer(answerWithin)
	defer late.Stop()
	select {
	case <-token.Done():
		return token.Error()
	case <-late.C:
		return fault.New(fault.Unavailable, "The broker does not answer.")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// hear takes what an agent said into its queue. The message is acknowledged either way: what is dropped, the agent says again.
func (h *Hub) hear(_ mqtt.Client, m mqtt.Message) {
	agent, ok := wire.ParseUp(m.Topic())
	switch {
	case !ok || m.Retained():
		h.counters.foreign.Add(1)
	case len(m.Payload()) > wire.MaxMessage || !h.queue.Put(agent, m.Payload()):
		h.counters.dropped.Add(1)
	}
}

// will notes which connection is gone. Every replica hears it, for its own answers; what it means for presence is for the one that takes the message. What
// replicas tell comes the same way.
func (h *Hub) will(_ mqtt.Client, m mqtt.Message) {
	if m.Topic() == hub.HintTopic {
		h.told(m.Payload())
		return
	}
	if agent, ok := wire.ParseUp(m.Topic()); ok {
		h.ended.Will(agent, m.Payload())
	}
}

// Serving tells whether both connections stood at least once.
func (h *Hub) Serving() bool { return h.served.Load() }

// Publish sends to one connection of an agent. Whether the agent is there is for presence: here only a connection is known whose will has come.
func (h *Hub) Publish(agent domain.AgentID, conn domain.ConnID, data []byte) error {
	if err := h.ended.Check(agent, conn, data); err != nil {
		return err
	}
	voice := h.voice.Load()
	if voice == nil {
		return fault.New(fault.Unavailable, "The broker cannot be reached.")
	}
	(*voice).Publish(wire.DownTopic(agent, conn), 0, false, data)
	return nil
}

// Tell says something to every replica.
func (h *Hub) Tell(data []byte) {
	if voice := h.voice.Load(); voice != nil {
		(*voice).Publish(hub.HintTopic, 0, false, data)
	}
}

// Hear sets who takes what replicas tell; each new connection may have missed some of it.
func (h *Hub) Hear(told func(data []byte), missed func()) { h.told, h.missed = told, missed }

// Kick takes the agent's place at the broker for a moment, which ends its connection: MQTT has no other word for it. The broker lets only the cloud's
// listener choose a client's name.
func (h *Hub) Kick(agent domain.AgentID) {
	o := h.options(agent.String())
	client := mqtt.NewClient(o)
	if err := answered(context.Background(), client.Connect()); err != nil {
		h.logger.Warn("an agent is not kicked", logkey.Agent, agent, logkey.Err, err)
		return
	}
	client.Disconnect(0)
}

// Figures are what the hub counts; who is connected knows the broker.
func (h *Hub) Figures() hub.Figures {
	c := h.Counters()
	f := hub.Figures{Dropped: c.Dropped, Refused: c.Foreign, Panics: c.Panics, Lost: c.Lost}
	f.Waiting, f.Bytes = h.queue.Depth()
	return f
}

// Counters gives the totals.
func (h *Hub) Counters() Counters {
	return Counters{Dropped: h.counters.dropped.Load(), Foreign: h.counters.foreign.Load(), Lost: h.counters.lost.Load(), Panics: h.queue.Panics()}
}
