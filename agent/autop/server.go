package autop

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"vestibule/agent/crowd"
	"vestibule/agent/device"
	"vestibule/agent/health"
	"vestibule/agent/proof"
	"vestibule/shared/capability"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
)

// Log takes rows about files.
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

// Config is what a Server works with. Secure may be empty: then there is no HTTPS.
type Config struct {
	Agent       domain.AgentID
	Listen      string // host:port of HTTP
	Secure      string // host:port of HTTPS
	Certificate tls.Certificate
	Interfaces  []string // to listen for SIP PnP on; none: nowhere
	View        func() *desired.View
	Registrar   func(device netip.Addr) (netip.AddrPort, bool)
	SecureSIP   func() uint16                                              // the agent's port of SIP over TLS; 0 or nil: none
	Callbacks   func(dev domain.Device, agent netip.Addr) device.Callbacks // where it tells what happens at it; nil: nowhere
	Neighbours  func(netip.Addr) (domain.MAC, bool)
	Identity    func(domain.DeviceID) device.Identity // as it told last
	Shelf       Shelf
	Log         Log
	Conditions  Conditions
	Now         func() time.Time // the wall clock that never runs behind
	Sure        func() bool      // it is known; else no pairing window is open
	Logger      *slog.Logger
}

// Server gives devices their files.
type Server struct {
	cfg    Config
	plain  net.Listener
	secure net.Listener
	gate   *gate
	limit  *crowd.Limiter
	nonces *proof.Nonces
}

// perMinute bounds the fetches of one source.
const perMinute = 60

// nonceLife is how long an answer to a challenge may come.
const nonceLife = 5 * time.Minute

// metaServed is where the served windows are kept.
const metaServed = "autop_served"

// Listen opens the ports; Run serves.
func Listen(ctx context.Context, cfg Config) (*Server, error) {
	stored, err := cfg.Shelf.Meta(ctx, metaServed)
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, limit: crowd.NewLimiter(perMinute), nonces: proof.NewNonces(nonceLife)}
	s.gate = newGate(stored, func(raw []byte) error { return cfg.Shelf.SetMeta(context.WithoutCancel(ctx), metaServed, raw) })
	if s.plain, err = net.Listen("tcp4", cfg.Listen); err != nil {
		return nil, err
	}
	if cfg.Secure != "" {
		if s.secure, err = net.Listen("tcp4", cfg.Secure); err != nil {
			return nil, errors.Join(err, s.plain.Close())
		}
	}
	return s, nil
}

// Close frees the ports of a server that was never run.
func (s *Server) Close() error {
	if s.secure != nil {
		return errors.Join(s.plain.Close(), s.secure.Close())
	}
	return s.plain.Close()
}

// Addr is the bound address of HTTP.
func (s *Server) Addr() netip.AddrPort { return s.plain.Addr().(*net.TCPAddr).AddrPort() }

// SecureAddr is that of HTTPS; zero without.
func (s *Server) SecureAddr() netip.AddrPort {
	if s.secure == nil {
		return netip.AddrPort{}
	}
	return s.secure.Addr().(*net.TCPAddr).AddrPort()
}

// Run serves until ctx ends.
func (s *Server) Run(ctx context.Context) error {
	server := &http.Server{
		Handler: s, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 20 * time.Second, IdleTimeout: 10 * time.Second,
		MaxHeaderBytes: 8 << 10, ErrorLog: slog.NewLogLogger(s.cfg.Logger.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	ended := make(chan error, 3)
	parts := 1
	go func() { ended <- server.Serve(crowd.Listener(s.plain)) }()
	if s.secure != nil {
		parts++
		// Old devices speak nothing newer and check no name: the file is guarded by the window and the neighbour table, not by this.
		conf := &tls.Config{Certificates: []tls.Certificate{s.cfg.Certificate}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
		go func() { ended <- server.Serve(tls.NewListener(crowd.Listener(s.secure), conf)) }()
	}
	if len(s.cfg.Interfaces) > 0 {
		parts++
		go func() { ended <- s.listenPnP(ctx) }()
	}
	var err error
	for range parts {
		if e := <-ended; e != nil && !errors.Is(e, http.ErrServerClosed) && ctx.Err() == nil {
			err = errors.Join(err, e)
			_ = server.Close()
		}
	}
	return err
}

// ServeHTTP answers one fetch. What is not for the asker is not there.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	now := s.cfg.Now()
	source := crowd.Source(r.RemoteAddr)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	switch {
	case !s.limit.Takes(source, now):
		http.Error(w, "Too many requests.", http.StatusTooManyRequests)
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "Only GET.", http.StatusMethodNotAllowed)
		return
	}
	if strings.HasPrefix(r.URL.Path, provedPath) {
		text, stale, ok := s.proved(r, source, now)
		if !ok {
			s.challenge(w, r, source, stale, now)
			return
		}
		give(w, r, text)
		return
	}
	text, ok := s.file(r, source, now)
	if !ok {
		http.NotFound(w, r)
		return
	}
	give(w, r, text)
}

// give sends a file, unless the asker has it.
func give(w http.ResponseWriter, r *http.Request, text string) {
	w.Header().Set("ETag", tagOf(text))
	if r.Header.Get("If-None-Match") == tagOf(text) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	if r.Method == http.MethodGet {
		_, _ = w.Write([]byte(text)) //nolint:gosec // plain text, never sniffed
	}
}

func tagOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}

