package command

import (
	"context"
	"crypto/ed25519"
	"log/slog"
	"sync"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/shared/crashpoint"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

// Store keeps commands. Every method joins the transaction of its context.
type Store interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
	// AfterCommit runs f once the transaction of ctx is committed, never when it is undone.
	AfterCommit(ctx context.Context, f func())
	audit.Recorder
	Status
	// Target gives a device of a site that the caller of ctx may see, and the agent that acts for it; both NotFound otherwise.
	// The agent is zero when no agent is assigned.
	Target(ctx context.Context, site domain.SiteID, device domain.DeviceID) (domain.Device, domain.AgentID, error)
	// InsertCommand gives Conflict when the account used the key before.
	InsertCommand(ctx context.Context, c Command) error
	CommandByKey(ctx context.Context, account domain.AccountID, key string, since time.Time) (Command, error)
	// DropKey frees a key that is older than a day.
	DropKey(ctx context.Context, account domain.AccountID, key string, before time.Time) error
	ReadCommand(ctx context.Context, id domain.CommandID) (Command, error)
	LockCommand(ctx context.Context, id domain.CommandID) (Command, error)
	SaveCommand(ctx context.Context, c Command) error
	OpenCommands(ctx context.Context, limit int) ([]Command, error)
	// SeeCommand reads a command of a site that the caller of ctx may see.
	SeeCommand(ctx context.Context, site domain.SiteID, id domain.CommandID) (Command, error)
}

// Presence tells on which connection an agent is online now.
type Presence interface {
	Reachable(ctx context.Context, agent domain.AgentID) (domain.ConnID, bool, error)
}

// Sender publishes to one connection of an agent.
type Sender interface {
	Publish(agent domain.AgentID, conn domain.ConnID, data []byte) error
}

// Status tells whether an agent sees a device.
type Status interface {
	DeviceOnline(ctx context.Context, device domain.DeviceID) (bool, error)
}

// Live is the stream to portals.
type Live interface {
	Publish(site domain.SiteID, kind string, data any)
}

// Time is the database's time with an error bound.
type Time interface {
	Now() (time.Time, time.Duration)
}

// Config is what the service stands on. TTL 0 means what the kind of a command has.
type Config struct {
	Store    Store
	Presence Presence
	Sender   Sender
	Live     Live
	Clock    Time
	Key      ed25519.PrivateKey
	TTL      time.Duration
	Meter    Meter                     // nil: nobody counts
	Ended    func(id domain.CommandID) // when set, hears of every end that is stored here; it must not block
	Logger   *slog.Logger
}

// Outcome is what a person is told. Its JSON is the API's.
type Outcome struct {
	ID         domain.CommandID `json:"command_id"`
	Kind       wire.CommandKind `json:"kind"`
	Accepted   bool             `json:"accepted"` // the agent has it and no result yet
	Result     domain.ActResult `json:"result,omitempty"`
	Reason     domain.Reason    `json:"reason,omitempty"`
	TookMilli  int64            `json:"took_ms"`
	LateResult domain.ActResult `json:"late_result,omitempty"`
	LateReason domain.Reason    `json:"late_reason,omitempty"`
	Device     domain.DeviceID  `json:"device_id"`
	Relay      int              `json:"relay"`
	IssuedAt   time.Time        `json:"issued_at"`
}

// Service sends commands and waits for results. Its methods may be called by any goroutine.
type Service struct {
	Config
	mu      sync.Mutex
	flights map[domain.CommandID]*flight
}

// flight is a command that this process sends; done is closed at its end.
type flight struct {
	Flight
	signed []byte
	done   chan struct{}
}

// keyLives is how long an Idempotency-Key leads to its first command; maxKey bounds its length.
const (
	keyLives = 24 * time.Hour
	maxKey   = 128
)

// New makes the service.
func New(cfg Config) *Service {
	cfg.Logger = cfg.Logger.With(logkey.Component, "command")
	return &Service{Config: cfg, flights: map[domain.CommandID]*flight{}}
}

// Open asks for a relay of a device and waits for the result, at most until shortly after the deadline. A fault means that nothing
// was sent: NotFound, Offline, Conflict (relay switched off, or the key was used for another door).
func (s *Service) Open(ctx context.Context, site domain.SiteID, device domain.DeviceID, relay int, by account.Caller, key string) (Outcome, error) {
	dev, agent, err := s.Store.Target(ctx, site, device)
	if err != nil {
		return Outcome{}, err
	}
	r, ok := dev.Relay(relay)
	if !ok {
		return Outcome{}, fault.New(fault.NotFound, "This device has no relay %d.", relay)
	}
	c := Command{Site: site, Agent: agent, Kind: wire.CommandDoorOpen, Device: device, Relay: relay, Account: by.Account, Actor: by.Name, Key: key}
	return s.ask(ctx, c, by, dev.Name, func() error {
		if !r.Enabled {
			return fault.New(fault.Conflict, "Relay %d is switched off.", relay)
		}
		return nil
	})
}

