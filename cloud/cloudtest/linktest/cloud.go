package linktest

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/command"
	"vestibule/cloud/desiredstate"
	"vestibule/cloud/enroll"
	"vestibule/cloud/eventlog"
	"vestibule/cloud/hub"
	"vestibule/cloud/presence"
	"vestibule/cloud/seal"
	"vestibule/cloud/signal"
	"vestibule/cloud/store"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// Time is a clock that stands until it is moved.
type Time struct {
	mu  sync.Mutex
	now time.Time
}

// Now gives the time with a bound of 5 ms.
func (c *Time) Now() (time.Time, time.Duration) { return c.Wall(), 5 * time.Millisecond }

// Wall gives the time.
func (c *Time) Wall() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Move lets time pass.
func (c *Time) Move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Told is one message of the live stream.
type Told struct {
	Site domain.SiteID
	Kind string
	Data any
}

// Live keeps what portals would see.
type Live struct {
	mu   sync.Mutex
	told []Told
}

// Publish keeps a message.
func (l *Live) Publish(site domain.SiteID, kind string, data any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = append(l.told, Told{site, kind, data})
}

// Of gives the messages of a kind.
func (l *Live) Of(kind string) []Told {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []Told
	for _, m := range l.told {
		if m.Kind == kind {
			out = append(out, m)
		}
	}
	return out
}

// Lines carry messages to boxes; a Lines is a hub.Hub.
type Lines struct {
	mu     sync.Mutex
	boxes  map[domain.AgentID]*Box
	kicked []domain.AgentID
	lose   func(data []byte) bool
}

var _ hub.Hub = (*Lines)(nil)

