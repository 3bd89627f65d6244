package tunnel

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/x509"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/cloud/command"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

// Commands asks agents; *command.Service does.
type Commands interface {
	Reach(ctx context.Context, site domain.SiteID, device domain.DeviceID, by account.Caller) (out command.Outcome, agent domain.AgentID, name string, err error)
}

// Store reads what a tunnel is opened for, and keeps who had one.
type Store interface {
	audit.Recorder
	ReadCommand(ctx context.Context, id domain.CommandID) (command.Command, error)
	// DeviceAddress is where the agent sees a device, host:port.
	DeviceAddress(ctx context.Context, device domain.DeviceID) (string, error)
	// SeeSite is NotFound unless the caller of ctx may see a site.
	SeeSite(ctx context.Context, site domain.SiteID) error
}

// Live is the stream to portals.
type Live interface {
	Publish(site domain.SiteID, kind string, data any)
}

// Config is what the service stands on. Without Domain there is no Remote Control.
type Config struct {
	Commands Commands
	Store    Store
	Live     Live
	Admit    func(ctx context.Context, chain []*x509.Certificate) (domain.AgentID, error)
	Domain   string // under which sessions have their hosts
	Origin   string // of the portal: the only place from which a session is entered
	Lives    time.Duration
	Most     int64 // bytes of one session, both ways; 0 is the service's own
	Now      func() time.Time
	Logger   *slog.Logger
}

// Bounds of sessions.
const (
	mostBytes   = 512 << 20
	perSite     = 8
	perAccount  = 4
	atOnce      = 256
	takenWithin = 5 * time.Second
	dialedFor   = 20 * time.Second // how long a tunnel waits for its command's result
)

// The reasons of an end.
const (
	EndClosed  = "closed" // somebody ended it
	EndTime    = "time_is_up"
	EndBytes   = "too_many_bytes"
	EndAgent   = "agent_gone"
	EndRevoked = "agent_revoked"
	EndService = "service_ended"
)

var (
	errOff     = fault.New(fault.Conflict, "Remote Control is off: this cloud has no domain for it (--remote-domain).")
	errAddress = fault.New(fault.Offline, "The device's address is not known.")
	errGone    = fault.New(fault.NotFound, "This session does not exist, or it has ended.")
	errMany    = fault.New(fault.Limit, "Too many sessions of Remote Control are open. End one first.")
)

// Service holds the sessions of this process.
type Service struct {
	Config
	portal *url.URL

	mu      sync.Mutex
	over    bool
	waiting map[domain.CommandID]*arrival
	byID    map[domain.CommandID]*session
	byHost  map[string]*session
	opening int
}

// New makes the service.
func New(cfg Config) (*Service, error) {
	if cfg.Lives == 0 {
		cfg.Lives = wire.TunnelLives
	}
	if cfg.Most == 0 {
		cfg.Most = mostBytes
	}
	cfg.Logger = cfg.Logger.With(logkey.Component, "tunnel")
	portal, err := url.Parse(cfg.Origin)
	if err != nil {
		return nil, err
	}
	return &Service{
		Config: cfg, portal: portal, waiting: map[domain.CommandID]*arrival{}, byID: map[domain.CommandID]*session{}, byHost: map[string]*session{},
	}, nil
}

// Off tells why there is no Remote Control; empty when there is.
func (s *Service) Off() string {
	if s.Domain == "" {
		return fault.Message(errOff)
	}
	return ""
}

// View is a session as people are told of it.
type View struct {
	ID       domain.CommandID `json:"id"`
	Device   domain.DeviceID  `json:"device_id"`
	Name     string           `json:"device"`
	By       string           `json:"by"`
	Mine     bool             `json:"mine"`
	OpenedAt time.Time        `json:"opened_at"`
	EndsAt   time.Time        `json:"ends_at"`
	Bytes    int64            `json:"bytes"`
}

// Open begins a session and returns when the device's pages can be reached.
func (s *Service) Open(ctx context.Context, site domain.SiteID, device domain.DeviceID, by account.Caller) (View, error) {
	if err := s.Store.SeeSite(ctx, site); err != nil {
		return View{}, err
	}
	if s.Domain == "" {
		return View{}, errOff
	}
	if err := s.begin(site, by.Account); err != nil {
		return View{}, err
	}
	defer s.begun()
	out, agent, name, err := s.Commands.Reach(ctx, site, device, by)
	if err != nil {
		return View{}, err
	}
	way := s.taken(ctx, out.ID)
	if out.Result != domain.ActDone || way == nil {
		if way != nil {
			_ = way.Close()
		}
		return View{}, refusal(out)
	}
	at, err := s.Store.DeviceAddress(ctx, device)
	if err != nil || at == "" {
		_ = way.Close()
		return View{}, cmp.Or(err, error(errAddress))
	}
	one := newSession(s, out.ID, site, device, agent, name, strings.TrimSuffix(at, ":80"), by, way)
	if !s.keep(one) {
		one.end(EndService)
		return View{}, errOff
	}
	s.Logger.InfoContext(ctx, "remote control begins", logkey.Site, site, logkey.Device, device, logkey.Command, out.ID)
	go s.watch(one)
	s.tell(one)
	return one.view(by.Account), nil
}

