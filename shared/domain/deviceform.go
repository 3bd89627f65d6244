package domain

import (
	"net/netip"
	"strconv"

	"vestibule/shared/fault"
)

// ContactDisplay is what a door phone lists of its homes (DEV-23).
type ContactDisplay string

// Contact displays; the first is the default.
const (
	DisplayNumbers ContactDisplay = "numbers" // apartment numbers alone
	DisplayAll     ContactDisplay = "all"     // apartment numbers, monitors and apps
)

// Module is a push-button unit of an R20K or R20B (DEV-31).
type Module string

// Modules; the number is that of the buttons.
const (
	ModuleMD06 Module = "MD06"
	ModuleMD12 Module = "MD12"
)

// Buttons gives how many buttons a module has.
func (m Module) Buttons() int {
	switch m {
	case ModuleMD06:
		return 6
	case ModuleMD12:
		return 12
	}
	return 0
}

// DeviceForm is what a device has beside identity, place and relays. Defaults are zero values, so switches that are on by default are named by
// what turns them off.
type DeviceForm struct {
	NoMonitoring   bool           `cbor:"1,keyasint,omitempty" json:"no_monitoring,omitempty"` // users may not watch it (DEV-09)
	NoInternet     bool           `cbor:"2,keyasint,omitempty" json:"no_internet,omitempty"`   // reaches apps through a monitor (DEV-10); then Address is needed (DEV-11)
	WorksOffline   bool           `cbor:"3,keyasint,omitempty" json:"works_offline,omitempty"` // the monitor that transfers calls (DEV-12)
	Buildings      []BuildingID   `cbor:"4,keyasint,omitempty" json:"buildings,omitempty"`     // whose residents may control it; none: all (DEV-13)
	ContactDisplay ContactDisplay `cbor:"5,keyasint,omitempty" json:"contact_display,omitempty" enum:"numbers,all"`
	Directory      *Directory     `cbor:"6,keyasint,omitempty" json:"directory,omitempty"`      // nil: everything (DEV-24)
	HoldOpen       bool           `cbor:"7,keyasint,omitempty" json:"hold_open,omitempty"`      // the master may hold the door open (DEV-14)
	Arming         bool           `cbor:"8,keyasint,omitempty" json:"arming,omitempty"`         // DEV-21
	SecurityRelay  *SecurityRelay `cbor:"9,keyasint,omitempty" json:"security_relay,omitempty"` // SR01 (DEV-17)
	BuiltIn        []BuiltInRelay `cbor:"10,keyasint,omitempty" json:"built_in,omitempty"`      // relays of a monitor (DEV-22)
	External       *ExternalRelay `cbor:"11,keyasint,omitempty" json:"external,omitempty"`      // board attached to a monitor (EXT-01)
	Module         Module         `cbor:"12,keyasint,omitempty" json:"module,omitempty" enum:"MD06,MD12"`
	Buttons        []ButtonTarget `cbor:"13,keyasint,omitempty" json:"buttons,omitempty"` // of the module (DEV-31)
	Model          string         `cbor:"14,keyasint,omitempty" json:"model,omitempty"`   // as the installer says, until the device tells its own
	Connection     Connection     `cbor:"15,keyasint,omitempty" json:"connection,omitempty" enum:"udp,tcp,tls"`
}

// Connection is how a device's SIP reaches the agent (REM-04).
type Connection string

// Connections; the first is the default.
const (
	ConnectionUDP Connection = "udp"
	ConnectionTCP Connection = "tcp"
	ConnectionTLS Connection = "tls"
)

// Directory selects who stands on a door phone's contact screen (DEV-24).
type Directory struct {
	Apartments []ApartmentID `cbor:"1,keyasint,omitempty" json:"apartments"`
	Devices    []DeviceID    `cbor:"2,keyasint,omitempty" json:"devices"`
}

// SecurityRelay is an Akuvox SR01 wired to a door phone (DEV-17); it does not count among the four relays.
type SecurityRelay struct {
	Name string `cbor:"1,keyasint" json:"name"`
	DTMF string `cbor:"2,keyasint" json:"dtmf"`
}

// BuiltInRelay is a relay inside a monitor (DEV-22).
type BuiltInRelay struct {
	Number int    `cbor:"1,keyasint" json:"number"` // 1..2
	Name   string `cbor:"2,keyasint" json:"name"`
	On     bool   `cbor:"3,keyasint" json:"on"`
}

// ButtonTarget is what a push button of a module calls: an apartment.
type ButtonTarget struct {
	Button      int         `cbor:"1,keyasint" json:"button"` // 1-based
	ApartmentID ApartmentID `cbor:"2,keyasint" json:"apartment_id"`
}

