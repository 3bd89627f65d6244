package domain

import (
	"bytes"
	"cmp"
	"slices"
)

// CallParty is who can ring when somebody calls a home, or a person who works. The portal draws its order from it and the agent calls by it, so
// that both say the same.
type CallParty struct {
	Order    CallSets
	People   []Person // whose apps and landlines ring
	Monitors []Device
	Guards   []Device
	Landline bool // the landline service is on and not expired
}

// CallNumber is a landline of a person.
type CallNumber struct {
	Person Person
	Number string
}

// CallRing is what one target of a stage means for a party.
type CallRing struct {
	Target  CallTarget
	Devices []Device
	People  []Person     // whose apps ring
	Numbers []CallNumber // landlines, rung one after the other
	Off     bool         // the service that the target needs is off
}

// Rings tells whether anything rings.
func (r CallRing) Rings() bool { return !r.Off && len(r.Devices)+len(r.People)+len(r.Numbers) > 0 }

// Stages tells who rings in which stage: the family master first, devices by name, landlines 1 to 3 of one person before those of the next.
func (p CallParty) Stages() [][]CallRing {
	people := slices.SortedFunc(slices.Values(p.People), func(a, b Person) int {
		return cmp.Or(cmp.Compare(rank(a.Kind), rank(b.Kind)), cmp.Compare(a.FirstName, b.FirstName), cmp.Compare(a.LastName, b.LastName), bytes.Compare(a.ID[:], b.ID[:]))
	})
	out := make([][]CallRing, len(p.Order))
	for i, set := range p.Order {
		for _, target := range set {
			out[i] = append(out[i], p.ring(target, people))
		}
	}
	return out
}

func rank(k PersonKind) int {
	if k == Master {
		return 0
	}
	return 1
}

// ring tells what a target means: a member that nobody paid for has no app (PEOPLE-11), landlines ring only with their service (CALL-09).
func (p CallParty) ring(target CallTarget, people []Person) CallRing {
	out := CallRing{Target: target}
	switch target {
	case TargetMonitors:
		out.Devices = byName(p.Monitors)
	case TargetGuards:
		out.Devices = byName(p.Guards)
	case TargetAccounts:
		for _, one := range people {
			if !one.Form.Unpaid && !one.Form.NoApp {
				out.People = append(out.People, one)
			}
		}
	case TargetLandlines:
		out.Off = !p.Landline
		for _, one := range people {
			for _, number := range one.Form.Landlines {
				out.Numbers = append(out.Numbers, CallNumber{one, number})
			}
		}
	}
	return out
}

func byName(devices []Device) []Device {
	devices = slices.Clone(devices)
	slices.SortFunc(devices, func(a, b Device) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), bytes.Compare(a.ID[:], b.ID[:]))
	})
	return devices
}

// CallOrder is in which order somebody who works is called: with the intercom feature off only monitors and guard phones ring, whatever call type is
// stored (CALL-05); else by the office's reading of the call type (CALL-04).
func (p Person) CallOrder() CallSets {
	if p.Form.NoIntercom {
		return MonitorsAndGuardPhones.OfficeStages()
	}
	return p.Form.CallType.OfficeStages()
}

// HasLandline tells whether the landline service is on: of homes with the site's service or plan (SITE-12, PEOPLE-07).
func (s SiteForm) HasLandline() bool { return s.Landline || s.Premium }

// LandlineEnded tells whether a home's landline service ended at now, by expiry or a reset; a service that nobody was charged for has no end.
func (s ApartmentService) LandlineEnded(nowMilli int64) bool {
	return s.LandlineOff || s.LandlineMilli != 0 && s.LandlineMilli <= nowMilli
}

// Calls tells whether visitors at a door phone or terminal reach the home: its own apartment, else the homes of its building, else those of the
// buildings it was given, else all of the site (DEV-13).
func (d Device) Calls(home Apartment) bool {
	switch {
	case !d.ApartmentID.IsZero():
		return d.ApartmentID == home.ID
	case !d.BuildingID.IsZero():
		return d.BuildingID == home.BuildingID
	}
	return len(d.Form.Buildings) == 0 || slices.Contains(d.Form.Buildings, home.BuildingID)
}
