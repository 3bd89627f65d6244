package cloud

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/api"
	"vestibule/cloud/apitoken"
	"vestibule/cloud/audit"
	"vestibule/cloud/command"
	"vestibule/cloud/consent"
	"vestibule/cloud/desiredstate"
	"vestibule/cloud/enroll"
	"vestibule/cloud/eventlog"
	"vestibule/cloud/factor"
	"vestibule/cloud/fleet"
	"vestibule/cloud/hub"
	"vestibule/cloud/jobs"
	"vestibule/cloud/live"
	"vestibule/cloud/mail"
	"vestibule/cloud/metrics"
	"vestibule/cloud/notice"
	"vestibule/cloud/portal"
	"vestibule/cloud/presence"
	"vestibule/cloud/seal"
	"vestibule/cloud/signal"
	"vestibule/cloud/store"
	"vestibule/cloud/tunnel"
	"vestibule/cloud/turn"
	"vestibule/cloud/webhook"
	"vestibule/shared/logkey"
	"vestibule/shared/secret"
)

// SetupTokenFile is the name of the file in the data folder that holds the set-up token while there is no account.
const SetupTokenFile = "setup-token"

// Cloud is the service, ready to run.
type Cloud struct {
	cfg       Config
	ports     listeners
	publicURL string
	setup     secret.String

	metrics *metrics.Metrics
	store   *store.Store
	clock   *presence.Clock

	tellOthers func(hint) // nil without other replicas

	live     *live.Hub
	router   *hub.Router
	hub      hub.Hub
	enroll   *enroll.Service
	presence *presence.Service
	desired  *desiredstate.Service
	events   *eventlog.Service
	commands *command.Service
	tunnels  *tunnel.Service
	turn     *turn.Server // nil without one
	signals  *signal.Service
	fleet    *fleet.Service
	jobs     *jobs.Queue
	webhooks *webhook.Service
	mail     *mail.Service
	notices  *notice.Service
	consent  *consent.Service
	audit    *audit.Service
	factors  *factor.Service
	tokens   *apitoken.Service
	account  *account.Service
	api      *api.API
}

// New opens ports, database and keys and wires everything; nothing is served before Run. An error leaves no port open, and when it is about
// the configuration nothing was written.
func New(ctx context.Context, cfg Config) (*Cloud, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	c := &Cloud{cfg: cfg, live: &live.Hub{}, metrics: metrics.New(cfg.Version, cfg.Logger)}
	var err error
	if c.ports, err = cfg.listen(); err != nil {
		return nil, err
	}
	if err := c.wire(ctx); err != nil {
		c.ports.close()
		if c.store != nil {
			_ = c.store.Close()
		}
		return nil, err
	}
	return c, nil
}

func (c *Cloud) wire(ctx context.Context) error {
	c.publicURL = strings.TrimSuffix(c.cfg.PublicURL, "/")
	if c.publicURL == "" {
		scheme := "http"
		if c.cfg.TLSCert != "" {
			scheme = "https"
		}
		c.publicURL = scheme + "://" + named(reach("", c.ports.http), scheme)
	}
	key, err := c.open(ctx)
	if err != nil {
		return err
	}
	if c.jobs, err = jobs.New(ctx, c.store, c.cfg.Logger); err != nil {
		return err
	}
	c.jobs.Measure(c.metrics)
	if err := c.link(ctx, key); err != nil {
		return err
	}
	if err := c.people(ctx); err != nil {
		return err
	}
	c.measure()
	return nil
}

// open opens the database and the master key. A database of another machine is tried before anything is made on this one.
func (c *Cloud) open(ctx context.Context) (*seal.Key, error) {
	var err error
	if c.cfg.Database == "" {
		err = os.MkdirAll(c.cfg.DataDir, 0o700)
	}
	if err != nil {
		return nil, fmt.Errorf("--data: %w", err)
	}
	if c.store, err = store.Open(ctx, c.cfg.dsn()); err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	if err := os.MkdirAll(c.cfg.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("--data: %w", err)
	}
	sealed, err := c.store.HoldsSecrets(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(c.cfg.DataDir, seal.KeyFile)); sealed && errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("--data: %s is missing, and the database was sealed with it", filepath.Join(c.cfg.DataDir, seal.KeyFile))
	}
	key, err := seal.Load(c.cfg.DataDir)
	if err != nil {
		return nil, err
	}
	c.store.Unlock(key)
	return key, nil
}

