package sim

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"

	"vestibule/shared/sim/webapi"
)

// Config describes a building. A port of 0 lets the system pick one.
type Config struct {
	Bind       string            `json:"bind,omitempty"`    // address of devices that name none; "" = 127.0.0.1
	MDNS       string            `json:"mdns,omitempty"`    // interface to announce on; "" = nothing is announced
	Control    string            `json:"control,omitempty"` // loopback address of the control server; "" = none
	DoorPhones []DoorPhoneConfig `json:"door_phones,omitempty"`
	Monitors   []MonitorConfig   `json:"monitors,omitempty"`
	Boards     []BoardConfig     `json:"boards,omitempty"`
}

// DeviceConfig is what door phones and monitors have in common.
type DeviceConfig struct {
	Name         string            `json:"name"`
	MAC          string            `json:"mac,omitempty"` // 12 hexadecimal digits; "" = made up
	Model        string            `json:"model,omitempty"`
	Firmware     string            `json:"firmware,omitempty"`
	Address      string            `json:"address,omitempty"` // IP; "" = Bind
	HTTPPort     int               `json:"http_port,omitempty"`
	SIPPort      int               `json:"sip_port,omitempty"`
	APIUser      string            `json:"api_user,omitempty"`     // "" = "admin"
	APIPassword  string            `json:"api_password,omitempty"` // "" = random
	Settings     map[string]string `json:"settings,omitempty"`     // on top of the factory's
	Quirks       Quirks            `json:"quirks,omitzero"`
	Dialect      webapi.Dialect    `json:"dialect,omitempty"`       // "" is the documented one; pages, old or fcgi
	AutoP        string            `json:"autop,omitempty"`         // "pnp": asks the network for its settings at each start; "" = never
	RebootMillis int               `json:"reboot_millis,omitempty"` // how long a restart takes; 0 = 500
}

// DoorPhoneConfig describes a door phone.
type DoorPhoneConfig struct {
	DeviceConfig
	NativeDTMF bool  `json:"native_dtmf,omitempty"` // moves its own relay at its own code
	Keys       []Key `json:"keys,omitempty"`        // whom it lets in by itself
}

// MonitorConfig describes a monitor.
type MonitorConfig struct {
	DeviceConfig
	AnswerAfterMillis int `json:"answer_after_millis,omitempty"` // answers by itself; 0 = never
}

// BoardConfig describes a relay board.
type BoardConfig struct {
	Name     string `json:"name"`
	Model    string `json:"model,omitempty"`
	Address  string `json:"address,omitempty"` // IP; "" = Bind
	Port     int    `json:"port,omitempty"`
	Channels int    `json:"channels,omitempty"` // 0 = 8
}

// Quirks are the bad habits of a device.
type Quirks = webapi.Quirks

const maxDevices = 2000

// Sample is a building with that many devices on loopback: "Door phone 1", "Monitor 1", "Board 1" and so on.
func Sample(doorPhones, monitors, boards int) Config {
	c := Config{}
	for i := range doorPhones {
		c.DoorPhones = append(c.DoorPhones, DoorPhoneConfig{DeviceConfig: DeviceConfig{Name: fmt.Sprintf("Door phone %d", i+1)}})
	}
	for i := range monitors {
		c.Monitors = append(c.Monitors, MonitorConfig{DeviceConfig: DeviceConfig{Name: fmt.Sprintf("Monitor %d", i+1)}})
	}
	for i := range boards {
		c.Boards = append(c.Boards, BoardConfig{Name: fmt.Sprintf("Board %d", i+1)})
	}
	return c
}

