package agent

import (
	"context"
	"crypto/hpke"
	"fmt"
	"net/netip"
	"path/filepath"
	"time"

	"vestibule/agent/autop"
	"vestibule/agent/callback"
	"vestibule/agent/configsync"
	"vestibule/agent/device"
	"vestibule/agent/device/akuvox"
	"vestibule/agent/device/onvif"
	"vestibule/agent/device/twon"
	"vestibule/agent/device/web"
	"vestibule/agent/device/webrelay"
	"vestibule/agent/discovery"
	"vestibule/agent/door"
	"vestibule/agent/enroll"
	"vestibule/agent/health"
	"vestibule/agent/link"
	"vestibule/agent/maintenance"
	"vestibule/agent/media"
	"vestibule/agent/neighbour"
	"vestibule/agent/outbox"
	"vestibule/agent/peer"
	"vestibule/agent/provision"
	"vestibule/agent/relay"
	"vestibule/agent/relay/devicerelay"
	"vestibule/agent/relay/modbus"
	"vestibule/agent/remote"
	"vestibule/agent/sip"
	"vestibule/agent/trunk"
	"vestibule/agent/tunnel"
	"vestibule/shared/clock"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

// house is everything that lives once the agent belongs to a site.
type house struct {
	agent     *Agent
	id        enroll.Identity
	outbox    *outbox.Outbox
	sync      *configsync.Sync
	discovery *discovery.Discovery
	drivers   *device.Drivers
	provision *provision.Converger
	doors     *door.Doors
	autop     *autop.Server       // nil: no files are served
	callbacks *callback.Callbacks // nil: what devices say is not taken
	sip       *sip.Server
	peers     *peer.Peer
	keeper    *maintenance.Keeper
	tunnels   *tunnel.Tunnels
	remote    *remote.Remote
	renewer   *enroll.Renewer
	link      *link.Link
	statuses  chan link.Status // one place: the newest
}

func (a *Agent) build(ctx context.Context, id enroll.Identity) (*house, error) {
	h := &house{agent: a, id: id, statuses: make(chan link.Status, 1)}
	h.outbox = outbox.New(outbox.Config{
		Shelf: a.store, Agent: func() domain.AgentID { return id.Agent }, Clock: clock.System{}, Boot: a.boot, Sure: h.clockSure,
		Quarantined: h.quarantined, Sign: a.sign, Logger: a.part("outbox"),
	})
	a.store.OnFull(h.outbox.MakeRoom)
	a.rows.set(h.outbox)
	var err error
	h.sync, err = configsync.New(ctx, configsync.Config{
		Shelf: a.store, Log: h.outbox, Key: h.configKey, Clock: clock.System{}, Wall: a.floor.Now, GoodAfter: a.cfg.Pace.Good, Logger: a.part("configsync"),
	})
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	h.buildCallbacks(ctx)
	if err := h.buildDoors(ctx); err != nil {
		return nil, err
	}
	if err := h.buildCalls(ctx); err != nil {
		return nil, err
	}
	if err := h.buildLink(ctx); err != nil {
		return nil, err
	}
	h.buildFiles(ctx)
	h.sync.OnChange(func(*desired.View) {
		h.drivers.Trim()
		h.provision.Changed()
		h.doors.Refresh()
		h.discovery.Hurry()
		h.sip.TrunkChanged()
		if changed := h.agent.cfg.Changed; changed != nil {
			changed()
		}
	})
	return h, nil
}

func (h *house) buildDoors(ctx context.Context) error {
	a := h.agent
	h.discovery = discovery.New(discovery.Config{
		Interfaces: a.cfg.Interfaces, Self: h.self, View: h.sync.Current, Neighbours: neighbour.Table{}.MAC, Cards: neighbour.Table{}.All, Changed: h.moved,
		Reached: func(links []discovery.Reach) { h.sync.ReportReach(discovery.Told(links)) },
		Memory:  memory{a.store}, Log: h.outbox, Conditions: a.conditions, Clock: clock.System{}, Logger: a.part("discovery"),
	})
	h.drivers = device.NewDrivers(h.sync.Current, h.discovery.Locate, map[domain.Driver]func() device.Driver{
		domain.DriverAkuvox: func() device.Driver { return akuvox.New(web.Options{Gap: a.cfg.Pace.Gap}) },
		domain.DriverTwoN:   func() device.Driver { return twon.New(web.Options{Gap: a.cfg.Pace.Gap}) },
		domain.DriverONVIF:  func() device.Driver { return onvif.New(web.Options{Gap: a.cfg.Pace.Gap}) },
		domain.DriverWebRelay: func() device.Driver {
			return webrelay.New(webrelay.Options{Web: web.Options{Gap: a.cfg.Pace.Gap}, Neighbours: neighbour.Table{}.MAC})
		},
	})
	h.drivers.KeepPins(newPins(ctx, a.store, h.sync.Current, a.part("device")))
	h.provision = provision.New(provision.Config{
		Agent: h.id.Agent, View: h.sync.Current, Drivers: h.drivers, Registrar: provision.Registrar(a.sipAddr),
		SIP:    func(id domain.DeviceID) bool { return h.sip != nil && h.sip.Registered(id) },
		Secure: h.securePort, Callbacks: h.callbacksOf,
		Told:   h.toldAt,
		Heard:  func(mac domain.MAC) bool { _, live, ok := h.discovery.ByMAC(mac); return ok && live },
		Beside: h.discovery.Beside,
		Stored: h.sync.Receipts(), Reporter: h.sync, Log: h.outbox, Conditions: a.conditions, Clock: clock.System{}, Logger: a.part("provision"),
	})
	acts, err := door.NewFiles(filepath.Join(a.cfg.DataDir, "acts"))
	if err != nil {
		return fmt.Errorf("journal of acts: %w", err)
	}
	h.doors = door.New(door.Config{
		Agent: h.id.Agent, View: h.sync.Current,
		Boards: func(line domain.Line, layout func(unit int) (relay.Board, bool)) relay.Switch {
			return modbus.New(modbus.Config{Line: line, Layout: layout})
		},
		Devices: func(id domain.DeviceID) relay.Timer { return devicerelay.New(h.drivers, id) },
		Log:     h.outbox, Journal: told{acts, h.callbacks}, Conditions: a.conditions, Clock: clock.System{}, Logger: a.part("door"),
	})
	return nil
}

func (h *house) buildCalls(ctx context.Context) error {
	a := h.agent
	line := trunk.New(ctx, trunk.Config{
		Agent: h.id.Agent, View: h.sync.Current, Shelf: a.store, Log: h.outbox, Conditions: a.conditions, Report: h.sync.ReportTrunk, Now: a.floor.Now,
		Logger: a.part("trunk"),
	})
	sockets := a.sockets
	a.sockets = nil
	h.buildPeers()
	var err error
	h.sip, err = sip.New(sip.Config{
		Listen: a.sipAddr.String(), Sockets: sockets, Secure: a.cfg.SIPS, Certificate: a.page.Certificate(), Limits: sip.Limits{PerSec: a.cfg.SIPRate}, Agent: h.id.Agent, View: h.sync.Current, Bindings: a.store, Legs: a.legs, Log: h.outbox, Recorded: a.store.HasCall, InTx: a.store.InTx,
		Open: func(ctx context.Context, ask sip.Ask) sip.Outcome {
			return sip.Outcome(h.doors.Open(ctx, door.Ask(ask)))
		},
		Address: func(d domain.Device) (netip.AddrPort, bool) { return h.discovery.LocateSIP(d.MAC) },
		Firmware: func(id domain.DeviceID) (string, string) {
			r := h.sync.Receipt(id)
			return r.Model, r.Firmware
		},
		Neighbours: neighbour.Table{}.MAC, Online: func() bool { return h.link != nil && h.link.Online() },
		Trunk:   line,
		Changed: h.provision.Registered, Called: a.cfg.Called, Media: media.NewPool(media.Config{}), Peers: h.peers, Paths: h.paths,
		Now: time.Now, Logger: a.part("sip"),
	})
	return err
}

func (h *house) buildLink(ctx context.Context) error {
	a := h.agent
	h.keeper = maintenance.New(maintenance.Config{
		Agent: h.id.Agent, View: h.sync.Current, Drivers: h.drivers, Watcher: h.provision, Logger: a.part("maintenance"),
	})
	h.buildTunnels()
	h.remote = remote.New(remote.Config{
		Journal: a.store, Log: h.outbox, Doors: h.doors, Acts: acts{h}, Agent: func() domain.AgentID { return h.id.Agent }, Keys: h.commandKeys,
		Clock: clock.System{}, Wall: a.floor.Now, Logger: a.part("remote"),
	})
	if err := h.remote.Recover(ctx); err != nil {
		return fmt.Errorf("commands: %w", err)
	}
	h.renewer = enroll.NewRenewer(a.enrolment, func() { h.link.Wake() })
	h.link = link.New(link.Config{
		Identity: a.store.Identity, Fence: a.store, Outbox: h.outbox, Document: h.sync,
		Parts: []link.Part{h.sync, h.remote, h.peers, h.renewer, h.outbox}, // the present state first, the backlog last
		Clock: clock.System{}, Floor: a.floor, Boot: a.boot, Version: a.cfg.Version, LANAddress: a.lanAddress, Files: h.filesAddress, Pace: a.cfg.Pace.Link,
		Changed: h.linkChanged, Logger: a.part("link"),
	})
	return nil
}

// buildFiles makes what gives devices their provisioning files. Calls and doors do not wait for it: without its port there are no files, and no more.
func (h *house) buildFiles(ctx context.Context) {
	a := h.agent
	if a.cfg.AutoP == "" {
		return
	}
	files, err := autop.Listen(ctx, autop.Config{
		Agent: h.id.Agent, Listen: a.cfg.AutoP, Secure: a.cfg.AutoPS, Certificate: a.page.Certificate(), Interfaces: a.cfg.Interfaces,
		View: h.sync.Current, Registrar: provision.Registrar(a.sipAddr), SecureSIP: h.securePort, Callbacks: h.callbacksOf, Neighbours: neighbour.Table{}.MAC,
		Identity: func(id domain.DeviceID) device.Identity {
			r := h.sync.Receipt(id)
			return device.Identity{MAC: r.MAC, Model: r.Model, Firmware: r.Firmware}
		},
		Shelf: a.store, Log: h.outbox, Conditions: a.conditions, Now: a.floor.Now, Sure: h.clockSure, Logger: a.part("autop"),
	})
	if err != nil {
		a.log.ErrorContext(ctx, "no provisioning files", logkey.Err, err)
		a.conditions.Raise(ctx, health.FilesOff, health.About{}, a.cfg.AutoP)
		return
	}
	h.autop = files
	a.conditions.Clear(ctx, health.FilesOff, health.About{})
}

// filesAddress is where devices on the LAN of the agent's page fetch their provisioning files; empty when there are none.
func (h *house) filesAddress() string {
	lan, err := netip.ParseAddrPort(h.agent.lanAddress())
	if h.autop == nil || err != nil {
		return ""
	}
	return h.autop.At(lan.Addr()).String()
}

func (h *house) run(ctx context.Context) error {
	parts := map[string]func(context.Context) error{
		"outbox": h.outbox.Run, "configsync": h.sync.Run, "discovery": h.discovery.Run, "provision": h.provision.Run, "door": h.doors.Run,
		"sip": h.sip.Run, "remote": h.remote.Run, "tunnels": h.tunnels.Run, "peers": h.peers.Run, "renewer": h.renewer.Run, "link": h.link.Run, "conditions": h.watchLink,
	}
	if h.autop != nil {
		parts["autop"] = h.autop.Run
	}
	if h.callbacks != nil {
		parts["callbacks"] = h.callbacks.Run
	}
	return together(ctx, h.agent.log, parts)
}

func (h *house) configKey(ctx context.Context) (domain.AgentID, hpke.PrivateKey, error) {
	id, _, err := h.agent.store.Identity(ctx)
	if err != nil {
		return id.Agent, nil, err
	}
	key, err := id.OpenKey()
	return id.Agent, key, err
}

// commandKeys reads the stored identity: the document's trust renews it.
func (h *house) commandKeys() [][]byte {
	id, _, err := h.agent.store.Identity(context.Background())
	if err != nil {
		h.agent.log.Error("no key to judge commands by", logkey.Err, err)
		return nil
	}
	return id.CommandKeys
}

func (h *house) self() discovery.Self {
	return discovery.Self{Agent: h.id.Agent, Version: h.agent.cfg.Version, Page: h.agent.page.Addr().Port()}
}

func (h *house) moved(mac domain.MAC) { h.provision.Moved(mac) }

func (h *house) clockSure() bool { return h.link != nil && h.link.ClockSure() }

func (h *house) quarantined(rows int) {
	h.agent.log.Warn("rows were put into quarantine", logkey.Count, rows)
}

// linkChanged passes the newest status on without waiting.
func (h *house) linkChanged(s link.Status) {
	for {
		select {
		case h.statuses <- s:
			return
		default:
		}
		select {
		case <-h.statuses: // only the newest counts
		default:
		}
	}
}

// watchLink keeps the conditions of the link. A break that is over within wire.QuietFor is none, here as in the cloud: it would cost two rows of the log.
func (h *house) watchLink(ctx context.Context) error {
	conditions := h.agent.conditions
	var broken <-chan time.Time
	down := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-broken:
			broken, down = nil, true
			conditions.Raise(ctx, health.LinkDown, health.About{}, "")
		case s := <-h.statuses:
			switch {
			case s.Online():
				broken, down = nil, false
				conditions.Clear(ctx, health.LinkDown, health.About{})
			case s.Refused != wire.RefuseNone:
				broken, down = nil, true
				conditions.Raise(ctx, health.LinkDown, health.About{}, string(s.Refused))
			case broken == nil && !down:
				broken = time.After(wire.QuietFor)
			}
			if s.Jumped {
				conditions.Raise(ctx, health.DiskRolledBack, health.About{}, "")
			}
		}
	}
}
