package desired

import (
	"cmp"
	"slices"
	"time"

	"vestibule/shared/domain"
)

// Passage is a relay of a door that the keys of a person may open, and when.
type Passage struct {
	Relay domain.Relay
	Group domain.AccessGroupID // zero: one of the own doors, always
	When  domain.Schedule
}

// Passages lists where the keys of a person open at a door, by the number of the relay: at the own doors always (EDGE-26), at those of access groups
// at their times. Relays that are switched off are left out; which way opens which relay stands in the relay.
func (v *View) Passages(ring domain.Keyring, door domain.Device) []Passage {
	person, known := v.People[ring.PersonID]
	if !known || !ring.Holds() {
		return nil
	}
	var out []Passage
	own := !ring.NoOwnDoors && person.OwnDoor(door, v.Apartments[person.ApartmentID])
	for _, r := range door.Relays {
		if r.Enabled && own {
			out = append(out, Passage{Relay: r})
		}
	}
	for _, id := range ring.Groups {
		group := v.AccessGroups[id]
		for _, d := range group.Doors {
			if r, has := door.Relay(d.Relay); d.DeviceID == door.ID && has && r.Enabled {
				out = append(out, Passage{Relay: r, Group: id, When: group.Schedule})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Passage) int { return cmp.Compare(a.Relay.Number, b.Relay.Number) })
	return out
}

// LocalTime gives a time by the clock of the site; one whose zone is unknown keeps UTC.
func (v *View) LocalTime(at time.Time) time.Time {
	zone, err := time.LoadLocation(v.Site.TimeZone)
	if err != nil {
		return at.UTC()
	}
	return at.In(zone)
}

// TypedAs lists what may be typed for the PIN of a person: the PIN alone, or after the number of the apartment where the site wants both (SITE-16),
// with and without the mark between them. People without an apartment have their PIN alone.
func (v *View) TypedAs(ring domain.Keyring) []string {
	if ring.PIN.IsZero() {
		return nil
	}
	pin := ring.PIN.Reveal()
	home, lives := v.Apartments[v.People[ring.PersonID].ApartmentID]
	if v.Site.Form.PINMode != domain.ApartmentAndPIN || !lives {
		return []string{pin}
	}
	return []string{home.Number + pin, home.Number + "#" + pin}
}
