package tunnel

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/yamux"

	"vestibule/shared/domain"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

// Bounds of the job.
const (
	atOnce      = 8  // tunnels
	streamsMost = 32 // of one tunnel
	probeWithin = 3 * time.Second
	dialWithin  = 5 * time.Second
)

// Config is what Tunnels work with. All fields but OneMachine are needed.
type Config struct {
	// Address gives where a device's pages are: the document's address, and only when the device itself answers there.
	Address func(ctx context.Context, id domain.DeviceID) (netip.AddrPort, domain.Reason)
	// Cloud gives host:port of the agents' listener and how to prove oneself there.
	Cloud func(ctx context.Context) (host string, config *tls.Config, err error)
	Own   func() []netip.Addr // the box's own addresses
	Ports func() []uint16     // on which the agent itself listens

	OneMachine bool // the building lives on loopback: demo and tests. Then nothing else is led to.

	Logger *slog.Logger
}

// Tunnels makes ways to devices' pages. It is safe for concurrent use.
type Tunnels struct {
	cfg    Config
	ctx    context.Context // the life of the job: tunnels outlive the commands that open them
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu   sync.Mutex
	open int
	over bool
}

// New makes the job.
func New(cfg Config) *Tunnels {
	t := &Tunnels{cfg: cfg}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	return t
}

// Run lives until ctx ends; then every tunnel ends.
func (t *Tunnels) Run(ctx context.Context) error {
	<-ctx.Done()
	t.mu.Lock()
	t.over = true
	t.mu.Unlock()
	t.cancel()
	t.work.Wait()
	return ctx.Err()
}

// Open makes the way that a command names, and returns when it stands.
func (t *Tunnels) Open(ctx context.Context, id domain.CommandID, device domain.DeviceID) (domain.ActResult, domain.Reason) {
	at, reason := t.cfg.Address(ctx, device)
	if reason != "" {
		return domain.ActFailed, reason
	}
	if t.forbidden(at) {
		return domain.ActRefused, domain.ReasonForbidden
	}
	probe, err := (&net.Dialer{Timeout: probeWithin}).DialContext(ctx, "tcp4", at.String())
	if err != nil {
		return domain.ActFailed, domain.ReasonUnreachable
	}
	_ = probe.Close()
	if !t.enter() {
		return domain.ActRefused, domain.ReasonBusy
	}
	way, err := t.dial(ctx, id)
	if err != nil {
		t.leave()
		t.cfg.Logger.WarnContext(ctx, "no tunnel", logkey.Command, id, logkey.Err, err)
		return domain.ActFailed, domain.ReasonNoTunnel
	}
	t.cfg.Logger.InfoContext(ctx, "tunnel opened", logkey.Command, id, logkey.Device, device, logkey.Addr, at.String())
	go func() {
		defer t.leave()
		t.serve(way, at)
		t.cfg.Logger.Info("tunnel ended", logkey.Command, id)
	}()
	return domain.ActDone, ""
}

func (t *Tunnels) enter() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over || t.open == atOnce {
		return false
	}
	t.open++
	t.work.Add(1)
	return true
}

func (t *Tunnels) leave() {
	t.mu.Lock()
	t.open--
	t.mu.Unlock()
	t.work.Done()
}

// dial goes out to the cloud and turns the connection into a carrier of streams.
func (t *Tunnels) dial(ctx context.Context, id domain.CommandID) (*yamux.Session, error) {
	host, config, err := t.cfg.Cloud(ctx)
	if err != nil {
		return nil, err
	}
	config = config.Clone()
	config.NextProtos = []string{"http/1.1"}
	ctx, cancel := context.WithTimeout(ctx, dialWithin)
	defer cancel()
	// The transport is used once: a connection that has changed its protocol is the tunnel's.
	transport := &http.Transport{Proxy: nil, TLSClientConfig: config, MaxResponseHeaderBytes: 16 << 10, DisableKeepAlives: true}
	// The request must outlive ctx: its end would close the tunnel.
	life, end := context.WithCancel(t.ctx)
	stop := context.AfterFunc(ctx, end)
	req, err := http.NewRequestWithContext(life, http.MethodGet, "https://"+host+wire.TunnelPath+id.String(), nil)
	if err != nil {
		end()
		return nil, err
	}
	req.Header.Set("Connection", "Upgrade")
	req.Header.Set("Upgrade", wire.TunnelProtocol)
	resp, err := transport.RoundTrip(req)
	if err == nil && (!stop() || resp.StatusCode != http.StatusSwitchingProtocols) {
		_ = resp.Body.Close()
		err = fmt.Errorf("the cloud answers %d", resp.StatusCode)
	}
	if err != nil {
		end()
		return nil, err
	}
	conn, ok := resp.Body.(io.ReadWriteCloser)
	if !ok {
		end()
		return nil, errors.New("the connection did not change its protocol")
	}
	way, err := yamux.Server(ending{conn, end}, wayConfig())
	if err != nil {
		end()
	}
	return way, err
}

// ending frees what holds a connection when it is closed.
type ending struct {
	io.ReadWriteCloser
	end context.CancelFunc
}

func (e ending) Close() error {
	defer e.end()
	return e.ReadWriteCloser.Close()
}

func wayConfig() *yamux.Config {
	c := yamux.DefaultConfig()
	c.AcceptBacklog, c.LogOutput = streamsMost, io.Discard
	c.KeepAliveInterval, c.ConnectionWriteTimeout = 10*time.Second, 10*time.Second
	return c
}

// serve leads every stream to the one address until the cloud ends the tunnel, and never for longer than a tunnel lives.
func (t *Tunnels) serve(way *yamux.Session, at netip.AddrPort) {
	ctx, cancel := context.WithTimeout(t.ctx, wire.TunnelLives)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = way.Close() })
	defer stop()
	var streams sync.WaitGroup
	defer streams.Wait()
	defer func() { _ = way.Close() }()
	room := make(chan struct{}, streamsMost)
	for {
		stream, err := way.Accept()
		if err != nil {
			return
		}
		select {
		case room <- struct{}{}:
		default:
			_ = stream.Close()
			continue
		}
		streams.Go(func() {
			defer func() { <-room }()
			lead(ctx, stream, at)
		})
	}
}

// lead joins a stream to the device until one of them ends.
func lead(ctx context.Context, stream net.Conn, at netip.AddrPort) {
	defer func() { _ = stream.Close() }()
	device, err := (&net.Dialer{Timeout: probeWithin}).DialContext(ctx, "tcp4", at.String())
	if err != nil {
		return
	}
	end := func() { _, _ = device.Close(), stream.Close() }
	stop := context.AfterFunc(ctx, end)
	defer stop()
	up := make(chan struct{})
	go func() {
		defer close(up)
		defer end()
		_, _ = io.Copy(device, stream)
	}()
	_, _ = io.Copy(stream, device)
	end()
	<-up
}
