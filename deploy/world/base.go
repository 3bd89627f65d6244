package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"vestibule/cloud/audit"
	"vestibule/cloud/command"
	"vestibule/cloud/desiredstate"
	"vestibule/cloud/eventlog"
	"vestibule/cloud/presence"
	"vestibule/cloud/reach"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

var (
	_ presence.Store     = (*base)(nil)
	_ desiredstate.Store = (*base)(nil)
	_ eventlog.Store     = (*base)(nil)
	_ command.Store      = (*base)(nil)
)

// errNobody marks questions of people: nobody asks them in this world.
var errNobody = errors.New("nobody asks this here")

// chain names one chain of rows.
type chain struct {
	agent  domain.AgentID
	epoch  domain.EpochID
	stream domain.Stream
}

type place struct {
	section desired.Section
	key     desired.Key
}

// version is an entity as some version left it; no body: deleted.
type version struct {
	number uint64
	body   []byte
}

// document is a site's in the database.
type document struct {
	head     desiredstate.Mark
	entities map[place]version
	hashes   map[uint64]desired.Hash
}

// base is the cloud's database.
type base struct {
	memory
	w         *world
	sites     map[domain.AgentID]domain.SiteID
	keys      map[domain.AgentID][]byte
	devices   map[domain.DeviceID]*device
	links     map[domain.AgentID]presence.Link
	documents map[domain.SiteID]*document
	held      map[domain.AgentID]desiredstate.Mark
	lastTold  map[domain.AgentID]uint64
	reports   map[domain.DeviceID]wire.DeviceReport
	cursors   map[chain]eventlog.Cursor
	rows      map[chain]map[uint64]eventlog.Link
	order     []stored // rows as they were committed
	commands  map[domain.CommandID]command.Command
	issued    []domain.CommandID
}

type stored struct {
	site  domain.SiteID
	agent domain.AgentID
	row   wire.Row
}

func newBase(w *world) *base {
	return &base{
		w: w, sites: map[domain.AgentID]domain.SiteID{}, keys: map[domain.AgentID][]byte{}, devices: map[domain.DeviceID]*device{},
		links: map[domain.AgentID]presence.Link{}, documents: map[domain.SiteID]*document{}, held: map[domain.AgentID]desiredstate.Mark{}, lastTold: map[domain.AgentID]uint64{},
		reports: map[domain.DeviceID]wire.DeviceReport{}, cursors: map[chain]eventlog.Cursor{}, rows: map[chain]map[uint64]eventlog.Link{},
		commands: map[domain.CommandID]command.Command{},
	}
}

// Links of agents.

func (b *base) LockLink(_ context.Context, agent domain.AgentID) (domain.SiteID, presence.Link, error) {
	return b.sites[agent], b.links[agent], nil
}

func (b *base) ReadLink(ctx context.Context, agent domain.AgentID) (domain.SiteID, presence.Link, error) {
	return b.LockLink(ctx, agent)
}

func (b *base) TouchLink(_ context.Context, agent domain.AgentID, conn domain.ConnID, now time.Time) (bool, error) {
	l := b.links[agent]
	if l.State != presence.Online || l.Reason != wire.RefuseNone || l.Conn != conn || conn.IsZero() {
		return false, nil
	}
	l.BeatAt = now
	return true, b.change(func() { put(&b.memory, b.links, agent, l) })
}

func (b *base) SaveLink(_ context.Context, agent domain.AgentID, l presence.Link, _ *presence.Facts) error {
	return b.change(func() { put(&b.memory, b.links, agent, l) })
}

// DeviceOnline: the devices of this world are always there.
func (b *base) DeviceOnline(context.Context, domain.DeviceID) (bool, error) { return true, nil }

func (b *base) DueLinks(_ context.Context, now time.Time, _ int) ([]domain.AgentID, error) {
	return b.agents(func(l presence.Link) bool {
		after, _ := presence.Step(l, presence.Tick{}, now)
		return after != l
	}), nil
}

func (b *base) RestartLinks(_ context.Context, began, now time.Time) error {
	return b.change(func() {
		for _, a := range b.w.agents {
			l, _ := presence.Step(b.links[a.id], presence.Restarted{Began: began}, now)
			put(&b.memory, b.links, a.id, l)
		}
	})
}

func (b *base) agents(want func(presence.Link) bool) []domain.AgentID {
	var out []domain.AgentID
	for _, a := range b.w.agents {
		if want(b.links[a.id]) {
			out = append(out, a.id)
		}
	}
	return out
}

func (b *base) Agents(context.Context, domain.SiteID) ([]presence.Agent, error) {
	return nil, errNobody
}

func (b *base) Agent(context.Context, domain.SiteID, domain.AgentID) (presence.Agent, error) {
	return presence.Agent{}, errNobody
}

// Documents.

func (b *base) document(site domain.SiteID) *document {
	d := b.documents[site]
	if d == nil {
		d = &document{entities: map[place]version{}, hashes: map[uint64]desired.Hash{}}
		b.documents[site] = d
	}
	return d
}

func (b *base) LockHead(_ context.Context, site domain.SiteID) (desiredstate.Mark, error) {
	return b.document(site).head, nil
}

func (b *base) ReadHead(ctx context.Context, site domain.SiteID) (desiredstate.Mark, error) {
	return b.LockHead(ctx, site)
}

