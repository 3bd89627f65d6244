package domain

import (
	"strconv"

	"vestibule/shared/fault"
)

// Building is a house of a site (SITE-23). GroundFloor and StartFloor are floor names; empty means "configure on the device".
type Building struct {
	ID          BuildingID `cbor:"1,keyasint"`
	SiteID      SiteID     `cbor:"-"`
	Name        string     `cbor:"2,keyasint"`
	GroundFloor string     `cbor:"3,keyasint,omitempty"`
	StartFloor  string     `cbor:"4,keyasint,omitempty"`

	Revision uint64 `cbor:"-" json:"-"` // one more at each change; stays in the cloud
}

// Validate checks the form of a building.
func (b Building) Validate() error {
	var f fault.Fields
	checkName(&f, "name", b.Name, MaxBuildingName)
	checkFloor(&f, "ground_floor", b.GroundFloor)
	checkFloor(&f, "start_floor", b.StartFloor)
	return f.Err()
}

// checkFloor wants -10 to 128 or G0, G1, G2 (SITE-27); empty is allowed.
func checkFloor(f *fault.Fields, path, floor string) {
	switch floor {
	case "", "G0", "G1", "G2":
		return
	}
	n, err := strconv.Atoi(floor)
	if err != nil || n < -10 || n > 128 || strconv.Itoa(n) != floor {
		f.Add(path, "A floor from -10 to 128, or G0, G1, G2.")
	}
}
