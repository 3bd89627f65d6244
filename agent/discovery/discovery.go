package discovery

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"vestibule/agent/health"
	"vestibule/shared/clock"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
)

// Log takes the rows of what was found, moved and lost.
type Log interface {
	Append(ctx context.Context, kind domain.EventKind, body any) error
}

// Memory keeps what was found over a restart, so that a building whose power comes back knows its addresses before the first answer.
type Memory interface {
	Remember(ctx context.Context, mac domain.MAC, body []byte, seen time.Time) error
	Remembered(ctx context.Context) (map[domain.MAC][]byte, error)
}

// Conditions takes what is wrong.
type Conditions interface {
	Raise(ctx context.Context, code health.Code, about health.About, detail string)
	Clear(ctx context.Context, code health.Code, about health.About)
}

// Config is what Discovery works with. Memory, Neighbours, Cards, Changed and Reached may be nil; without Self nothing is announced, without Cards only
// what announces itself is found.
type Config struct {
	Interfaces []string // by name; those that do not exist yet are waited for
	Self       func() Self
	View       func() *desired.View
	Neighbours func(netip.Addr) (domain.MAC, bool)
	Cards      func() map[netip.Addr]domain.MAC // the whole neighbour table
	Changed    func(mac domain.MAC)             // a device appeared or moved
	Reached    func([]Reach)                    // who is heard where is something new
	Memory     Memory
	Log        Log
	Conditions Conditions
	Clock      clock.Clock
	Logger     *slog.Logger
}

// Discovery knows what is on the LAN. It is safe for concurrent use.
type Discovery struct {
	cfg   Config
	hurry chan struct{}

	mu    sync.Mutex
	list  []Found
	known map[domain.MAC]known
	peers map[string]bool // agents on this LAN, by the end of their ids
	spent int             // rows written in the minute that began at
	since time.Time       // this time
	reach []Reach         // told last
}

// known is a device that was found once.
type known struct {
	Found
	live bool
	told bool // there is a row about its present place
}

// Bounds of what a hostile network can make the agent keep and write.
const (
	maxKnown      = 4096
	rowsPerMinute = 600
)

// New makes a Discovery that knows nothing yet.
func New(cfg Config) *Discovery {
	if cfg.Neighbours == nil {
		cfg.Neighbours = func(netip.Addr) (domain.MAC, bool) { return "", false }
	}
	return &Discovery{cfg: cfg, hurry: make(chan struct{}, 1), known: map[domain.MAC]known{}}
}

// Hurry looks more often for two minutes: call it after an edit.
func (d *Discovery) Hurry() {
	select {
	case d.hurry <- struct{}{}:
	default:
	}
}

// List gives what is on the LAN now.
func (d *Discovery) List() []Found {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.list)
}

// ByMAC gives the newest finding of a device; live is false when it has been silent since.
func (d *Discovery) ByMAC(mac domain.MAC) (f Found, live, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	k, ok := d.known[mac]
	return k.Found, k.live, ok
}

// announces tells whether a device says itself where it is.
func (d *Discovery) announces(mac domain.MAC) bool {
	f, live, ok := d.ByMAC(mac)
	return ok && live && f.Service != neighbourService && f.Service != wsService
}

// Locate gives the newest address of a device's web interface.
func (d *Discovery) Locate(mac domain.MAC) (netip.AddrPort, bool) {
	f, _, ok := d.ByMAC(mac)
	return f.Addr, ok && f.Addr.IsValid()
}

// LocateSIP gives the newest address a device takes SIP at.
func (d *Discovery) LocateSIP(mac domain.MAC) (netip.AddrPort, bool) {
	f, _, ok := d.ByMAC(mac)
	return f.SIP, ok && f.SIP.IsValid()
}

// Beside tells whether another agent announces itself on this LAN. It is a claim like any other: nothing may be opened or given away by it.
func (d *Discovery) Beside(agent domain.AgentID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.peers[endOf(agent)]
}

// meet takes which agents are on the LAN now, and tells whether one has come.
func (d *Discovery) meet(agents map[string]bool) (came bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for a := range agents {
		came = came || !d.peers[a]
	}
	d.peers = agents
	return came
}