// Turn puts a channel of the relay board of a monitor on or off and waits for the result, as Open does (EDGE-14/R37).
func (s *Service) Turn(ctx context.Context, site domain.SiteID, device domain.DeviceID, channel int, on bool, by account.Caller, key string) (Outcome, error) {
	dev, agent, err := s.Store.Target(ctx, site, device)
	if err != nil {
		return Outcome{}, err
	}
	board, ok := dev.ExternalBoard()
	if !ok {
		return Outcome{}, fault.New(fault.NotFound, "The building does not drive a relay board of this device.")
	}
	if _, named := dev.Form.External.Channel(channel); !named || channel > board.Channels {
		return Outcome{}, fault.New(fault.NotFound, "The board of this device has no relay %d.", channel)
	}
	c := Command{Site: site, Agent: agent, Kind: wire.CommandRelaySet, Device: device, Relay: channel, On: on, Account: by.Account, Actor: by.Name, Key: key}
	return s.ask(ctx, c, by, dev.Name, func() error { return nil })
}

// ask sends a command unless its key led to one before; may refuses a new one.
func (s *Service) ask(ctx context.Context, c Command, by account.Caller, device string, may func() error) (Outcome, error) {
	now, _ := s.Clock.Now()
	if first, ok, err := s.first(ctx, by, c.Key, now); err != nil || ok {
		if err == nil && (first.Site != c.Site || first.Device != c.Device || first.Relay != c.Relay || first.Kind != c.Kind || first.On != c.On) {
			err = fault.New(fault.Conflict, "This Idempotency-Key was used for another door.")
		}
		if err != nil {
			return Outcome{}, err
		}
		return s.wait(ctx, first, now)
	}
	if err := may(); err != nil {
		return Outcome{}, err
	}
	var err error
	if c.Conn, err = s.linked(ctx, c.Agent); err != nil {
		return Outcome{}, err
	}
	return s.send(ctx, c, device)
}

// first finds the command that the caller's key led to within a day.
func (s *Service) first(ctx context.Context, by account.Caller, key string, now time.Time) (Command, bool, error) {
	if key == "" {
		return Command{}, false, nil
	}
	if len(key) > maxKey {
		return Command{}, false, fault.New(fault.Invalid, "An Idempotency-Key has at most %d characters.", maxKey)
	}
	c, err := s.Store.CommandByKey(ctx, by.Account, key, now.Add(-keyLives))
	if fault.CodeOf(err) == fault.NotFound {
		return c, false, s.Store.DropKey(ctx, by.Account, key, now.Add(-keyLives))
	}
	return c, err == nil, err
}

// send stores, signs and publishes a new command, then waits.
func (s *Service) send(ctx context.Context, c Command, device string) (Outcome, error) {
	now, bound := s.Clock.Now()
	c.ID, c.IssuedAt, c.Bound, c.TTL = domain.NewID[domain.CommandID](now), now, roundUp(bound), c.Kind.TTL()
	if s.TTL != 0 {
		c.TTL = s.TTL
	}
	signed, err := sign(s.Key, c)
	if err != nil {
		return Outcome{}, err
	}
	if err := s.insert(ctx, c, device); err != nil {
		if fault.CodeOf(err) == fault.Conflict {
			// Two requests with one key at the same instant: the other was first.
			if first, err := s.Store.CommandByKey(ctx, c.Account, c.Key, now.Add(-keyLives)); err == nil {
				return s.wait(ctx, first, now)
			}
		}
		return Outcome{}, err
	}
	f := &flight{Flight: Flight{Command: c, SentAt: now}, signed: signed, done: make(chan struct{})}
	s.mu.Lock()
	s.flights[c.ID] = f
	s.mu.Unlock()
	s.Logger.InfoContext(ctx, "command", logkey.Site, c.Site, logkey.Agent, c.Agent, logkey.Command, c.ID, logkey.Device, c.Device, logkey.Relay, c.Relay)
	s.publish(ctx, f)
	if c.Kind.Within() > 0 {
		return c.outcome(), nil
	}
	return s.wait(ctx, c, now)
}

// publish sends the signed bytes once. A loss is repaired by the next Tick, or told at the deadline.
func (s *Service) publish(ctx context.Context, f *flight) {
	data, err := wire.Seal(wire.KindCommand, f.Conn, wire.SignedCommand{Sign1: f.signed})
	if err == nil {
		err = s.Sender.Publish(f.Agent, f.Conn, data)
	}
	if err != nil {
		s.Logger.WarnContext(ctx, "command is not sent", logkey.Command, f.ID, logkey.Err, err)
	}
}

