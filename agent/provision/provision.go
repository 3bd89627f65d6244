package provision

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"vestibule/agent/device"
	"vestibule/agent/health"
	"vestibule/shared/capability"
	"vestibule/shared/clock"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

// Drivers is who talks to devices; *device.Drivers does.
type Drivers interface {
	Address(dev domain.Device) (netip.AddrPort, bool)
	Identify(ctx context.Context, id domain.DeviceID) (who device.Identity, matches bool, err error)
	Known(ctx context.Context, id domain.DeviceID) (device.Driver, error)
	Trim()
}

// Reporter takes receipts; it does not wait.
type Reporter interface {
	Report(report wire.DeviceReport)
}

// Log takes rows about devices.
type Log interface {
	Append(ctx context.Context, kind domain.EventKind, body any) error
}

// Conditions takes what is wrong with devices.
type Conditions interface {
	Raise(ctx context.Context, code health.Code, about health.About, detail string)
	Clear(ctx context.Context, code health.Code, about health.About)
}

// Config is what a Converger works with. Stored, SIP, Secure, Callbacks, Heard, Told and Beside may be nil.
type Config struct {
	Agent      domain.AgentID
	View       func() *desired.View
	Drivers    Drivers
	Registrar  func(device netip.Addr) (netip.AddrPort, bool)             // the agent's SIP address as a device sees it
	SIP        func(id domain.DeviceID) bool                              // has a live registration
	Secure     func() uint16                                              // the agent's port of SIP over TLS; 0: none
	Callbacks  func(dev domain.Device, agent netip.Addr) device.Callbacks // where it tells what happens at it
	Heard      func(mac domain.MAC) bool                                  // announces itself on the LAN
	Told       func(id domain.DeviceID) time.Time                         // when it last said something by itself; zero: never
	Beside     func(domain.AgentID) bool                                  // another agent that does
	Stored     []wire.DeviceReport                                        // what was told before a restart
	Reporter   Reporter
	Log        Log
	Conditions Conditions
	Clock      clock.Clock
	Logger     *slog.Logger
}

// talkingAtOnce bounds how many devices are talked to at the same time; a dead one gives its place back after a few seconds.
const talkingAtOnce = 256

// Converger runs one worker for each device this agent acts for.
type Converger struct {
	cfg     Config
	wake    chan struct{}
	slots   chan struct{}
	running sync.WaitGroup // workers at work

	mu      sync.Mutex
	workers map[domain.DeviceID]*worker
	stored  map[domain.DeviceID]wire.DeviceReport
	online  map[domain.DeviceID]domain.GroupID     // devices that are there
	doubled map[domain.ApartmentID]domain.DeviceID // homes with two monitors that pass calls on, with the second one
	foreign map[domain.DeviceID]domain.GroupID     // devices of other agents that were seen here, with the group they are said to be in
}

// New makes a Converger; nothing is asked before Run.
func New(cfg Config) *Converger {
	c := &Converger{
		cfg: cfg, wake: make(chan struct{}, 1), slots: make(chan struct{}, talkingAtOnce),
		workers: map[domain.DeviceID]*worker{}, stored: map[domain.DeviceID]wire.DeviceReport{},
		online: map[domain.DeviceID]domain.GroupID{}, foreign: map[domain.DeviceID]domain.GroupID{}, doubled: map[domain.ApartmentID]domain.DeviceID{},
	}
	for _, r := range cfg.Stored {
		c.stored[r.DeviceID] = r
	}
	return c
}

// Registrar gives the address under which a device reaches a SIP listener: the listener's own, or, when it listens everywhere, the one the kernel
// would talk to that device from. Nothing is sent.
func Registrar(listen netip.AddrPort) func(device netip.Addr) (netip.AddrPort, bool) {
	return func(device netip.Addr) (netip.AddrPort, bool) {
		if !listen.Addr().IsUnspecified() {
			return listen, true
		}
		conn, err := net.Dial("udp4", netip.AddrPortFrom(device, 9).String())
		if err != nil {
			return netip.AddrPort{}, false
		}
		defer func() { _ = conn.Close() }()
		local, err := netip.ParseAddrPort(conn.LocalAddr().String())
		return netip.AddrPortFrom(local.Addr(), listen.Port()), err == nil
	}
}

// Changed says that the document changed.
func (c *Converger) Changed() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Moved says that a device was found or changed its address.
func (c *Converger) Moved(mac domain.MAC) {
	dev, ok := c.cfg.View().DeviceByMAC(mac)
	if !ok {
		return
	}
	c.mu.Lock()
	w := c.workers[dev.ID]
	c.mu.Unlock()
	if w != nil {
		w.nudge(moved)
		return
	}
	c.astray(dev)
}

// Registered says that a device registered with the agent or signed off.
func (c *Converger) Registered(id domain.DeviceID) {
	c.mu.Lock()
	w := c.workers[id]
	c.mu.Unlock()
	if w != nil {
		w.nudge(spoke)
	}
}

// Run keeps a worker for each device of the document that this agent acts for, until ctx ends.
func (c *Converger) Run(ctx context.Context) error {
	defer c.stop()
	for {
		c.assign(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-c.wake:
		}
	}
}

// stop ends all workers and waits for what they are at.
func (c *Converger) stop() {
	c.mu.Lock()
	for _, w := range c.workers {
		w.stop()
	}
	c.mu.Unlock()
	c.running.Wait()
}

