package domain

import "vestibule/shared/fault"

// BoardProfile names the register map of a relay board; the maps are data of the relay drivers.
type BoardProfile string

// Profiles. Coils: channel n is coil n-1, written by FC05 and read by FC01.
const (
	ProfileCoils BoardProfile = "modbus-coils"
)

// MaxChannels is the most channels one board may have.
const MaxChannels = 32

// Board is an external relay board on the LAN (EDGE-15), reached by Modbus TCP.
type Board struct {
	ID       BoardID      `cbor:"1,keyasint"`
	SiteID   SiteID       `cbor:"-"`
	GroupID  GroupID      `cbor:"2,keyasint"` // whose agent drives it
	Name     string       `cbor:"3,keyasint"`
	Profile  BoardProfile `cbor:"4,keyasint"`
	Address  string       `cbor:"5,keyasint"` // IPv4:port
	Unit     int          `cbor:"6,keyasint"` // Modbus unit id, 1..247
	Channels int          `cbor:"7,keyasint"`

	Revision uint64 `cbor:"-" json:"-"` // one more at each change; stays in the cloud
}

// Validate checks the form of a board.
func (b Board) Validate() error {
	var f fault.Fields
	checkName(&f, "name", b.Name, MaxDeviceName)
	f.Check(!b.GroupID.IsZero(), "group_id", "The network group whose agent drives the board.")
	f.Check(b.Profile == ProfileCoils, "profile", "modbus-coils.")
	f.Check(validAddress(b.Address), "address", "An IPv4 address with port, such as 192.168.1.200:502.")
	f.Check(b.Unit >= 1 && b.Unit <= 247, "unit", "1 to 247.")
	f.Check(b.Channels >= 1 && b.Channels <= MaxChannels, "channels", "1 to %d.", MaxChannels)
	return f.Err()
}
