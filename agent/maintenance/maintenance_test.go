package maintenance_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vestibule/agent/device"
	"vestibule/agent/maintenance"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

var (
	me    = domain.AgentID{7}
	gate  = domain.DeviceID{1}
	group = domain.GroupID{2}
)

// phone is up since born, and restarts at an order after a while of answering on.
type phone struct {
	device.Driver
	mu      sync.Mutex
	born    time.Time
	orders  []string
	err     error         // of the order
	away    time.Duration // for how long it is gone after an order; negative: it never restarts
	goes    time.Time
	comes   time.Time
	restart bool
}

func (p *phone) order(what string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.orders = append(p.orders, what)
	if p.away >= 0 {
		p.restart, p.goes = true, time.Now().Add(3*time.Second)
		p.comes = p.goes.Add(p.away)
	}
	return p.err
}

func (p *phone) Reboot(context.Context) error { return p.order("reboot") }
func (p *phone) Reset(context.Context) error  { return p.order("reset") }

func (p *phone) Uptime(context.Context) (time.Duration, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if p.restart && !now.Before(p.goes) {
		if now.Before(p.comes) {
			return 0, &device.Error{Kind: device.Unreachable, Op: "uptime", Err: errors.New("gone")}
		}
		p.born = p.comes
	}
	return now.Sub(p.born).Truncate(time.Second), nil
}

// plain is a device whose driver cannot restart it.
type plain struct{ device.Driver }

type drivers struct {
	driver device.Driver
	err    error
}

func (d drivers) Known(context.Context, domain.DeviceID) (device.Driver, error) {
	return d.driver, d.err
}

// watcher writes down what is told, and when.
type watcher struct {
	mu    sync.Mutex
	told  []string
	times []time.Time
}

func (w *watcher) note(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told, w.times = append(w.told, what), append(w.times, time.Now())
}

func (w *watcher) Restarting(domain.DeviceID) { w.note("restarting") }
func (w *watcher) Moved(domain.MAC)           { w.note("back") }

func keeper(d drivers, w *watcher) *maintenance.Keeper {
	view := &desired.View{
		Devices: map[domain.DeviceID]domain.Device{gate: {ID: gate, MAC: "0C1105000001", GroupID: group}, {9}: {ID: domain.DeviceID{9}, GroupID: domain.GroupID{9}}},
		Groups:  map[domain.GroupID]domain.NetworkGroup{group: {ID: group, Agents: []domain.AgentID{me}}},
	}
	return maintenance.New(maintenance.Config{
		Agent: me, View: func() *desired.View { return view }, Drivers: d, Watcher: w, Logger: slog.New(slog.DiscardHandler),
	})
}

// shows REM-02 EDGE-22 by agent/maintenance/maintenance.go: "return r.Reboot, true" => "_ = r; return func(context.Context) error { return nil }, true"
// shows EDGE-22 by agent/maintenance/maintenance.go: "if err == nil && up < time.Since(begun) {" => "if err == nil {"
// shows EDGE-22 by agent/maintenance/maintenance.go: "k.cfg.Watcher.Restarting(id)"
func TestReboot_IsDoneWhenTheDeviceWasSeenToHaveRestarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, w := &phone{born: time.Now().Add(-72 * time.Hour), away: 40 * time.Second}, &watcher{}
		ctx, cancel := context.WithTimeout(t.Context(), wire.CareWithin)
		defer cancel()
		begun := time.Now()
		result, reason := keeper(drivers{driver: p}, w).Care(ctx, wire.CommandReboot, gate)
		if took := time.Since(begun); result != domain.ActDone || reason != "" || took < 43*time.Second || took > 46*time.Second {
			t.Errorf("%s %s after %v", result, reason, took)
		}
		if len(p.orders) != 1 || p.orders[0] != "reboot" {
			t.Errorf("orders %v", p.orders)
		}
		if len(w.told) != 2 || w.told[0] != "restarting" || w.told[1] != "back" || w.times[0].After(begun.Add(time.Second)) {
			t.Errorf("told %v at %v", w.told, w.times)
		}
	})
}

// shows REM-03 EDGE-22 by agent/maintenance/maintenance.go: "return r.Reset, true" => "return r.Reboot, true"
func TestReset_IsAnOrderOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// It goes before it has answered: the order may have been taken, so the device is waited for.
		p := &phone{born: time.Now().Add(-time.Hour), away: time.Second, err: &device.Error{Kind: device.Ambiguous, Op: "reset", Err: errors.New("cut")}}
		if result, reason := keeper(drivers{driver: p}, &watcher{}).Care(t.Context(), wire.CommandReset, gate); result != domain.ActDone || p.orders[0] != "reset" {
			t.Errorf("%s %s %v", result, reason, p.orders)
		}
	})
}

// shows EDGE-22 by agent/maintenance/maintenance.go: "return domain.ActUnknown, domain.ReasonNotBack" => "return domain.ActDone, \"\""
func TestCare_NeverSaysDoneWithoutHavingSeenIt(t *testing.T) {
	failing := func(kind device.Kind) error { return &device.Error{Kind: kind, Op: "reboot", Err: errors.New("no")} }
	for name, c := range map[string]struct {
		drivers drivers
		device  domain.DeviceID
		result  domain.ActResult
		reason  domain.Reason
	}{
		"takes the order and never restarts":  {drivers{driver: &phone{away: -1}}, gate, domain.ActUnknown, domain.ReasonNotBack},
		"goes away and does not come back":    {drivers{driver: &phone{away: time.Hour}}, gate, domain.ActUnknown, domain.ReasonNotBack},
		"says no":                             {drivers{driver: &phone{away: -1, err: failing(device.Refused)}}, gate, domain.ActFailed, domain.ReasonDevice},
		"takes no password":                   {drivers{driver: &phone{away: -1, err: failing(device.Unauthorised)}}, gate, domain.ActFailed, domain.ReasonDevice},
		"does not answer":                     {drivers{driver: &phone{away: -1, err: failing(device.Unreachable)}}, gate, domain.ActFailed, domain.ReasonUnreachable},
		"its driver cannot":                   {drivers{driver: plain{}}, gate, domain.ActRefused, domain.ReasonNotAble},
		"is set up by hand":                   {drivers{err: fault.New(fault.NotFound, "by hand")}, gate, domain.ActRefused, domain.ReasonNotAble},
		"was never found":                     {drivers{err: fault.New(fault.Offline, "nowhere")}, gate, domain.ActFailed, domain.ReasonNotFound},
		"another device answers in its place": {drivers{err: fault.New(fault.Conflict, "another")}, gate, domain.ActRefused, domain.ReasonWrongDevice},
		"is away":                             {drivers{err: failing(device.Unreachable)}, gate, domain.ActFailed, domain.ReasonUnreachable},
		"is another agent's":                  {drivers{driver: &phone{}}, domain.DeviceID{9}, domain.ActRefused, domain.ReasonUnknownDevice},
		"is in no document":                   {drivers{driver: &phone{}}, domain.DeviceID{5}, domain.ActRefused, domain.ReasonUnknownDevice},
	} {
		synctest.Test(t, func(t *testing.T) {
			if p, ok := c.drivers.driver.(*phone); ok {
				p.born = time.Now().Add(-time.Hour)
			}
			ctx, cancel := context.WithTimeout(t.Context(), wire.CareWithin)
			defer cancel()
			if result, reason := keeper(c.drivers, &watcher{}).Care(ctx, wire.CommandReboot, c.device); result != c.result || reason != c.reason {
				t.Errorf("%s: %s %s", name, result, reason)
			}
		})
	}
}