// refusal says why the agent made no way.
func refusal(out command.Outcome) error {
	switch out.Reason {
	case domain.ReasonUnreachable, domain.ReasonNotFound:
		return fault.New(fault.Offline, "The device does not answer in the building.")
	case domain.ReasonForbidden:
		return fault.New(fault.Forbidden, "The device stands at an address that no tunnel may lead to.")
	case domain.ReasonWrongDevice:
		return fault.New(fault.Conflict, "Another device answers at the address of this one.")
	case domain.ReasonBusy:
		return errMany
	case domain.ReasonUnknownKind:
		return fault.New(fault.Conflict, "The agent is too old for Remote Control.")
	}
	return fault.New(fault.Unavailable, "The agent made no way to the device: %s %s.", out.Result, out.Reason)
}

// begin counts against the bounds before anything is asked.
func (s *Service) begin(site domain.SiteID, by domain.AccountID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	sites, accounts := 0, 0
	for _, one := range s.byID {
		if one.site == site {
			sites++
		}
		if one.by.Account == by {
			accounts++
		}
	}
	if s.over || sites >= perSite || accounts >= perAccount || len(s.byID)+s.opening >= atOnce {
		return errMany
	}
	s.opening++
	return nil
}

func (s *Service) begun() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opening--
}

func (s *Service) keep(one *session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return false
	}
	s.byID[one.id], s.byHost[one.label] = one, one
	return true
}

// watch waits for the end of a session, takes its host away, and records it.
func (s *Service) watch(one *session) {
	late := time.NewTimer(s.Lives)
	defer late.Stop()
	select {
	case <-late.C:
		one.end(EndTime)
	case <-one.way.CloseChan():
		one.end(EndAgent)
	case <-one.ctx.Done():
	}
	s.mu.Lock()
	delete(s.byID, one.id)
	delete(s.byHost, one.label)
	s.mu.Unlock()
	if err := s.record(one); err != nil {
		s.Logger.Error("the end of a session is not recorded", logkey.Command, one.id, logkey.Err, err)
	}
	s.tell(one)
	close(one.ended)
}

// record keeps that a session ended, why, after how long and how much it moved (LOG-04).
func (s *Service) record(one *session) error {
	now := s.Now()
	after, err := audit.Snapshot(map[string]any{
		"command_id": one.id, "seconds": int(now.Sub(one.opened).Seconds()), "bytes_up": one.up.Load(), "bytes_down": one.down.Load(), "requests": one.requests.Load(),
	})
	if err != nil {
		return err
	}
	reason, who := one.why()
	e := audit.Entry{
		Site: one.site, Action: audit.Ended, Object: "remote_session", ObjectID: one.device, ObjectName: one.name, Reason: reason, After: after, At: now,
	}
	ctx := account.AsSystem(context.Background(), "remote control")
	if who != nil {
		ctx = account.With(context.Background(), *who)
	}
	s.Logger.Info("remote control ends", logkey.Site, one.site, logkey.Device, one.device, logkey.Command, one.id, logkey.Reason, reason)
	return s.Store.Record(ctx, account.Stamp(ctx, e))
}

func (s *Service) tell(one *session) {
	if s.Live != nil {
		s.Live.Publish(one.site, "remote_session", map[string]any{"id": one.id, "device_id": one.device})
	}
}

// Drop ends every session over an agent that is no longer trusted.
func (s *Service) Drop(agent domain.AgentID) {
	s.each(func(one *session) {
		if one.agent == agent {
			one.end(EndRevoked)
		}
	})
}

func (s *Service) each(f func(one *session)) {
	s.mu.Lock()
	all := make([]*session, 0, len(s.byID))
	for _, one := range s.byID {
		all = append(all, one)
	}
	s.mu.Unlock()
	for _, one := range all {
		f(one)
	}
}

// Run lives until ctx ends; then every session ends and is recorded.
func (s *Service) Run(ctx context.Context) error {
	<-ctx.Done()
	s.mu.Lock()
	s.over = true
	for id, a := range s.waiting {
		a.drop()
		delete(s.waiting, id)
	}
	s.mu.Unlock()
	s.each(func(one *session) {
		one.end(EndService)
		<-one.ended
	})
	return ctx.Err()
}

// origin is the address of a session's host: as the portal is reached, under the other name.
func (s *Service) origin(label string) string {
	host := label + "." + s.Domain
	if port := s.portal.Port(); port != "" {
		host += ":" + port
	}
	return s.portal.Scheme + "://" + host
}

// Hosts names every session's host for the policy of the portal's pages, which send tickets there; with a blank before it. Empty without a domain.
func (s *Service) Hosts() string {
	if s.Domain == "" {
		return ""
	}
	return " " + s.origin("*")
}

// label makes a host that nobody guesses: 128 bits and more.
func label() string { return strings.ToLower(rand.Text()) }
