package callback

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"vestibule/agent/crowd"
	"vestibule/agent/device"
	"vestibule/agent/health"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
)

// Log takes rows of what devices say.
type Log interface {
	Append(ctx context.Context, kind domain.EventKind, body any) error
}

// Conditions takes what is wrong with devices.
type Conditions interface {
	Raise(ctx context.Context, code health.Code, about health.About, detail string)
	Clear(ctx context.Context, code health.Code, about health.About)
}

// Shelf keeps small things over a restart.
type Shelf interface {
	Meta(ctx context.Context, name string) ([]byte, error)
	SetMeta(ctx context.Context, name string, value []byte) error
}

// Config is what Callbacks work with. Syslog may be empty: then no lines are taken.
type Config struct {
	Agent      domain.AgentID
	Listen     string // host:port of action URLs, over HTTP
	Syslog     string // host:port of syslog, over UDP
	OneMachine bool   // the building lives on this machine's loopback, which has no cards
	View       func() *desired.View
	Neighbours func(netip.Addr) (domain.MAC, bool)
	Tellers    map[domain.Driver]device.Teller
	Shelf      Shelf
	Log        Log
	Conditions Conditions
	Now        func() time.Time // grows evenly
	Logger     *slog.Logger
}

// Bounds of one source in a minute. A device writes more to its syslog than it calls.
const (
	callsPerMinute = 120
	linesPerMinute = 1200
)

// Callbacks takes what devices say.
type Callbacks struct {
	cfg      Config
	listener net.Listener
	lines    *net.UDPConn // nil: none
	key      [32]byte
	calls    *crowd.Limiter
	lineRate *crowd.Limiter
	ripen    chan struct{} // something waits

	mu      sync.Mutex
	sieve   sieve
	index   secrets
	heardAt map[domain.DeviceID]time.Time
	strange map[domain.DeviceID]bool // told of as forged
	tries   map[domain.DeviceID][]time.Time
}

// Listen opens the ports; Run serves.
func Listen(ctx context.Context, cfg Config) (*Callbacks, error) {
	c := &Callbacks{
		cfg: cfg, calls: crowd.NewLimiter(callsPerMinute), lineRate: crowd.NewLimiter(linesPerMinute), ripen: make(chan struct{}, 1),
		heardAt: map[domain.DeviceID]time.Time{}, strange: map[domain.DeviceID]bool{}, tries: map[domain.DeviceID][]time.Time{},
	}
	if err := c.loadKey(ctx); err != nil {
		return nil, err
	}
	var err error
	if c.listener, err = net.Listen("tcp4", cfg.Listen); err != nil {
		return nil, err
	}
	if cfg.Syslog != "" {
		packets, err := net.ListenPacket("udp4", cfg.Syslog)
		if err != nil {
			return nil, errors.Join(err, c.listener.Close())
		}
		c.lines = packets.(*net.UDPConn)
	}
	return c, nil
}

// Close frees the ports of what was never run.
func (c *Callbacks) Close() error {
	err := c.listener.Close()
	if c.lines != nil {
		err = errors.Join(err, c.lines.Close())
	}
	return err
}

// Addr is where action URLs lead.
func (c *Callbacks) Addr() netip.AddrPort { return c.listener.Addr().(*net.TCPAddr).AddrPort() }

// SyslogAddr is where lines are taken; zero when they are not.
func (c *Callbacks) SyslogAddr() netip.AddrPort {
	if c.lines == nil {
		return netip.AddrPort{}
	}
	return c.lines.LocalAddr().(*net.UDPAddr).AddrPort()
}

// Heard tells when a device said something last.
func (c *Callbacks) Heard(id domain.DeviceID) (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, ok := c.heardAt[id]
	return at, ok
}

// Run serves until ctx ends; what waits then becomes rows.
func (c *Callbacks) Run(ctx context.Context) error {
	server := &http.Server{
		Handler: c, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: 10 * time.Second,
		MaxHeaderBytes: 8 << 10, ErrorLog: slog.NewLogLogger(c.cfg.Logger.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	stop := context.AfterFunc(ctx, func() {
		_ = server.Close()
		if c.lines != nil {
			_ = c.lines.Close()
		}
	})
	defer stop()
	ended := make(chan error, 2)
	parts := 1
	go func() { ended <- server.Serve(crowd.Listener(c.listener)) }()
	if c.lines != nil {
		parts++
		go func() { ended <- c.readLines(ctx) }()
	}
	c.ripening(ctx)
	var err error
	for range parts {
		if e := <-ended; e != nil && !errors.Is(e, http.ErrServerClosed) && !errors.Is(e, net.ErrClosed) {
			err = errors.Join(err, e)
		}
	}
	c.mu.Lock()
	rest := c.sieve.due(time.Time{})
	c.mu.Unlock()
	c.write(ctx, rest)
	return err
}

// ripening writes what has waited long enough, until ctx ends.
func (c *Callbacks) ripening(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		c.mu.Lock()
		rows := c.sieve.due(c.cfg.Now())
		next := c.sieve.next()
		c.mu.Unlock()
		c.write(ctx, rows)
		c.calm(ctx)
		wait := calmEvery
		if !next.IsZero() {
			wait = max(0, min(wait, next.Sub(c.cfg.Now())))
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return
		case <-c.ripen:
		case <-timer.C:
		}
	}
}

// Acted notes that the agent is about to move a relay of a device: what the device says of it is no second opening.
func (c *Callbacks) Acted(id domain.DeviceID, relay int) {
	hold := time.Duration(0)
	if r, ok := c.cfg.View().Devices[id].Relay(relay); ok {
		hold = time.Duration(r.HoldMilli) * time.Millisecond
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sieve.acted(id, relay, hold, c.cfg.Now())
}

// take puts a report into the sieve and writes what comes out.
func (c *Callbacks) take(ctx context.Context, dev domain.Device, told device.Told, trust domain.Trust) {
	now := c.cfg.Now()
	c.mu.Lock()
	c.heardAt[dev.ID] = now
	if c.sieve.full() {
		c.mu.Unlock()
		c.cfg.Logger.WarnContext(ctx, "devices say more than can be", logkey.Device, dev.ID.String())
		return
	}
	rows := c.sieve.take(heard{device: dev.ID, told: told, trust: trust, at: now})
	c.mu.Unlock()
	select {
	case c.ripen <- struct{}{}:
	default:
	}
	c.write(ctx, rows)
}
