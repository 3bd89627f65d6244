package domain

import (
	"regexp"
	"strconv"
	"strings"

	"vestibule/shared/fault"
)

// ContactPreference says whether the targets of a home ring together or one set after the other.
type ContactPreference string

// Contact preferences.
const (
	GroupCall    ContactPreference = "group"    // CALL-06
	SequenceCall ContactPreference = "sequence" // CALL-07: the sets replace the order of the call type
)

// CallPath is how devices of a home are called: by address inside the LAN, or through the registrar.
type CallPath string

// Call paths (CALL-01).
const (
	CallByIP  CallPath = "ip"
	CallBySIP CallPath = "sip"
)

// Apartment is a home (SITE-25). Number is what a visitor dials, unique in its building (SITE-26).
type Apartment struct {
	ID         ApartmentID       `cbor:"1,keyasint"`
	SiteID     SiteID            `cbor:"-"`
	BuildingID BuildingID        `cbor:"2,keyasint"`
	Number     string            `cbor:"3,keyasint"`
	Name       string            `cbor:"4,keyasint,omitempty"`
	Floor      string            `cbor:"5,keyasint,omitempty"`
	Contact    ContactPreference `cbor:"6,keyasint"`
	Path       CallPath          `cbor:"7,keyasint"`
	CallType   CallType          `cbor:"8,keyasint,omitempty"`
	Sets       CallSets          `cbor:"9,keyasint,omitempty"`  // of a sequence call alone
	WebRelay   int               `cbor:"10,keyasint,omitempty"` // action configured on the door phone; 0: none (DEV-26)
	SIPUser    string            `cbor:"11,keyasint,omitempty"` // family SIP number, also shown as UID (PEOPLE-02)
	Handsets   []Handset         `cbor:"12,keyasint,omitempty"` // behind an S532 (DEV-27)
	NoLandline bool              `cbor:"13,keyasint,omitempty"` // of the document alone: the home's landline service has ended (CALL-09)

	Service ApartmentService `cbor:"-"` // what is paid for; the building never reads it

	Revision uint64 `cbor:"-" json:"-"` // one more at each change; stays in the cloud
}

// Handset is an analog handset of a home (DEV-27).
type Handset struct {
	Name   string `cbor:"1,keyasint" json:"name"`
	Number string `cbor:"2,keyasint" json:"number"`
}

// ApartmentService is the standing of a home's account: written by billing, registration and resets. A zero time is "never".
type ApartmentService struct {
	Kit             bool  `json:"kit,omitempty"`           // a 2-wire or installer kit: its account registers by scanning (PEOPLE-21)
	ActivatedMilli  int64 `json:"activated_ms,omitempty"`  // first payment (PEOPLE-34)
	ExpiresMilli    int64 `json:"expires_ms,omitempty"`    // end of the app's service
	LandlineMilli   int64 `json:"landline_ms,omitempty"`   // end of the landline service (PEOPLE-05)
	FreeMembers     int   `json:"free_members,omitempty"`  // family members that cost nothing; 0 means FreeFamilyMembers (PEOPLE-11, PEOPLE-20)
	RegisteredMilli int64 `json:"registered_ms,omitempty"` // when the app was first signed in to; 0: unregistered
	WithMonitor     bool  `json:"with_monitor,omitempty"`  // retained by a reset (PEOPLE-18)
	ResetMilli      int64 `json:"reset_ms,omitempty"`      // last reset: accounts made after it in the family are free (PEOPLE-20)
	LandlineOff     bool  `json:"landline_off,omitempty"`  // a reset switched the landline service off; the next landline number switches it on
}

// FreeFamilyMembers is how many members of a family cost nothing (PEOPLE-11).
const FreeFamilyMembers = 3

// Bounds of an apartment.
const (
	MaxHandsets = 8
	MaxWebRelay = 999
)

// handsetNumber is what an S532 dials.
var handsetNumber = regexp.MustCompile(`^[0-9]{1,8}$`)

// apartmentNumber: digits in groups divided by '#', never first (SITE-26).
var apartmentNumber = regexp.MustCompile(`^[0-9]{1,6}(#[0-9]{1,6})*$`)

// maxApartmentNumber bounds what a panel can dial.
const maxApartmentNumber = 27

// Validate checks the form of an apartment.
func (a Apartment) Validate() error {
	var f fault.Fields
	f.Check(!a.BuildingID.IsZero(), "building_id", "The building of the apartment.")
	switch {
	case len(a.Number) > maxApartmentNumber:
		f.Add("number", "At most %d characters.", maxApartmentNumber)
	case strings.HasPrefix(a.Number, "#"):
		f.Add("number", "Not starting with #: where residents type number and PIN, a door phone could not tell one from the other and would not open.")
	case !apartmentNumber.MatchString(a.Number):
		f.Add("number", "Digits such as 101, or groups such as 2#123.")
	}
	checkText(&f, "name", a.Name, MaxApartmentName)
	checkFloor(&f, "floor", a.Floor)
	f.Check(a.Contact == GroupCall || a.Contact == SequenceCall, "contact", "group or sequence.")
	f.Check(a.Path == CallByIP || a.Path == CallBySIP, "call_path", "ip or sip.")
	f.Check(a.CallType <= MonitorsThenAppThenPhone, "call_type", "0 to %d.", MonitorsThenAppThenPhone)
	if a.Contact == SequenceCall {
		a.Sets.validate(&f, "sets")
	} else {
		f.Check(len(a.Sets) == 0, "sets", "Only a sequence call has sets.")
	}
	f.Check(a.WebRelay >= 0 && a.WebRelay <= MaxWebRelay, "web_relay", "0 to %d; 0 means none.", MaxWebRelay)
	f.Check(a.SIPUser == "" || sipUser.MatchString(a.SIPUser), "sip_user", "Ten digits.")
	a.validateHandsets(&f)
	return f.Err()
}

func (a Apartment) validateHandsets(f *fault.Fields) {
	f.Check(len(a.Handsets) <= MaxHandsets, "handsets", "At most %d handsets.", MaxHandsets)
	for i, h := range a.Handsets {
		at := "handsets[" + strconv.Itoa(i) + "]."
		checkName(f, at+"name", h.Name, MaxDeviceName)
		f.Check(handsetNumber.MatchString(h.Number), at+"number", "1 to 8 digits.")
	}
}
