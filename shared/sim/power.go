package sim

import "time"

// SetQuirks changes the bad habits. Dead takes the device's power, or gives it back: it then starts, registers and is
// announced again, without the calls it had.
func (d *Device) SetQuirks(q Quirks) {
	d.web.SetQuirks(q)
	d.mu.Lock()
	was := d.dead
	d.dead = q.Dead
	d.mu.Unlock()
	switch {
	case q.Dead && !was:
		d.powerOff()
	case !q.Dead && was:
		d.powerOn()
	}
	d.point.Notify()
}

// Quirks are the habits at the moment.
func (d *Device) Quirks() Quirks { return d.web.Quirks() }

// SetDead takes the device's power, or gives it back.
func (d *Device) SetDead(dead bool) {
	q := d.Quirks()
	q.Dead = dead
	d.SetQuirks(q)
}

// Reboot takes the power for as long as a restart lasts. Settings and contacts are kept, calls are not.
func (d *Device) Reboot() {
	d.powerOff()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || d.dead {
		return
	}
	if d.restart != nil {
		d.restart.Stop()
	}
	d.restart = time.AfterFunc(time.Duration(d.cfg.RebootMillis)*time.Millisecond, d.powerOn)
}

func (d *Device) powerOff() {
	d.dark.Store(true)
	d.ua.SetDeaf(true)
	d.web.SetDark(true)
	if d.handle != nil {
		d.handle.SetSilent(true)
	}
	d.ua.Drop()
	if d.bank != nil {
		d.bank.PowerCycle()
	}
	d.changed(true)
}

func (d *Device) powerOn() {
	d.mu.Lock()
	off := d.closed || d.dead
	d.mu.Unlock()
	if off {
		return
	}
	d.boots.Add(1)
	d.web.Restarted()
	d.dark.Store(false)
	d.ua.SetDeaf(false)
	d.web.SetDark(false)
	if d.handle != nil {
		d.handle.SetSilent(false)
	}
	d.changed(true)
}
