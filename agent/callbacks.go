package agent

import (
	"context"
	"net/netip"
	"time"

	"vestibule/agent/callback"
	"vestibule/agent/device"
	"vestibule/agent/device/akuvox"
	"vestibule/agent/door"
	"vestibule/agent/health"
	"vestibule/agent/neighbour"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
)

// buildCallbacks makes what takes the words of devices. Calls and doors do not wait for it: without its ports nobody listens, and no more.
func (h *house) buildCallbacks(ctx context.Context) {
	a := h.agent
	if a.cfg.Callbacks == "" {
		return
	}
	listens, err := callback.Listen(ctx, callback.Config{
		Agent: h.id.Agent, Listen: a.cfg.Callbacks, Syslog: a.cfg.Syslog, OneMachine: a.cfg.OneMachine, View: h.sync.Current,
		Neighbours: neighbour.Table{}.MAC, Tellers: map[domain.Driver]device.Teller{domain.DriverAkuvox: akuvox.Teller{}},
		Shelf: a.store, Log: h.outbox, Conditions: a.conditions, Now: time.Now, Logger: a.part("callbacks"),
	})
	if err != nil {
		a.log.ErrorContext(ctx, "nobody listens to devices", logkey.Err, err)
		a.conditions.Raise(ctx, health.CallbacksOff, health.About{}, a.cfg.Callbacks)
		return
	}
	h.callbacks = listens
	a.conditions.Clear(ctx, health.CallbacksOff, health.About{})
}

// callbacksOf gives where a device says what happens at it.
func (h *house) callbacksOf(dev domain.Device, agent netip.Addr) device.Callbacks {
	if h.callbacks == nil {
		return device.Callbacks{}
	}
	return h.callbacks.Of(dev, agent)
}

// toldAt gives when a device last said something by itself, since the agent started; zero: never.
func (h *house) toldAt(id domain.DeviceID) time.Time {
	if h.callbacks == nil {
		return time.Time{}
	}
	at, _ := h.callbacks.Heard(id)
	return at
}

// told is the journal of acts; before each act it is said to those who listen to devices, so that they know the device's echo of it.
type told struct {
	door.Journal
	callbacks *callback.Callbacks
}

// Begin notes an act that is about to be done.
func (t told) Begin(ctx context.Context, body domain.DoorBody) (func(), error) {
	if t.callbacks != nil {
		t.callbacks.Acted(body.DeviceID, body.Relay)
	}
	return t.Journal.Begin(ctx, body)
}
