package provision

import (
	"context"
	"errors"
	"slices"

	"vestibule/agent/device"
	"vestibule/shared/capability"
)

// talk asks the device, when one of the few places is free.
func (w *worker) talk(ctx context.Context, e Effect) Input {
	select {
	case w.c.slots <- struct{}{}:
		defer func() { <-w.c.slots }()
	case <-ctx.Done():
		return nil
	}
	if _, ok := e.(Identify); ok {
		who, matches, err := w.c.cfg.Drivers.Identify(ctx, w.id)
		return Identified{Who: who, Matches: matches, Err: err}
	}
	if e, ok := e.(Order); ok {
		return w.order(ctx, e)
	}
	want := w.want(w.c.cfg.View()).For(device.Identity{Model: w.state.Report.Model, Firmware: w.state.Report.Firmware})
	driver, err := w.configurer(ctx)
	if _, ok := e.(Write); ok {
		if err == nil {
			err = w.keep(ctx, driver, want)
		}
		if err == nil {
			err = driver.Configure(ctx, want) // last: a new account may restart the device
		}
		return Written{Err: err}
	}
	var is device.Reading
	var over int
	if err == nil {
		is, err = driver.ReadBack(ctx, want)
	}
	if err == nil {
		over, err = kept(ctx, driver, want, &is)
	}
	return Compared{Names: is.Differing, Withheld: withheld(want.Withheld, is.Missing), Refused: is.Refused, Factory: is.Factory, Over: over, Err: err}
}

// configurer gives who writes to the device; steps ask for it only where the driver can.
func (w *worker) configurer(ctx context.Context) (device.Configurer, error) {
	driver, err := w.c.cfg.Drivers.Known(ctx, w.id)
	if err != nil {
		return nil, err
	}
	if c, able := driver.(device.Configurer); able {
		return c, nil
	}
	return nil, &device.Error{Kind: device.Refused, Op: "configure", Err: errors.New("the driver writes nothing")}
}

// withheld names what the firmware does not reach and what the device has no setting for, each once and in a lasting order; nil when nothing.
func withheld(lists ...[]capability.Feature) []string {
	var out []string
	for _, f := range slices.Concat(lists...) {
		out = append(out, string(f))
	}
	slices.Sort(out)
	return slices.Compact(out)
}
