package main

import (
	"fmt"
	"time"

	"vestibule/agent/link"
	"vestibule/cloud/presence"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// build puts up the buildings: the first has two agents, the others one.
func (w *world) build() {
	for n := range w.sites {
		s := &site{id: newID[domain.SiteID](w), number: n, group: newID[domain.GroupID](w)}
		w.all = append(w.all, s)
		agents := 1
		if n == 0 {
			agents = 2
		}
		for range agents {
			w.box(s)
		}
		group := domain.NetworkGroup{ID: s.group, Name: "Network 1", Agents: []domain.AgentID{s.agents[0].id}}
		ops := []desired.Op{
			op(desired.SectionSite, desired.Key(s.id), domain.Site{ID: s.id, Name: "Harbour Lane", TimeZone: "Europe/Berlin"}),
			op(desired.SectionGroups, desired.Key(s.group), group),
		}
		for _, d := range s.devices {
			ops = append(ops, op(desired.SectionDevices, desired.Key(d.noun.ID), d.noun))
		}
		s.first = ops
	}
}

// box puts an agent and a door phone into a building.
func (w *world) box(s *site) {
	key, err := wire.NewConfigKey()
	if err != nil {
		panic(err)
	}
	a := &agent{w: w, id: newID[domain.AgentID](w), number: len(w.agents), site: s, key: key}
	a.disk = newDisk(w.truth, newID[domain.EpochID](w))
	if w.one(0.4) {
		a.rows = 40 // a small disk: rows are given up
	}
	d := &device{agent: a, noun: domain.Device{
		ID: newID[domain.DeviceID](w), Type: domain.DoorPhone, MAC: domain.MAC(fmt.Sprintf("0C1105%06X", a.number)), Name: "Door", GroupID: s.group,
		Driver: domain.DriverAkuvox, DTMF: domain.DTMFInfo, SIPUser: fmt.Sprintf("%010d", a.number),
		Relays: []domain.Relay{{Number: 1, Name: "Front door", Enabled: true, DTMF: "#", Mode: domain.Momentary, HoldMilli: 3000}},
	}}
	w.agents, s.agents, s.devices = append(w.agents, a), append(s.agents, a), append(s.devices, d)
	w.base.sites[a.id], w.base.keys[a.id], w.base.devices[d.noun.ID] = s.id, key.PublicKey().Bytes(), d
	w.base.links[a.id] = presence.Link{State: presence.Never, Generation: 1}
}

func op(section desired.Section, key desired.Key, noun any) desired.Op {
	body, err := desired.Encode(noun)
	if err != nil {
		panic(err)
	}
	return desired.Op{Section: section, Key: key, Body: body}
}

// storm starts what chance does, again and again until the calm.
func (w *world) storm() {
	each := time.Duration(len(w.agents))
	w.often(3*time.Second/each, "event", func() { w.somebody(func(a *agent) { a.add(w.one(0.4)) }) })
	w.often(12*time.Second/each, "burst", func() {
		w.somebody(func(a *agent) {
			for range w.chance.IntN(60) {
				a.add(w.one(0.3))
			}
		})
	})
	w.often(10*time.Second/each, "edit", func() { w.edit(w.all[w.chance.IntN(len(w.all))]) })
	w.often(5*time.Second/each, "door", func() { w.cloud.ask(w.door()) })
	w.often(20*time.Second/each, "fault", func() { w.harm(w.agents[w.chance.IntN(len(w.agents))]) })
	w.often(60*time.Second, "cloud fault", func() {
		if w.one(0.3) && w.cloud.up {
			w.cloud.die()
		} else {
			w.cloud.ill = w.now.Add(w.between(time.Second, 15*time.Second))
		}
	})
	w.often(7*time.Second, "replay", w.broker.replay)
	w.often(3*time.Minute, "backup", func() {
		switch old := w.backup; {
		case old == nil:
			w.backup = w.base.copy()
		case w.cloud.up && w.one(0.5):
			w.backup = nil
			w.restore(old)
		}
	})
	w.watch()
}

// watch compares presence with the truth once a second.
func (w *world) watch() {
	w.in(time.Second, "watch", func() {
		if w.cloud.up && !w.cloud.ill.After(w.now.Add(-3*time.Second)) {
			w.truth.presence()
		}
		w.watch()
	})
}

// often has something done about once in d, until the calm.
func (w *world) often(d time.Duration, what string, f func()) {
	w.in(time.Duration(w.chance.ExpFloat64()*float64(d)), what, func() {
		if !w.calm {
			f()
			w.often(d, what, f)
		}
	})
}

// somebody is an agent drawn by chance that does something.
func (w *world) somebody(f func(*agent)) {
	a := w.agents[w.chance.IntN(len(w.agents))]
	a.do("something", a.boots, func() { f(a) })
}

func (w *world) door() *device {
	s := w.all[w.chance.IntN(len(w.all))]
	return s.devices[w.chance.IntN(len(s.devices))]
}

// edit changes a building: a name, some new things, fewer things, rarely a great many.
func (w *world) edit(s *site) {
	var ops []desired.Op
	switch p := w.chance.Float64(); {
	case p < 0.4:
		d := s.devices[w.chance.IntN(len(s.devices))]
		d.noun.Name = fmt.Sprintf("Door %d", w.chance.IntN(1000))
		ops = append(ops, op(desired.SectionDevices, desired.Key(d.noun.ID), d.noun))
	case p < 0.6 && len(s.homes) > 0:
		n := 1 + w.chance.IntN(len(s.homes))
		for _, id := range s.homes[:n] {
			ops = append(ops, desired.Op{Section: desired.SectionBuildings, Key: desired.Key(id)})
		}
		s.homes = s.homes[n:]
	default:
		n := 1
		if p > 0.95 {
			n = 1200 // more than one piece
		}
		for i := range n {
			id := newID[domain.BuildingID](w)
			s.homes = append(s.homes, id)
			ops = append(ops, op(desired.SectionBuildings, desired.Key(id), domain.Building{ID: id, Name: fmt.Sprintf("House %d-%d", s.edits, i)}))
		}
	}
	w.cloud.edit(s, ops)
}

// harm does something bad to one agent or its line.
func (w *world) harm(a *agent) {
	l := w.broker.lines[a.id]
	switch kind := w.chance.IntN(13); {
	case kind < 4 && l != nil:
		until := w.now.Add(w.between(2*time.Second, 2*time.Minute))
		w.tell("the line of agent %d stalls until %.1f", a.number, until.Sub(beginning).Seconds())
		if kind != 0 {
			l.up.stalled = until
		}
		if kind != 1 {
			l.down.stalled = until
		}
	case kind == 4 && l != nil:
		w.tell("the line of agent %d is cut", a.number)
		w.broker.end(l, true)
	case kind == 5 && l != nil:
		w.tell("the line of agent %d hangs", a.number)
		w.broker.hang(l)
	case kind == 6:
		a.away = w.now.Add(w.between(time.Second, 4*time.Minute))
		w.tell("agent %d has no internet", a.number)
		if l != nil {
			w.broker.hang(l)
		}
	case kind == 7:
		a.slow = w.now.Add(w.between(10*time.Second, 2*time.Minute))
		w.tell("agent %d has a slow line", a.number)
	case kind == 8 && a.alive:
		a.die()
	case kind == 9:
		a.ill = w.now.Add(w.between(time.Second, 20*time.Second))
	case kind == 10:
		a.tired = w.now.Add(w.between(time.Second, 30*time.Second))
	case kind == 11:
		a.jump += w.between(-time.Hour, time.Hour)
	case kind == 12:
		w.strange(a)
	}
}

// strange is what happens once in years: a disk is put back as it was, an agent is revoked, the network asks for another connection.
func (w *world) strange(a *agent) {
	switch {
	case a.backup != nil && a.boots%2 == 0 && w.one(0.5) && a.alive:
		to := a.backup
		a.backup = nil
		a.die()
		w.truth.rolledBack(a, a.disk, to)
		a.disk = to
	case a.backup == nil && a.alive:
		a.backup = a.disk.copy()
	case w.one(0.1) && !w.base.links[a.id].Revoked:
		w.cloud.do(func() error {
			if err := w.cloud.presence.Revoke(ctx, a.id); err != nil {
				return err
			}
			w.broker.Kick(a.id)
			return nil
		})
	default:
		a.later(0, "woken", func() { a.step(link.Woken{}) })
	}
}
