package agent

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"vestibule/agent/device"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
)

// drawer keeps values as the agent's store does.
type drawer struct {
	values map[string][]byte
	err    error
}

func (d *drawer) Meta(_ context.Context, name string) ([]byte, error) { return d.values[name], d.err }

func (d *drawer) SetMeta(_ context.Context, name string, value []byte) error {
	d.values[name] = value
	return d.err
}

// Certificates outlive a restart, hold for the credentials of their adoption alone, and go with their devices.
//
// shows BEY-16 by agent/pins.go: "if k := p.kept[id.String()]; k.Proof == proof {" => "if k := p.kept[id.String()]; true {"
// shows BEY-16 by agent/pins.go: "maps.DeleteFunc(p.kept, func(id string, _ pinned) bool { return !here[id] })" => "_, _ = here, maps.DeleteFunc[map[string]pinned]"
// shows BEY-16 by agent/pins.go: "err = p.shelf.SetMeta(context.Background(), metaPins, raw)"
func TestPins_OutliveARestartAndGoWithTheirDevices(t *testing.T) {
	shelf := &drawer{values: map[string][]byte{}}
	a, b := domain.DeviceID{1}, domain.DeviceID{2}
	view := &desired.View{Devices: map[domain.DeviceID]domain.Device{a: {ID: a}, b: {ID: b}}}
	again := func() *pins {
		return newPins(t.Context(), shelf, func() *desired.View { return view }, slog.New(slog.DiscardHandler))
	}
	own, other := [32]byte{7}, [32]byte{8}
	pin := device.Pin{Sum: [32]byte{9}, Port: 443}
	again().SetPin(a, own, pin)
	if got := again().Pin(a, own); got != pin {
		t.Errorf("after a restart: %+v", got)
	}
	if got := again().Pin(a, other); got != (device.Pin{}) {
		t.Errorf("with other credentials: %+v", got)
	}
	delete(view.Devices, a)
	again().SetPin(b, own, pin)
	if got := again().Pin(a, own); got != (device.Pin{}) {
		t.Errorf("of a device that is gone: %+v", got)
	}
	if got := again().Pin(b, own); got != pin {
		t.Errorf("of the one that stays: %+v", got)
	}
}

// What cannot be read leaves no building without its devices.
func TestPins_BrokenShelf(t *testing.T) {
	shelf := &drawer{values: map[string][]byte{metaPins: []byte("{")}}
	p := newPins(t.Context(), shelf, func() *desired.View { return &desired.View{} }, slog.New(slog.DiscardHandler))
	shelf.err = errors.New("the disk is full")
	p.SetPin(domain.DeviceID{1}, [32]byte{}, device.Pin{Port: 1})
	if p.Pin(domain.DeviceID{1}, [32]byte{}).Port != 1 {
		t.Error("a full disk takes the certificate away")
	}
}
