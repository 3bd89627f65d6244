package provision

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"vestibule/agent/health"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
)

// present notes which devices are there.
func (c *Converger) present(id domain.DeviceID, online bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if online {
		c.online[id] = c.cfg.View().Devices[id].GroupID
	} else {
		delete(c.online, id)
	}
}

// peers tells whether another device of the same network group is there.
func (c *Converger) peers(of domain.Device) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, group := range c.online {
		if id != of.ID && group == of.GroupID {
			return true
		}
	}
	return false
}

// parted tells people that a device does not answer in its network group, or does again (EDGE-08).
func (w *worker) parted(ctx context.Context, e Parted) {
	group := w.c.groupOf(w.id)
	if e.Over {
		w.c.cfg.Conditions.Clear(ctx, health.WrongGroup, health.About{Device: w.id})
	} else {
		w.c.cfg.Conditions.Raise(ctx, health.WrongGroup, health.About{Device: w.id}, group)
	}
	w.row(ctx, domain.EventConflict, domain.NoteBody{What: string(domain.ReasonWrongGroup), DeviceID: w.id, Detail: group, Cleared: e.Over})
}

func (c *Converger) groupOf(id domain.DeviceID) string {
	view := c.cfg.View()
	return view.Groups[view.Devices[id].GroupID].Name
}

// astray tells people that a device was seen here which the document puts into the network of another agent (EDGE-08). A group that names this agent
// as its second one is no other network, and neither is one whose agent stands on this LAN too: it reaches the device as well as we do.
func (c *Converger) astray(dev domain.Device) {
	view := c.cfg.View()
	group, ok := view.Groups[dev.GroupID]
	heard := c.cfg.Heard != nil && c.cfg.Heard(dev.MAC)
	if !ok || !heard || len(group.Agents) == 0 || slices.Contains(group.Agents, c.cfg.Agent) {
		return
	}
	ctx, beside := context.Background(), c.cfg.Beside != nil && c.cfg.Beside(group.Agents[0])
	c.mu.Lock()
	told, known := c.foreign[dev.ID]
	if c.foreign[dev.ID] = dev.GroupID; beside {
		delete(c.foreign, dev.ID)
	}
	c.mu.Unlock()
	if beside && known {
		c.cfg.Conditions.Clear(ctx, health.WrongGroup, health.About{Device: dev.ID})
		c.note(ctx, domain.NoteBody{What: string(domain.ReasonWrongGroup), DeviceID: dev.ID, Cleared: true})
	}
	if beside || told == dev.GroupID {
		return
	}
	detail := group.Name + ", seen in the network of another agent"
	c.cfg.Conditions.Raise(ctx, health.WrongGroup, health.About{Device: dev.ID}, detail)
	c.note(ctx, domain.NoteBody{What: string(domain.ReasonWrongGroup), DeviceID: dev.ID, Detail: detail})
}

// settled takes back what was said of devices of other agents whose group was changed since. It is called with mu held.
func (c *Converger) settled(ctx context.Context, view *desired.View) {
	for id, group := range c.foreign {
		if dev, ok := view.Devices[id]; ok && dev.GroupID == group && !view.Serves(c.cfg.Agent, dev) {
			continue
		}
		delete(c.foreign, id)
		c.cfg.Conditions.Clear(ctx, health.WrongGroup, health.About{Device: id})
	}
}

// transfers tells people of homes in which several monitors pass calls of doors without internet on: then none of them does (EDGE-12/R29). It is
// called with mu held.
func (c *Converger) transfers(ctx context.Context, view *desired.View) {
	found := map[domain.ApartmentID][]domain.Device{}
	for id := range view.Apartments {
		for _, d := range view.DevicesOf(id) {
			if d.Type == domain.Monitor && d.Form.WorksOffline && view.Serves(c.cfg.Agent, d) {
				found[id] = append(found[id], d)
			}
		}
	}
	for id, monitors := range found {
		if len(monitors) < 2 || c.doubled[id] == monitors[1].ID {
			continue
		}
		second := monitors[1]
		detail := monitors[0].Name + ", " + second.Name
		c.doubled[id] = second.ID
		c.cfg.Conditions.Raise(ctx, health.TransferConflict, health.About{Device: second.ID}, detail)
		c.note(ctx, domain.NoteBody{What: string(health.TransferConflict), DeviceID: second.ID, Detail: detail})
	}
	for id, second := range c.doubled {
		if len(found[id]) < 2 || found[id][1].ID != second {
			delete(c.doubled, id)
			c.cfg.Conditions.Clear(ctx, health.TransferConflict, health.About{Device: second})
			c.note(ctx, domain.NoteBody{What: string(health.TransferConflict), DeviceID: second, Cleared: true})
		}
	}
}

// note writes the row of a conflict.
func (c *Converger) note(ctx context.Context, body domain.NoteBody) {
	if err := c.cfg.Log.Append(context.WithoutCancel(ctx), domain.EventConflict, body); err != nil {
		c.cfg.Logger.LogAttrs(ctx, slog.LevelError, "device row not written", slog.String(logkey.Device, body.DeviceID.String()), slog.Any(logkey.Err, err))
	}
}

// parted notes a device that is away: for long, while others of its network group are there, the document may have put it into the wrong group
// (EDGE-08).
func (t *turn) parted() {
	if t.Away.IsZero() {
		t.Away = t.now
	}
	if t.Apart || !t.peers || t.now.Sub(t.Away) < groupAfter {
		return
	}
	t.Apart = true
	t.do(Parted{})
}

func (t *turn) joined() {
	if t.Apart {
		t.do(Parted{Over: true})
	}
	if t.Report.Reason == domain.ReasonWrongGroup {
		t.Report.Reason = ""
	}
	t.Away, t.Apart = time.Time{}, false
}
