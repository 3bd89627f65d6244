package presence

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/limit"
	"vestibule/cloud/sweep"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

// Agent is an agent as people see it. Its JSON is the API's.
type Agent struct {
	ID          domain.AgentID `json:"id"`
	Name        string         `json:"name"`
	Presence    Shown          `json:"presence"`
	Version     string         `json:"version"`
	Held        uint64         `json:"held_version"`
	Rejected    uint64         `json:"rejected_version,omitempty"`
	LANURL      string         `json:"lan_url,omitempty"`
	FilesURL    string         `json:"files_url,omitempty"` // where devices on its LAN fetch provisioning files
	Certificate *Certificate   `json:"certificate,omitempty"`
}

// Shown is the state of an agent's link.
type Shown struct {
	State  State     `json:"state"`
	Since  time.Time `json:"since"`
	Reason string    `json:"reason,omitempty"`
}

// Certificate is the newest one of an agent; Fingerprint is the SHA-256 of its DER form in hexadecimal.
type Certificate struct {
	ExpiresAt   time.Time `json:"expires_at"`
	Fingerprint string    `json:"fingerprint"`
}

// Facts is what a hello tells beside the fence.
type Facts struct {
	Version      string
	LANAddress   string
	FilesAddress string
	Held         uint64
	HeldHash     [32]byte
	Rejected     uint64
}

// Store keeps links. Methods that name an agent take it from the link itself; Agents is for a person and sees the caller's sites alone.
type Store interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
	// AfterCommit runs f once the transaction of ctx is committed, never when it is undone.
	AfterCommit(ctx context.Context, f func())
	// LockLink reads an agent's link and locks it until the transaction ends; NotFound for an agent that does not exist.
	LockLink(ctx context.Context, agent domain.AgentID) (domain.SiteID, Link, error)
	// SaveLink stores an agent's link and with facts what its hello told; nil leaves those as they are.
	SaveLink(ctx context.Context, agent domain.AgentID, l Link, facts *Facts) error
	// TouchLink is Step with the Beat of a link that is online on conn; false and nothing done for every other. Inside a transaction it joins it.
	TouchLink(ctx context.Context, agent domain.AgentID, conn domain.ConnID, now time.Time) (bool, error)
	ReadLink(ctx context.Context, agent domain.AgentID) (domain.SiteID, Link, error)
	// DueLinks lists agents for which a Tick changes something.
	DueLinks(ctx context.Context, now time.Time, limit int) ([]domain.AgentID, error)
	// RestartLinks is Step with Restarted for every agent at once.
	RestartLinks(ctx context.Context, began, now time.Time) error
	Agents(ctx context.Context, site domain.SiteID) ([]Agent, error)
	Agent(ctx context.Context, site domain.SiteID, agent domain.AgentID) (Agent, error)
}

// Live is the stream to portals.
type Live interface {
	Publish(site domain.SiteID, kind string, data any)
}

// Time is the database's time with an error bound.
type Time interface {
	Now() (time.Time, time.Duration)
}

// Config is what the service stands on. OnChange, when set, hears of every change of state after commit and must not block.
type Config struct {
	Store     Store
	Live      Live
	Clock     Time
	OnChange  func(agent domain.AgentID, state State, conn domain.ConnID)
	Also      func(ctx context.Context, site domain.SiteID, agent Agent) error // when set, hears of it inside the transaction
	OwnBroker bool                                                             // the broker lives in this process: at start no connection is left of before
	Logger    *slog.Logger
	// HellosPerSecond that are answered; the rest is told to come later. Zero means 500.
	HellosPerSecond float64
}

// Service runs Step on what the link brings. Its methods may be called by any goroutine.
type Service struct {
	Config
	began   time.Time
	mu      sync.Mutex
	current map[domain.AgentID]welcomed // here and still in force
	beats   map[domain.AgentID]noted    // that the database does not know yet
	tokens  float64
	filled  time.Time
	share   *limit.Limiter[domain.AgentID]
}

// New makes the service; take it before the broker runs.
func New(cfg Config) *Service {
	if cfg.HellosPerSecond == 0 {
		cfg.HellosPerSecond = 500
	}
	cfg.Logger = cfg.Logger.With(logkey.Component, "presence")
	began, _ := cfg.Clock.Now()
	return &Service{
		Config: cfg, began: began, current: map[domain.AgentID]welcomed{}, beats: map[domain.AgentID]noted{}, tokens: 2 * cfg.HellosPerSecond,
		share: limit.New[domain.AgentID](hellosAtOnce, helloEvery),
	}
}

