package tunnel_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/yamux"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/cloud/command"
	"vestibule/cloud/tunnel"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

const (
	portal   = "http://doors.example.com"
	sessions = "remote.example.net"
	address  = "192.168.7.20"
	patience = 20 * time.Second
)

var (
	site   = domain.SiteID{1}
	device = domain.DeviceID{2}
	agent  = domain.AgentID{3}
	ina    = account.Caller{Account: domain.AccountID{4}, Name: "Ina", Org: domain.OrgID{5}, HomeOrg: domain.OrgID{5}}
	olaf   = account.Caller{Account: domain.AccountID{6}, Name: "Olaf", Org: domain.OrgID{5}, HomeOrg: domain.OrgID{5}}
	eve    = account.Caller{Account: domain.AccountID{7}, Name: "Eve", Org: domain.OrgID{8}, HomeOrg: domain.OrgID{8}}
)

// house is a service with an agent that dials in and a device at its other end.
type house struct {
	t       *testing.T
	service *tunnel.Service
	front   *httptest.Server // people's listener
	back    *httptest.Server // agents' listener
	device  http.Handler

	mu       sync.Mutex
	commands map[domain.CommandID]command.Command
	recorded []audit.Entry
	reason   domain.Reason // the agent refuses with it
	as       domain.AgentID
	way      *yamux.Session
}

func newHouse(t *testing.T, device http.Handler, change ...func(*tunnel.Config)) *house {
	t.Helper()
	h := &house{t: t, device: device, commands: map[domain.CommandID]command.Command{}, as: agent}
	cfg := tunnel.Config{
		Commands: h, Store: h, Domain: sessions, Origin: portal, Now: time.Now, Logger: slog.New(slog.DiscardHandler),
		Admit: func(context.Context, []*x509.Certificate) (domain.AgentID, error) {
			h.mu.Lock()
			defer h.mu.Unlock()
			if h.as.IsZero() {
				return h.as, fault.New(fault.Unauthenticated, "no")
			}
			return h.as, nil
		},
	}
	for _, f := range change {
		f(&cfg)
	}
	var err error
	if h.service, err = tunnel.New(cfg); err != nil {
		t.Fatal(err)
	}
	h.front = httptest.NewServer(h.service.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "the portal") })))
	h.back = httptest.NewTLSServer(http.HandlerFunc(h.service.DialIn))
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() { over <- h.service.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-over; h.front.Close(); h.back.Close() })
	return h
}

func (h *house) Record(_ context.Context, e audit.Entry) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.recorded = append(h.recorded, e)
	return nil
}

func (h *house) ReadCommand(_ context.Context, id domain.CommandID) (command.Command, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c, ok := h.commands[id]
	if !ok {
		return c, fault.New(fault.NotFound, "no such command")
	}
	return c, nil
}

func (h *house) SeeSite(ctx context.Context, id domain.SiteID) error {
	if caller, ok := account.From(ctx); !ok || caller.Org != ina.Org || id != site {
		return fault.New(fault.NotFound, "This site does not exist.")
	}
	return nil
}

func (h *house) DeviceAddress(context.Context, domain.DeviceID) (string, error) {
	return address + ":80", nil
}

// ask makes a command of the kind that agents answer with a tunnel.
func (h *house) ask(kind wire.CommandKind) command.Command {
	c := command.Command{ID: domain.NewID[domain.CommandID](time.Now()), Site: site, Agent: agent, Kind: kind, Device: device, IssuedAt: time.Now(), TTL: wire.DoorTTL}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.commands[c.ID] = c
	return c
}

func (h *house) Reach(ctx context.Context, of domain.SiteID, _ domain.DeviceID, _ account.Caller) (command.Outcome, domain.AgentID, string, error) {
	if err := h.SeeSite(ctx, of); err != nil {
		return command.Outcome{}, agent, "", err
	}
	h.mu.Lock()
	reason := h.reason
	h.mu.Unlock()
	c := h.ask(wire.CommandRemoteOpen)
	if reason != "" {
		return command.Outcome{ID: c.ID, Result: domain.ActFailed, Reason: reason}, agent, "Gate", nil
	}
	way, err := h.dial(c.ID)
	if err != nil {
		return command.Outcome{}, agent, "", err
	}
	h.mu.Lock()
	h.way = way
	c.Result = domain.ActDone
	h.commands[c.ID] = c
	h.mu.Unlock()
	go func() { _ = (&http.Server{Handler: h.device, ReadHeaderTimeout: time.Minute}).Serve(way) }()
	return command.Outcome{ID: c.ID, Result: domain.ActDone}, agent, "Gate", nil
}

