package maintenance

import (
	"context"
	"log/slog"
	"time"

	"vestibule/agent/device"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

// Drivers is who talks to devices; *device.Drivers does.
type Drivers interface {
	Known(ctx context.Context, id domain.DeviceID) (device.Driver, error)
}

// Watcher hears of restarts; the provisioner does.
type Watcher interface {
	Restarting(id domain.DeviceID)
	Moved(mac domain.MAC)
}

// Config is what a Keeper works with. All fields are needed; Every 0 is a second.
type Config struct {
	Agent   domain.AgentID
	View    func() *desired.View
	Drivers Drivers
	Watcher Watcher
	Every   time.Duration // between two looks whether the device is back
	Logger  *slog.Logger
}

// Keeper looks after devices on request. It is safe for concurrent use.
type Keeper struct{ cfg Config }

// New makes a Keeper.
func New(cfg Config) *Keeper {
	if cfg.Every == 0 {
		cfg.Every = time.Second
	}
	return &Keeper{cfg: cfg}
}

// Care restarts or resets a device and waits until it is back, at most until ctx ends.
func (k *Keeper) Care(ctx context.Context, kind wire.CommandKind, id domain.DeviceID) (domain.ActResult, domain.Reason) {
	view := k.cfg.View()
	dev, ok := view.Devices[id]
	if !ok || !view.Serves(k.cfg.Agent, dev) {
		return domain.ActRefused, domain.ReasonUnknownDevice
	}
	driver, err := k.cfg.Drivers.Known(ctx, id)
	if err != nil {
		return refusal(err)
	}
	order, able := orderOf(driver, kind)
	if !able {
		return domain.ActRefused, domain.ReasonNotAble
	}
	restarting := driver.(device.Rebooter)
	begun := time.Now()
	if err := order(ctx); err != nil && device.KindOf(err) != device.Ambiguous { // a device may go before it has answered
		return refusal(err)
	}
	k.cfg.Watcher.Restarting(id)
	defer k.cfg.Watcher.Moved(dev.MAC)
	k.cfg.Logger.InfoContext(ctx, "device restarts", logkey.Device, id, logkey.Kind, string(kind))
	if !k.back(ctx, restarting, begun) {
		return domain.ActUnknown, domain.ReasonNotBack
	}
	return domain.ActDone, ""
}

// orderOf finds what a driver can do of what is asked.
func orderOf(driver device.Driver, kind wire.CommandKind) (func(context.Context) error, bool) {
	switch kind {
	case wire.CommandReboot:
		if r, ok := driver.(device.Rebooter); ok {
			return r.Reboot, true
		}
	case wire.CommandReset:
		if r, ok := driver.(device.Resetter); ok {
			return r.Reset, true
		}
	}
	return nil, false
}

// back waits until the device has been up for less time than has passed since begun. Devices answer on for a while before they go.
func (k *Keeper) back(ctx context.Context, r device.Rebooter, begun time.Time) bool {
	tick := time.NewTicker(k.cfg.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
		up, err := r.Uptime(ctx)
		if err == nil && up < time.Since(begun) {
			return true
		}
	}
}

// refusal sorts an error before anything has happened.
func refusal(err error) (domain.ActResult, domain.Reason) {
	switch fault.CodeOf(err) {
	case fault.NotFound:
		return domain.ActRefused, domain.ReasonNotAble // set up by hand
	case fault.Offline:
		return domain.ActFailed, domain.ReasonNotFound
	case fault.Conflict:
		return domain.ActRefused, domain.ReasonWrongDevice
	}
	if device.KindOf(err) == device.Distrusted {
		return domain.ActRefused, domain.ReasonWrongDevice
	}
	if device.KindOf(err) == device.Unreachable || device.KindOf(err) == device.Ambiguous {
		return domain.ActFailed, domain.ReasonUnreachable
	}
	return domain.ActFailed, domain.ReasonDevice
}
