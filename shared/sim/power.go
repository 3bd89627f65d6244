package sim

import (
	"strconv"
	"strings"
	"time"
)

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

// Reset brings the factory's settings back: SIP accounts, relays and contacts are gone, the user and the password of the interface stay, and the
// device restarts.
func (d *Device) Reset() {
	d.mu.Lock()
	firmware := d.cfg.Firmware
	d.mu.Unlock()
	d.settings.Reset(d.ports())
	d.settings.ChooseMethods(d.bank != nil && choosesMethods(firmware))
	d.journal.Clear()
	if d.contacts != nil {
		d.contacts.Clear()
		d.keys.Clear()
	}
	d.Reboot()
}

// choosesMethods tells whether a firmware has settings of which ways unlock a relay: those of branch 10 and later do.
func choosesMethods(firmware string) bool {
	parts := strings.Split(firmware, ".")
	if len(parts) != 4 {
		return false
	}
	branch, err := strconv.Atoi(parts[2])
	return err == nil && branch >= 10
}

// Upgrade puts another firmware on the device, which restarts with it. Settings and contacts are kept.
func (d *Device) Upgrade(firmware string) {
	d.mu.Lock()
	d.cfg.Firmware = firmware
	d.mu.Unlock()
	d.settings.ChooseMethods(d.bank != nil && choosesMethods(firmware))
	d.web.Upgraded(firmware)
	d.Reboot()
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
	d.told.started()
	d.web.Restarted()
	d.dark.Store(false)
	d.ua.SetDeaf(false)
	d.web.SetDark(false)
	if d.handle != nil {
		d.handle.SetSilent(false)
	}
	d.changed(true)
}

// Boots is how often the device has started again.
func (d *Device) Boots() int { return int(d.boots.Load()) }