// dial goes in as an agent does.
func (h *house) dial(id domain.CommandID) (*yamux.Session, error) {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, h.back.URL+wire.TunnelPath+id.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Connection", "Upgrade")
	req.Header.Set("Upgrade", wire.TunnelProtocol)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool(h.back), MinVersion: tls.VersionTLS13}}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		_ = resp.Body.Close()
		return nil, errors.New(resp.Status)
	}
	cfg := yamux.DefaultConfig()
	cfg.LogOutput = io.Discard
	way, err := yamux.Server(resp.Body.(io.ReadWriteCloser), cfg)
	if err == nil {
		h.t.Cleanup(func() { _ = way.Close() })
	}
	return way, err
}

func pool(s *httptest.Server) *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(s.Certificate())
	return p
}

// browser is one that has entered a session.
type browser struct {
	h    *house
	view tunnel.View
	host string
	jar  []*http.Cookie
}

func as(by account.Caller) context.Context { return account.With(context.Background(), by) }

func (h *house) open() tunnel.View {
	h.t.Helper()
	view, err := h.service.Open(as(ina), site, device, ina)
	if err != nil {
		h.t.Fatal(err)
	}
	return view
}

func (h *house) enter() *browser {
	h.t.Helper()
	b := &browser{h: h, view: h.open()}
	if a := b.redeem(b.ticket()); a.StatusCode != http.StatusOK {
		h.t.Fatalf("the ticket gives %d", a.StatusCode)
	}
	return b
}

func (b *browser) ticket() string {
	b.h.t.Helper()
	ticket, err := b.h.service.Enter(as(ina), site, b.view.ID, ina)
	if err != nil {
		b.h.t.Fatal(err)
	}
	at, err := url.Parse(ticket.Address)
	if err != nil || at.Path != "/.vestibule/enter" || strings.Contains(ticket.Address, ticket.Ticket) {
		b.h.t.Fatalf("%q %v", ticket.Address, err)
	}
	b.host = at.Host
	return ticket.Ticket
}

func (b *browser) redeem(ticket string, change ...func(*http.Request)) *http.Response {
	b.h.t.Helper()
	a := b.send(http.MethodPost, "/.vestibule/enter", url.Values{"ticket": {ticket}}.Encode(), append([]func(*http.Request){func(r *http.Request) {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", portal)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
	}}, change...)...)
	b.jar = append(b.jar, a.Cookies()...)
	return a
}

// send asks on the session's host; redirects are not followed, and the answer is read whole, as far as it comes.
func (b *browser) send(method, path, body string, change ...func(*http.Request)) *http.Response {
	b.h.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, b.h.front.URL+path, strings.NewReader(body))
	if err != nil {
		b.h.t.Fatal(err)
	}
	req.Host = b.host
	for _, c := range b.jar {
		req.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	for _, f := range change {
		f(req)
	}
	client := &http.Client{Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		b.h.t.Fatal(err)
	}
	text, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(strings.NewReader(string(text)))
	return resp
}

func (b *browser) get(path string, change ...func(*http.Request)) *http.Response {
	b.h.t.Helper()
	return b.send(http.MethodGet, path, "", change...)
}

func text(r *http.Response) string {
	all, _ := io.ReadAll(r.Body)
	return string(all)
}

// ended waits until n sessions are over and gives what was recorded.
func (h *house) ended(n int) []audit.Entry {
	h.t.Helper()
	late := time.After(patience)
	for {
		h.mu.Lock()
		all := append([]audit.Entry{}, h.recorded...)
		h.mu.Unlock()
		if len(all) >= n {
			return all
		}
		select {
		case <-late:
			h.t.Fatalf("%d ends are recorded, want %d", len(all), n)
		case <-time.After(5 * time.Millisecond):
		}
	}
}
