package main

import (
	"context"
	"crypto/ed25519"
	"crypto/hpke"
	"time"

	"vestibule/agent/configsync"
	"vestibule/agent/link"
	"vestibule/agent/outbox"
	"vestibule/agent/remote"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// agent is one box: its disk outlives what runs on it.
type agent struct {
	w      *world
	id     domain.AgentID
	number int
	site   *site
	key    hpke.PrivateKey
	disk   *disk
	backup *disk
	rows   int64 // most rows of the outbox; 0: as ever

	away  time.Time // the internet is gone until then
	slow  time.Time // a kilobyte a second until then
	ill   time.Time // the disk fails until then
	tired time.Time // the disk is slow until then

	alive   bool
	boots   int
	boot    [16]byte
	began   time.Time     // true time of the start
	clock   time.Time     // what its clock showed then
	ppm     int64         // how fast its quartz runs
	jump    time.Duration // of the wall clock since
	started time.Time     // by its clock
	lag     time.Duration // that the disk took in what is being done
	busy    time.Time     // nothing is done before

	state  link.State
	line   *line
	out    *outbox.Outbox
	sync   *configsync.Sync
	remote *remote.Remote
	turns  int // the newest planned turn
}

// Now is the agent's clock: a quartz of its own that runs a little wrong.
func (a *agent) Now() time.Time {
	passed := a.w.now.Sub(a.began) + a.lag
	return a.clock.Add(passed + time.Duration(int64(passed)/1_000_000*a.ppm))
}

// wall is the wall clock: somebody may set it.
func (a *agent) wall() time.Time { return a.Now().Add(a.jump) }

// start boots the box from its disk.
func (a *agent) start() {
	w := a.w
	a.boots++
	a.boot = newID[[16]byte](w)
	a.alive, a.began, a.lag, a.busy, a.line = true, w.now, 0, w.now, nil
	a.clock = w.now.Add(w.between(-2*time.Second, 2*time.Second))
	if w.one(0.1) {
		a.clock = time.Unix(0, 0).UTC() // a box without a battery
	}
	a.ppm, a.jump = w.chance.Int64N(181)-90, 0
	a.started = a.Now()
	a.state = link.State{}
	a.disk.before, a.disk.after = a.beforeCommit, a.afterCommit
	a.out = outbox.New(outbox.Config{Shelf: a.disk, Agent: func() domain.AgentID { return a.id }, Clock: a, Boot: a.boot, MaxRows: a.rows})
	w.tell("agent %d starts", a.number)
	a.run("start", a.begin)
}

// begin makes the jobs that read the disk; a disk that fails ends the start.
func (a *agent) begin() {
	var err error
	a.sync, err = configsync.New(ctx, configsync.Config{
		Shelf: a.disk, Log: a.out, Clock: a, Wall: a.wall, Key: func(context.Context) (domain.AgentID, hpke.PrivateKey, error) { return a.id, a.key, nil },
	})
	if err != nil {
		panic(crash{})
	}
	a.sync.OnChange(a.changed)
	a.remember()
}

// remember makes the gate of commands on what the journal holds.
func (a *agent) remember() {
	var journal remote.Journal = a.disk
	if a.w.plant == forgetful {
		journal = amnesia{a.disk}
	}
	a.remote = remote.New(remote.Config{
		Journal: journal, Log: a.out, Doors: doors{a}, Agent: func() domain.AgentID { return a.id }, Clock: a, Wall: a.wall,
		Keys:   func() [][]byte { return [][]byte{signing.Public().(ed25519.PublicKey)} }, //nolint:forcetypeassert // it is one
		Beside: func(f func()) { f() },
	})
	if err := a.remote.Recover(ctx); err != nil {
		panic(crash{})
	}
}

// do runs something in the box as it was at some boot, when the box is free, and then everything that is due.
func (a *agent) do(what string, boot int, f func()) {
	switch {
	case !a.alive || a.boots != boot:
	case a.busy.After(a.w.now):
		a.w.in(a.busy.Sub(a.w.now), what, func() { a.do(what, boot, f) })
	default:
		a.run(what, f)
	}
}

// later is do after a while.
func (a *agent) later(d time.Duration, what string, f func()) {
	boot := a.boots
	a.w.in(d, what, func() { a.do(what, boot, f) })
}

func (a *agent) run(_ string, f func()) {
	defer func() {
		a.busy, a.lag = a.w.now.Add(a.lag), 0
		if p := recover(); p != nil {
			if _, ok := p.(crash); !ok {
				panic(p)
			}
			a.die()
		}
	}()
	f()
	a.turn()
}

// turn does what is due and plans the next turn.
func (a *agent) turn() {
	a.remote.Repay(ctx)
	a.step(link.Tick{})
	next := a.state.Wake()
	for _, at := range []time.Time{a.sync.Turn(ctx), a.out.Turn(ctx)} {
		if !at.IsZero() && at.Before(next) {
			next = at
		}
	}
	a.turns++
	turn := a.turns
	boot := a.boots
	a.w.in(max(time.Millisecond, next.Sub(a.Now())), "turn", func() {
		if turn == a.turns { // what happened since has planned another one
			a.do("turn", boot, func() {})
		}
	})
}

// die is the end of the program: its connections break.
func (a *agent) die() {
	w := a.w
	w.truth.crashes++
	w.tell("agent %d crashes", a.number)
	a.alive = false
	if l := a.line; l != nil {
		a.line = nil
		if w.one(0.7) {
			w.in(w.between(0, time.Second), "reset", func() { w.broker.end(l, false) })
		} else {
			w.broker.hang(l) // the power went: nobody says goodbye
		}
	}
	w.in(w.between(time.Second, 90*time.Second), "boot", a.start)
}

// beforeCommit is asked before each commit of the disk.
func (a *agent) beforeCommit() error {
	if a.w.calm {
		return nil
	}
	if a.tired.After(a.w.now) {
		a.lag += a.w.between(0, 3*time.Second)
	}
	if a.ill.After(a.w.now) && a.w.one(0.3) {
		return errDisk
	}
	if a.w.one(0.0004) {
		panic(crash{})
	}
	return nil
}

func (a *agent) afterCommit() {
	if !a.w.calm && a.w.one(0.0004) {
		panic(crash{})
	}
}

// changed hears of a new document: after a while every device of this agent has it.
func (a *agent) changed(v *desired.View) {
	for _, d := range a.site.devices {
		if _, there := v.Devices[d.noun.ID]; d.agent == a && there {
			a.later(a.w.between(50*time.Millisecond, 4*time.Second), "written", func() {
				a.sync.Report(wire.DeviceReport{DeviceID: d.noun.ID, State: wire.ReceiptApplied, Version: a.sync.Current().Version, Online: true})
			})
		}
	}
}

// add puts an event of the building into the log.
func (a *agent) add(status bool) {
	kind, body := domain.EventAgent, any(domain.NoteBody{What: "test", Detail: "something happened"})
	if status {
		kind, body = domain.EventDeviceStatus, domain.StatusBody{DeviceID: a.site.devices[0].noun.ID, Online: true}
	}
	_ = a.out.Append(ctx, kind, body) // a disk that fails did not take it, and that was told
}
