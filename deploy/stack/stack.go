package stack

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"vestibule/agent"
	"vestibule/agent/link"
	"vestibule/cloud"
	"vestibule/shared/logkey"
	"vestibule/shared/secret"
	"vestibule/shared/sim"
)

// Config says how to start a stack. Everything may be left out.
type Config struct {
	Dir      string // data folder; empty: a temporary one that Stop removes
	HTTP     string // portal and API; a free port when it is busy or empty
	MDNS     string // interface on which devices are announced and found; empty: lo
	Logger   *slog.Logger
	Progress func(format string, args ...any) // told what was reached
}

// Email signs in to a stack; the password is its own.
const Email = "operator@example.com"

// stopWithin bounds the orderly end; readyWithin the start.
const (
	stopWithin  = 20 * time.Second
	readyWithin = 60 * time.Second
)

// Stack is the whole product on this machine.
type Stack struct {
	Portal string // address of the portal
	Client *Client
	Sample *Sample

	cfg      Config
	dir      string
	owned    bool // the folder goes with the stack
	kept     *kept
	cloud    *cloud.Cloud
	agent    *agent.Agent
	building *sim.Building
	wires    [2]*Proxy       // to the agents' listener and to the broker
	life     context.Context // without an end; values of Start's

	down       sync.WaitGroup
	up         sync.WaitGroup
	endCloud   context.CancelFunc
	endAgent   context.CancelFunc
	failed     chan struct{}
	failOnce   sync.Once
	failure    error
	stopOnce   sync.Once
	stopResult error
}

