package main

import (
	"time"

	"vestibule/agent/door"
	"vestibule/cloud/presence"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// fact is one row that a disk accepted.
type fact struct {
	agent  int
	lost   bool // the disk gave it up, or is older than it: it may be missing
	double bool // the disk is older than the cloud: it may stand there twice
}

// asked is one command as it was given.
type asked struct {
	device *device
	at     time.Time // the true time
	moved  int
	unkept bool // the disk did not take the promise, or is older than it
}

// truth knows what really happened, and watches the promises.
type truth struct {
	w        *world
	facts    map[[16]byte]*fact // by salt: it goes with a row wherever the row goes
	order    [][16]byte
	commands map[domain.CommandID]*asked
	known    int // commands of the database that are in commands
	newest   time.Time
	heard    map[domain.AgentID]time.Time // the cloud heard something of it
	beats    map[domain.ConnID]time.Time  // the cloud heard a beat of it and was well
	moved    int
	crashes  int
}

func newTruth(w *world) *truth {
	return &truth{
		w: w, facts: map[[16]byte]*fact{}, commands: map[domain.CommandID]*asked{}, heard: map[domain.AgentID]time.Time{},
		beats: map[domain.ConnID]time.Time{},
	}
}

// owner is the agent whose disk it is.
func (t *truth) owner(d *disk) int {
	for _, a := range t.w.agents {
		if a.disk == d {
			return a.number
		}
	}
	return -1
}

// accepted notes a row at the instant of its commit. A renumbered row is the same row.
func (t *truth) accepted(d *disk, r wire.Row) {
	if _, again := t.facts[r.Salt]; !again {
		t.facts[r.Salt] = &fact{agent: t.owner(d)}
		t.order = append(t.order, r.Salt)
	}
}

// givenUp notes rows that a full disk let go.
func (t *truth) givenUp(rows []wire.Row) {
	for _, r := range rows {
		if f := t.facts[r.Salt]; f != nil {
			f.lost = true
		}
	}
}

// rolledBack notes that an agent's disk is as it was.
func (t *truth) rolledBack(a *agent, from, to *disk) {
	for _, s := range []domain.Stream{domain.StreamAudit, domain.StreamStatus} {
		kept := map[[16]byte]bool{}
		for _, r := range to.rows[s] {
			kept[r.Salt] = true
			if f := t.facts[r.Salt]; f != nil { // a hole is no fact
				f.double = true
			}
		}
		for _, r := range from.rows[s] {
			if f := t.facts[r.Salt]; f != nil && !kept[r.Salt] {
				f.lost = true
			}
		}
	}
	for _, c := range t.commands {
		c.unkept = c.unkept || c.device.agent == a
	}
	t.w.tell("agent %d has an older disk", a.number)
}

// issue notes the commands that were given just now.
func (t *truth) issue(d *device) {
	for ; t.known < len(t.w.base.issued); t.known++ {
		t.commands[t.w.base.issued[t.known]] = &asked{device: d, at: t.w.now}
		t.newest = t.w.base.commands[t.w.base.issued[t.known]].IssuedAt
		t.w.tell("command %d to agent %d", t.known, d.agent.number)
	}
}

// pulse watches a relay that moves.
func (t *truth) pulse(a *agent, ask door.Ask) {
	now := t.w.now.Add(a.lag)
	c := t.commands[ask.CommandID]
	t.moved++
	t.w.tell("agent %d moves a relay", a.number)
	switch {
	case c == nil:
		t.w.broke("agent %d moves a relay that nobody asked for", a.number)
	case c.device.agent != a || c.device.noun.ID != ask.DeviceID:
		t.w.broke("agent %d moves a relay for agent %d", a.number, c.device.agent.number)
	case now.Sub(c.at) >= wire.DoorTTL:
		t.w.broke("agent %d moves a relay %s after it was asked for", a.number, now.Sub(c.at))
	case c.moved > 0:
		t.w.broke("agent %d moves a relay twice for one command", a.number)
	}
	if c != nil {
		c.moved++
	}
}

// late is how long after the last word of an agent it may still be shown online: the time without a beat, and a sweep.
const late = wire.OfflineAfter + 2*time.Second

// presence compares what is shown with what is true.
func (t *truth) presence() {
	for _, a := range t.w.agents {
		shown := t.w.base.links[a.id]
		if shown.State == presence.Online && t.w.now.Sub(t.heard[a.id]) > late {
			t.w.broke("agent %d is shown online and was heard last %s ago", a.number, t.w.now.Sub(t.heard[a.id]))
		}
		if shown.Revoked && shown.State != presence.Refused {
			t.w.broke("agent %d was revoked and is %s", a.number, shown.State)
		}
		talks := a.alive && a.line != nil && a.line.served && a.line.opened && t.w.now.Sub(t.beats[a.line.id]) < wire.OfflineAfter-time.Second
		if talks && shown.State == presence.Offline {
			t.w.broke("agent %d is shown offline and talks", a.number)
		}
	}
}