// people makes what people use: accounts and the API.
func (c *Cloud) people(ctx context.Context) error {
	passwords, err := account.NewPasswords(c.cfg.HashCost)
	if err != nil {
		return err
	}
	c.leave()
	if err := c.post(ctx); err != nil {
		return err
	}
	c.siteMails()
	c.logAtRest()
	c.outside()
	if err := c.security(); err != nil {
		return err
	}
	c.account = account.New(account.Config{
		Factors: c.factors, Tokens: c.tokens, Consent: c.consent,
		Store: c.store, Passwords: passwords, Mail: c.mail, Notices: c.notices, PublicURL: c.publicURL, Region: c.cfg.Region, Now: time.Now, Logger: c.cfg.Logger.With(logkey.Component, "account"),
		ZoneMoved: c.fleet.FollowZone, SetUp: c.forgetSetupToken, Later: c.jobs,
	})
	c.afterAnswers()
	c.api = api.New(api.Config{
		Factors: c.factors, Tokens: c.tokens, Consent: c.consent, Audit: c.audit, Notices: c.notices,
		Account: c.account, Fleet: c.fleet, Enroll: c.enroll, Presence: c.presence, Desired: c.desired, Events: c.events, Commands: c.commands, Tunnels: c.tunnels,
		Webhooks: c.webhooks, Mail: c.mail, Registration: c.registration(), Templates: c.templates(),
		Live: c.live, Portal: portal.Files(), Ready: c.ready, Meter: c.metrics, Secure: strings.HasPrefix(c.publicURL, "https://"), Logger: c.cfg.Logger,
		TrustedProxies: c.cfg.TrustedProxies,
	})
	if err := c.account.EnsurePolicy(ctx); err != nil {
		return err
	}
	if c.setup, err = c.account.IssueSetupToken(ctx); err != nil {
		return err
	}
	c.forgetSetupToken()
	if c.setup.IsZero() {
		return nil
	}
	path := filepath.Join(c.cfg.DataDir, SetupTokenFile)
	if err := os.WriteFile(path, []byte(c.setup.Reveal()+"\n"), 0o600); err != nil {
		return fmt.Errorf("set-up token: %w", err)
	}
	return nil
}

// forgetSetupToken removes the file of a token that is used up or of a start before.
func (c *Cloud) forgetSetupToken() {
	err := os.Remove(filepath.Join(c.cfg.DataDir, SetupTokenFile))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		c.cfg.Logger.Error("file of the set-up token stays", logkey.Err, err)
	}
}

// Addresses is where the service really listens, and how it is reached.
type Addresses struct {
	HTTP      net.Addr
	Agents    net.Addr
	MQTT      net.Addr
	Metrics   net.Addr // nil without
	PublicURL string
}

// Addresses gives the addresses; they are known from New on.
func (c *Cloud) Addresses() Addresses {
	at := Addresses{HTTP: c.ports.http.Addr(), Agents: c.ports.agents.Addr(), MQTT: c.mqttAddr(), PublicURL: c.publicURL}
	if c.ports.metrics != nil {
		at.Metrics = c.ports.metrics.Addr()
	}
	return at
}

// elsewhere is the address of a listener that is not ours.
type elsewhere string

func (e elsewhere) Network() string { return "tcp" }
func (e elsewhere) String() string  { return string(e) }

func (c *Cloud) mqttAddr() net.Addr {
	if c.cfg.Broker != "" {
		return elsewhere(c.cfg.BrokerHost)
	}
	return c.ports.mqtt.Addr()
}

// SetupLink is the link that makes the first account, for the terminal of the operator; empty once there is an account. The token stands
// in the fragment, which no browser sends to a server.
func (c *Cloud) SetupLink() string {
	if c.setup.IsZero() {
		return ""
	}
	return c.publicURL + "/setup#token=" + c.setup.Reveal()
}

// Run serves until ctx ends or a part fails, then ends in order: load balancers look away, no new requests, running ones finish and streams end, then the
// jobs and the way to agents, then the database.
func (c *Cloud) Run(ctx context.Context) error {
	defer c.store.Close()
	jobs, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	failed := make(chan error, 16)
	var work sync.WaitGroup
	live := func(name string, run func(ctx context.Context) error) {
		work.Go(func() {
			if err := run(jobs); err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("%s: %w", name, err)
			}
		})
	}
	people, agents, err := c.servers()
	if err != nil {
		c.ports.close()
		return err
	}
	live("clock", c.clock.Run)
	live("broker", c.hub.Run)
	live("presence", c.presence.Run)
	live("desired state", c.desired.Run)
	live("commands", c.commands.Run)
	if c.turn != nil {
		live("turn", c.turn.Run)
	}
	if c.ports.metrics != nil {
		live("metrics", c.serveMetrics)
	}
	live("tunnels", c.tunnels.Run)
	live("job queue", c.jobs.Run)
	live("consent", c.consent.Run)
	live("http", func(context.Context) error { return people.Serve(c.ports.http) })
	live("agents", func(context.Context) error { return agents.ServeTLS(c.ports.agents, "", "") })
	select {
	case <-ctx.Done():
		err = c.lookAway(failed)
	case err = <-failed:
	}
	c.drain(people, agents)
	stop()
	work.Wait()
	return err
}

// servers makes the two HTTP servers. Answers and streams set their own write deadlines.
func (c *Cloud) servers() (people, agents *http.Server, err error) {
	tlsConfig, err := c.enroll.ServerTLS()
	if err != nil {
		return nil, nil, fmt.Errorf("agents' certificate: %w", err)
	}
	logger := func(component string) *http.Server {
		return &http.Server{
			ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
			ErrorLog: slog.NewLogLogger(c.cfg.Logger.With(logkey.Component, component).Handler(), slog.LevelDebug),
		}
	}
	people, agents = logger("http"), logger("agents")
	people.Handler = c.tunnels.Wrap(c.api.Handler())
	people.RegisterOnShutdown(c.api.Close)
	agents.Handler, agents.TLSConfig = c.agentsHandler(), tlsConfig
	agents.ReadTimeout, agents.WriteTimeout = 15*time.Second, 30*time.Second
	return people, agents, nil
}