// Hello answers a connection that asks to be in force. The heads of configuration and events are for the caller to fill in.
func (s *Service) Hello(ctx context.Context, agent domain.AgentID, conn domain.ConnID, h wire.Hello) (wire.Welcome, error) {
	now, bound := s.Clock.Now()
	w := wire.Welcome{
		Proto: wire.Proto, ServerMilli: now.UnixMilli(), BoundMilli: boundMilli(bound), EchoMilli: h.MonoMilli,
		BeatMilli: wire.BeatEvery.Milliseconds(),
	}
	if !s.take(agent, now) {
		w.Refuse, w.RetryMilli = wire.RefuseBusy, 1000+rand.Int64N(9000)
		return w, nil
	}
	in := Hello{Conn: conn, Generation: h.Generation, Counter: h.Counter, MinProto: h.MinProto}
	l, effects, err := s.step(ctx, agent, in, &Facts{
		Version: h.AgentVersion, LANAddress: h.LANAddress, FilesAddress: h.FilesAddress, Held: h.Config, HeldHash: h.ConfigHash, Rejected: h.Rejected,
	})
	if err != nil {
		return w, err
	}
	for _, e := range effects {
		if r, ok := e.(Refuse); ok {
			w.Refuse, w.Fence, w.Generation = r.Why, l.Counter, l.Generation
			w.RetryMilli = retryAfter(r.Why).Milliseconds()
		}
	}
	return w, nil
}

// retryAfter is how long a refused agent waits: a stale one jumps and comes back, the others need a person.
func retryAfter(why wire.Refusal) time.Duration {
	if why == wire.RefuseStale {
		return time.Second
	}
	return 10 * time.Minute
}

// Beat takes a heartbeat; ok is false when its connection is not in force, and nobody answers then.
func (s *Service) Beat(ctx context.Context, agent domain.AgentID, conn domain.ConnID, b wire.Beat) (ack wire.BeatAck, ok bool, err error) {
	now, bound := s.Clock.Now()
	if s.note(agent, conn, now) {
		ok = true
	} else if ok, err = s.Store.TouchLink(ctx, agent, conn, now); !ok && err == nil {
		var effects []Effect
		_, effects, err = s.step(ctx, agent, Beat{Conn: conn}, nil)
		ok = slices.Contains(effects, Effect(Acknowledge{}))
		now, bound = s.Clock.Now()
	}
	return wire.BeatAck{EchoMilli: b.MonoMilli, ServerMilli: now.UnixMilli(), BoundMilli: boundMilli(bound)}, ok && err == nil, err
}

// Gone takes the last will of a connection.
func (s *Service) Gone(ctx context.Context, agent domain.AgentID, conn domain.ConnID) error {
	_, _, err := s.step(ctx, agent, Gone{Conn: conn}, nil)
	return err
}

// Revoke ends an agent's link for good; inside a transaction it joins it.
func (s *Service) Revoke(ctx context.Context, agent domain.AgentID) error {
	_, _, err := s.step(ctx, agent, Revoked{}, nil)
	return err
}

// InForce tells whether conn is the agent's connection; everything but a hello is refused on any other.
func (s *Service) InForce(ctx context.Context, agent domain.AgentID, conn domain.ConnID) (bool, error) {
	if s.OwnBroker { // nobody else welcomes connections, so what was welcomed here is all there is
		s.mu.Lock()
		current, known := s.current[agent]
		s.mu.Unlock()
		if known {
			return current.conn == conn, nil
		}
	}
	_, l, err := s.Store.ReadLink(ctx, agent)
	if err != nil {
		return false, err
	}
	return l.Conn == conn && !conn.IsZero() && !l.Revoked && !l.Quarantined, nil
}

// Reachable gives the connection of an agent that is online. A broker of our own has none of before its start, whatever the database still says: an order on one
// of those would be lost, and who gave it would wait for nothing.
func (s *Service) Reachable(ctx context.Context, agent domain.AgentID) (domain.ConnID, bool, error) {
	_, l, err := s.Store.ReadLink(ctx, agent)
	if err != nil {
		return domain.ConnID{}, false, err
	}
	now, _ := s.Clock.Now()
	l, _ = Step(l, Tick{}, now)
	return l.Conn, l.State == Online && !l.Conn.IsZero() && s.stands(agent, l.Conn), nil
}