// Run waits for ctx.
func (l *Lines) Run(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// Publish delivers to the box that is on conn.
func (l *Lines) Publish(agent domain.AgentID, conn domain.ConnID, data []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.boxes[agent]
	if b == nil {
		return fault.New(fault.Offline, "The agent is not connected.")
	}
	if b.Conn == conn && (l.lose == nil || !l.lose(data)) {
		b.in = append(b.in, data)
	}
	return nil
}

// Serving is always so: the lines need nothing.
func (l *Lines) Serving() bool { return true }

// Figures are none.
func (l *Lines) Figures() hub.Figures { return hub.Figures{} }

// Kick notes who was kicked and cuts its line.
func (l *Lines) Kick(agent domain.AgentID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kicked = append(l.kicked, agent)
	delete(l.boxes, agent)
}

// Kicked lists who was kicked.
func (l *Lines) Kicked() []domain.AgentID {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.kicked
}

// Lose drops every message for which f holds; nil drops none.
func (l *Lines) Lose(f func(data []byte) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lose = f
}

// Cloud is the link side of the cloud at work on one database.
type Cloud struct {
	Store    *store.Store
	Key      *seal.Key
	Site     domain.SiteID
	Caller   account.Caller
	Time     *Time
	Live     *Live
	Lines    *Lines
	Enroll   *enroll.Service
	Presence *presence.Service
	Desired  *desiredstate.Service
	Events   *eventlog.Service
	Commands *command.Service
	Signals  *signal.Service
	Router   *hub.Router
	Group    domain.GroupID

	t *testing.T
}

// Logger writes nowhere.
func Logger() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// Hooks changes what the services stand on before they are made.
type Hooks struct {
	Events   func(*eventlog.Config)
	Enroll   func(*enroll.Config)
	Presence func(*presence.Config)
}

// New joins the services on a database and makes an organisation with a site and one network group.
func New(t *testing.T, s *store.Store, hooks ...Hooks) *Cloud {
	t.Helper()
	// The database's own time is the machine's: the clock of the test starts there.
	c := &Cloud{
		Store: s, Key: seal.New([32]byte{1, 2, 3}), t: t, Live: &Live{}, Lines: &Lines{boxes: map[domain.AgentID]*Box{}},
		Time: &Time{now: time.Now().UTC().Truncate(time.Millisecond)},
	}
	var h Hooks
	for _, h = range hooks {
	}
	c.join(h)
	c.Site, c.Caller = c.NewSite("Harbour Lane")
	now := c.Time.Wall()
	c.Group = domain.NewID[domain.GroupID](now)
	trust, err := c.Desired.TrustOp()
	c.must(err)
	c.Edit(c.Site, trust, c.Op(desired.SectionSite, desired.Key(c.Site), domain.Site{ID: c.Site, Name: "Harbour Lane", TimeZone: "Europe/Berlin"}),
		c.Op(desired.SectionGroups, desired.Key(c.Group), domain.NetworkGroup{ID: c.Group, Name: "Network 1"}))
	return c
}

func (c *Cloud) join(h Hooks) {
	ec := enroll.Config{
		Store: c.Store, Sealer: c.Key, AgentsHost: "agents.example.com:8443", BrokerHost: "agents.example.com:8883", Names: []string{"127.0.0.1"},
		Now: c.Time.Wall, Logger: Logger(),
		AfterRevoke: func(ctx context.Context, agent domain.AgentID) {
			if err := c.Presence.Revoke(ctx, agent); err != nil {
				c.t.Error(err)
			}
			c.Lines.Kick(agent)
		},
	}
	if h.Enroll != nil {
		h.Enroll(&ec)
	}
	var err error
	c.Enroll, err = enroll.New(c.t.Context(), ec)
	c.must(err)
	pc := presence.Config{Store: c.Store, Live: c.Live, Clock: c.Time, Logger: Logger(), OnChange: func(agent domain.AgentID, state presence.State, conn domain.ConnID) {
		if state != presence.Online {
			c.Desired.Left(agent, conn)
		}
	}}
	if h.Presence != nil {
		h.Presence(&pc)
	}
	c.Presence = presence.New(pc)
	c.Desired = desiredstate.New(desiredstate.Config{
		Store: c.Store, Sender: c.Lines, Sealer: c.Key, Live: c.Live, Clock: c.Time, Logger: Logger(),
		Trust: desired.Trust{CommandKeys: c.Enroll.CommandKeys(), Roots: c.Enroll.Roots()},
	})
	c.Commands = command.New(command.Config{
		Store: c.Store, Presence: c.Presence, Sender: c.Lines, Live: c.Live, Clock: c.Time, Key: c.Enroll.CommandKey(), Logger: Logger(),
	})
	lc := eventlog.Config{Keys: c.Enroll, Store: c.Store, Shelf: c.Store, Commands: c.Commands, Live: c.Live, Clock: c.Time, Logger: Logger()}
	if h.Events != nil {
		h.Events(&lc)
	}
	c.Events = eventlog.New(lc)
	c.Signals = signal.New(signal.Config{Store: c.Store, Presence: c.Presence, Sender: c.Lines, Now: c.Time.Wall, Logger: Logger()})
	c.Router = hub.NewRouter(Logger())
	c.Router.Connect(c.Lines, hub.Jobs{Presence: c.Presence, Desired: c.Desired, Events: c.Events, Commands: c.Commands, Certificates: c.Enroll, Signals: c.Signals})
}

func (c *Cloud) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// System is a context of the service's own work.
func (c *Cloud) System() context.Context { return account.AsSystem(c.t.Context(), "test") }

// Person is a context of the site's installer.
func (c *Cloud) Person() context.Context { return account.With(c.t.Context(), c.Caller) }

// NewSite makes another organisation with a site, and somebody who may see it.
func (c *Cloud) NewSite(name string) (domain.SiteID, account.Caller) {
	c.t.Helper()
	now := c.Time.Wall()
	org := account.Org{ID: domain.NewID[domain.OrgID](now), Kind: account.OrgInstaller, Name: name, CreatedAt: now}
	c.must(c.Store.SaveOrg(c.System(), org))
	site := domain.Site{ID: domain.NewID[domain.SiteID](now), OrgID: org.ID, Name: name, TimeZone: "Europe/Berlin"}
	c.must(c.Store.PutSite(c.System(), site, now))
	return site.ID, account.Caller{Account: domain.NewID[domain.AccountID](now), Org: org.ID, Role: account.RoleInstaller, Name: "Ina Installer"}
}

// Op puts a noun into a document.
func (c *Cloud) Op(section desired.Section, key desired.Key, noun any) desired.Op {
	c.t.Helper()
	body, err := desired.Encode(noun)
	c.must(err)
	return desired.Op{Section: section, Key: key, Body: body}
}

// Edit makes the site's next version and announces it, as fleet does.
func (c *Cloud) Edit(site domain.SiteID, ops ...desired.Op) uint64 {
	c.t.Helper()
	version, err := c.Desired.Bump(c.System(), site, ops)
	c.must(err)
	c.Desired.Announce(site)
	return version
}

// DoorPhone puts a door phone with one relay into the document, in the group that agent acts for.
func (c *Cloud) DoorPhone(agent domain.AgentID, name string) domain.Device {
	c.t.Helper()
	d := domain.Device{
		ID: domain.NewID[domain.DeviceID](c.Time.Wall()), Type: domain.DoorPhone, MAC: "0C1105000001", Name: name, GroupID: c.Group,
		Driver: domain.DriverAkuvox, DTMF: domain.DTMFInfo, SIPUser: "1000000001",
		Relays: []domain.Relay{
			{Number: 1, Name: "Front door", Enabled: true, DTMF: "#", Mode: domain.Momentary, HoldMilli: 3000},
			{Number: 2, Name: "Garage", Enabled: false, DTMF: "*", Mode: domain.Momentary, HoldMilli: 3000},
		},
	}
	c.Edit(c.Site, c.Op(desired.SectionDevices, desired.Key(d.ID), d),
		c.Op(desired.SectionGroups, desired.Key(c.Group), domain.NetworkGroup{ID: c.Group, Name: "Network 1", Agents: []domain.AgentID{agent}}))
	return d
}