// pollEvery is the net under hints: another process may have stored the result.
const pollEvery = 500 * time.Millisecond

// wait returns when the command has a result or nobody can expect one any more; who asked at now is given what is left of it from then on.
func (s *Service) wait(ctx context.Context, c Command, now time.Time) (Outcome, error) {
	s.mu.Lock()
	var done chan struct{}
	if f := s.flights[c.ID]; f != nil {
		done = f.done
	}
	s.mu.Unlock()
	limit := time.NewTimer(c.Overdue().Add(time.Second).Sub(now))
	defer limit.Stop()
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	for c.Open() {
		over := false
		select {
		case <-ctx.Done():
			return c.outcome(), ctx.Err()
		case <-done:
			done = nil
		case <-poll.C:
		case <-limit.C:
			over = true // a last look: what is known by now is told
		}
		stored, err := s.Store.ReadCommand(ctx, c.ID)
		if err != nil && !over {
			return c.outcome(), err
		}
		if err == nil {
			c = stored
		}
		if over && c.Open() {
			c.Result, c.Reason = domain.ActUnknown, domain.ReasonNoAnswer
		}
	}
	return c.outcome(), nil
}

func (c Command) outcome() Outcome {
	o := Outcome{
		ID: c.ID, Kind: c.Kind, Accepted: c.Open() && !c.AcceptedAt.IsZero(), Result: c.Result, Reason: c.Reason, LateResult: c.LateResult, LateReason: c.LateReason,
		Device: c.Device, Relay: c.Relay, IssuedAt: c.IssuedAt,
	}
	if !c.EndedAt.IsZero() {
		o.TookMilli = c.EndedAt.Sub(c.IssuedAt).Milliseconds()
	}
	return o
}

// Read gives a command of a site that the caller of ctx may see.
func (s *Service) Read(ctx context.Context, site domain.SiteID, id domain.CommandID) (Outcome, error) {
	c, err := s.Store.SeeCommand(ctx, site, id)
	return c.outcome(), err
}

// Result takes what an agent says about a command; one of another agent is NotFound.
func (s *Service) Result(ctx context.Context, agent domain.AgentID, r wire.Result) error {
	return s.step(ctx, r.ID, agent, Answered{r})
}

// step loads, steps and stores one command, and tells after commit: the log's transaction may be around it.
func (s *Service) step(ctx context.Context, id domain.CommandID, agent domain.AgentID, in Input) error {
	now, _ := s.Clock.Now()
	s.mu.Lock()
	f := s.flights[id]
	var sentAt time.Time
	if f != nil {
		sentAt = f.SentAt
	}
	s.mu.Unlock()
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		c, err := s.Store.LockCommand(ctx, id)
		if err != nil {
			return err
		}
		if c.Agent != agent {
			return fault.New(fault.NotFound, "This command does not exist.")
		}
		next, effects := Step(Flight{Command: c, SentAt: sentAt}, in, now)
		s.Store.AfterCommit(ctx, func() { s.follow(ctx, f, next, effects) })
		for _, e := range effects {
			if _, ok := e.(Save); ok {
				err = s.Store.SaveCommand(ctx, next.Command)
			}
		}
		if c.Open() && !next.Open() {
			crashpoint.Hit("command.before_commit")
		}
		return err
	})
}

// follow does what a committed step leads to.
func (s *Service) follow(ctx context.Context, f *flight, next Flight, effects []Effect) {
	for _, e := range effects {
		switch e.(type) {
		case Send:
			if f != nil {
				s.mu.Lock()
				f.SentAt = next.SentAt
				s.mu.Unlock()
				s.publish(ctx, f)
			}
		case Save:
			if s.Live != nil {
				s.Live.Publish(next.Site, "command", next.outcome())
			}
		case End:
			s.end(ctx, next.Command)
		}
	}
}

// end wakes who waits.
func (s *Service) end(ctx context.Context, c Command) {
	s.Logger.InfoContext(ctx, "command ended", logkey.Site, c.Site, logkey.Command, c.ID, logkey.Result, c.Result, logkey.Reason, c.Reason)
	s.measure(c)
	s.Wake(c.ID)
	if s.Ended != nil {
		s.Ended(c.ID)
	}
}

// Wake lets who waits here for a command look again: it has a result, whoever stored it.
func (s *Service) Wake(id domain.CommandID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.flights[id]; f != nil {
		close(f.done)
		delete(s.flights, id)
	}
}
