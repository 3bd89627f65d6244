package domain

import (
	"net/netip"
	"slices"
	"strconv"

	"vestibule/shared/fault"
)

// ExternalRelayType is a relay board that an indoor monitor drives (EXT-02).
type ExternalRelayType string

// External relay types.
const (
	BoardMK485  ExternalRelayType = "MK485" // Akuvox-MK485-G2R-8J8C V3.0
	BoardHF8000 ExternalRelayType = "HF-8000"
	BoardRSAC   ExternalRelayType = "RSAC-C1-R8"
)

// ExternalRelayMode is how the board is wired (EXT-04).
type ExternalRelayMode string

// External relay modes.
const (
	ModeRS485           ExternalRelayMode = "rs485"
	ModeRS485NonLatched ExternalRelayMode = "rs485_input_non_latching"
	ModeRS485Latched    ExternalRelayMode = "rs485_input_latching"
	ModeEthernet        ExternalRelayMode = "ethernet"
)

// ExternalRelayKind is what a type of board can do.
type ExternalRelayKind struct {
	Type     ExternalRelayType   `json:"type"`
	Name     string              `json:"name"`
	Channels int                 `json:"channels"`
	Modes    []ExternalRelayMode `json:"modes"`
}

var externalRelayKinds = []ExternalRelayKind{
	{BoardMK485, "Akuvox-MK485-G2R-8J8C V3.0", 8, []ExternalRelayMode{ModeRS485, ModeRS485NonLatched, ModeRS485Latched}},
	{BoardHF8000, "HF-8000", 4, []ExternalRelayMode{ModeRS485, ModeEthernet}},
	{BoardRSAC, "RSAC-C1-R8", 8, []ExternalRelayMode{ModeRS485}},
}

// ExternalRelayKinds lists the boards of the guides (EXT-02, EXT-03, EXT-04); the first mode of each is its default.
func ExternalRelayKinds() []ExternalRelayKind { return slices.Clone(externalRelayKinds) }

// ExternalRelay is the board attached to a monitor (EXT-01); a monitor has at most one.
type ExternalRelay struct {
	Type     ExternalRelayType `cbor:"1,keyasint" json:"type" enum:"MK485,HF-8000,RSAC-C1-R8"`
	Mode     ExternalRelayMode `cbor:"2,keyasint" json:"mode" enum:"rs485,rs485_input_non_latching,rs485_input_latching,ethernet"`
	Address  string            `cbor:"3,keyasint,omitempty" json:"address,omitempty"` // IPv4, in Ethernet mode alone (EXT-05)
	Port     int               `cbor:"4,keyasint,omitempty" json:"port,omitempty"`    // 1..65535, in Ethernet mode alone
	Channels []ExternalChannel `cbor:"5,keyasint,omitempty" json:"channels"`
	Wire     *ExternalWire     `cbor:"6,keyasint,omitempty" json:"wire,omitempty"` // how the agent drives it; nil: the monitor does, and the agent only tells it
}

// ExternalWire is how the agent reaches the board of a monitor. The makers' own protocols are not public, so the installer chooses the register map
// that the board was seen to speak.
type ExternalWire struct {
	Profile  BoardProfile `cbor:"1,keyasint" json:"profile" enum:"modbus-coils,waveshare,eletechsup"`
	Unit     int          `cbor:"2,keyasint" json:"unit"`                     // Modbus unit id, 1..247
	Port     string       `cbor:"3,keyasint,omitempty" json:"port,omitempty"` // serial port of the agent, in RS485 modes alone
	Baud     int          `cbor:"4,keyasint,omitempty" json:"baud,omitempty"` // 0: 9600
	Parity   Parity       `cbor:"5,keyasint,omitempty" json:"parity,omitempty" enum:"none,even,odd"`
	StopBits int          `cbor:"6,keyasint,omitempty" json:"stop_bits,omitempty"` // 0: 1
}

// ExternalChannel is one relay of the board (EXT-06). Function says what is connected to it.
type ExternalChannel struct {
	Number   int    `cbor:"1,keyasint" json:"number"` // 1-based
	Name     string `cbor:"2,keyasint" json:"name"`
	Function string `cbor:"3,keyasint,omitempty" json:"function,omitempty"`
}

