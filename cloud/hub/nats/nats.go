package nats

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"vestibule/cloud/hub"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

// Config is what the hub stands on.
type Config struct {
	Addresses []string    // host:port of each node's listener for clouds
	TLS       *tls.Config // whom we trust and our certificate as the cloud; without a server's name
	Keeper    *tls.Config // the same as the cloud that may end connections
	Issuer    []byte      // seed of the key that the nodes believe when we answer who may come in; 32 bytes
	// Admit tells which agent a client's certificates (leaf first) belong to; an error keeps it out.
	Admit  func(ctx context.Context, chain []*x509.Certificate) (domain.AgentID, error)
	Handle hub.Handler
	Logger *slog.Logger
	Limits hub.Limits
}

// group is the name of the queue group: NATS gives each message to one replica of it.
const group = "vestibule"

// Account holds agents and clouds at the nodes.
const Account = "VESTIBULE"

// upSubjects are what agents say, wills what a node says for those that are gone: MQTT topics with dots for strokes.
const (
	upSubjects = "v1.*.up.*"
	wills      = "v1.*.up.gone"
)

// voiceName is the connection that speaks, and hears other replicas.
const voiceName = "voice"

// Times of the connections to the nodes.
const (
	answerWithin = 10 * time.Second
	pingEvery    = 10 * time.Second
	pause        = 200 * time.Millisecond
	jitter       = 300 * time.Millisecond
	leaveWithin  = time.Second
)

// Counters are totals since the start.
type Counters struct {
	Dropped int64 // queue full, or we were too slow for the node
	Foreign int64 // subjects that are no agent's
	Lost    int64 // connections to nodes
	Admits  int64 // agents that we let in
	Refused int64 // agents that we kept out
	Panics  int64 // handlers that failed by a bug
}

// Hub is the way to agents over NATS.
type Hub struct {
	cfg      Config
	issuer   nkeys.KeyPair
	queue    *hub.Queue
	logger   *slog.Logger
	ear      atomic.Pointer[natsgo.Conn] // hears agents
	voice    atomic.Pointer[natsgo.Conn] // what the cloud says leaves here
	keeper   atomic.Pointer[natsgo.Conn] // ends connections
	asks     chan struct{}               // questions that are answered at once
	ended    hub.Ended
	served   atomic.Bool
	told     func(data []byte) // by another replica
	missed   func()
	counters struct{ dropped, foreign, lost, admits, refused atomic.Int64 }
}

var _ hub.Peers = (*Hub)(nil)

// New makes the hub; it connects when Run is called.
func New(cfg Config) (*Hub, error) {
	issuer, err := pair(cfg.Issuer)
	if err != nil {
		return nil, err
	}
	h := &Hub{
		cfg: cfg, issuer: issuer, logger: cfg.Logger.With(logkey.Component, "broker"), asks: make(chan struct{}, atOnce),
		told: func([]byte) {}, missed: func() {},
	}
	h.queue = hub.NewQueue(cfg.Limits, cfg.Handle, h.logger)
	return h, nil
}

// Run keeps three connections until ctx ends: one that hears, so that a flood from agents holds up nothing else, one that speaks and lets agents in, and one
// that ends connections. At the end it hears nothing more first, and answers what it heard; then no handler is at work.
func (h *Hub) Run(ctx context.Context) error {
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	h.queue.Serve(work)
	ear, err := h.connect(ctx, "ear", h.cfg.TLS)
	if err != nil {
		return err
	}
	defer ear.Close()
	voice, err := h.connect(ctx, voiceName, h.cfg.TLS)
	if err != nil {
		return err
	}
	defer voice.Close()
	keeper, err := h.connect(ctx, "keeper", h.cfg.Keeper)
	if err != nil {
		return err
	}
	defer keeper.Close()
	questions, err := h.listen(work, ear, voice)
	if err != nil {
		return err
	}
	h.ear.Store(ear)
	h.voice.Store(voice)
	h.keeper.Store(keeper)
	<-ctx.Done()
	_ = questions.Drain()
	leave(ear)
	drain, cancel := context.WithTimeout(work, hub.DrainWithin)
	defer cancel()
	h.queue.Close(drain)
	stop()
	h.queue.Wait()
	_ = voice.FlushTimeout(time.Second)
	h.voice.Store(nil)
	h.keeper.Store(nil)
	return ctx.Err()
}

// listen takes what agents and replicas say, wills, and the nodes' questions who may come in.
func (h *Hub) listen(ctx context.Context, ear, voice *natsgo.Conn) (questions *natsgo.Subscription, err error) {
	if _, err := ear.QueueSubscribe(upSubjects, group, h.hear); err != nil {
		return nil, err
	}
	if _, err := voice.Subscribe(wills, h.will); err != nil {
		return nil, err
	}
	if _, err := voice.Subscribe(subject(hub.HintTopic), func(m *natsgo.Msg) { h.told(m.Data) }); err != nil {
		return nil, err
	}
	return voice.QueueSubscribe(question, group, func(m *natsgo.Msg) { h.asked(ctx, m) })
}