// Start starts cloud, agent and building and waits until the agent is online and every device is configured and registered.
// Ctx bounds the start; the stack then lives until Stop. After an error nothing is left behind.
func Start(ctx context.Context, cfg Config) (*Stack, error) {
	s := &Stack{cfg: cfg, dir: cfg.Dir, life: context.WithoutCancel(ctx), failed: make(chan struct{})}
	s.complete()
	if s.dir == "" {
		dir, err := os.MkdirTemp("", "vestibule-demo-")
		if err != nil {
			return nil, err
		}
		s.dir, s.owned = dir, true
	}
	if err := s.start(ctx); err != nil {
		if s.failure != nil {
			err = s.failure
		}
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

func (s *Stack) complete() {
	if s.cfg.Logger == nil {
		s.cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if s.cfg.Progress == nil {
		s.cfg.Progress = func(string, ...any) {}
	}
	if s.cfg.HTTP == "" {
		s.cfg.HTTP = "127.0.0.1:0"
	}
	if s.cfg.MDNS == "" {
		s.cfg.MDNS = "lo"
	}
}

func (s *Stack) start(ctx context.Context) error {
	var err error
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	if s.kept, err = load(s.dir); err != nil {
		return fmt.Errorf("%s: %w", keptFile, err)
	}
	start, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	go func() { // a part that fails ends the start
		select {
		case <-s.failed:
			cancel()
		case <-start.Done():
		}
	}()
	if err := s.openBuilding(); err != nil {
		return fmt.Errorf("simulated building: %w", err)
	}
	if err := s.startCloud(start); err != nil {
		return fmt.Errorf("cloud: %w", err)
	}
	if err := s.signIn(start); err != nil {
		return fmt.Errorf("account: %w", err)
	}
	if err := s.furnish(start); err != nil {
		return fmt.Errorf("sample building: %w", err)
	}
	if err := s.claim(start); err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	return s.settle(start)
}

// startCloud opens the wires and the cloud behind them.
func (s *Stack) startCloud(ctx context.Context) error {
	life, end := context.WithCancel(s.life)
	s.endCloud = end
	s.run(life, &s.down, "simulated building", s.building.Run)
	for i, at := range []*string{&s.kept.AgentsAt, &s.kept.BrokerAt} {
		wire, err := NewProxy(*at)
		if err != nil {
			return err
		}
		s.wires[i], *at = wire, wire.Addr()
		s.run(life, &s.down, "wire", wire.Run)
	}
	cfg := cloud.Config{
		HTTP: s.cfg.HTTP, Agents: "127.0.0.1:0", MQTT: "127.0.0.1:0", DataDir: filepath.Join(s.dir, "cloud"),
		AgentsHost: s.kept.AgentsAt, BrokerHost: s.kept.BrokerAt, RemoteDomain: "remote.localhost", Logger: s.cfg.Logger.With(logkey.Component, "cloud"),
	}
	cfg.Mail.Folder = filepath.Join(s.dir, "mails")
	var err error
	s.cloud, err = cloud.New(ctx, cfg)
	if errors.Is(err, syscall.EADDRINUSE) {
		s.cfg.Progress("%s is busy; the portal takes a free port", cfg.HTTP)
		cfg.HTTP = "127.0.0.1:0"
		s.cloud, err = cloud.New(ctx, cfg)
	}
	if err != nil {
		return err
	}
	at := s.cloud.Addresses()
	s.wires[0].Target(at.Agents.String())
	s.wires[1].Target(at.MQTT.String())
	s.Portal = at.PublicURL
	s.run(life, &s.down, "cloud", s.cloud.Run)
	err = poll(ctx, func() (bool, error) { return s.ready(ctx) })
	if err == nil {
		s.cfg.Progress("the portal answers at %s; its mails become files in %s", s.Portal, filepath.Join(s.dir, "mails"))
	}
	return err
}

func (s *Stack) ready(ctx context.Context) (bool, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Portal+"/readyz", nil)
	if err != nil {
		return false, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false, err
	}
	return res.StatusCode == http.StatusOK, res.Body.Close()
}

// signIn uses the set-up link of a new cloud, or the account of the start before.
func (s *Stack) signIn(ctx context.Context) error {
	s.Client = NewClient(s.Portal, "")
	_, token, fresh := strings.Cut(s.cloud.SetupLink(), "#token=")
	if fresh {
		s.kept.Email, s.kept.Password, s.kept.Sample = Email, rand.Text(), nil
		if err := s.kept.save(s.dir); err != nil {
			return err
		}
	}
	form := map[string]any{"email": s.kept.Email, "password": s.kept.Password, "bearer": true}
	path := "/session"
	if fresh {
		path = "/setup"
		form["token"], form["name"], form["organisation"] = token, "Olga Operator", "Sample Property Services"
	}
	var signed struct {
		Token string `json:"token"`
	}
	if err := s.Client.Do(ctx, http.MethodPost, path, form, &signed); err != nil {
		return err
	}
	s.Client = NewClient(s.Portal, signed.Token)
	return nil
}

// furnish makes the sample building, or takes that of the start before, where only the board may have another port.
func (s *Stack) furnish(ctx context.Context) error {
	if s.kept.Sample == nil {
		if err := s.create(ctx); err != nil {
			return err
		}
		s.cfg.Progress("%s: %d apartments, %d devices, one relay board", SiteName, len(apartments), len(roles))
		return nil
	}
	s.Sample = s.kept.Sample
	s.cfg.Progress("%s is there from the last time", SiteName)
	return nil
}

// claim starts the agent with a claim, or with the identity of the start before.
func (s *Stack) claim(ctx context.Context) error {
	var link string
	if !s.kept.Claimed {
		var err error
		if link, err = s.Sample.Claim(ctx, s.Client); err != nil {
			return err
		}
	}
	if err := s.startAgent(ctx, link, "127.0.0.1:0", "127.0.0.1:0"); err != nil {
		return err
	}
	s.kept.Claimed = true
	return s.kept.save(s.dir)
}

func (s *Stack) startAgent(ctx context.Context, claim, lan, sip string) error {
	a, err := agent.New(ctx, agent.Config{
		DataDir: filepath.Join(s.dir, "agent"), LAN: lan, SIP: sip, Interfaces: []string{s.cfg.MDNS}, Claim: claim, Version: "demo",
		OneMachine: true, Callbacks: "127.0.0.1:0", AutoP: "127.0.0.1:0",
		SIPRate: 100_000, // the whole building speaks from one address
		Logger:  s.cfg.Logger, ShowPIN: func(pin secret.String) { s.kept.PIN = pin.Reveal() }, Pace: pace,
	})
	if err != nil {
		return err
	}
	s.agent = a
	life, end := context.WithCancel(s.life)
	s.endAgent = end
	s.run(life, &s.up, "agent", a.Run)
	return nil
}

// pace suits one simulated building on one machine: no device needs to be spared and nobody else waits for the cloud.
var pace = agent.Pace{
	Good: 5 * time.Second, Gap: 10 * time.Millisecond,
	Link: link.Pace{DialWithin: 3 * time.Second, LeastBackoff: 200 * time.Millisecond, MostBackoff: 2 * time.Second},
}

// RestartAgent ends the agent and starts it on the same ports and store. It does not wait for the link.
func (s *Stack) RestartAgent(ctx context.Context) error {
	lan, sip := strings.TrimPrefix(s.agent.LANURL(), "https://"), s.agent.SIP().String()
	s.endAgent()
	s.up.Wait()
	return s.startAgent(ctx, "", lan, sip)
}

// registrarListens waits until the agent takes calls.
func (s *Stack) registrarListens(ctx context.Context) error {
	var dialer net.Dialer
	return poll(ctx, func() (bool, error) {
		c, err := dialer.DialContext(ctx, "tcp", s.agent.SIP().String())
		if err != nil {
			return false, err
		}
		return true, c.Close()
	})
}

// settle waits until everything is in use.
func (s *Stack) settle(ctx context.Context) error {
	var last Standing
	err := poll(ctx, func() (bool, error) {
		now, err := s.Standing(ctx)
		if err != nil {
			return false, err
		}
		if now != last && !now.Ready() {
			s.cfg.Progress("agents online: %d, configuration applied on %d of %d, registered: %d", now.Online, now.Applied, now.Total, now.Registered)
		}
		last = now
		return now.Ready(), nil
	})
	if err != nil {
		return fmt.Errorf("the building is not ready (%+v): %w", last, err)
	}
	s.cfg.Progress("the agent is online, the configuration is applied on %d of %d, %d devices are registered", last.Applied, last.Total, last.Registered)
	return nil
}

// run keeps a part; one that ends by itself fails the stack.
func (s *Stack) run(life context.Context, group *sync.WaitGroup, name string, part func(context.Context) error) {
	group.Go(func() {
		err := part(life)
		if life.Err() != nil {
			if err != nil && !errors.Is(err, context.Canceled) {
				s.cfg.Logger.Warn("a part ended badly", logkey.Component, name, logkey.Err, err)
			}
			return
		}
		s.failOnce.Do(func() {
			s.failure = fmt.Errorf("%s ended: %w", name, errors.Join(err, errEnded))
			close(s.failed)
		})
	})
}

var errEnded = errors.New("it must live as long as the stack")

// Failed is closed when a part ended by itself; Stop then gives the reason.
func (s *Stack) Failed() <-chan struct{} { return s.failed }

// Cut kills the wire between agent and cloud both ways, without a reset.
func (s *Stack) Cut() {
	for _, w := range s.wires {
		w.Cut()
	}
}

// Restore ends a cut.
func (s *Stack) Restore() {
	for _, w := range s.wires {
		w.Restore()
	}
}

// Stop ends the agent, then the rest, and removes a temporary folder. It never takes longer than 20 seconds and may be called twice.
func (s *Stack) Stop() error {
	s.stopOnce.Do(func() { s.stopResult = s.stop() })
	return s.stopResult
}

func (s *Stack) stop() error {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if s.endAgent != nil {
			s.endAgent()
		}
		s.up.Wait()
		if s.endCloud != nil {
			s.endCloud()
		} else if s.building != nil {
			s.building.Close()
		}
		s.down.Wait()
	}()
	var errs []error
	timeout := time.NewTimer(stopWithin)
	defer timeout.Stop()
	select {
	case <-ended:
	case <-timeout.C:
		errs = append(errs, errors.New("a part of the stack did not end"))
	}
	select {
	case <-s.failed:
		errs = append(errs, s.failure)
	default:
	}
	if s.owned {
		errs = append(errs, os.RemoveAll(s.dir))
	}
	return errors.Join(errs...)
}
