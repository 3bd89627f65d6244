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

// FloorOrder gives a floor as a number, so that floors can be ordered: G0, G1 and G2 stand between 0 and 1, no floor below all.
func FloorOrder(floor string) int {
	switch floor {
	case "":
		return -1000
	case "G0", "G1", "G2":
		return 1 + int(floor[1]-'0')
	}
	n, err := strconv.Atoi(floor)
	if err != nil {
		return -1000
	}
	return n * 10
}

// AllFloors stands alone among accessible floors (SITE-28).
const AllFloors = "all"

// checkFloors wants AllFloors alone, or floors each once.
func checkFloors(f *fault.Fields, path string, floors []string, most int) {
	f.Check(len(floors) <= most, path, "At most %d floors.", most)
	seen := map[string]bool{}
	for i, floor := range floors {
		at := path + "[" + strconv.Itoa(i) + "]"
		f.Check(!seen[floor], at, "Each floor once.")
		seen[floor] = true
		switch floor {
		case AllFloors:
			f.Check(len(floors) == 1, at, "All floors leaves out single floors.")
		case "":
			f.Add(at, "A floor from -10 to 128, or G0, G1, G2.")
		default:
			checkFloor(f, at, floor)
		}
	}
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
