package agent

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"sync"

	"vestibule/agent/device"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
)

// metaPins is where the certificates of adopted devices are kept.
const metaPins = "device_pins"

// shelf keeps small things over a restart.
type shelf interface {
	Meta(ctx context.Context, name string) ([]byte, error)
	SetMeta(ctx context.Context, name string, value []byte) error
}

// pins keeps the certificates that devices were adopted with.
type pins struct {
	shelf shelf
	view  func() *desired.View
	log   *slog.Logger

	mu   sync.Mutex
	kept map[string]pinned // by the text of the device's id
}

type pinned struct {
	Proof [32]byte
	Pin   device.Pin
}

// newPins reads what was kept. What cannot be read is no reason to leave a building without its devices: they are adopted anew, and the log says so.
func newPins(ctx context.Context, shelf shelf, view func() *desired.View, log *slog.Logger) *pins {
	p := &pins{shelf: shelf, view: view, log: log, kept: map[string]pinned{}}
	raw, err := shelf.Meta(ctx, metaPins)
	if err == nil && raw != nil {
		err = json.Unmarshal(raw, &p.kept)
	}
	if err != nil {
		log.ErrorContext(ctx, "certificates of devices not read", logkey.Err, err)
		p.kept = map[string]pinned{}
	}
	return p
}

// Pin gives the certificate of a device; zero when it was adopted with other credentials, or never.
func (p *pins) Pin(id domain.DeviceID, proof [32]byte) device.Pin {
	p.mu.Lock()
	defer p.mu.Unlock()
	if k := p.kept[id.String()]; k.Proof == proof {
		return k.Pin
	}
	return device.Pin{}
}

// SetPin keeps the certificate of a device that was just adopted, and forgets those of devices that are gone.
func (p *pins) SetPin(id domain.DeviceID, proof [32]byte, pin device.Pin) {
	view := p.view()
	p.mu.Lock()
	defer p.mu.Unlock()
	here := map[string]bool{}
	for id := range view.Devices {
		here[id.String()] = true
	}
	maps.DeleteFunc(p.kept, func(id string, _ pinned) bool { return !here[id] })
	p.kept[id.String()] = pinned{Proof: proof, Pin: pin}
	raw, err := json.Marshal(p.kept)
	if err == nil {
		err = p.shelf.SetMeta(context.Background(), metaPins, raw)
	}
	if err != nil {
		p.log.Error("certificate of a device not kept", logkey.Device, id.String(), logkey.Err, err)
	}
}
