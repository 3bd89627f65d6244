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
}
