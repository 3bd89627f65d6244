package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"vestibule/cloud/account"
	"vestibule/cloud/command"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

var (
	errRelay = fault.New(fault.NotFound, "This relay does not exist.")
	errKey   = fault.New(fault.Invalid, "An Idempotency-Key is made of printable ASCII characters without blanks.")
)

// OpenPath is a press of the Open button.
type OpenPath struct {
	DevicePath
	Number string `path:"number"`
	Key    string `header:"Idempotency-Key" doc:"The same key within a day is the same press: it opens at most once."`
}

// TurnPath is a channel of the relay board of a monitor to be put on or off.
type TurnPath struct {
	DevicePath
	Channel string `path:"channel"`
	Key     string `header:"Idempotency-Key" doc:"The same key within a day is the same order."`
	Body    struct {
		On bool `json:"on"`
	}
}

// CommandPath is one command of a path.
type CommandPath struct {
	SitePath
	Command string `path:"command"`
}

// CarePath is an order to a device.
type CarePath struct {
	DevicePath
	Key string `header:"Idempotency-Key" doc:"The same key within a day is the same order: it is given at most once."`
}

// care gives one order to a device; what comes of it is read from the command or the live stream.
func (a *API) care(kind wire.CommandKind, summary string) {
	name := string(kind)
	route(a, http.MethodPost, "/sites/{site}/devices/{device}/"+name, name+"-device", summary, func(ctx context.Context, in *CarePath) (*Body[command.Outcome], error) {
		caller, err := callerOf(ctx)
		if err != nil {
			return nil, err
		}
		if strings.ContainsFunc(in.Key, unfit) {
			return nil, errKey
		}
		out, err := a.Commands.Care(ctx, in.site(), in.id(), kind, caller, in.Key)
		return &Body[command.Outcome]{out}, err
	}, needs(account.DevicesCare), tag("commands"))
}

// unfit tells whether a character is not of an Idempotency-Key.
func unfit(r rune) bool { return r <= ' ' || r > '~' }

func (a *API) commands() {
	a.care(wire.CommandReboot, "Restart a device")
	a.care(wire.CommandReset, "Bring a device back to the factory's settings; its configuration is delivered again")
	route(a, http.MethodPost, "/sites/{site}/devices/{device}/relays/{number}/open", "open-relay",
		"Move a relay once and wait for the honest result", func(ctx context.Context, in *OpenPath) (*Body[command.Outcome], error) {
			caller, err := callerOf(ctx)
			if err != nil {
				return nil, err
			}
			number, err := strconv.Atoi(in.Number)
			if err != nil {
				return nil, errRelay
			}
			if strings.ContainsFunc(in.Key, unfit) {
				return nil, errKey
			}
			out, err := a.Commands.Open(ctx, in.site(), in.id(), number, caller, in.Key)
			return &Body[command.Outcome]{out}, err
		}, needs(account.DoorsOpen), tag("commands"))
	route(a, http.MethodPut, "/sites/{site}/devices/{device}/external/{channel}", "turn-external-relay",
		"Put a relay of a monitor's board on or off and wait for the honest result", func(ctx context.Context, in *TurnPath) (*Body[command.Outcome], error) {
			caller, err := callerOf(ctx)
			if err != nil {
				return nil, err
			}
			channel, err := strconv.Atoi(in.Channel)
			if err != nil {
				return nil, errRelay
			}
			if strings.ContainsFunc(in.Key, func(r rune) bool { return r <= ' ' || r > '~' }) {
				return nil, errKey
			}
			out, err := a.Commands.Turn(ctx, in.site(), in.id(), channel, in.Body.On, caller, in.Key)
			return &Body[command.Outcome]{out}, err
		}, needs(account.DoorsOpen), tag("commands"))
	route(a, http.MethodGet, "/sites/{site}/commands/{command}", "get-command", "One command", func(ctx context.Context, in *CommandPath) (*Body[command.Outcome], error) {
		out, err := a.Commands.Read(ctx, in.site(), pathID[domain.CommandID](in.Command))
		return &Body[command.Outcome]{out}, err
	}, needs(account.DoorsOpen), tag("commands"))
}