// assign starts workers of new devices, ends those of devices that are gone, and wakes the rest.
func (c *Converger) assign(ctx context.Context) {
	view := c.cfg.View()
	c.cfg.Drivers.Trim()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settled(ctx, view)
	c.transfers(ctx, view)
	for id, w := range c.workers {
		if dev, ok := view.Devices[id]; !ok || !view.Serves(c.cfg.Agent, dev) {
			w.stop()
			delete(c.workers, id)
			delete(c.stored, id)
			delete(c.online, id)
		}
	}
	for id, dev := range view.Devices {
		if !view.Serves(c.cfg.Agent, dev) {
			continue
		}
		w := c.workers[id]
		if w == nil {
			w = newWorker(ctx, c, id)
			c.workers[id] = w
		}
		w.nudge(changed)
	}
}

// spoken tells at once that the device registered or signed off; one that nobody writes to is there as long as it is registered.
func (w *worker) spoken(ctx context.Context) {
	if w.state.Manual && !w.state.Watched {
		w.step(ctx, w.tick())
		return
	}
	if report := w.state.Report; report.State != "" && w.c.cfg.SIP != nil {
		report.SIP = w.c.cfg.SIP(w.id)
		w.c.cfg.Reporter.Report(report)
	}
}

// due is when the worker looks again; a device that nobody wants anything of yet waits for the document.
func (w *worker) due() time.Time {
	if w.state.Due.IsZero() {
		return time.Now().Add(time.Hour)
	}
	return w.state.Due
}

// forget clears what was wrong with a device that this agent does not act for any more.
func (w *worker) forget(ctx context.Context) {
	if _, ok := w.c.cfg.View().Devices[w.id]; ok {
		return
	}
	for _, code := range []health.Code{health.DeviceUnreachable, health.DeviceConflict, health.DeviceRefuses, health.ReadBackDiffers, health.WrongGroup, health.DeviceFull} {
		w.c.cfg.Conditions.Clear(ctx, code, health.About{Device: w.id})
	}
}

func (w *worker) tick() Tick {
	cfg := w.c.cfg
	dev := cfg.View().Devices[w.id]
	t := Tick{Heard: cfg.SIP != nil && cfg.SIP(w.id) || cfg.Heard != nil && cfg.Heard(dev.MAC)}
	if at, ok := cfg.Drivers.Address(dev); ok {
		t.Address = at.String()
	}
	if cfg.Told != nil {
		t.Told = cfg.Told(w.id)
	}
	t.Peers = w.c.peers(dev)
	return t
}

// look tells the step what the document wants now.
func (w *worker) look(ctx context.Context) {
	view := w.c.cfg.View()
	if _, ok := view.Devices[w.id]; !ok {
		return
	}
	want := w.want(view)
	w.step(ctx, Wanted{
		Version: view.Version, MAC: want.Device.MAC, Digest: want.Digest(),
		Manual: !capability.Can(string(want.Device.Driver), capability.Configure), Watched: capability.Can(string(want.Device.Driver), capability.Identify),
		Lines: view.AutoP[w.id].Revision, Orders: ordersOf(view, w.id),
	})
}

// want reads what the device should know. While its address is not known, the registrar stays the one it was told last.
func (w *worker) want(view *desired.View) device.Wanted {
	dev := view.Devices[w.id]
	if at, ok := w.c.cfg.Drivers.Address(dev); ok {
		if registrar, ok := w.c.cfg.Registrar(at.Addr()); ok {
			w.registrar = registrar
		}
	}
	want := device.WantedOf(view, dev, w.registrar)
	if w.c.cfg.Secure != nil {
		want.Secure = w.c.cfg.Secure()
	}
	if w.c.cfg.Callbacks != nil && w.registrar.IsValid() {
		want.Callbacks = w.c.cfg.Callbacks(dev, w.registrar.Addr())
	}
	return want
}

// step makes one step and everything that follows from it.
func (w *worker) step(ctx context.Context, in Input) {
	for in != nil && ctx.Err() == nil {
		var effects []Effect
		w.state, effects = Step(w.state, in, w.c.cfg.Clock.Now(), rand.Float64())
		in = nil
		for _, e := range effects {
			if answer := w.carryOut(ctx, e); answer != nil {
				in = answer
			}
		}
	}
}

// carryOut does one effect; those that ask the device give the answer.
func (w *worker) carryOut(ctx context.Context, e Effect) Input {
	cfg := w.c.cfg
	about := health.About{Device: w.id}
	switch e := e.(type) {
	case Identify, Compare, Write, Order:
		return w.talk(ctx, e)
	case Tell:
		if cfg.SIP != nil {
			e.Report.SIP = cfg.SIP(w.id)
		}
		cfg.Reporter.Report(e.Report)
	case Parted:
		w.parted(ctx, e)
	case Presence:
		w.c.present(w.id, e.Online)
		w.row(ctx, domain.EventDeviceStatus, domain.StatusBody{DeviceID: w.id, Online: e.Online, Address: w.state.Report.Address})
	case Conflict:
		detail := "MAC " + string(e.Stranger) + " at " + w.state.Report.Address
		w.row(ctx, domain.EventConflict, domain.NoteBody{What: string(domain.ReasonWrongDevice), DeviceID: w.id, Detail: detail})
	case Raise:
		cfg.Conditions.Raise(ctx, e.Code, about, e.Detail)
	case Clear:
		cfg.Conditions.Clear(ctx, e.Code, about)
	}
	return nil
}

func (w *worker) row(ctx context.Context, kind domain.EventKind, body any) {
	if err := w.c.cfg.Log.Append(context.WithoutCancel(ctx), kind, body); err != nil {
		w.c.cfg.Logger.LogAttrs(ctx, slog.LevelError, "device row not written", slog.String(logkey.Device, w.id.String()), slog.Any(logkey.Err, err))
	}
}
