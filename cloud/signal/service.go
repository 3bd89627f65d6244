package signal

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

// Store tells which site an agent belongs to; NotFound for one that does not exist or was revoked.
type Store interface {
	SiteOf(ctx context.Context, agent domain.AgentID) (domain.SiteID, error)
}

// Presence tells on which connection an agent is online now.
type Presence interface {
	Reachable(ctx context.Context, agent domain.AgentID) (domain.ConnID, bool, error)
}

// Sender publishes to one connection of an agent.
type Sender interface {
	Publish(agent domain.AgentID, conn domain.ConnID, data []byte) error
}

// Turn gives logins at the TURN server.
type Turn interface {
	Login(agent domain.AgentID) (wire.TurnLogin, error)
}

// Config is what the service stands on. Turn may be nil: there is no TURN server then.
type Config struct {
	Store    Store
	Presence Presence
	Sender   Sender
	Turn     Turn
	Now      func() time.Time
	Logger   *slog.Logger
}

// An agent may say burst signals at once and refill a second; a call needs about twenty.
const (
	burst  = 400
	refill = 100
)

// Service carries signals. Its methods may be called by any goroutine.
type Service struct {
	Config
	mu      sync.Mutex
	buckets map[domain.AgentID]bucket
}

type bucket struct {
	left float64
	at   time.Time
}

// New makes the service.
func New(cfg Config) *Service {
	cfg.Logger = cfg.Logger.With(logkey.Component, "signal")
	return &Service{Config: cfg, buckets: map[domain.AgentID]bucket{}}
}

// Signal passes m on to the agent it is for, or tells the sender why not. from is whom the broker authenticated, on conn.
//
// Invariant: nothing crosses from one site to another (TestSignal_NothingCrossesSites).
func (s *Service) Signal(ctx context.Context, from domain.AgentID, conn domain.ConnID, m wire.Signal) error {
	if !s.take(from) {
		return s.refuse(from, conn, m, wire.RefusedTooMany)
	}
	same, err := s.sameSite(ctx, from, m.Peer)
	if err != nil {
		return err
	}
	if !same {
		s.Logger.WarnContext(ctx, "a signal to an agent of no site of the sender's", logkey.Agent, from)
		return s.refuse(from, conn, m, wire.RefusedUnknownAgent)
	}
	to, online, err := s.Presence.Reachable(ctx, m.Peer)
	if err != nil {
		return err
	}
	if !online {
		return s.refuse(from, conn, m, wire.RefusedAgentOffline)
	}
	peer := m.Peer
	m.Peer = from
	if err := s.send(peer, to, wire.KindSignalled, m); err != nil {
		return s.refuse(from, conn, m, wire.RefusedAgentOffline)
	}
	return nil
}

func (s *Service) sameSite(ctx context.Context, a, b domain.AgentID) (bool, error) {
	if a == b {
		return false, nil
	}
	mine, err := s.Store.SiteOf(ctx, a)
	if err != nil {
		return false, err
	}
	theirs, err := s.Store.SiteOf(ctx, b)
	if fault.CodeOf(err) == fault.NotFound {
		return false, nil
	}
	return err == nil && mine == theirs && !mine.IsZero(), err
}

func (s *Service) refuse(to domain.AgentID, conn domain.ConnID, m wire.Signal, why string) error {
	return s.send(to, conn, wire.KindSignalRefused, wire.SignalRefused{Leg: m.Leg, Why: why})
}

func (s *Service) send(to domain.AgentID, conn domain.ConnID, kind wire.Kind, body any) error {
	data, err := wire.Seal(kind, conn, body)
	if err != nil {
		return err
	}
	return s.Sender.Publish(to, conn, data)
}

// take takes one signal of the agent's share.
func (s *Service) take(agent domain.AgentID) bool {
	now := s.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	b, known := s.buckets[agent]
	if !known {
		b = bucket{left: burst}
		s.forget(now)
	}
	b.left, b.at = min(burst, b.left+refill*now.Sub(b.at).Seconds()), now
	ok := b.left >= 1
	if ok {
		b.left--
	}
	s.buckets[agent] = b
	return ok
}

// forget drops the shares of agents that have been quiet; they are full. The caller holds the lock.
func (s *Service) forget(now time.Time) {
	for agent, b := range s.buckets {
		if now.Sub(b.at) > burst/refill*time.Second {
			delete(s.buckets, agent)
		}
	}
}

// AskTurn gives the agent a login at the TURN server; one without addresses says that there is none.
func (s *Service) AskTurn(_ context.Context, agent domain.AgentID) (wire.TurnLogin, error) {
	if s.Turn == nil {
		return wire.TurnLogin{}, nil
	}
	return s.Turn.Login(agent)
}
