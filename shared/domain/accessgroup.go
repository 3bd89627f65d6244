package domain

import (
	"strconv"
	"time"

	"vestibule/shared/fault"
)

// AccessGroup is a set of doors with the times at which the keys of its people open them.
type AccessGroup struct {
	ID       AccessGroupID `cbor:"1,keyasint"`
	SiteID   SiteID        `cbor:"-"`
	Name     string        `cbor:"2,keyasint"`
	Doors    []GroupDoor   `cbor:"3,keyasint,omitempty"`
	Schedule Schedule      `cbor:"4,keyasint"`

	Revision uint64 `cbor:"-" json:"-"` // one more at each change; stays in the cloud
}

// GroupDoor is one relay of a device.
type GroupDoor struct {
	DeviceID DeviceID `cbor:"1,keyasint" json:"device_id"`
	Relay    int      `cbor:"2,keyasint" json:"relay"`
}

// Repeat says on which days a schedule holds.
type Repeat string

// Repeats; the first is the default.
const (
	Always Repeat = "always"
	Daily  Repeat = "daily"
	Weekly Repeat = "weekly"
)

// Schedule is when an access group opens, by the clock of the site: one span of the day. Two spans need two groups, as on the devices.
type Schedule struct {
	Repeat Repeat `cbor:"1,keyasint,omitempty" json:"repeat"`
	Days   []int  `cbor:"2,keyasint,omitempty" json:"days,omitempty"` // weekly: 0 is Sunday
	From   int    `cbor:"3,keyasint,omitempty" json:"from,omitempty"` // minute of the day, the first that counts
	Till   int    `cbor:"4,keyasint,omitempty" json:"till,omitempty"` // minute of the day, the last that counts
}

const (
	lastMinute       = 24*60 - 1
	MaxGroupDoors    = 256
	MaxAccessGroups  = 64 // of a site; devices hold few schedules
	maxScheduleWords = "00:00 to 23:59."
)

// Ever tells whether the schedule holds at all times.
func (s Schedule) Ever() bool { return s.Repeat == "" || s.Repeat == Always }

// Holds tells whether the schedule holds at a time, which is taken in its own zone.
func (s Schedule) Holds(at time.Time) bool {
	minute := at.Hour()*60 + at.Minute()
	switch s.Repeat {
	case "", Always:
		return true
	case Daily:
	case Weekly:
		if !contains(s.Days, int(at.Weekday())) {
			return false
		}
	default:
		return false
	}
	return s.From <= minute && minute <= s.Till
}

func contains(days []int, day int) bool {
	for _, d := range days {
		if d == day {
			return true
		}
	}
	return false
}

func (s Schedule) validate(f *fault.Fields, at string) {
	oneOf(f, at+"repeat", s.Repeat, "always, daily or weekly.", Always, Daily, Weekly)
	if s.Ever() {
		f.Check(len(s.Days) == 0 && s.From == 0 && s.Till == 0, at+"repeat", "A group that opens always has no days and times.")
		return
	}
	f.Check(s.From >= 0 && s.From <= lastMinute, at+"from", maxScheduleWords)
	f.Check(s.Till >= 0 && s.Till <= lastMinute, at+"till", maxScheduleWords)
	f.Check(s.From < s.Till, at+"till", "The end comes after the start. For a span past midnight make two groups.")
	f.Check((s.Repeat == Weekly) == (len(s.Days) > 0), at+"days", "A weekly group names its days, a daily one does not.")
	seen := map[int]bool{}
	for i, day := range s.Days {
		f.Check(day >= 0 && day <= 6 && !seen[day], at+"days["+strconv.Itoa(i)+"]", "0 (Sunday) to 6 (Saturday), each once.")
		seen[day] = true
	}
}

// Validate checks the form of an access group.
func (g AccessGroup) Validate() error {
	var f fault.Fields
	checkName(&f, "name", g.Name, MaxGroupName)
	f.Check(len(g.Doors) <= MaxGroupDoors, "doors", "At most %d doors.", MaxGroupDoors)
	seen := map[GroupDoor]bool{}
	for i, d := range g.Doors {
		at := "doors[" + strconv.Itoa(i) + "]"
		f.Check(!d.DeviceID.IsZero() && d.Relay >= 1 && d.Relay <= MaxRelays && !seen[d], at, "A relay of a device of this site, each once.")
		seen[d] = true
	}
	g.Schedule.validate(&f, "schedule.")
	return f.Err()
}

// OwnDoor tells whether a door belongs to where a person lives or works: a door that calls the home, one of the own department or company or of a
// public area, or the own private device. home is the person's apartment, when it has one.
func (p Person) OwnDoor(door Device, home Apartment) bool {
	if !p.Placed() || !door.Type.HasRelays() {
		return false
	}
	if !door.OwnerID.IsZero() {
		return door.OwnerID == p.ID
	}
	if !p.ApartmentID.IsZero() {
		return door.DepartmentID.IsZero() && door.CompanyID.IsZero() && home.ID == p.ApartmentID && door.Calls(home)
	}
	return p.Works() && door.ApartmentID.IsZero() && within(door.DepartmentID, p.DepartmentID) && within(door.CompanyID, p.CompanyID)
}

// within tells whether a place is public, or one's own.
func within[T ~[16]byte](place, own T) bool { return place == T{} || place == own }
