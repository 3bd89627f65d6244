package domain

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"

	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

// DeviceType is the code of the guides (DEV-01).
type DeviceType uint8

// Device types.
const (
	DoorPhone       DeviceType = 0 // serves many homes
	SingleDoorPhone DeviceType = 1
	Monitor         DeviceType = 2
	GuardPhone      DeviceType = 3
	AccessTerminal  DeviceType = 50
)

// Valid tells whether the code is one of the guides'.
func (t DeviceType) Valid() bool {
	switch t {
	case DoorPhone, SingleDoorPhone, Monitor, GuardPhone, AccessTerminal:
		return true
	}
	return false
}

// HasRelays tells whether the type carries door relays.
func (t DeviceType) HasRelays() bool {
	return t == DoorPhone || t == SingleDoorPhone || t == AccessTerminal
}

// Driver says how a device is configured over the LAN.
type Driver string

// Drivers; package capability says what each can do.
const (
	DriverAkuvox   Driver = "akuvox"
	DriverTwoN     Driver = "2n"
	DriverONVIF    Driver = "onvif"     // a camera or door station of any maker: the agent asks who it is and what it sees, and writes nothing
	DriverSIP      Driver = "sip"       // a SIP phone that fetches its provisioning file and is not talked to
	DriverWebRelay Driver = "web_relay" // a board whose relays are moved by an HTTP request
	DriverManual   Driver = "manual"    // a SIP device set up by hand; the agent never writes to it
)

// Valid tells whether a driver is one of these.
func (d Driver) Valid() bool {
	return d == DriverAkuvox || d == DriverTwoN || d == DriverONVIF || d == DriverSIP || d == DriverWebRelay || d == DriverManual
}

// DTMFMethod says how a device is known to send digits during a call (RFC 6086 INFO or RFC 4733 events).
type DTMFMethod string

// Digit methods. DTMFUnknown makes the agent anchor media when it moves the door.
const (
	DTMFUnknown DTMFMethod = "unknown"
	DTMFInfo    DTMFMethod = "info"
	DTMFEvents  DTMFMethod = "rfc4733"
)

// Device is an intercom, terminal or monitor (DEV-02). A device without BuildingID stands in the site's public area;
// without ApartmentID in the building's. Address is a fixed host or host:port; empty means "found on the LAN".
type Device struct {
	ID          DeviceID    `cbor:"1,keyasint"`
	SiteID      SiteID      `cbor:"-"`
	Type        DeviceType  `cbor:"2,keyasint"`
	MAC         MAC         `cbor:"3,keyasint"`
	Name        string      `cbor:"4,keyasint"`
	GroupID     GroupID     `cbor:"5,keyasint"`
	BuildingID  BuildingID  `cbor:"6,keyasint"`
	ApartmentID ApartmentID `cbor:"7,keyasint"`
	Driver      Driver      `cbor:"8,keyasint"`
	Address     string      `cbor:"9,keyasint,omitempty"`
	DTMF        DTMFMethod  `cbor:"10,keyasint"`
	Relays      []Relay     `cbor:"11,keyasint,omitempty"`
	SIPUser     string      `cbor:"12,keyasint"` // issued by the cloud: 10 digits, unique over the platform (DEV-30)

	DepartmentID DepartmentID `cbor:"13,keyasint"` // of an office (DEV-08); zero: public area
	CompanyID    CompanyID    `cbor:"14,keyasint"` // of a commercial site
	OwnerID      PersonID     `cbor:"15,keyasint"` // whose private device it is in an office (PEOPLE-27)
	Form         DeviceForm   `cbor:"16,keyasint"`

	// Secrets travel in Credentials of the document and are sealed at rest.
	SIPPassword secret.String `cbor:"-"`
	APIUser     string        `cbor:"-"`
	APIPassword secret.String `cbor:"-"`
	PairUntil   int64         `cbor:"-" json:"-"` // milliseconds; see Credential

	Revision uint64 `cbor:"-" json:"-"` // one more at each change; stays in the cloud
}

// Relay is one door relay of a device (DEV-15). Board and Channel name an external board's channel that moves the door
// instead of the device's own relay; a zero Board means the device's own.
type Relay struct {
	Number    int       `cbor:"1,keyasint"` // 1..4
	Name      string    `cbor:"2,keyasint"`
	Enabled   bool      `cbor:"3,keyasint"`
	DTMF      string    `cbor:"4,keyasint"` // one of 0-9 * # (DEV-16)
	Mode      RelayMode `cbor:"5,keyasint"`
	Rest      bool      `cbor:"6,keyasint"` // contact state at rest: false = open
	HoldMilli int       `cbor:"7,keyasint"` // length of a pulse
	Board     BoardID   `cbor:"8,keyasint"`
	Channel   int       `cbor:"9,keyasint,omitempty"`  // 1-based on the board
	Methods   Methods   `cbor:"10,keyasint,omitempty"` // ways to unlock this relay; zero means all (DEV-18)
}

// RelayMode tells what an opening does to the contact.
type RelayMode string

// Relay modes: a pulse that ends by itself, or a state that stays.
const (
	Momentary RelayMode = "momentary"
	Latching  RelayMode = "latching"
)

