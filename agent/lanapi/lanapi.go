package lanapi

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"vestibule/agent/door"
	"vestibule/agent/health"
	"vestibule/shared/clock"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
	"vestibule/shared/secret"
	"vestibule/shared/wire"
)

// Claim is what somebody gave to claim this box: a link, or the cloud's address and a typed code.
type Claim struct {
	Link    string
	Address string // host or host:port
	Code    string
}

// Claimer joins the agent to a site. The error's message is shown.
type Claimer interface {
	Claimed() bool
	Claim(ctx context.Context, claim Claim) error
}

// Doors opens relays; *door.Doors does.
type Doors interface {
	Open(ctx context.Context, ask door.Ask) door.Outcome
}

// Log takes rows about guessed PINs.
type Log interface {
	Append(ctx context.Context, kind domain.EventKind, body any) error
}

// Conditions takes that somebody guesses the PIN, and lists what is wrong.
type Conditions interface {
	Raise(ctx context.Context, code health.Code, about health.About, detail string)
	Clear(ctx context.Context, code health.Code, about health.About)
	List() []health.Condition
}

// Link is how the connection to the cloud stands.
type Link struct {
	Up    bool
	Since time.Time
	Cloud string // host:port
	Word  string // why it is down
}

// Call is a finished call.
type Call struct {
	At   time.Time // its end
	Body domain.CallBody
}

// Knowledge is what the page shows after the claim; none of its functions is called before.
type Knowledge struct {
	Agent   domain.AgentID
	View    func() *desired.View
	Link    func() Link
	Devices func() []wire.DeviceReport
	Calls   func(ctx context.Context) ([]Call, error)
	Doors   Doors
	Log     Log
	Verify  func(ctx context.Context) (string, error) // says what a check of the log found
}

// Config is what a Page works with. ShowPIN may be nil.
type Config struct {
	Listen     string // host:port; port 0 picks one
	Data       string // folder of certificate and PIN
	Version    string
	Claimer    Claimer
	Knowledge  func() (Knowledge, bool) // false before the claim and until the agent has started
	Conditions Conditions
	Metrics    http.Handler            // the agent's numbers
	ShowPIN    func(pin secret.String) // called once, when the PIN is made
	Clock      clock.Clock
	Logger     *slog.Logger
}

// Page is the agent's own page.
type Page struct {
	cfg         Config
	listener    net.Listener
	certificate tls.Certificate
	fingerprint string
	lock        *lock
	claims      *lock
	sessions    *sessions
	mux         *http.ServeMux
	handler     http.Handler

	pinMu sync.Mutex
	pin   secret.String
}

// Listen opens the port and reads or makes the certificate; Run serves.
func Listen(cfg Config) (*Page, error) {
	cert, fingerprint, err := loadIdentity(cfg.Data, cfg.Clock.Now())
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return nil, err
	}
	p := &Page{cfg: cfg, listener: listener, certificate: cert, fingerprint: fingerprint, lock: newLock(), claims: newLock(), sessions: newSessions()}
	p.routes()
	return p, nil
}

// Addr is the bound address.
func (p *Page) Addr() netip.AddrPort {
	a, err := netip.ParseAddrPort(p.listener.Addr().String())
	if err != nil {
		return netip.AddrPort{}
	}
	return a
}

// Certificate is the agent's own identity on the LAN; SIP over TLS shows the same one, so that there is one fingerprint to compare.
func (p *Page) Certificate() tls.Certificate { return p.certificate }

// Fingerprint is the SHA-256 of the page's certificate, in hexadecimal.
func (p *Page) Fingerprint() string { return p.fingerprint }

// Run serves until ctx ends.
func (p *Page) Run(ctx context.Context) error {
	if p.cfg.Claimer.Claimed() {
		if _, err := p.EnsurePIN(); err != nil {
			p.cfg.Logger.LogAttrs(ctx, slog.LevelError, "no PIN", slog.Any(logkey.Err, err))
		}
	}
	server := &http.Server{
		Handler: p.handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 45 * time.Second, IdleTimeout: 60 * time.Second,
		MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(p.cfg.Logger.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	secure := tls.NewListener(p.listener, &tls.Config{Certificates: []tls.Certificate{p.certificate}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}})
	if err := server.Serve(secure); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// EnsurePIN makes the local PIN if there is none and shows it then. Call it after a claim that did not come over this page.
func (p *Page) EnsurePIN() (made bool, err error) {
	p.pinMu.Lock()
	defer p.pinMu.Unlock()
	if !p.pin.IsZero() {
		return false, nil
	}
	pin, made, err := loadPIN(p.cfg.Data)
	if err != nil {
		return false, err
	}
	p.pin = pin
	if made && p.cfg.ShowPIN != nil {
		p.cfg.ShowPIN(pin)
	}
	return made, nil
}
