package provision

import (
	"context"
	"log/slog"
	"strconv"

	"vestibule/agent/device"
	"vestibule/agent/health"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

// keep writes who opens the device's own relays by a key. That people were taken away stands in the log: after a reset or a deletion somebody asks.
func (w *worker) keep(ctx context.Context, driver device.Configurer, want device.Wanted) error {
	keeper, ok := driver.(device.Keeper)
	if !ok || !want.Device.Type.HasRelays() {
		return nil
	}
	gone, err := keeper.Keep(ctx, want.Keys)
	if gone > 0 {
		w.c.cfg.Logger.LogAttrs(ctx, slog.LevelInfo, "keys taken off a device", slog.String(logkey.Device, w.id.String()), slog.Int(logkey.Count, gone))
		w.row(ctx, domain.EventConfig, domain.NoteBody{What: "keys_removed", DeviceID: w.id, Detail: strconv.Itoa(gone), Version: w.state.Version})
	}
	return err
}

// kept adds to a reading how the keys on the device compare, and tells for how many people it has no room.
func kept(ctx context.Context, driver device.Configurer, want device.Wanted, is *device.Reading) (over int, err error) {
	if !want.Device.Type.HasRelays() {
		return 0, nil
	}
	keys := device.KeysReading{Lacks: true}
	if keeper, ok := driver.(device.Keeper); ok {
		if keys, err = keeper.Kept(ctx, want.Keys); err != nil {
			return 0, err
		}
	}
	if keys.Lacks && len(want.Keys.Users) > 0 {
		is.Missing = append(is.Missing, device.OwnKeys)
	}
	is.Missing = append(is.Missing, keys.Missing...)
	is.Differing = append(is.Differing, keys.Differing...)
	return keys.Over, nil
}

// settled says how far a device got that holds all it can: applied, unless it has no room for somebody.
func (t *turn) settled() {
	if t.Over == 0 {
		t.do(Clear{health.DeviceFull})
		t.receipt(wire.ReceiptApplied, "")
		return
	}
	t.do(Raise{health.DeviceFull, strconv.Itoa(t.Over) + " without room"})
	t.receipt(wire.ReceiptFailed, domain.ReasonFull)
}