// Bounds of a device's form.
const (
	MaxBuiltIn   = 2
	MaxScope     = 500
	MaxDirectory = 5000
)

func (x DeviceForm) validate(f *fault.Fields, at string, d Device) {
	door, monitor := d.Type.HasRelays(), d.Type == Monitor
	f.Check(!x.NoMonitoring || door, at+"no_monitoring", "Only a door phone or access terminal has a picture to watch.")
	f.Check(!x.NoInternet || door, at+"no_internet", "Only a door phone or access terminal can go without internet.")
	if x.NoInternet {
		_, err := netip.ParseAddr(d.Address)
		f.Check(err == nil, "address", "A device without internet access needs its static IP address, such as 192.168.1.20.")
	}
	f.Check(!x.WorksOffline || monitor && !d.ApartmentID.IsZero(), at+"works_offline", "Only an indoor monitor of an apartment transfers calls.")
	f.Check(len(x.Buildings) == 0 || door && d.BuildingID.IsZero(), at+"buildings", "Only a device of the site's public area serves chosen buildings.")
	f.Check(len(x.Buildings) <= MaxScope, at+"buildings", "At most %d buildings.", MaxScope)
	oneOf(f, at+"contact_display", x.ContactDisplay, "numbers or all.", DisplayNumbers, DisplayAll)
	oneOf(f, at+"connection", x.Connection, "udp, tcp or tls.", ConnectionUDP, ConnectionTCP, ConnectionTLS)
	f.Check(x.Directory == nil || (d.Type == DoorPhone || d.Type == SingleDoorPhone) && d.ApartmentID.IsZero(), at+"directory", "Only a door phone of a public area has a directory.")
	if x.Directory != nil {
		f.Check(len(x.Directory.Apartments)+len(x.Directory.Devices) <= MaxDirectory, at+"directory", "At most %d entries.", MaxDirectory)
	}
	f.Check(!x.HoldOpen || (d.Type == DoorPhone || d.Type == SingleDoorPhone) && !d.ApartmentID.IsZero(), at+"hold_open", "Only a private door phone can be held open.")
	f.Check(!x.Arming || monitor, at+"arming", "Only an indoor monitor arms an alarm.")
	x.validateRelays(f, at, d)
	x.validateModule(f, at, d)
	checkText(f, at+"model", x.Model, MaxDeviceName)
	if x.External != nil {
		f.Check(monitor, at+"external", "Only an indoor monitor has an external relay board.")
		x.External.validate(f, at+"external.")
	}
}

func (x DeviceForm) validateRelays(f *fault.Fields, at string, d Device) {
	if r := x.SecurityRelay; r != nil {
		f.Check(d.Type.HasRelays(), at+"security_relay", "Only a door phone or access terminal has a security relay.")
		checkName(f, at+"security_relay.name", r.Name, MaxRelayName)
		f.Check(dtmfCode.MatchString(r.DTMF), at+"security_relay.dtmf", "One of 0-9, * or #.")
		for _, own := range d.Relays {
			f.Check(own.DTMF != r.DTMF, at+"security_relay.dtmf", "Two relays of a device may not share a code.")
		}
	}
	f.Check(len(x.BuiltIn) == 0 || d.Type == Monitor, at+"built_in", "Only an indoor monitor has built-in relays.")
	f.Check(len(x.BuiltIn) <= MaxBuiltIn, at+"built_in", "At most %d built-in relays.", MaxBuiltIn)
	seen := map[int]bool{}
	for i, r := range x.BuiltIn {
		path := at + "built_in[" + strconv.Itoa(i) + "]."
		f.Check(r.Number >= 1 && r.Number <= MaxBuiltIn && !seen[r.Number], path+"number", "1 to %d, each once.", MaxBuiltIn)
		seen[r.Number] = true
		if r.On {
			checkName(f, path+"name", r.Name, MaxRelayName)
		} else {
			checkText(f, path+"name", r.Name, MaxRelayName)
		}
	}
}

func (x DeviceForm) validateModule(f *fault.Fields, at string, d Device) {
	oneOf(f, at+"module", x.Module, "MD06 or MD12.", ModuleMD06, ModuleMD12)
	f.Check(x.Module == "" || d.Type == DoorPhone || d.Type == SingleDoorPhone, at+"module", "Only a door phone takes a push-button module.")
	seen := map[int]bool{}
	for i, b := range x.Buttons {
		path := at + "buttons[" + strconv.Itoa(i) + "]."
		f.Check(b.Button >= 1 && b.Button <= x.Module.Buttons() && !seen[b.Button], path+"button", "A button of the module, each once.")
		seen[b.Button] = true
		f.Check(!b.ApartmentID.IsZero(), path+"apartment_id", "The apartment that the button calls.")
	}
}
