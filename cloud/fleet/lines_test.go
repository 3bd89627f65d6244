package fleet_test

import (
	"testing"

	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// shows EXT-04 by cloud/fleet/lines.go: "has this unit on the same line."
func TestBoards_OnOneLineHaveOneSpeedAndUnitsOfTheirOwn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		y := newYard(t, s)
		board := func(name string, shape func(*domain.Board)) domain.Board {
			b := domain.Board{SiteID: y.site.ID, Name: name, Link: domain.LinkRTU, Address: "/dev/ttyUSB0", Unit: 1, Channels: 8, Profile: domain.ProfileWaveshare}
			shape(&b)
			return b
		}
		first, err := y.AddBoard(y.ctx, board("Cellar", func(b *domain.Board) { b.Inputs = []domain.ChannelMode{{Number: 2, Mode: domain.InputToggle}} }))
		if err != nil {
			t.Fatal(err)
		}
		kept, err := y.Board(y.ctx, y.site.ID, first.ID)
		if err != nil || kept.Link != domain.LinkRTU || len(kept.Inputs) != 1 || kept.Inputs[0].Mode != domain.InputToggle {
			t.Fatalf("kept %+v %v", kept, err)
		}
		if _, err := y.EditBoard(y.ctx, kept); err != nil {
			t.Errorf("its own unit again: %v", err)
		}
		_, err = y.AddBoard(y.ctx, board("Roof", func(*domain.Board) {}))
		y.wants(t, err, fault.Conflict, "unit")
		_, err = y.AddBoard(y.ctx, board("Roof", func(b *domain.Board) { b.Unit, b.Baud = 2, 19200 }))
		y.wants(t, err, fault.Conflict, "baud")
		_, err = y.AddBoard(y.ctx, board("Roof", func(b *domain.Board) { b.Unit, b.Address = 2, "/etc/passwd" }))
		y.wants(t, err, fault.Invalid, "address")
		monitor := domain.Device{SiteID: y.site.ID, Type: domain.Monitor, MAC: "0C11050B9816", Name: "Hall", Form: domain.DeviceForm{External: &domain.ExternalRelay{
			Type: domain.BoardMK485, Mode: domain.ModeRS485, Wire: &domain.ExternalWire{Profile: domain.ProfileCoils, Unit: 1, Port: "/dev/ttyUSB0"},
		}}}
		_, err = y.AddDevice(y.ctx, monitor)
		y.wants(t, err, fault.Conflict, "form.external.wire.unit")
		monitor.Form.External.Wire.Unit = 2
		if _, err = y.AddDevice(y.ctx, monitor); err != nil {
			t.Fatal(err)
		}
		_, err = y.AddBoard(y.ctx, board("Roof", func(b *domain.Board) { b.Unit = 2 }))
		y.wants(t, err, fault.Conflict, "unit")
	})
}

// An opening has somebody who asked for it; an input is nobody.
func TestBoards_InputAndDoorShareNoChannel(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		y := newYard(t, s)
		board, err := y.AddBoard(y.ctx, domain.Board{
			SiteID: y.site.ID, Name: "Cellar", Address: "192.168.1.200:502", Unit: 1, Channels: 4, Inputs: []domain.ChannelMode{{Number: 1, Mode: domain.InputFollow}},
		})
		if err != nil {
			t.Fatal(err)
		}
		gate := domain.Device{SiteID: y.site.ID, Type: domain.DoorPhone, MAC: "0C11050B9814", Name: "Gate", Relays: []domain.Relay{{Number: 1, Enabled: true, Board: board.ID, Channel: 1}}}
		_, err = y.AddDevice(y.ctx, gate)
		y.wants(t, err, fault.Conflict, "relays[0].channel")
		gate.Relays[0].Channel = 2
		if _, err := y.AddDevice(y.ctx, gate); err != nil {
			t.Fatal(err)
		}
		board.Inputs = append(board.Inputs, domain.ChannelMode{Number: 2, Mode: domain.InputEdge})
		_, err = y.EditBoard(y.ctx, board)
		y.wants(t, err, fault.Conflict, "inputs")
	})
}
