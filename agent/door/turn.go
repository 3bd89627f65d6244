package door

import (
	"context"
	"log/slog"

	"vestibule/agent/access"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
)

// Turn is who wants which channel of a monitor's board on or off.
type Turn struct {
	DeviceID  domain.DeviceID // the monitor
	Channel   int
	On        bool
	Means     domain.Means
	By        string // display words for the log
	CommandID domain.CommandID
}

// Turn puts a channel of the relay board of a monitor on or off. As with Open every ask leaves one row, and a late one moves nothing.
func (d *Doors) Turn(ctx context.Context, ask Turn) Outcome {
	began := d.cfg.Clock.Now()
	board, reason := access.DecideTurn(d.cfg.View(), d.cfg.Agent, ask.DeviceID, ask.Channel)
	out := Outcome{Result: domain.ActRefused, Reason: reason}
	if reason == domain.ReasonNone {
		out = d.act(&job{ctx: ctx, board: board, turn: &turn{channel: ask.Channel, on: ask.On}})
	}
	out.Took = d.cfg.Clock.Now().Sub(began)
	body := domain.RelayBody{
		DeviceID: ask.DeviceID, Channel: ask.Channel, On: ask.On, Means: ask.Means, Result: out.Result, Reason: out.Reason, By: ask.By,
		CommandID: ask.CommandID, TookMilli: out.Took.Milliseconds(),
	}
	d.cfg.Logger.LogAttrs(ctx, slog.LevelInfo, "relay", slog.String(logkey.Device, ask.DeviceID.String()), slog.Int(logkey.Relay, ask.Channel),
		slog.Bool(logkey.State, ask.On), slog.String(logkey.Result, string(out.Result)), slog.String(logkey.Reason, string(out.Reason)))
	if err := d.cfg.Log.Append(context.WithoutCancel(ctx), domain.EventRelay, body); err != nil {
		d.cfg.Logger.LogAttrs(ctx, slog.LevelError, "relay row not written", slog.String(logkey.Device, ask.DeviceID.String()), slog.Any(logkey.Err, err))
	}
	return out
}