func (e ExternalRelay) validate(f *fault.Fields, at string) {
	i := slices.IndexFunc(externalRelayKinds, func(k ExternalRelayKind) bool { return k.Type == e.Type })
	if i < 0 {
		f.Add(at+"type", "MK485, HF-8000 or RSAC-C1-R8.")
		return
	}
	kind := externalRelayKinds[i]
	f.Check(slices.Contains(kind.Modes, e.Mode), at+"mode", "%s does not have this mode.", kind.Name)
	if e.Mode == ModeEthernet {
		addr, err := netip.ParseAddr(e.Address)
		f.Check(err == nil && addr.Is4(), at+"address", "An IPv4 address such as 192.168.1.200.")
		f.Check(e.Port >= 1 && e.Port <= 65535, at+"port", "1 to 65535.")
	} else {
		f.Check(e.Address == "", at+"address", "Only Ethernet mode has an address.")
		f.Check(e.Port == 0, at+"port", "Only Ethernet mode has a port.")
	}
	names, numbers := map[string]bool{}, map[int]bool{}
	for i, c := range e.Channels {
		path := at + "channels[" + strconv.Itoa(i) + "]."
		f.Check(c.Number >= 1 && c.Number <= kind.Channels, path+"number", "%s has the relays 1 to %d.", kind.Name, kind.Channels)
		f.Check(!numbers[c.Number], path+"number", "Each relay once.")
		numbers[c.Number] = true
		checkName(f, path+"name", c.Name, MaxRelayName)
		f.Check(!names[c.Name], path+"name", "Each name once on the board.")
		names[c.Name] = true
		checkText(f, path+"function", c.Function, MaxRelayName)
	}
	e.validateWire(f, at+"wire.")
}

// validateWire checks how the agent reaches the board. Address and port of Ethernet mode were checked where they stand.
func (e ExternalRelay) validateWire(f *fault.Fields, at string) {
	if e.Wire == nil {
		return
	}
	b := e.board(Device{Form: DeviceForm{External: &e}})
	if e.Mode == ModeEthernet {
		f.Check(e.Wire.Port == "", at+"port", "Only RS485 modes have a serial port.")
		b.Address = "127.0.0.1:502" // stands for the one above
	}
	var own fault.Fields
	b.validateWire(&own, "")
	for _, p := range fault.FieldsOf(own.Err()) {
		path := p.Path
		if path == "address" {
			path = "port"
		}
		f.Add(at+path, "%s", p.Msg)
	}
	kind, known := e.Wire.Profile.kind()
	f.Check(!known || kind.Inputs || len(b.Inputs) == 0, at+"profile", "Boards of this register map have no inputs; choose the mode RS485.")
}

// ExternalBoard gives the board of a monitor that the agent drives itself; false when there is none or the monitor drives it. Its id is the monitor's.
func (d Device) ExternalBoard() (Board, bool) {
	e := d.Form.External
	if d.Type != Monitor || e == nil || e.Wire == nil {
		return Board{}, false
	}
	return e.board(d), true
}

// board is the board as the agent drives it: channels as the product has them, inputs as the mode says.
func (e ExternalRelay) board(d Device) Board {
	b := Board{
		ID: BoardID(d.ID), SiteID: d.SiteID, GroupID: d.GroupID, Name: d.Name, Profile: e.Wire.Profile, Unit: e.Wire.Unit, Link: LinkRTU, Address: e.Wire.Port,
		Baud: e.Wire.Baud, Parity: e.Wire.Parity, StopBits: e.Wire.StopBits,
	}
	if e.Mode == ModeEthernet {
		b.Link, b.Address = LinkTCP, e.Address+":"+strconv.Itoa(e.Port)
	}
	for _, kind := range externalRelayKinds {
		if kind.Type == e.Type {
			b.Channels = kind.Channels
		}
	}
	mode := map[ExternalRelayMode]InputMode{ModeRS485NonLatched: InputFollow, ModeRS485Latched: InputToggle}[e.Mode]
	for n := 1; mode != "" && n <= b.Channels; n++ {
		b.Inputs = append(b.Inputs, ChannelMode{Number: n, Mode: mode})
	}
	return b
}

// Channel gives the relay of the board with that number, if the installer named it.
func (e ExternalRelay) Channel(number int) (ExternalChannel, bool) {
	for _, c := range e.Channels {
		if c.Number == number {
			return c, true
		}
	}
	return ExternalChannel{}, false
}