// file gives the text of the file that a request names.
func (s *Server) file(r *http.Request, source netip.Addr, now time.Time) (string, bool) {
	name, ok := strings.CutSuffix(strings.ToUpper(strings.TrimPrefix(r.URL.Path, "/")), ".CFG")
	if !ok || len(name) > 13 {
		return "", false
	}
	mac, known := s.cfg.Neighbours(source)
	if !known {
		return "", false
	}
	view := s.cfg.View()
	dev, found := view.DeviceByMAC(mac)
	if !found || !view.Serves(s.cfg.Agent, dev) {
		return "", false
	}
	if model, isModel := strings.CutPrefix(name, "R"); isModel {
		return modelFile(model, s.cfg.Identity(dev.ID))
	}
	asked, err := domain.ParseMAC(name)
	if err != nil || asked != mac || len(name) != 12 {
		return "", false
	}
	return s.own(r, view, dev, source, now)
}

// modelFile is the common file of a model, which holds nothing yet that is not in the file of each device. Only a device that told another model is
// refused it.
func modelFile(digits string, who device.Identity) (string, bool) {
	if len(digits) != 12 || strings.Trim(digits, "0123456789") != "" {
		return "", false
	}
	first, _, _ := strings.Cut(who.Firmware, ".")
	if first != "" && strings.TrimLeft(digits, "0") != first {
		return "", false
	}
	return "# Vestibule: every setting is in the file of the device\n", true
}

// own gives a device its own file, with its secrets when its window lets them out.
func (s *Server) own(r *http.Request, view *desired.View, dev domain.Device, source netip.Addr, now time.Time) (string, bool) {
	registrar, ok := s.cfg.Registrar(source)
	if !ok || !capability.Can(string(dev.Driver), capability.File) {
		return "", false
	}
	cred := view.Credentials[dev.ID]
	full, bare, err := s.render(view, dev, registrar)
	if err != nil {
		s.failed(r, dev.ID, err)
		return "", false
	}
	if r.Header.Get("If-None-Match") == tagOf(full) {
		return full, true // it has it: nothing leaves
	}
	if r.Method != http.MethodGet {
		return bare, true
	}
	until := cred.PairUntil
	if !s.cfg.Sure() {
		until = 0
	}
	may := s.gate.ask(dev.ID, until, now)
	about := health.About{Device: dev.ID}
	switch {
	case may.secrets:
		s.cfg.Conditions.Clear(r.Context(), health.FileFetchedAgain, about)
		s.row(r.Context(), domain.NoteBody{What: domain.NoteFileServed, DeviceID: dev.ID, Detail: source.String()})
		return full, true
	case may.again:
		s.cfg.Conditions.Raise(r.Context(), health.FileFetchedAgain, about, source.String())
		s.row(r.Context(), domain.NoteBody{What: domain.NoteFileFetchedAgain, DeviceID: dev.ID, Detail: source.String()})
	}
	return bare, true
}

// render gives the file of a device with its secrets and without.
func (s *Server) render(view *desired.View, dev domain.Device, registrar netip.AddrPort) (full, bare string, err error) {
	cred := view.Credentials[dev.ID]
	want := device.WantedOf(view, dev, registrar)
	if s.cfg.SecureSIP != nil {
		want.Secure = s.cfg.SecureSIP()
	}
	if s.cfg.Callbacks != nil {
		want.Callbacks = s.cfg.Callbacks(dev, registrar.Addr())
	}
	want = want.For(s.cfg.Identity(dev.ID))
	own := accountOf(netip.AddrPortFrom(registrar.Addr(), s.Addr().Port()), dev, cred)
	if full, err = Render(want, cred, own, true); err != nil {
		return "", "", err
	}
	bare, err = Render(want, domain.Credential{}, Account{}, false)
	return full, bare, err
}

func (s *Server) failed(r *http.Request, id domain.DeviceID, err error) {
	s.cfg.Logger.ErrorContext(r.Context(), "no provisioning file", logkey.Device, id.String(), logkey.Err, err)
}

func (s *Server) row(ctx context.Context, body domain.NoteBody) {
	if err := s.cfg.Log.Append(context.WithoutCancel(ctx), domain.EventSecurity, body); err != nil {
		s.cfg.Logger.ErrorContext(ctx, "provisioning row not written", logkey.Device, body.DeviceID.String(), logkey.Err, err)
	}
}