// ops gives the entities above a version in the order of their places.
func (b *base) ops(site domain.SiteID, above uint64, deletions bool) []desired.Op {
	d := b.document(site)
	places := slices.SortedFunc(maps.Keys(d.entities), func(x, y place) int {
		return cmp.Or(cmp.Compare(x.section, y.section), bytes.Compare(x.key[:], y.key[:]))
	})
	var out []desired.Op
	for _, p := range places {
		v := d.entities[p]
		if v.number > above && (deletions || len(v.body) > 0) {
			out = append(out, desired.Op{Section: p.section, Key: p.key, Body: v.body})
		}
	}
	return out
}

func (b *base) Entities(_ context.Context, site domain.SiteID) ([]desired.Op, error) {
	return b.ops(site, 0, false), nil
}

func (b *base) OpsSince(_ context.Context, site domain.SiteID, number uint64) ([]desired.Op, error) {
	return b.ops(site, number, true), nil
}

func (b *base) SaveVersion(_ context.Context, site domain.SiteID, head desiredstate.Mark, ops []desired.Op, keep int) error {
	d := b.document(site)
	return b.change(func() {
		set(&b.memory, &d.head, head)
		put(&b.memory, d.hashes, head.Version, head.Hash)
		if head.Version > uint64(keep) {
			drop(&b.memory, d.hashes, head.Version-uint64(keep))
		}
		for _, op := range ops {
			put(&b.memory, d.entities, place{op.Section, op.Key}, version{head.Version, op.Body})
		}
	})
}

func (b *base) HashAt(_ context.Context, site domain.SiteID, number uint64) (desired.Hash, bool, error) {
	h, ok := b.document(site).hashes[number]
	return h, ok, nil
}

func (b *base) AgentKey(_ context.Context, agent domain.AgentID) (desiredstate.AgentKey, error) {
	return desiredstate.AgentKey{Site: b.sites[agent], Public: b.keys[agent], Told: b.lastTold[agent]}, nil
}

func (b *base) SaveHeld(_ context.Context, agent domain.AgentID, held desiredstate.Mark, _ uint64) (time.Duration, error) {
	return 0, b.change(func() { put(&b.memory, b.held, agent, held) })
}

func (b *base) SaveReports(_ context.Context, _ domain.AgentID, reports []wire.DeviceReport, _ bool) ([]desiredstate.Receipt, error) {
	return nil, b.change(func() {
		for _, r := range reports {
			put(&b.memory, b.reports, r.DeviceID, r)
		}
	})
}

func (b *base) SaveTold(_ context.Context, agent domain.AgentID, told uint64) error {
	return b.change(func() { put(&b.memory, b.lastTold, agent, told) })
}

func (b *base) SaveTrunk(context.Context, domain.AgentID, wire.TrunkReport) error { return nil }

func (b *base) SaveReach(context.Context, domain.AgentID, []reach.Link) error { return nil }

func (b *base) SeeSite(context.Context, domain.SiteID) error { return nil }

func (b *base) Reports(context.Context, domain.SiteID, ...domain.DeviceID) ([]desiredstate.Receipt, error) {
	return nil, errNobody
}

func (b *base) WalkerBatches(context.Context, domain.SiteID, desiredstate.Place, uint64) ([]desiredstate.Batch, error) {
	return nil, errNobody
}

func (b *base) Walkers(context.Context, domain.SiteID, desiredstate.Place, uint64, int) ([]desiredstate.Walker, error) {
	return nil, errNobody
}

func (b *base) HeldBy(context.Context, domain.SiteID) (map[domain.AgentID]uint64, error) {
	return nil, errNobody
}

// Commands.

// Record takes an entry of the audit log, which nobody reads in this world.
func (b *base) Record(context.Context, audit.Entry) error { return nil }

func (b *base) Target(_ context.Context, site domain.SiteID, id domain.DeviceID) (domain.Device, domain.AgentID, error) {
	d := b.devices[id]
	if d == nil || d.agent.site.id != site {
		return domain.Device{}, domain.AgentID{}, fault.New(fault.NotFound, "This device does not exist.")
	}
	return d.noun, d.agent.id, nil
}

func (b *base) InsertCommand(_ context.Context, c command.Command) error {
	return b.change(func() {
		put(&b.memory, b.commands, c.ID, c)
		grow(&b.memory, &b.issued, c.ID)
	})
}

func (b *base) CommandByKey(context.Context, domain.AccountID, string, time.Time) (command.Command, error) {
	return command.Command{}, fault.New(fault.NotFound, "This key was not used.")
}

func (b *base) DropKey(context.Context, domain.AccountID, string, time.Time) error { return nil }

func (b *base) ReadCommand(_ context.Context, id domain.CommandID) (command.Command, error) {
	c, ok := b.commands[id]
	if !ok {
		return c, fault.New(fault.NotFound, "This command does not exist.")
	}
	return c, nil
}

func (b *base) LockCommand(ctx context.Context, id domain.CommandID) (command.Command, error) {
	return b.ReadCommand(ctx, id)
}

func (b *base) SaveCommand(_ context.Context, c command.Command) error {
	return b.change(func() { put(&b.memory, b.commands, c.ID, c) })
}

func (b *base) OpenCommands(context.Context, int) ([]command.Command, error) {
	var out []command.Command
	for _, id := range b.issued {
		if c := b.commands[id]; c.Open() {
			out = append(out, c)
		}
	}
	return out, nil
}

func (b *base) SeeCommand(context.Context, domain.SiteID, domain.CommandID) (command.Command, error) {
	return command.Command{}, errNobody
}
