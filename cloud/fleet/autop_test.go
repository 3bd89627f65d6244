package fleet_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
	"vestibule/shared/wire"
)

// submit takes lines for devices of the yard.
func (y *yard) submit(t *testing.T, text string, change func(*fleet.AutoPAsk), devices ...domain.Device) {
	t.Helper()
	ask := fleet.AutoPAsk{Text: secret.New(text)}
	for _, d := range devices {
		ask.Devices = append(ask.Devices, d.ID)
	}
	if change != nil {
		change(&ask)
	}
	if err := y.SubmitAutoP(y.ctx, y.site.ID, ask); err != nil {
		t.Fatal(err)
	}
}

func (y *yard) sheet(t *testing.T, d domain.Device) fleet.AutoPSheet {
	t.Helper()
	sheet, err := y.AutoP(y.ctx, y.site.ID, d.ID)
	if err != nil {
		t.Fatal(err)
	}
	return sheet
}

func once(ask *fleet.AutoPAsk)  { ask.Once = true }
func whole(ask *fleet.AutoPAsk) { ask.Replace = true }

// Regular lines stay in the document until they are cleared; a batch adds to what each device has.
//
// shows AUTOP-01 by cloud/fleet/autop.go: "sheet.Text = secret.New(text)"
// shows AUTOP-06 by cloud/fleet/autop.go: "next = domain.MergeAutoP(stored, lines)"
func TestAutoP_RegularLinesStay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		y := newYard(t, s)
		gate := y.device(t, domain.Device{Type: domain.DoorPhone, MAC: "0C11050B9814", Name: "Gate"})
		hall := y.device(t, domain.Device{Type: domain.Monitor, MAC: "0C11050B9815", Name: "Hall"})
		y.submit(t, "Config.A=planted\nConfig.A=planted", whole, gate)
		y.submit(t, "Config.A=planted\nConfig.B=2", nil, gate, hall)
		told := y.document.view(t, y.site.ID).AutoP
		if told[gate.ID].Text.Reveal() != "Config.A=planted\nConfig.B=2" || !told[hall.ID].Text.Equal(told[gate.ID].Text) {
			t.Errorf("told: %q, %q", told[gate.ID].Text.Reveal(), told[hall.ID].Text.Reveal())
		}
		versions := y.document.versions
		y.submit(t, "Config.B=2", nil, gate, hall)
		if y.document.versions != versions {
			t.Error("lines that stand there already make a version")
		}
		seen := account.WithRevision(y.ctx, 7)
		err := y.SubmitAutoP(seen, y.site.ID, fleet.AutoPAsk{Devices: []domain.DeviceID{gate.ID}, Text: secret.New("Config.C=1"), Replace: true})
		y.wants(t, err, fault.Conflict, "")
		if a := y.sheet(t, gate); a.Text.Reveal() != "Config.A=planted\nConfig.B=2" || a.Revision != 2 || a.Standing() != domain.AutoPTold {
			t.Errorf("kept: %+v", a)
		}
		y.submit(t, "", whole, gate)
		if told := y.document.view(t, y.site.ID).AutoP; len(told) != 1 {
			t.Errorf("cleared lines are told: %d", len(told))
		}
	})
}

// One-time lines are no part of the regular text and leave the document with their outcome, whatever else is edited; what was carried out lapses
// with a reset.
//
// shows AUTOP-02 by cloud/fleet/autop.go: "leave = true"
// shows AUTOP-05 by cloud/fleet/autop.go: "o.State = domain.AutoPLapsed"
func TestAutoP_OneTimeLinesAreToldOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		y := newYard(t, s)
		gate := y.device(t, domain.Device{Type: domain.DoorPhone, MAC: "0C11050B9814", Name: "Gate"})
		y.submit(t, "Config.A=1", nil, gate)
		y.submit(t, "Config.B=2", once, gate)
		y.submit(t, "Config.B=2\nConfig.C=3", once, gate) // B waits already
		orders := y.document.view(t, y.site.ID).AutoP[gate.ID].Orders
		if len(orders) != 2 || orders[0].Text.Reveal() != "Config.B=2" || orders[1].Text.Reveal() != "Config.C=3" {
			t.Fatalf("told: %+v", orders)
		}
		report := func(resets uint32, told ...wire.AutoPReport) {
			t.Helper()
			r := []wire.DeviceReport{{DeviceID: gate.ID, MAC: gate.MAC, AutoP: told, Resets: resets}}
			if err := y.AutoPTold(t.Context(), y.site.ID, r); err != nil {
				t.Fatal(err)
			}
		}
		report(0, wire.AutoPReport{Revision: 1, State: domain.AutoPRefused, Refused: []string{"Config.A"}},
			wire.AutoPReport{Order: orders[0].ID, State: domain.AutoPApplied})
		a := y.sheet(t, gate)
		if a.Standing() != domain.AutoPRefused || fmt.Sprint(a.Refused) != "[Config.A]" || a.Orders[1].State != domain.AutoPApplied || a.Orders[0].State != domain.AutoPTold {
			t.Errorf("after the report: %+v", a)
		}
		if told := y.document.view(t, y.site.ID).AutoP[gate.ID]; len(told.Orders) != 1 || told.Text.Reveal() != "Config.A=1" {
			t.Errorf("told after the report: %+v", told)
		}
		report(1, wire.AutoPReport{Revision: 1, State: domain.AutoPApplied}, wire.AutoPReport{Order: orders[1].ID, State: domain.AutoPLapsed})
		a = y.sheet(t, gate)
		if a.Orders[0].State != domain.AutoPLapsed || a.Orders[1].State != domain.AutoPLapsed || a.Standing() != domain.AutoPApplied {
			t.Errorf("after the reset: %+v", a)
		}
		told := y.document.view(t, y.site.ID).AutoP[gate.ID]
		if len(told.Orders) != 0 || told.Text.Reveal() != "Config.A=1" {
			t.Errorf("told after the reset: %+v", told)
		}
	})
}