// complete fills what was left out and refuses what cannot be.
func (c *Config) complete() error {
	if c.Bind == "" {
		c.Bind = "127.0.0.1"
	}
	if len(c.DoorPhones)+len(c.Monitors)+len(c.Boards) > maxDevices {
		return fmt.Errorf("at most %d devices", maxDevices)
	}
	names := map[string]bool{}
	for i := range c.DoorPhones {
		if err := c.DoorPhones[i].complete(c.Bind, names, "R29", "29.30.10.205"); err != nil {
			return err
		}
	}
	for i := range c.Monitors {
		if err := c.Monitors[i].complete(c.Bind, names, "C313", "113.30.10.205"); err != nil {
			return err
		}
	}
	for i := range c.Boards {
		b := &c.Boards[i]
		if err := claim(names, b.Name); err != nil {
			return err
		}
		b.Address = or(b.Address, c.Bind)
		b.Model = or(b.Model, "Modbus Relay 8ch")
		if b.Channels == 0 {
			b.Channels = 8
		}
		if b.Channels < 1 || b.Channels > 64 {
			return fmt.Errorf("%s: %d channels", b.Name, b.Channels)
		}
		if _, err := endpoint(b.Address, b.Port); err != nil {
			return fmt.Errorf("%s: %w", b.Name, err)
		}
	}
	return c.controlOnLoopback()
}

func (c *Config) controlOnLoopback() error {
	if c.Control == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(c.Control)
	if err != nil {
		return fmt.Errorf("control address: %w", err)
	}
	if ip, err := netip.ParseAddr(host); err != nil || !ip.IsLoopback() {
		return fmt.Errorf("control address %s is not on loopback", c.Control)
	}
	return nil
}

// madeUp draws a MAC of the maker's: buildings that share a link must not announce one another's devices.
func madeUp(names map[string]bool) string {
	for {
		if mac := fmt.Sprintf("0C1105%06X", rand.IntN(1<<24)); !names["mac "+mac] {
			return mac
		}
	}
}

func (d *DeviceConfig) complete(bind string, names map[string]bool, model, firmware string) error {
	if err := claim(names, d.Name); err != nil {
		return err
	}
	if d.MAC == "" {
		d.MAC = madeUp(names)
	}
	d.MAC = strings.ToUpper(d.MAC)
	if len(d.MAC) != 12 || strings.Trim(d.MAC, "0123456789ABCDEF") != "" {
		return fmt.Errorf("%s: MAC %q has not 12 hexadecimal digits", d.Name, d.MAC)
	}
	if names["mac "+d.MAC] {
		return fmt.Errorf("%s: MAC %s is taken", d.Name, d.MAC)
	}
	names["mac "+d.MAC] = true
	d.Model, d.Firmware = or(d.Model, model), or(d.Firmware, firmware)
	d.Address = or(d.Address, bind)
	d.APIUser = or(d.APIUser, "admin")
	if d.RebootMillis <= 0 {
		d.RebootMillis = 500
	}
	if d.AutoP != "" && d.AutoP != PnP {
		return fmt.Errorf("%s: autop %q is not understood", d.Name, d.AutoP)
	}
	if !d.Dialect.Valid() {
		return fmt.Errorf("%s: dialect %q is not understood", d.Name, d.Dialect)
	}
	for _, port := range []int{d.HTTPPort, d.SIPPort} {
		if _, err := endpoint(d.Address, port); err != nil {
			return fmt.Errorf("%s: %w", d.Name, err)
		}
	}
	return nil
}

func claim(names map[string]bool, name string) error {
	if name == "" || len(name) > 60 || strings.ContainsAny(name, "/\x00\r\n") {
		return fmt.Errorf("device name %q", name)
	}
	if names[name] {
		return fmt.Errorf("device name %q is taken", name)
	}
	names[name] = true
	return nil
}

func endpoint(address string, port int) (netip.AddrPort, error) {
	ip, err := netip.ParseAddr(address)
	if err != nil || ip.IsUnspecified() || port < 0 || port > 65535 {
		return netip.AddrPort{}, fmt.Errorf("address %q port %d: needs one address of this machine", address, port)
	}
	return netip.AddrPortFrom(ip, uint16(port)), nil
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}
