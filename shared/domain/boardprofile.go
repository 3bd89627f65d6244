package domain

import (
	"slices"
	"strings"
)

// BoardProfile names the register map of a relay board; the maps are data of the relay driver.
type BoardProfile string

// Profiles.
const (
	ProfileCoils      BoardProfile = "modbus-coils" // any board: channel n is coil n-1, written by FC05 and read by FC01; inputs by FC02
	ProfileWaveshare  BoardProfile = "waveshare"    // Waveshare Modbus RTU and PoE ETH Relay: coils, a pulse of the board's own, input modes of the board's own
	ProfileEletechsup BoardProfile = "eletechsup"   // eletechsup N4ROD08 family: channel n is holding register n-1, 0x0100 on and 0x0200 off
)

// BoardProfileKind is what boards of a profile can do.
type BoardProfileKind struct {
	Profile BoardProfile `json:"profile"`
	Name    string       `json:"name"`
	Pulse   bool         `json:"pulse" doc:"The board lets go by its own clock, also when the agent is gone."`
	Inputs  bool         `json:"inputs" doc:"It has inputs that can move relays."`
}

var boardProfileKinds = []BoardProfileKind{
	{ProfileCoils, "Modbus coils", false, true},
	{ProfileWaveshare, "Waveshare Modbus Relay", true, true},
	{ProfileEletechsup, "eletechsup N4ROD08", false, false},
}

// BoardProfileKinds lists the profiles; the first is the default.
func BoardProfileKinds() []BoardProfileKind { return slices.Clone(boardProfileKinds) }

func (p BoardProfile) kind() (BoardProfileKind, bool) {
	for _, k := range boardProfileKinds {
		if k.Profile == p {
			return k, true
		}
	}
	return BoardProfileKind{}, false
}

func (p BoardProfile) known() bool { _, ok := p.kind(); return ok }

func profileNames() string {
	names := make([]string, len(boardProfileKinds))
	for i, k := range boardProfileKinds {
		names[i] = string(k.Profile)
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}