// Bounds of a relay.
const (
	MaxRelays    = 4
	MinHoldMilli = 100
	MaxHoldMilli = 60_000
)

var (
	dtmfCode = regexp.MustCompile(`^[0-9*#]$`)
	sipUser  = regexp.MustCompile(`^[0-9]{10}$`)
)

// Validate checks the form of a device.
func (d Device) Validate() error {
	var f fault.Fields
	f.Check(d.Type.Valid(), "type", "0 door phone, 1 single-tenant door phone, 2 monitor, 3 guard phone, 50 access terminal.")
	f.Check(d.MAC.valid(), "mac", "A MAC has 12 hexadecimal digits, such as 0C11050B9814.")
	checkName(&f, "name", d.Name, MaxDeviceName)
	f.Check(!d.GroupID.IsZero(), "group_id", "The network group of the device.")
	f.Check(d.ApartmentID.IsZero() || !d.BuildingID.IsZero(), "building_id", "A device of an apartment needs its building.")
	f.Check(d.Driver.Valid(), "driver", "akuvox, 2n, onvif, sip, web_relay or manual.")
	f.Check(d.DTMF == DTMFUnknown || d.DTMF == DTMFInfo || d.DTMF == DTMFEvents, "dtmf_method", "unknown, info or rfc4733.")
	f.Check(d.Address == "" || validAddress(d.Address), "address", "An IPv4 address, with :port if needed.")
	f.Check(d.SIPUser == "" || sipUser.MatchString(d.SIPUser), "sip_user", "Ten digits.")
	checkText(&f, "api_user", d.APIUser, MaxDeviceName)
	d.validateRelays(&f)
	d.Form.validate(&f, "form.", d)
	return f.Err()
}

func (d Device) validateRelays(f *fault.Fields) {
	f.Check(len(d.Relays) == 0 || d.Type.HasRelays(), "relays", "This device type has no door relays.")
	f.Check(len(d.Relays) <= MaxRelays, "relays", "At most %d relays.", MaxRelays)
	numbers, codes := map[int]bool{}, map[string]bool{}
	for i, r := range d.Relays {
		at := "relays[" + strconv.Itoa(i) + "]."
		f.Check(r.Number >= 1 && r.Number <= MaxRelays && !numbers[r.Number], at+"number", "1 to %d, each once.", MaxRelays)
		numbers[r.Number] = true
		checkName(f, at+"name", r.Name, MaxRelayName)
		f.Check(dtmfCode.MatchString(r.DTMF), at+"dtmf", "One of 0-9, * or #.")
		f.Check(!codes[r.DTMF], at+"dtmf", "Two relays of a device may not share a code.")
		codes[r.DTMF] = true
		f.Check(r.Mode == Momentary || r.Mode == Latching, at+"mode", "momentary or latching.")
		f.Check(r.HoldMilli >= MinHoldMilli && r.HoldMilli <= MaxHoldMilli, at+"hold_ms", "%d to %d milliseconds.", MinHoldMilli, MaxHoldMilli)
		f.Check(r.Board.IsZero() == (r.Channel == 0), at+"channel", "A channel goes with a board.")
		f.Check(r.Channel >= 0 && r.Channel <= MaxChannels, at+"channel", "1 to %d.", MaxChannels)
		f.Check(r.Methods&^(AllMethods|NoMethods) == 0, at+"methods", "Ways to unlock that the guides name.")
	}
}

func validAddress(text string) bool {
	if ap, err := netip.ParseAddrPort(text); err == nil {
		return ap.Addr().Is4() && ap.Port() != 0
	}
	a, err := netip.ParseAddr(text)
	return err == nil && a.Is4()
}

// SecurityRelayNumber is the number of the SR01 behind the wall (DEV-17); it does not count among the four.
const SecurityRelayNumber = MaxRelays + 1

// securityHold is how long an SR01 is energised, in milliseconds: its form has no length.
const securityHold = 5000

// Doors lists everything of the device that opens: its relays, and the SR01 behind the wall.
func (d Device) Doors() []Relay {
	sr := d.Form.SecurityRelay
	if sr == nil {
		return d.Relays
	}
	return append(slices.Clone(d.Relays), Relay{Number: SecurityRelayNumber, Name: sr.Name, Enabled: true, DTMF: sr.DTMF, Mode: Momentary, HoldMilli: securityHold})
}

// Relay gives the relay with number, if the device has it.
func (d Device) Relay(number int) (Relay, bool) {
	for _, r := range d.Doors() {
		if r.Number == number {
			return r, true
		}
	}
	return Relay{}, false
}

// Credential is what a device needs to sign in to the agent's registrar and the agent to the device. One per device, same id.
type Credential struct {
	DeviceID    DeviceID      `cbor:"1,keyasint"`
	SIPPassword secret.String `cbor:"2,keyasint"`
	APIUser     string        `cbor:"3,keyasint,omitempty"`
	APIPassword secret.String `cbor:"4,keyasint"`
	// PairUntil is the end of the pairing window, in milliseconds: until then a provisioning file with secrets may be fetched, once.
	PairUntil int64 `cbor:"5,keyasint,omitempty"`
}
