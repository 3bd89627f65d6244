package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"log/slog"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/command"
	"vestibule/cloud/desiredstate"
	"vestibule/cloud/eventlog"
	"vestibule/cloud/hub"
	"vestibule/cloud/presence"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

var quietly = slog.New(slog.DiscardHandler)

// signing is the cloud's key for commands.
var signing = ed25519.NewKeyFromSeed([]byte("the key of every world there is."))

// cloud is the process of the cloud: everything but base dies with it.
type cloud struct {
	w     *world
	up    bool
	boots int
	skew  time.Duration // of its clock against the truth
	bound time.Duration // that it admits
	ill   time.Time     // the database fails until then

	router   *hub.Router
	presence *presence.Service
	desired  *desiredstate.Service
	events   *eventlog.Service
	commands *command.Service
}

// Now is the database's time as this process knows it.
func (c *cloud) Now() (time.Time, time.Duration) {
	return c.w.now.Add(c.skew).Truncate(time.Millisecond), c.bound + time.Millisecond
}

// plain stands in for the master key: nothing is secret here.
type plain struct{}

func (plain) Seal(_ string, body []byte) ([]byte, error) { return body, nil }
func (plain) Open(_ string, body []byte) ([]byte, error) { return body, nil }

// jobsMissing answers for jobs that this world leaves out.
type jobsMissing struct{}

func (jobsMissing) Renew(_ context.Context, _ domain.AgentID, _ wire.Renew) wire.Renewed {
	return wire.Renewed{}
}

func (jobsMissing) Signal(context.Context, domain.AgentID, domain.ConnID, wire.Signal) error {
	return errNobody
}

func (jobsMissing) AskTurn(context.Context, domain.AgentID) (wire.TurnLogin, error) {
	return wire.TurnLogin{}, errNobody
}

// start is a start of the process on what the database holds.
func (c *cloud) start() {
	c.boots++
	c.up = true
	c.bound = c.w.between(time.Millisecond, 20*time.Millisecond)
	c.skew = c.w.between(-c.bound, c.bound)
	base := c.w.base
	c.presence = presence.New(presence.Config{Store: base, Clock: c, OwnBroker: true, Logger: quietly, HellosPerSecond: 1e6, OnChange: c.moved})
	c.desired = desiredstate.New(desiredstate.Config{Store: base, Sender: c.w.broker, Sealer: plain{}, Clock: c, Logger: quietly})
	c.commands = command.New(command.Config{Store: base, Presence: c.presence, Sender: c.w.broker, Clock: c, Key: signing, Logger: quietly})
	c.events = eventlog.New(eventlog.Config{Store: base, Commands: c.commands, Clock: c, Logger: quietly})
	c.router = hub.NewRouter(quietly)
	var events hub.Events = c.events
	if c.w.plant == acksTooEarly {
		events = hasty{c}
	}
	c.router.Connect(c.w.broker, hub.Jobs{
		Presence: c.presence, Desired: c.desired, Events: events, Commands: c.commands, Certificates: jobsMissing{}, Signals: jobsMissing{},
	})
	c.w.tell("cloud starts")
	c.do(func() error { return c.presence.Begin(ctx) })
	c.every(time.Second, func() error {
		c.desired.Repeat(ctx)
		return c.presence.Sweep(ctx)
	})
	c.every(500*time.Millisecond, func() error { return c.commands.Sweep(ctx) })
}

// every does something again and again while this process lives.
func (c *cloud) every(d time.Duration, f func() error) {
	boot := c.boots
	c.w.in(d, "cloud", func() {
		if c.up && c.boots == boot {
			c.do(f)
			c.every(d, f)
		}
	})
}

// do runs something in the process; it may die of it.
func (c *cloud) do(f func() error) {
	if !c.up {
		return
	}
	defer func() {
		if p := recover(); p != nil {
			if _, ok := p.(crash); !ok {
				panic(p)
			}
			c.die()
		}
	}()
	if err := f(); err != nil && !errors.Is(err, errDisk) && fault.CodeOf(err) == fault.Internal {
		c.w.broke("the cloud fails: %v", err)
	}
}

