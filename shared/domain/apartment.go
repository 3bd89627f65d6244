package domain

import (
	"regexp"

	"vestibule/shared/fault"
)

// ContactPreference says whether the targets of a home ring together or one set after the other.
type ContactPreference string

// Contact preferences. Sequence is planned; until then documents hold Group alone.
const (
	GroupCall ContactPreference = "group" // CALL-06
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

	Revision uint64 `cbor:"-" json:"-"` // one more at each change; stays in the cloud
}

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
	case !apartmentNumber.MatchString(a.Number):
		f.Add("number", "Digits such as 101, or groups such as 2#123; not starting with #.")
	}
	checkText(&f, "name", a.Name, MaxApartmentName)
	checkFloor(&f, "floor", a.Floor)
	f.Check(a.Contact == GroupCall, "contact", "group.")
	f.Check(a.Path == CallByIP || a.Path == CallBySIP, "call_path", "ip or sip.")
	return f.Err()
}
