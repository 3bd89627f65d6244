package agent

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"vestibule/agent/enroll"
	"vestibule/agent/health"
	"vestibule/agent/lanapi"
	"vestibule/agent/metrics"
	"vestibule/agent/sip"
	"vestibule/agent/store"
	"vestibule/agent/store/legfile"
	"vestibule/shared/clock"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
	"vestibule/shared/secret"
)

// Built is the earliest believable time: no clock of a box runs before its program was written.
var Built = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

// Agent is one box. New opens everything that can fail; Run lives until its context ends.
type Agent struct {
	cfg        Config
	log        *slog.Logger
	store      *store.Store
	page       *lanapi.Page
	conditions *health.Conditions
	rows       *lateLog
	floor      *clock.Floor
	boot       [16]byte
	claimer    *enroll.Claimer
	enrolment  enroll.Config
	claimed    chan struct{} // closed by the claim
	once       sync.Once
	house      atomic.Pointer[house] // nil before the claim
	legs       *legfile.File
	sockets    *sip.Sockets // keep a picked SIP port until calls take it
	sipAddr    netip.AddrPort
}

// New opens the store and the page. An address in use, a folder in use or a refused claim link is an error, and nothing is left running.
func New(ctx context.Context, cfg Config) (*Agent, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	addr, err := netip.ParseAddrPort(cfg.SIP)
	if err != nil || !addr.Addr().Is4() {
		return nil, fault.New(fault.Invalid, "The SIP address is an IPv4 host:port, such as 0.0.0.0:5060.")
	}
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	st, err := store.Open(ctx, cfg.DataDir)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	a := &Agent{cfg: cfg, log: cfg.Logger, store: st, rows: &lateLog{}, claimed: make(chan struct{}), sipAddr: addr}
	if err := a.prepare(ctx); err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

func (a *Agent) prepare(ctx context.Context) error {
	if _, err := rand.Read(a.boot[:]); err != nil {
		return err
	}
	last, err := a.store.LastTime(ctx)
	if err != nil {
		return err
	}
	if last.Before(Built) {
		last = Built
	}
	a.floor = clock.NewFloor(clock.System{}, last)
	a.conditions = health.New(a.rows, clock.System{}, a.part("health"))
	a.enrolment = enroll.Config{Vault: a.store, Version: a.cfg.Version, Now: a.floor.Now, Logger: a.part("enroll")}
	a.claimer = enroll.NewClaimer(a.enrolment)
	if err := a.pickSIP(); err != nil {
		return err
	}
	if a.legs, err = legfile.Open(a.cfg.DataDir, a.part("legs")); err != nil {
		return err
	}
	a.page, err = lanapi.Listen(lanapi.Config{
		Listen: a.cfg.LAN, Data: a.cfg.DataDir, Version: a.cfg.Version, Claimer: claims{a}, Knowledge: a.knowledge, Conditions: a.conditions,
		Metrics: metrics.Handler(a.cfg.Version, a.figures), ShowPIN: a.showPIN, Clock: clock.System{}, Logger: a.part("lanapi"),
	})
	if err != nil {
		return err
	}
	return a.claim(ctx)
}

// pickSIP holds a free port when the configuration leaves it open, so that SIP() is known before the claim.
func (a *Agent) pickSIP() error {
	if a.sipAddr.Port() != 0 {
		return nil
	}
	sockets, err := sip.Listen(a.sipAddr.String())
	if err != nil {
		return err
	}
	a.sockets, a.sipAddr = sockets, sockets.Addr()
	return nil
}

// claim uses the configured link once; an agent that has an identity keeps it.
func (a *Agent) claim(ctx context.Context) error {
	_, have, err := a.store.Identity(ctx)
	if err != nil {
		return err
	}
	if !have && a.cfg.Claim == "" {
		a.log.Info("waiting for the claim", logkey.Addr, a.LANURL())
		return nil
	}
	if !have {
		if _, err := a.claimer.Claim(ctx, enroll.Request{Link: a.cfg.Claim}); err != nil {
			return fmt.Errorf("claim: %w", err)
		}
	}
	if _, err := a.page.EnsurePIN(); err != nil {
		return err
	}
	a.markClaimed()
	return nil
}

func (a *Agent) markClaimed() { a.once.Do(func() { close(a.claimed) }) }

func (a *Agent) showPIN(pin secret.String) {
	if a.cfg.ShowPIN != nil {
		a.cfg.ShowPIN(pin)
	}
}

func (a *Agent) part(name string) *slog.Logger { return a.log.With(logkey.Component, name) }

// SIP is where devices register.
func (a *Agent) SIP() netip.AddrPort { return a.sipAddr }

// LANURL is the address of the agent's own page.
func (a *Agent) LANURL() string { return "https://" + a.lanAddress() }

// Online tells whether a session with the cloud stands.
func (a *Agent) Online() bool {
	h := a.house.Load()
	return h != nil && h.link.Online()
}

// lanAddress is the page's address as others in the building reach it.
func (a *Agent) lanAddress() string {
	at := a.page.Addr()
	if !at.Addr().IsUnspecified() {
		return at.String()
	}
	for _, name := range a.cfg.Interfaces {
		if ip, ok := addressOf(name); ok {
			return net.JoinHostPort(ip, strconv.Itoa(int(at.Port())))
		}
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(int(at.Port())))
}

func addressOf(name string) (string, bool) {
	nic, err := net.InterfaceByName(name)
	if err != nil {
		return "", false
	}
	addrs, err := nic.Addrs()
	if err != nil {
		return "", false
	}
	for _, addr := range addrs {
		if p, err := netip.ParsePrefix(addr.String()); err == nil && p.Addr().Is4() {
			return p.Addr().String(), true
		}
	}
	return "", false
}

// Run serves the page, waits for the claim and runs the building. It returns nil when ctx ends.
func (a *Agent) Run(ctx context.Context) error {
	err := together(ctx, a.log, map[string]func(context.Context) error{"page": a.page.Run, "building": a.runHouse})
	return errors.Join(err, a.close())
}

func (a *Agent) close() error {
	if a.sockets != nil {
		a.sockets.Close()
	}
	var err error
	if a.legs != nil {
		err = a.legs.Close()
	}
	return errors.Join(err, a.store.Close())
}

func (a *Agent) runHouse(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-a.claimed:
	}
	id, _, err := a.store.Identity(ctx)
	if err != nil {
		return err
	}
	h, err := a.build(ctx, id)
	if err != nil {
		return err
	}
	a.house.Store(h)
	note := domain.NoteBody{What: "started", Detail: a.cfg.Version}
	if err := h.outbox.Append(ctx, domain.EventAgent, note); err != nil {
		a.log.Warn("the start is not in the log", logkey.Err, err)
	}
	return h.run(ctx)
}