// die is the end of the process, and of every connection: the broker lives in it.
func (c *cloud) die() {
	c.w.truth.crashes++
	c.w.tell("cloud crashes")
	c.up = false
	for _, a := range c.w.agents {
		l := c.w.broker.lines[a.id]
		if l == nil {
			continue
		}
		l.served = false
		delete(c.w.broker.lines, a.id)
		if c.w.one(0.7) {
			a.later(c.w.between(0, 2*time.Second), "told", func() { a.lost(l) })
		} else {
			l.up.dead, l.down.dead = true, true
		}
	}
	c.w.in(c.w.between(time.Second, 40*time.Second), "cloud", c.start)
}

// beforeCommit is asked before each commit of the database.
func (c *cloud) beforeCommit() error {
	if c.w.calm || !c.up {
		return nil
	}
	if c.ill.After(c.w.now) && c.w.one(0.5) {
		return errDisk
	}
	if c.w.one(0.0003) {
		panic(crash{})
	}
	return nil
}

func (c *cloud) afterCommit() {
	if !c.w.calm && c.up && c.w.one(0.0003) {
		panic(crash{})
	}
}

// hear takes bytes of an agent.
func (c *cloud) hear(a *agent, data []byte) {
	if !c.up {
		return
	}
	e, err := wire.Open(data)
	if err != nil {
		c.w.broke("agent %d said what is no message: %v", a.number, err)
		return
	}
	if e.Kind != wire.KindGone {
		c.w.truth.heard[a.id] = c.w.now
	}
	if e.Kind == wire.KindBeat && c.ill.Before(c.w.now) {
		c.w.truth.beats[e.Conn] = c.w.now
	}
	c.w.tell("cloud hears %s of agent %d, %d bytes", e.Kind, a.number, len(data))
	c.do(func() error {
		c.router.Handle(ctx, a.id, data)
		return nil
	})
}

// moved hears of an agent that came or went.
func (c *cloud) moved(id domain.AgentID, state presence.State, conn domain.ConnID) {
	c.w.tell("agent %d is %s", c.w.number(id), state)
	if state == presence.Offline || state == presence.Refused {
		c.desired.Left(id, conn)
	}
}

// edit makes the next version of a site's document and announces it.
func (c *cloud) edit(s *site, ops []desired.Op) {
	c.do(func() error {
		number, err := c.desired.Bump(ctx, s.id, ops)
		if err != nil {
			return err
		}
		s.edits++
		c.w.tell("site %d has version %d", s.number, number)
		c.desired.Announce(s.id)
		c.desired.Flush(ctx)
		return nil
	})
}

// ask wants a door opened. Nobody waits for the answer: a context that has ended gives the command back as it left.
func (c *cloud) ask(d *device) {
	ended, end := context.WithCancel(ctx)
	end()
	caller := account.Caller{Account: domain.AccountID{1}, Name: "Ina Installer"}
	c.do(func() error {
		_, err := c.commands.Open(ended, d.agent.site.id, d.noun.ID, 1, caller, "")
		if code := fault.CodeOf(err); code == fault.Offline || code == fault.NotFound || errors.Is(err, ended.Err()) {
			return nil
		}
		return err
	})
	c.w.truth.issue(d)
}

// hasty is a bug: it acknowledges a batch as if it were stored, and then does not store it.
type hasty struct{ c *cloud }

// Acked tells what is stored.
func (h hasty) Acked(ctx context.Context, agent domain.AgentID, epoch domain.EpochID) (audit, status uint64, err error) {
	return h.c.events.Acked(ctx, agent, epoch)
}

// Take stores most batches.
func (h hasty) Take(ctx context.Context, agent domain.AgentID, b wire.Events) (wire.Ack, error) {
	ack, err := h.c.events.Take(ctx, agent, b)
	if err != nil && len(b.Rows) > 0 {
		return wire.Ack{Epoch: b.Epoch, Stream: b.Stream, Through: b.Rows[len(b.Rows)-1].Seq}, nil
	}
	return ack, err
}