// leave lets the nodes give what comes now to others, and takes what they gave us before.
func leave(ear *natsgo.Conn) {
	late, tick := time.NewTimer(leaveWithin), time.NewTicker(10*time.Millisecond)
	defer late.Stop()
	defer tick.Stop()
	for err := ear.Drain(); err == nil && !ear.IsClosed(); {
		select {
		case <-tick.C:
		case <-late.C: // agents say it again
			ear.Close()
		}
	}
}

// connect opens a connection that finds another node by itself when its own is gone. While there is none, what is said is refused, not kept.
func (h *Hub) connect(ctx context.Context, name string, config *tls.Config) (*natsgo.Conn, error) {
	lost := func(_ *natsgo.Conn, err error) {
		if ctx.Err() == nil {
			h.counters.lost.Add(1)
			h.logger.WarnContext(ctx, "the connection to the broker is lost", logkey.Kind, name, logkey.Err, err)
		}
	}
	again := func(*natsgo.Conn) {
		if name == voiceName {
			h.missed()
		}
	}
	return natsgo.Connect("nats://"+strings.Join(h.cfg.Addresses, ",nats://"),
		natsgo.Name("vestibule "+name), natsgo.Secure(config.Clone()), natsgo.RetryOnFailedConnect(true), natsgo.MaxReconnects(-1),
		natsgo.ReconnectWait(pause), natsgo.ReconnectJitter(jitter, jitter), natsgo.ReconnectBufSize(-1), natsgo.Timeout(answerWithin),
		natsgo.FlusherTimeout(answerWithin), natsgo.PingInterval(pingEvery), natsgo.MaxPingsOutstanding(2), natsgo.IgnoreAuthErrorAbort(),
		natsgo.IgnoreDiscoveredServers(), natsgo.DisconnectErrHandler(lost), natsgo.ErrorHandler(h.slow),
		natsgo.ConnectHandler(again), natsgo.ReconnectHandler(again))
}

// slow hears of what a connection could not take.
func (h *Hub) slow(_ *natsgo.Conn, _ *natsgo.Subscription, err error) {
	h.counters.dropped.Add(1)
	h.logger.Warn("the broker is not heard", logkey.Err, err)
	h.missed()
}

// topic and subject are the two names of one thing; neither an id nor a kind holds a dot or a stroke.
func topic(subject string) string { return strings.ReplaceAll(subject, ".", "/") }
func subject(topic string) string { return strings.ReplaceAll(topic, "/", ".") }

// hear takes what an agent said into its queue. What is dropped, the agent says again.
func (h *Hub) hear(m *natsgo.Msg) {
	agent, ok := wire.ParseUp(topic(m.Subject))
	switch {
	case !ok:
		h.counters.foreign.Add(1)
	case len(m.Data) > wire.MaxMessage || !h.queue.Put(agent, m.Data):
		h.counters.dropped.Add(1)
	}
}

// will notes which connection is gone. Every replica hears it, for its own answers; what it means for presence is for the one that takes the message.
func (h *Hub) will(m *natsgo.Msg) {
	if agent, ok := wire.ParseUp(topic(m.Subject)); ok {
		h.ended.Will(agent, m.Data)
	}
}

// Publish sends to one connection of an agent. Whether the agent is there is for presence: here only a connection is known whose will has come.
func (h *Hub) Publish(agent domain.AgentID, conn domain.ConnID, data []byte) error {
	if err := h.ended.Check(agent, conn, data); err != nil {
		return err
	}
	voice := h.voice.Load()
	if voice == nil || !voice.IsConnected() {
		return fault.New(fault.Unavailable, "The broker cannot be reached.")
	}
	if err := voice.Publish(subject(wire.DownTopic(agent, conn)), data); err != nil {
		return fault.Wrap(err, fault.Unavailable, "The broker cannot be reached.")
	}
	return nil
}

// Tell says something to every replica.
func (h *Hub) Tell(data []byte) {
	if voice := h.voice.Load(); voice != nil {
		_ = voice.Publish(subject(hub.HintTopic), data) // who misses it hears that with the next connection
	}
}

// Hear sets who takes what replicas tell; each new connection may have missed some of it.
func (h *Hub) Hear(told func(data []byte), missed func()) { h.told, h.missed = told, missed }

// Serving tells whether every connection to the nodes stood once.
func (h *Hub) Serving() bool {
	if h.served.Load() {
		return true
	}
	for _, c := range []*natsgo.Conn{h.ear.Load(), h.voice.Load(), h.keeper.Load()} {
		if c == nil || !c.IsConnected() {
			return false
		}
	}
	h.served.Store(true)
	return true
}

// Figures are what the hub counts; who is connected the nodes know.
func (h *Hub) Figures() hub.Figures {
	c := h.Counters()
	f := hub.Figures{Dropped: c.Dropped, Refused: c.Foreign + c.Refused, Panics: c.Panics, Lost: c.Lost}
	f.Waiting, f.Bytes = h.queue.Depth()
	return f
}

// Counters gives the totals.
func (h *Hub) Counters() Counters {
	return Counters{
		Dropped: h.counters.dropped.Load(), Foreign: h.counters.foreign.Load(), Lost: h.counters.lost.Load(),
		Admits: h.counters.admits.Load(), Refused: h.counters.refused.Load(), Panics: h.queue.Panics(),
	}
}