// again wakes who depends on each device that is here: another agent came, and may be the one that acts for it.
func (d *Discovery) again() {
	if d.cfg.Changed == nil {
		return
	}
	for _, f := range d.List() {
		if f.MAC != "" {
			d.cfg.Changed(f.MAC)
		}
	}
}

// recall takes in what the last process knew.
func (d *Discovery) recall(ctx context.Context) {
	if d.cfg.Memory == nil {
		return
	}
	kept, err := d.cfg.Memory.Remembered(ctx)
	if err != nil {
		d.cfg.Logger.LogAttrs(ctx, slog.LevelError, "found devices not read", slog.Any(logkey.Err, err))
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for mac, raw := range kept {
		var f Found
		if json.Unmarshal(raw, &f) == nil && f.MAC == mac && len(d.known) < maxKnown {
			d.known[mac] = known{Found: f, live: true, told: true}
		}
	}
}

// change is one difference to be told of.
type change struct {
	found Found
	lost  bool
}

// publish takes what is on the LAN now and tells of what changed. A device is lost when it was known, is not among them, and lost allows it.
func (d *Discovery) publish(ctx context.Context, now []Found, lost func(Found) bool) {
	changes := d.take(now, lost)
	for _, c := range changes {
		d.tell(ctx, c)
	}
}

func (d *Discovery) take(now []Found, lost func(Found) bool) []change {
	d.mu.Lock()
	defer d.mu.Unlock()
	if at := d.cfg.Clock.Now(); at.Sub(d.since) > time.Minute {
		d.since, d.spent = at, 0
	}
	d.list = now
	var out []change
	here := map[domain.MAC]bool{}
	for _, f := range now {
		if f.MAC == "" {
			continue
		}
		here[f.MAC] = true
		was, ok := d.known[f.MAC]
		if !ok && len(d.known) >= maxKnown {
			continue
		}
		k := known{Found: f, live: true, told: ok && was.told && was.live && was.Addr == f.Addr && was.SIP == f.SIP && was.Model == f.Model && was.Firmware == f.Firmware}
		if !k.told && d.spent < rowsPerMinute {
			d.spent++
			k.told = true
			out = append(out, change{found: f})
		}
		d.known[f.MAC] = k
	}
	for mac, k := range d.known {
		if here[mac] || !k.live || !lost(k.Found) || d.spent >= rowsPerMinute {
			continue
		}
		d.spent++
		k.live = false
		d.known[mac] = k
		out = append(out, change{found: k.Found, lost: true})
	}
	slices.SortFunc(out, func(a, b change) int { return strings.Compare(string(a.found.MAC), string(b.found.MAC)) })
	return out
}

// tell remembers a change, writes its row and wakes who depends on it: what the log has is known after a restart.
func (d *Discovery) tell(ctx context.Context, c change) {
	f := c.found
	if !c.lost {
		d.remember(ctx, f)
	}
	body := domain.DiscoveryBody{MAC: f.MAC, Model: f.Model, Firmware: f.Firmware, Service: f.Service, Lost: c.lost}
	if body.Address = f.Addr.String(); !f.Addr.IsValid() {
		body.Address = f.SIP.String()
	}
	if dev, ok := d.cfg.View().DeviceByMAC(f.MAC); ok {
		body.DeviceID = dev.ID
	}
	if err := d.cfg.Log.Append(context.WithoutCancel(ctx), domain.EventDiscovery, body); err != nil {
		d.cfg.Logger.LogAttrs(ctx, slog.LevelError, "discovery row not written", slog.String(logkey.MAC, string(f.MAC)), slog.Any(logkey.Err, err))
	}
	if !c.lost && d.cfg.Changed != nil {
		d.cfg.Changed(f.MAC)
	}
}

func (d *Discovery) remember(ctx context.Context, f Found) {
	if d.cfg.Memory == nil {
		return
	}
	raw, err := json.Marshal(f)
	if err == nil {
		err = d.cfg.Memory.Remember(context.WithoutCancel(ctx), f.MAC, raw, f.Seen)
	}
	if err != nil {
		d.cfg.Logger.LogAttrs(ctx, slog.LevelError, "found device not remembered", slog.Any(logkey.Err, err))
	}
}
