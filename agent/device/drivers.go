package device

import (
	"context"
	"crypto/sha256"
	"net/netip"
	"sync"

	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// webPort is where a device's web interface listens when its address names no port.
const webPort = 80

// Drivers keeps one driver a device, so that everybody who talks to a device stands in the same queue. It is safe for concurrent use.
type Drivers struct {
	view   func() *desired.View
	locate func(domain.MAC) (netip.AddrPort, bool)
	makers map[domain.Driver]func() Driver
	pins   Pins

	mu   sync.Mutex
	kept map[domain.DeviceID]*entry
}

type entry struct {
	kind     domain.Driver
	mac      domain.MAC
	driver   Driver
	addr     netip.AddrPort
	verified netip.AddrPort // where the device's own MAC answered last
	pin      Pin
}

// Pins keeps the certificates that devices showed when they were adopted. proof stands for the device and its credentials: with others it is adopted
// anew.
type Pins interface {
	Pin(id domain.DeviceID, proof [32]byte) Pin
	SetPin(id domain.DeviceID, proof [32]byte, pin Pin)
}

// KeepPins has certificates kept from now on; without, a device is asked over HTTPS with whatever certificate it shows.
func (d *Drivers) KeepPins(pins Pins) { d.pins = pins }

// proofOf is what a certificate was adopted with.
func proofOf(dev domain.Device, cred domain.Credential) [32]byte {
	return sha256.Sum256([]byte(string(dev.MAC) + "\x00" + cred.APIUser + "\x00" + cred.APIPassword.Reveal()))
}

// adopt keeps the certificate of a device that has shown its own MAC and none before.
func (d *Drivers) adopt(e *entry, dev domain.Device) {
	c, can := e.driver.(Certified)
	if d.pins == nil || !can || e.pin.Port != 0 {
		return
	}
	if e.pin = c.Certificate(); e.pin.Port != 0 {
		d.pins.SetPin(dev.ID, proofOf(dev, d.view().Credentials[dev.ID]), e.pin)
	}
}

// NewDrivers makes an empty set. locate gives the newest address a MAC was found at; makers has one function for each driver that ships.
func NewDrivers(view func() *desired.View, locate func(domain.MAC) (netip.AddrPort, bool), makers map[domain.Driver]func() Driver) *Drivers {
	return &Drivers{view: view, locate: locate, makers: makers, kept: map[domain.DeviceID]*entry{}}
}

// Address gives where a device is: its fixed address, else the newest place it was found at.
func (d *Drivers) Address(dev domain.Device) (netip.AddrPort, bool) {
	if dev.Address == "" {
		return d.locate(dev.MAC)
	}
	if ap, err := netip.ParseAddrPort(dev.Address); err == nil {
		return ap, true
	}
	addr, err := netip.ParseAddr(dev.Address)
	return netip.AddrPortFrom(addr, webPort), err == nil
}

// of gives the driver of a device at its present address. NotFound: no such device, or none of our drivers; Offline: nobody knows where it is.
func (d *Drivers) of(id domain.DeviceID) (*entry, domain.Device, error) {
	view := d.view()
	dev, ok := view.Devices[id]
	if !ok {
		return nil, dev, fault.New(fault.NotFound, "The device is not in the document.")
	}
	newDriver := d.makers[dev.Driver]
	if newDriver == nil {
		return nil, dev, fault.New(fault.NotFound, "The device is set up by hand.")
	}
	addr, ok := d.Address(dev)
	if !ok {
		return nil, dev, fault.New(fault.Offline, "The device has not been found on the network.")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.kept[id]
	if e == nil || e.kind != dev.Driver || e.mac != dev.MAC { // another MAC is other hardware, which has shown nothing yet
		e = &entry{kind: dev.Driver, mac: dev.MAC, driver: newDriver()}
		d.kept[id] = e
	}
	cred := view.Credentials[id]
	e.addr, e.pin = addr, Pin{}
	if d.pins != nil {
		e.pin = d.pins.Pin(id, proofOf(dev, cred))
	}
	e.driver.Use(Access{Addr: addr, User: cred.APIUser, Password: cred.APIPassword, Pin: e.pin})
	return e, dev, nil
}

// Identify asks the device at the present address who it is. matches is false when another MAC answers: then nothing else may be asked of it.
func (d *Drivers) Identify(ctx context.Context, id domain.DeviceID) (who Identity, matches bool, err error) {
	e, dev, err := d.of(id)
	if err != nil {
		return Identity{}, false, err
	}
	d.mu.Lock()
	addr := e.addr
	d.mu.Unlock()
	who, err = e.driver.Identify(ctx)
	if err != nil {
		return Identity{}, false, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	e.verified = netip.AddrPort{}
	if who.MAC == dev.MAC {
		e.verified = addr
		d.adopt(e, dev)
	}
	return who, who.MAC == dev.MAC, nil
}

// Known gives the driver of a device that has shown its own MAC at its present address; it is asked first when it has not yet. Another MAC is Conflict.
func (d *Drivers) Known(ctx context.Context, id domain.DeviceID) (Driver, error) {
	e, _, err := d.of(id)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	verified := e.verified == e.addr
	d.mu.Unlock()
	if verified {
		return e.driver, nil
	}
	if _, matches, err := d.Identify(ctx, id); err != nil {
		return nil, err
	} else if !matches {
		return nil, fault.New(fault.Conflict, "Another device answers at the address of this one.")
	}
	return e.driver, nil
}

// Trim forgets the drivers of devices that are no longer in the document.
func (d *Drivers) Trim() {
	view := d.view()
	d.mu.Lock()
	defer d.mu.Unlock()
	for id := range d.kept {
		if _, ok := view.Devices[id]; !ok {
			delete(d.kept, id)
		}
	}
}
