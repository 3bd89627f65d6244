package command

import (
	"context"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/shared/wire"
)

// insert stores a command with its entry: nobody opens a door or touches a device from afar unrecorded (LOG-04). What came of it stands in the log of doors.
func (s *Service) insert(ctx context.Context, c Command, device string) error {
	told := map[string]any{"command_id": c.ID}
	e := audit.Entry{Site: c.Site, Object: "device", ObjectID: c.Device, ObjectName: device, At: c.IssuedAt}
	switch c.Kind {
	case wire.CommandReboot:
		e.Action = audit.Rebooted
	case wire.CommandReset:
		e.Action = audit.Reset
	case wire.CommandRemoteOpen:
		e.Action, e.Object = audit.Opened, "remote_session"
	default:
		e.Action, e.Object, told["relay"] = audit.Opened, "relay", c.Relay
		if c.Kind == wire.CommandRelaySet {
			told["on"] = c.On
		}
	}
	var err error
	if e.After, err = audit.Snapshot(told); err != nil {
		return err
	}
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.InsertCommand(ctx, c); err != nil {
			return err
		}
		return s.Store.Record(ctx, account.Stamp(ctx, e))
	})
}

// Meter counts commands that ended, with the time that it took.
type Meter interface {
	Command(kind, result string, took time.Duration)
}

func (s *Service) measure(c Command) {
	if s.Meter != nil {
		s.Meter.Command(string(c.Kind), string(c.Result), c.EndedAt.Sub(c.IssuedAt))
	}
}