// stands tells whether a connection that the database knows can still be there.
func (s *Service) stands(agent domain.AgentID, conn domain.ConnID) bool {
	if !s.OwnBroker {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current[agent].conn == conn
}

// Of lists the agents of a site that the caller of ctx may see.
func (s *Service) Of(ctx context.Context, site domain.SiteID) ([]Agent, error) {
	return s.Store.Agents(ctx, site)
}

// step loads the link, steps, stores, and after commit tells. The facts of a hello are stored when it is welcomed.
func (s *Service) step(ctx context.Context, agent domain.AgentID, in Input, facts *Facts) (Link, []Effect, error) {
	s.forget(agent)
	now, _ := s.Clock.Now()
	var l Link
	var effects []Effect
	err := s.Store.InTx(ctx, func(ctx context.Context) error {
		site, before, err := s.Store.LockLink(ctx, agent)
		if err != nil {
			return err
		}
		l, effects = Step(before, in, now)
		if !slices.Contains(effects, Effect(Welcome{})) {
			facts = nil
		}
		if l != before || facts != nil {
			if err := s.Store.SaveLink(ctx, agent, l, facts); err != nil {
				return err
			}
		}
		var shown Agent
		if (s.Live != nil || s.Also != nil) && slices.Contains(effects, Effect(Tell{})) {
			if shown, err = s.Store.Agent(account.AsSystem(ctx, "presence"), site, agent); err != nil {
				return err
			}
			if s.Also != nil {
				if err := s.Also(ctx, site, shown); err != nil {
					return err
				}
			}
		}
		s.Store.AfterCommit(ctx, func() { s.tell(site, agent, l, effects, shown) })
		return nil
	})
	if err != nil {
		return l, nil, err
	}
	return l, effects, nil
}

// tell makes a committed step known.
func (s *Service) tell(site domain.SiteID, agent domain.AgentID, l Link, effects []Effect, shown Agent) {
	s.mu.Lock()
	if l.Conn.IsZero() || l.State == Offline || l.State == Never {
		delete(s.current, agent)
	} else {
		s.current[agent] = welcomed{l.Conn, l.State == Online}
	}
	s.mu.Unlock()
	for _, e := range effects {
		switch e := e.(type) {
		case Refuse:
			s.Logger.Warn("hello refused", logkey.Site, site, logkey.Agent, agent, logkey.Reason, e.Why)
		case Tell:
			s.Logger.Info("agent", logkey.Site, site, logkey.Agent, agent, logkey.State, l.State, logkey.Reason, l.Reason)
			if s.OnChange != nil {
				s.OnChange(agent, l.State, l.Conn)
			}
			if s.Live != nil {
				s.Live.Publish(site, "presence", shown)
			}
		}
	}
}

// An agent that says hello again and again spends its own share, so that the others are heard.
const (
	helloEvery   = time.Second
	hellosAtOnce = 10
)

// take spends one hello of an agent's share and of the budget.
func (s *Service) take(agent domain.AgentID, now time.Time) bool {
	if _, ok := s.share.Take(agent, now); !ok {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.filled.IsZero() {
		s.tokens = min(s.tokens+now.Sub(s.filled).Seconds()*s.HellosPerSecond, 2*s.HellosPerSecond)
	}
	s.filled = now
	if s.tokens < 1 {
		return false
	}
	s.tokens--
	return true
}

// sweepEvery is how soon silence is noticed after its time.
const sweepEvery = time.Second

// Run notices silence until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	if s.OwnBroker {
		if err := s.Begin(ctx); err != nil {
			return err
		}
	}
	return sweep.Run(ctx, sweepEvery, s.Sweep, func(err error) { s.Logger.ErrorContext(ctx, "silence is not noticed", logkey.Err, err) })
}

// Begin says that no connection is left of before: the broker in this process began anew. Run calls it. It is one statement for all: thousands of agents
// are on their way back, and their hellos wait for the database too.
func (s *Service) Begin(ctx context.Context) error {
	now, _ := s.Clock.Now()
	return s.Store.RestartLinks(ctx, s.began, now)
}

// Sweep writes the beats that were noted, and lets time pass for every agent that is due.
func (s *Service) Sweep(ctx context.Context) error {
	if err := s.write(ctx); err != nil {
		return err
	}
	now, _ := s.Clock.Now()
	due, err := s.Store.DueLinks(ctx, now, 500)
	if err != nil {
		return err
	}
	for _, agent := range due {
		if s.spoke(agent) {
			continue // since a moment ago
		}
		if _, _, err := s.step(ctx, agent, Tick{}, nil); err != nil {
			return err
		}
	}
	return nil
}

func boundMilli(d time.Duration) int64 {
	return int64((d + time.Millisecond - 1) / time.Millisecond)
}