// Other hardware in a device's place is as from the factory: what waits lapses, and its pairing window opens.
//
// shows AUTOP-05 by cloud/fleet/autop.go: "sheet.Orders[i].State, sheet.Orders[i].Ended = domain.AutoPLapsed, e.at"
func TestAutoP_LapsesWithTheHardware(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		y := newYard(t, s)
		gate := y.device(t, domain.Device{Type: domain.DoorPhone, MAC: "0C11050B9814", Name: "Gate"})
		if until := time.UnixMilli(gate.PairUntil); time.Until(until) < 23*time.Hour || y.document.view(t, y.site.ID).Credentials[gate.ID].PairUntil != gate.PairUntil {
			t.Errorf("a new device pairs until %v", until)
		}
		y.submit(t, "Config.B=2", once, gate)
		stale := []wire.DeviceReport{{DeviceID: gate.ID, MAC: "0C1105000001", AutoP: []wire.AutoPReport{{Order: y.sheet(t, gate).Orders[0].ID, State: domain.AutoPApplied}}}}
		if err := y.AutoPTold(t.Context(), y.site.ID, stale); err != nil {
			t.Fatal(err)
		}
		if a := y.sheet(t, gate); a.Orders[0].State != domain.AutoPTold {
			t.Errorf("a report of other hardware counts: %+v", a)
		}
		gate.MAC = "0C11050B9816"
		if _, err := y.EditDevice(y.ctx, gate); err != nil {
			t.Fatal(err)
		}
		if a := y.sheet(t, gate); a.Orders[0].State != domain.AutoPLapsed {
			t.Errorf("after the swap: %+v", a)
		}
		if told := y.document.view(t, y.site.ID).AutoP; len(told) != 0 {
			t.Errorf("told after the swap: %+v", told)
		}
		if err := y.DeleteDevice(y.ctx, y.site.ID, gate.ID); err != nil {
			t.Fatal(err)
		}
	})
}

// shows AUTOP-03 by cloud/fleet/autop.go: "f.Check(len(devices) <= domain.MaxAutoPDevices, \"devices\", \"%d Maximum At A Time.\", domain.MaxAutoPDevices)"
func TestAutoP_BatchIsBounded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		y := newYard(t, s)
		gate := y.device(t, domain.Device{Type: domain.DoorPhone, MAC: "0C11050B9814", Name: "Gate"})
		ask := fleet.AutoPAsk{Text: secret.New("Config.A=1")}
		for range domain.MaxAutoPDevices {
			ask.Devices = append(ask.Devices, domain.NewID[domain.DeviceID](time.Now()))
		}
		y.wants(t, y.SubmitAutoP(y.ctx, y.site.ID, ask), fault.NotFound, "")
		ask.Devices = append(ask.Devices, gate.ID)
		err := y.SubmitAutoP(y.ctx, y.site.ID, ask)
		y.wants(t, err, fault.Invalid, "devices")
		if !strings.Contains(fault.FieldsOf(err)[0].Msg, "500 Maximum At A Time") {
			t.Errorf("said %v", err)
		}
		y.wants(t, y.SubmitAutoP(y.ctx, y.site.ID, fleet.AutoPAsk{Text: secret.New("")}), fault.Invalid, "text devices")
		other := newYard(t, s)
		theirs := fleet.AutoPAsk{Text: secret.New("Config.A=1"), Devices: []domain.DeviceID{gate.ID}}
		other.wants(t, other.SubmitAutoP(other.ctx, other.site.ID, theirs), fault.NotFound, "")
	})
}

// An exposed password is changed in the document, and its window closed.
//
// shows EDGE-21 by cloud/fleet/autop.go: "device.SIPPassword, device.PairUntil = secret.Random(sipPasswordLength), 0"
func TestRotateSIP_ChangesThePasswordAndClosesTheWindow(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		y := newYard(t, s)
		gate := y.device(t, domain.Device{Type: domain.DoorPhone, MAC: "0C11050B9814", Name: "Gate"})
		if err := y.RotateSIP(t.Context(), y.site.ID, gate.ID); err != nil {
			t.Fatal(err)
		}
		told := y.document.view(t, y.site.ID).Credentials[gate.ID]
		if told.SIPPassword.Equal(gate.SIPPassword) || len(told.SIPPassword.Reveal()) != 20 || told.PairUntil != 0 {
			t.Errorf("told: same password %v, window %d", told.SIPPassword.Equal(gate.SIPPassword), told.PairUntil)
		}
		if err := y.Pair(y.ctx, y.site.ID, gate.ID); err != nil {
			t.Fatal(err)
		}
		told = y.document.view(t, y.site.ID).Credentials[gate.ID]
		if left := time.Until(time.UnixMilli(told.PairUntil)); left < 59*time.Minute || left > time.Hour {
			t.Errorf("opened for %v", left)
		}
		if err := y.RotateSIP(t.Context(), y.site.ID, domain.NewID[domain.DeviceID](time.Now())); err != nil {
			t.Errorf("a device that is gone: %v", err)
		}
	})
}
