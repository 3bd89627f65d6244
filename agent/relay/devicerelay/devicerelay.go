package devicerelay

import (
	"context"
	"errors"
	"time"

	"vestibule/agent/device"
	"vestibule/agent/relay"
	"vestibule/shared/domain"
)

var _ relay.Timer = (*Relays)(nil)

// Drivers gives the driver of a device that has shown its own MAC.
type Drivers interface {
	Known(ctx context.Context, id domain.DeviceID) (device.Driver, error)
}

// Relays are the own relays of one device.
type Relays struct {
	drivers Drivers
	id      domain.DeviceID
}

// New makes the relays of a device.
func New(drivers Drivers, id domain.DeviceID) *Relays { return &Relays{drivers: drivers, id: id} }

// Pulse triggers relay Number of the device.
func (r *Relays) Pulse(ctx context.Context, ch relay.Channel, hold time.Duration) error {
	driver, err := r.drivers.Known(ctx, r.id)
	if err != nil {
		return &relay.Error{Kind: relay.Unreachable, Err: err} // nothing was asked of a relay yet
	}
	opener, able := driver.(device.Opener)
	if !able {
		return &relay.Error{Kind: relay.Refused, Err: errors.New("the device has no relay that the agent can move")}
	}
	if err := ctx.Err(); err != nil {
		return &relay.Error{Kind: relay.Unreachable, Err: err}
	}
	err = opener.Trigger(ctx, ch.Number, hold)
	switch device.KindOf(err) {
	case "":
		return nil
	case device.Unreachable, device.Distrusted:
		return &relay.Error{Kind: relay.Unreachable, Err: err}
	case device.Refused, device.Unauthorised:
		return &relay.Error{Kind: relay.Refused, Err: err}
	}
	return &relay.Error{Kind: relay.Ambiguous, Err: err}
}

// Close has nothing to give back: the driver belongs to everybody who talks to the device.
func (r *Relays) Close() error { return nil }
