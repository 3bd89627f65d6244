package command_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/cloud/command"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

// seen lets the box report the door phone.
func (d *door) seen(t *testing.T, online bool) {
	t.Helper()
	reports := []wire.DeviceReport{{DeviceID: d.device.ID, Online: online, State: wire.ReceiptApplied, Version: 1}}
	if _, err := d.Store.SaveReports(d.System(), d.box.ID, reports, false); err != nil {
		t.Fatal(err)
	}
}

func (d *door) care(kind wire.CommandKind, by account.Caller, key string) (command.Outcome, error) {
	return d.Commands.Care(account.With(d.Person(), by), d.Site, d.device.ID, kind, by, key)
}

// shows REM-02 REM-03 EDGE-22 by cloud/command/service.go: "if c.Kind.Within() > 0 {" => "if false {"
// shows LOG-04 by cloud/command/record.go: "e.Action = audit.Rebooted" => "e.Action = audit.Opened"
func TestCare_IsSentOnceRecordedAndTellsWhatComesOfIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDoor(t, s)
		d.seen(t, true)
		for kind, action := range map[wire.CommandKind]audit.Action{wire.CommandReboot: audit.Rebooted, wire.CommandReset: audit.Reset} {
			asked, err := d.care(kind, d.Caller, "press-"+string(kind))
			if err != nil || asked.Result != "" || asked.Kind != kind {
				t.Fatalf("%+v %v", asked, err)
			}
			cmd := d.next(t)
			if cmd.ID != asked.ID || cmd.Kind != kind || cmd.DeviceID != d.device.ID || cmd.TTLMilli != wire.CareTTL.Milliseconds() {
				t.Fatalf("%+v", cmd)
			}
			if again, err := d.care(kind, d.Caller, "press-"+string(kind)); err != nil || again.ID != cmd.ID || d.box.Count(wire.KindCommand) != 0 {
				t.Errorf("the same press: %+v %v", again, err)
			}
			d.box.Send(wire.KindResult, wire.Result{ID: cmd.ID, Accepted: true})
			d.Time.Move(wire.CareTTL + 20*time.Second) // the device takes its time; the order was begun in time
			d.box.Beat()
			d.sweep(t)
			if o, err := d.Commands.Read(d.Person(), d.Site, cmd.ID); err != nil || !o.Accepted || o.Result != "" {
				t.Fatalf("meanwhile %+v %v", o, err)
			}
			d.box.Send(wire.KindResult, wire.Result{ID: cmd.ID, Result: domain.ActDone})
			if o, err := d.Commands.Read(d.Person(), d.Site, cmd.ID); err != nil || o.Accepted || o.Result != domain.ActDone {
				t.Errorf("in the end %+v %v", o, err)
			}
			all, err := d.Store.Audit(d.Person(), d.Site, 100)
			if err != nil {
				t.Fatal(err)
			}
			all = slices.DeleteFunc(all, func(e audit.Entry) bool { return e.Action != action })
			var told struct {
				Command string `json:"command_id"`
			}
			if len(all) != 1 || json.Unmarshal(all[0].After, &told) != nil || told.Command != cmd.ID.String() || all[0].Object != "device" || all[0].ObjectID != d.device.ID {
				t.Errorf("recorded %+v", all)
			}
		}
	})
}

// shows EDGE-22 by cloud/command/care.go: "if err == nil && !there {" => "if there = true; err == nil && !there {"
func TestCare_OfADeviceThatIsNotThereIsRefusedAtOnceAndNotKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDoor(t, s)
		refused := func(what string, want fault.Code) {
			t.Helper()
			for _, kind := range []wire.CommandKind{wire.CommandReboot, wire.CommandReset} {
				if _, err := d.care(kind, d.Caller, ""); fault.CodeOf(err) != want {
					t.Errorf("%s, %s: %v", what, kind, err)
				}
			}
		}
		refused("never seen", fault.Offline)
		d.seen(t, false)
		refused("disconnected", fault.Offline)
		d.seen(t, true)
		_, stranger := d.NewSite("Elsewhere")
		if _, err := d.Commands.Care(account.With(t.Context(), stranger), d.Site, d.device.ID, wire.CommandReboot, stranger, ""); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("a stranger: %v", err)
		}
		d.box.HangUp(true)
		refused("the agent is away", fault.Offline)
		d.box.Join()
		d.device.Driver = domain.DriverManual
		d.Edit(d.Site, d.Op(desired.SectionDevices, desired.Key(d.device.ID), d.device))
		refused("set up by hand", fault.Conflict)
		if n := d.box.Count(wire.KindCommand); n != 0 {
			t.Errorf("%d orders were sent", n)
		}
		open, err := d.Store.OpenCommands(d.System(), 10)
		if err != nil || len(open) != 0 {
			t.Errorf("kept: %+v %v", open, err)
		}
	})
}

// One key cannot mean a restart once and a reset the next time, nor a door.
func TestCare_AKeyBelongsToOneOrder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDoor(t, s)
		d.seen(t, true)
		if _, err := d.care(wire.CommandReboot, d.Caller, "k"); err != nil {
			t.Fatal(err)
		}
		if _, err := d.care(wire.CommandReset, d.Caller, "k"); fault.CodeOf(err) != fault.Conflict {
			t.Errorf("a reset with the key of a restart: %v", err)
		}
		if _, err := d.Commands.Open(d.Person(), d.Site, d.device.ID, 1, d.Caller, "k"); fault.CodeOf(err) != fault.Conflict {
			t.Errorf("a door with the key of a restart: %v", err)
		}
	})
}
